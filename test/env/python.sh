#!/usr/bin/env bash
# Makes a virtual environment for each set of Python clients:
#   .cache/venv           what most tests import (requirements.txt)
#   .cache/venv-<name>    clients whose versions would clash (requirements-<name>.txt)
# Usage: python.sh [NAME...]  (without names: all of them)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=$(cd "$here/../.." && pwd)/.cache
tool=uv==0.13.9 # installs what pip does, in a fifth of its time

install() { # install VENV REQUIREMENTS
	local venv=$cache/$1 wanted=$here/$2 stamp
	stamp=$(sha256sum <"$wanted")
	if [[ -f $venv/.stamp && $(<"$venv/.stamp") == "$stamp" ]]; then
		return
	fi
	echo "installing the Python clients of $2"
	rm -rf "$venv"
	python3 -m venv "$venv"
	if ! fast "$venv" "$wanted"; then
		"$venv/bin/pip" install -q --no-input --disable-pip-version-check -r "$wanted" </dev/null
	fi
	echo "$stamp" >"$venv/.stamp"
}

# fast installs with uv. It knows nothing of pip's configuration, so its failure is
# no reason to give up.
fast() { # fast VENV REQUIREMENTS
	local uv=$cache/uv/bin/uv
	if [[ ! -x $uv || $(<"$cache/uv/.stamp") != "$tool" ]]; then
		rm -rf "$cache/uv"
		python3 -m venv "$cache/uv"
		"$cache/uv/bin/pip" install -q --no-input --disable-pip-version-check "$tool" </dev/null || return
		echo "$tool" >"$cache/uv/.stamp"
	fi
	"$uv" pip install -q --no-cache --python "$1/bin/python" -r "$2" </dev/null
}

mkdir -p "$cache"
exec 9>"$cache/.python.lock" # two at once would take each other's away
flock 9
names=("$@")
if ((!${#names[@]})); then
	install venv requirements.txt
	names=(dbt superset airflow)
fi
for name in "${names[@]}"; do
	install "venv-$name" "requirements-$name.txt"
done
