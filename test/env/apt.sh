#!/usr/bin/env bash
# Installs the Debian packages that the tests need and that are not there yet.
# Usage: apt.sh [bench]  (bench: what only `make bench` needs, too)
set -euo pipefail
PATH=$PATH:/usr/sbin

missing=()
need() { # need COMMAND PACKAGE
	command -v "$1" >/dev/null || missing+=("$2")
}

need javac openjdk-17-jdk-headless
need mvn maven
need python3 python3
need curl curl
need mariadbd mariadb-server
python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)

[[ ${1:-} == bench ]] && need wrk wrk

((${#missing[@]})) || exit 0
if [[ $(id -u) != 0 ]]; then
	echo "the tests need Debian packages that are not installed: as root, apt-get install ${missing[*]}" >&2
	exit 1
fi
echo "installing ${missing[*]}"
apt-get update -qq
# A server that a package brings is not started: each test starts its own.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
	trap 'rm -f "$policy"' EXIT
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod +x "$policy"
fi
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
