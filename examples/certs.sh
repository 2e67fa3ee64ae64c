#!/bin/sh
# certs.sh FOLDER: a CA and the certificates of these examples, laid out as /etc/ipsec.d.
#   cacerts/exampleCert.pem    both ends       certs/{mn,ha}Cert.pem    its own end
#   private/{mn,ha}Key.pem     its own end     exampleKey.pem           neither: put it away
set -eu
[ $# -eq 1 ] || { echo "certs.sh FOLDER" >&2; exit 2; }
umask 077
mkdir -p "$1/cacerts" "$1/certs" "$1/private"
cd "$1"

# quietly COMMAND...: openssl talks on standard error even when all is well.
quietly() {
	"$@" 2>log || { cat log >&2; exit 1; }
	rm log
}

quietly openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 3650 \
	-subj '/O=Example/CN=Example CA' -addext keyUsage=critical,keyCertSign,cRLSign \
	-keyout exampleKey.pem -out cacerts/exampleCert.pem

# entity NAME COMMON-NAME SAN
entity() {
	quietly openssl req -newkey rsa:2048 -nodes -subj "/O=Example/CN=$2" \
		-addext "subjectAltName=$3" -keyout "private/$1Key.pem" -out request.pem
	quietly openssl x509 -req -in request.pem -CA cacerts/exampleCert.pem \
		-CAkey exampleKey.pem -CAserial example.srl -CAcreateserial -days 1095 -sha256 \
		-copy_extensions copy -out "certs/$1Cert.pem"
	rm request.pem
}
entity mn mn@example.org email:mn@example.org
entity ha ha.example.org DNS:ha.example.org
