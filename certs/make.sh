#!/bin/sh
# Makes build/certs: the CA of the reference page, carol's, dave's and moon's certificates, the CRL,
# and what the negative scenarios need. Does nothing while a week of validity is left.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-build}
case $build in /*) ;; *) build=$here/../$build ;; esac
out=$build/certs
week=604800
page='/C=CH/O=Linux strongSwan'
export SAN=none CA_DIR=

fresh() {
	[ -f "$out/made" ] && cat "$here/make.sh" "$here/ca.cnf" | cmp -s - "$out/made" &&
		[ "$(date +%s)" -lt "$(cat "$out/until")" ]
}

# quietly COMMAND...: openssl talks on standard error even when all is well.
quietly() {
	"$@" 2>"$CA_DIR/log" || { cat "$CA_DIR/log" >&2; exit 1; }
}

# authority DIR SUBJECT: a self-signed CA with an empty database.
authority() {
	CA_DIR=$1
	echo "  CA   $2"
	mkdir -p "$CA_DIR"
	: >"$CA_DIR/index.txt"
	echo 01 >"$CA_DIR/serial"
	echo 01 >"$CA_DIR/crlnumber"
	quietly openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 365 -subj "$2" \
		-config "$here/ca.cnf" -extensions authority \
		-keyout "$CA_DIR/caKey.pem" -out "$CA_DIR/caCert.pem"
}

# intermediate DIR SUBJECT: the same, signed by the CA of CA_DIR.
intermediate() {
	echo "  CA   $2"
	mkdir -p "$1"
	: >"$1/index.txt"
	echo 01 >"$1/serial"
	echo 01 >"$1/crlnumber"
	quietly openssl req -new -newkey rsa:2048 -nodes -config "$here/ca.cnf" -subj "$2" \
		-keyout "$1/caKey.pem" -out "$1/request.pem"
	quietly openssl ca -batch -notext -config "$here/ca.cnf" -extensions authority \
		-in "$1/request.pem" -out "$1/caCert.pem"
	CA_DIR=$1
}

# entity NAME SUBJECT SAN [DATES...]: NAMEKey.pem and NAMECert.pem, signed by CA_DIR.
entity() {
	name=$1 subject=$2 SAN=$3
	shift 3
	echo "  CERT $name"
	quietly openssl req -new -newkey rsa:2048 -nodes -config "$here/ca.cnf" -subj "$subject" \
		-keyout "$new/${name}Key.pem" -out "$CA_DIR/request.pem"
	quietly openssl ca -batch -notext -config "$here/ca.cnf" "$@" -in "$CA_DIR/request.pem" \
		-out "$new/${name}Cert.pem"
}

# crl NAME [DATES...]: the CRL of the CA in CA_DIR.
crl() {
	name=$1
	shift
	echo "  CRL  $name"
	quietly openssl ca -gencrl -config "$here/ca.cnf" "$@" -out "$new/$name.crl"
}

fresh && exit 0
mkdir -p "$build"
new=$(mktemp -d "$build/certs.XXXXXX")
trap 'rm -rf "$new"' EXIT

moon="$page/CN=moon.strongswan.org"
authority "$new/otherCa" "$page/CN=Another Root CA"
entity moonUnknownCa "$moon" DNS:moon.strongswan.org

authority "$new/ca" "$page/CN=strongSwan Root CA"
entity carol "$page/OU=Research/CN=carol@strongswan.org" email:carol@strongswan.org
entity dave "$page/OU=Research/CN=dave@strongswan.org" email:dave@strongswan.org
entity moon "$moon" DNS:moon.strongswan.org
entity moonWrongName "$page/CN=sun.strongswan.org" DNS:sun.strongswan.org
entity moonExpired "$moon" DNS:moon.strongswan.org -startdate 20230101000000Z \
	-enddate 20240101000000Z
entity moonRevoked "$moon" DNS:moon.strongswan.org
crl strongswanStale -crl_lastupdate 20230101000000Z -crl_nextupdate 20240101000000Z
quietly openssl ca -config "$here/ca.cnf" -revoke "$new/moonRevokedCert.pem" \
	-crl_reason keyCompromise
intermediate "$new/issuingCa" "$page/CN=strongSwan Issuing CA"
entity moonIssued "$moon" DNS:moon.strongswan.org
crl issuing
cat "$new/moonIssuedCert.pem" "$CA_DIR/caCert.pem" >"$new/moonIssuedChain.pem"
CA_DIR=$new/ca
crl strongswan

mv "$new/issuingCa/caCert.pem" "$new/issuingCert.pem"
mv "$new/ca/caCert.pem" "$new/strongswanCert.pem"
rm -rf "$new/ca" "$new/otherCa" "$new/issuingCa" "$out"
ends=$(openssl x509 -noout -enddate -in "$new/moonCert.pem")
echo $(($(date -d "${ends#notAfter=}" +%s) - week)) >"$new/until"
cat "$here/make.sh" "$here/ca.cnf" >"$new/made"
chmod 755 "$new"
mv "$new" "$out"
