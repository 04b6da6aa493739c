#!/usr/bin/env bash
# Fetches the Java clients from Maven Central into .cache/java/<client>, each with
# all the jars it needs. Runs again only when a pom or a version changes.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "$here/../.." && pwd)/.cache/java
copy=org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies

fetch() { # fetch CLIENT POM [-D...]
	local client=$1 pom=$here/java/$2 dir=$out/$1 stamp
	shift 2
	stamp=$(sha256sum <"$pom" | cut -c1-16)-$copy-$*
	if [[ -f $dir/.stamp && $(<"$dir/.stamp") == "$stamp" ]]; then
		return
	fi
	echo "fetching $client"
	rm -rf "$dir"
	mvn -B -q -ntp -Dstyle.color=never -f "$pom" "$copy" -DoutputDirectory="$dir" "$@" </dev/null
	echo "$stamp" >"$dir/.stamp"
}

for version in 2.3.9 3.1.3 4.0.1 4.1.0; do
	fetch "hive-jdbc-$version" jdbc.xml -Dhive.version="$version"
done
fetch beeline-3.1.3 beeline.xml
fetch yarn-3.5.0 yarn.xml
