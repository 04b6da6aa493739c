#!/usr/bin/env bash
# Builds the Thrift compiler of the version that go.mod names, from the sources in
# the library's own module, into .cache/bin. Debian's compiler is older, and what it
# generates doesn't bound how deep a stranger's message may nest.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=$PWD/.cache

version=$(go list -m -f '{{.Version}}' github.com/apache/thrift)
if [[ -x $cache/bin/thrift && $("$cache/bin/thrift" --version) == "Thrift version ${version#v}" ]]; then
	exit 0
fi
for tool in cmake flex bison g++; do
	command -v "$tool" >/dev/null || missing+=" $tool"
done
if [[ -n ${missing:-} ]]; then
	if [[ $(id -u) != 0 ]]; then
		echo "the Thrift compiler is built with programs that are not there: as root, apt-get install$missing" >&2
		exit 1
	fi
	apt-get update -qq
	# shellcheck disable=SC2086 # a list of names
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

echo "building the Thrift compiler $version"
source=$(go mod download -json "github.com/apache/thrift@$version" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$source" "$work/source" # the module cache is read-only, and stays as it is
chmod -R u+w "$work/source"
cmake -S "$work/source" -B "$work/build" -DBUILD_COMPILER=ON -DBUILD_LIBRARIES=OFF -DBUILD_TESTING=OFF \
	-DBUILD_TUTORIALS=OFF -DCMAKE_BUILD_TYPE=Release >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
cmake --build "$work/build" -j"$(nproc)" >"$work/log" 2>&1 || { tail -50 "$work/log" >&2; exit 1; }
mkdir -p "$cache/bin"
cp "$work/build/compiler/cpp/bin/thrift" "$cache/bin/thrift" 2>/dev/null ||
	cp "$(find "$work/build" -name thrift -type f -perm -u+x | head -1)" "$cache/bin/thrift"
"$cache/bin/thrift" --version
