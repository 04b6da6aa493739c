#!/usr/bin/env bash
# Makes .cache/venv with the Python clients of requirements.txt.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
venv=$(cd "$here/../.." && pwd)/.cache/venv

stamp=$(sha256sum <"$here/requirements.txt")
if [[ -f $venv/.stamp && $(<"$venv/.stamp") == "$stamp" ]]; then
	exit 0
fi
echo "installing the Python clients"
rm -rf "$venv"
python3 -m venv "$venv"
"$venv/bin/pip" install -q --no-input --disable-pip-version-check -r "$here/requirements.txt" </dev/null
echo "$stamp" >"$venv/.stamp"
