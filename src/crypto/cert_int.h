/*
 * cert_int - what a certificate holds, for the files of this module only.
 *
 * Shapes:  everything that a check asks again is read once, when the certificate is parsed.
 * Units:   times are time_t; path_len -1 is no limit.
 * Source:  RFC 5280 section 4.
 */
#pragma once

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/x509.h"

struct cert {
	X509 *x;
	struct blob der;
	struct ident subject, issuer; /* DN */
	char *subject_text;
	uint8_t spki_sha1[20];
	time_t not_before, not_after;
	bool is_ca, may_sign_crl, has_crl_uri,
		is_fit; /* is_fit: nothing of, F-012 against it */
	const char *unfit; /* why not */
	long path_len;
	struct ident *san;
	size_t n_san;
	NAME_CONSTRAINTS *constraints;
};

/* MD5 and SHA-1 are no signature of a chain or a CRL any more. */
bool sig_alg_is_weak(int sig_nid);

/* One whole file of at most `max` octets: PEM of one of the names, or DER. 0 or -errno. */
int file_der(const char *path, const char *pem_name, size_t max, struct blob *out);

time_t time_of(const ASN1_TIME *t); /* -1: no time */
