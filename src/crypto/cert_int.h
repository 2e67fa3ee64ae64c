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
	bool is_ca, may_sign_crl;
	bool is_short; /* RSA under 2048 bits */
	bool is_for_ike, is_for_tls; /* extended key usage; without the extension both */
	int md; /* NID of the digest that its signature covers */
	CRL_DIST_POINTS *crl_points; /* NULL: none */
	const char *unfit; /* what no rule excuses (A-090, F-012), or NULL */
	long path_len;
	struct ident *san;
	size_t n_san;
	NAME_CONSTRAINTS *constraints;
};

/* The digest of a signature algorithm, NID_undef if it has none. */
int sig_alg_md(int sig_nid);
/* MD5 and SHA-1 are no signature of a chain or a CRL any more. */
bool md_is_weak(int md);

/*
 * Every object of a file of at most `max` octets: the PEM blocks of that name, or one in DER. 0 or
 * -errno: of the file, of `each`, which ends it, -EBADMSG: there is none, or -EPROTO: what begins
 * or ends an object is there without the other, or what is between them is no base64; those that
 * are whole were given before.
 */
int file_each(const char *path, const char *pem_name, size_t max,
	int (*each)(void *arg, struct bytes der), void *arg);

time_t time_of(const ASN1_TIME *t); /* -1: no time */
