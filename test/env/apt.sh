#!/usr/bin/env bash
# Installs the Debian packages that the tests need and that are not there yet.
# Usage: apt.sh [thrift]  (thrift: the compiler, which only `make gen` needs)
set -euo pipefail

missing=()
need() { # need COMMAND PACKAGE
	command -v "$1" >/dev/null || missing+=("$2")
}

if [[ ${1:-} == thrift ]]; then
	need thrift thrift-compiler
else
	need javac openjdk-17-jdk-headless
	need mvn maven
	need python3 python3
	need pgrep procps
	need unzip unzip
	if command -v python3 >/dev/null; then
		python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
	else
		missing+=(python3-venv)
	fi
fi

((${#missing[@]})) || exit 0
if [[ $(id -u) != 0 ]]; then
	echo "the tests need Debian packages that are not installed: as root, apt-get install ${missing[*]}" >&2
	exit 1
fi
echo "installing ${missing[*]}"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
