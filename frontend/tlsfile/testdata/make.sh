#!/usr/bin/env bash
# Makes the keystores of this folder with JDK 17's keytool. They are committed, so
# that the tests need no Java; run this again to renew them. They are for tests
# only: everybody knows their keys. Every password is "changeit" but where said.
set -euo pipefail
cd "$(dirname "$0")"
exec 2>/dev/null # keytool praises PKCS12
rm -f ./*.jks ./*.p12 ./*.jceks ./*.crt

pair() { # pair FILE TYPE ALIAS KEYALG [OPTION...]
	local file=$1 type=$2 alias=$3 alg=$4
	shift 4
	keytool -genkeypair -keystore "$file" -storetype "$type" -storepass changeit -alias "$alias" \
		-keyalg "$alg" -dname "CN=$alias" -ext san=dns:localhost,ip:127.0.0.1 -validity 36500 "$@"
}

pair rsa.jks JKS server RSA -keysize 2048 -keypass changeit
pair ec.jks JKS server EC -groupname secp256r1 -keypass changeit
pair rsa.p12 PKCS12 server RSA -keysize 2048
pair ec.p12 PKCS12 server EC -groupname secp256r1
pair legacy.p12 PKCS12 server EC -groupname secp256r1 -J-Dkeystore.pkcs12.legacy
pair ec.jceks JCEKS server EC -groupname secp256r1 -keypass changeit

# The password is "pässwörd €".
LC_ALL=C.UTF-8 keytool -genkeypair -keystore umlaut.jks -storetype JKS -storepass 'pässwörd €' -keypass 'pässwörd €' \
	-alias server -keyalg EC -groupname secp256r1 -dname CN=server -validity 36500

# The key's password is "different".
pair keypass.jks JKS server EC -groupname secp256r1 -keypass different

# Two keys.
pair two.jks JKS one EC -groupname secp256r1 -keypass changeit
pair two.jks JKS two RSA -keysize 2048 -keypass changeit
pair two.p12 PKCS12 one EC -groupname secp256r1
pair two.p12 PKCS12 two EC -groupname secp256r1

# A chain: root signs middle, middle signs server.
pair root.p12 PKCS12 root EC -groupname secp256r1 -ext bc:c
pair middle.p12 PKCS12 middle EC -groupname secp256r1
sign() { # sign CA CA_FILE SUBJECT_FILE SUBJECT [OPTION...]
	local ca=$1 ca_file=$2 file=$3 subject=$4
	shift 4
	keytool -certreq -keystore "$file" -storepass changeit -alias "$subject" |
		keytool -gencert -keystore "$ca_file" -storepass changeit -alias "$ca" -validity 36500 -rfc "$@"
}
keytool -exportcert -rfc -keystore root.p12 -storepass changeit -alias root >root.crt
sign root root.p12 middle.p12 middle -ext bc:c >middle.crt
cat root.crt middle.crt >chain.crt
keytool -importcert -noprompt -keystore middle.p12 -storepass changeit -alias middle -file chain.crt
for kind in p12 jks; do
	type=PKCS12 extra=()
	[[ $kind == jks ]] && type=JKS extra=(-keypass changeit)
	pair chain.$kind $type server EC -groupname secp256r1 "${extra[@]}"
	sign middle middle.p12 chain.$kind server -ext san=dns:localhost,ip:127.0.0.1 >server.crt
	cat root.crt middle.crt server.crt >chain.crt
	keytool -importcert -noprompt -keystore chain.$kind -storepass changeit -alias server -file chain.crt
	keytool -importcert -noprompt -keystore trust.$kind -storetype $type -storepass changeit -alias root -file root.crt
done
rm -f root.p12 middle.p12 chain.crt middle.crt server.crt
ls -l
