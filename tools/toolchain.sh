#!/usr/bin/env bash
# Checks that Go and a C toolchain are there, and says what to do when they are
# not. DuckDB is a static library written in C++: a C compiler alone can't link it,
# because libstdc++ for linking comes with g++.
set -euo pipefail

fail() { echo "nekomata: $*" >&2; exit 1; }

command -v go >/dev/null || fail "Go is not on the PATH; install Go 1.26 or newer (https://go.dev/dl)"

want=$(awk '$1 == "go" {print $2}' "$(dirname "$0")/../go.mod")
have=$(go env GOVERSION)
have=${have#go}
[[ $(printf '%s\n' "${want%.0}" "${have%% *}" | sort -V | head -1) == "${want%.0}" ]] ||
	fail "Go $have is too old: go.mod asks for $want"

cc=$(go env CC)
links() { command -v "${cc%% *}" >/dev/null && [[ $($cc -print-file-name=libstdc++.so) == /* ]]; }
links && exit 0

mend="apt-get install gcc g++"
if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
	echo "nekomata: the C++ library for linking is missing; running $mend" >&2
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends gcc g++ libc6-dev >/dev/null
	links && exit 0
fi
fail "$cc can't link libstdc++, which DuckDB needs; on Debian: $mend"
