#!/usr/bin/env bash
# Runs the fuzz tests of some packages (of all, unless any are named), one after
# another, each for the time given. They begin with what is in testdata/fuzz; what
# fails is added there, and stays.
set -euo pipefail
time=${1:-10s}
packages=("${@:2}")
if [[ ${#packages[@]} == 0 ]]; then
	packages=(./...)
fi

found=0
while read -r pkg; do
	while read -r name; do
		found=$((found + 1))
		echo "== $pkg $name ($time)"
		go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" -fuzzminimizetime 100x "$pkg"
	done < <(go test -list '^Fuzz' "$pkg" | grep '^Fuzz' || true)
done < <(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' "${packages[@]}")
echo "$found fuzz tests ran"
