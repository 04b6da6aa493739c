#!/usr/bin/env bash
# Runs every fuzz test of the module, one after another, for the time given.
set -euo pipefail
time=${1:-10s}

found=0
while read -r pkg; do
	while read -r name; do
		found=$((found + 1))
		echo "== $pkg $name ($time)"
		go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" "$pkg"
	done < <(go test -list '^Fuzz' "$pkg" | grep '^Fuzz' || true)
done < <(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./...)
echo "$found fuzz tests ran"
