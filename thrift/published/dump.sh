#!/usr/bin/env bash
# Writes facts.txt anew: what the classes that Hive ships for its Thrift protocol
# say about themselves. Needs Java 11 or newer, Maven, and the network.
set -euo pipefail
cd "$(dirname "$0")"

VERSION=${1:-4.0.1}
REPO=$HOME/.m2/repository
RPC=$REPO/org/apache/hive/hive-service-rpc/$VERSION/hive-service-rpc-$VERSION.jar
CLASSPATH=$RPC

fetch() { mvn -q -B dependency:get -Dtransitive=false -Dartifact="$1"; }
fetch "org.apache.hive:hive-service-rpc:$VERSION"
fetch org.apache.thrift:libthrift:0.16.0
fetch org.slf4j:slf4j-api:1.7.36
CLASSPATH+=:$REPO/org/apache/thrift/libthrift/0.16.0/libthrift-0.16.0.jar
CLASSPATH+=:$REPO/org/slf4j/slf4j-api/1.7.36/slf4j-api-1.7.36.jar

java -cp "$CLASSPATH" Dump.java "$RPC" 2>/dev/null >facts.txt
