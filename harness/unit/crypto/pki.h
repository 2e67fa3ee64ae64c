/*
 * pki - certificates, CRLs and keys as a test wants them, good and bad, made on the spot.
 *
 * Shapes:  three RSA keys (made once a process) and one of 1024 bits; a specification names
 * subject, issuer and keys; what is left out is what the page's certificates have. Units:   times
 * are seconds from PKI_NOW. Errors:  none: what cannot be made aborts.
 */
#pragma once

#include <time.h>

#include "base/bytes.h"
#include "crypto/x509.h"

enum { PKI_NOW = 1227080000 }; /* 2008-11-19, the day of the page */
enum pki_key { KEY_EE, KEY_CA, KEY_SUB, KEY_SHORT, N_PKI_KEYS };

struct pki {
	const char *subject, *issuer; /* as ipsec.conf writes them; issuer NULL: the root CA */
	enum pki_key key, signer; /* signer KEY_EE (0): the CA's */
	const char *md; /* NULL: SHA256 */
	long from, until; /* 0, 0: a day ago, a day on */
	const char *ca, *usage, *san, *constraints, *crl_points, *eku; /* extension values */
	struct bytes raw_san; /* DER instead of `san` */
	bool odd_critical; /* an extension nobody knows, critical */
	long serial; /* 0: 1 */
};

#define PKI_ROOT "C=CH, O=Linux strongSwan, CN=strongSwan Root CA"
#define PKI_MOON "C=CH, O=Linux strongSwan, CN=moon.strongswan.org"

/* The root CA, moon: start from these and change what the test is about. */
struct pki pki_root(void);
struct pki pki_moon(void);

struct cert *pki_cert(struct pki spec);
void pki_der(struct pki spec, struct blob *out);

struct pki_crl {
	const char *issuer; /* NULL: the root CA */
	enum pki_key signer;
	const char *md;
	long from, until, number, revoked; /* revoked: a serial, 0 none */
	int reason; /* -1 none */
	bool critical;
	const char *scope; /* issuing distribution point, NULL: none */
};

void pki_crl_der(struct pki_crl spec, struct blob *out);
/* Written to a file of its own; the name lives for the next eight calls. */
const char *pki_crl_file(struct pki_crl spec);
const char *pki_file(struct bytes content);
/* The private key as a PEM file, encrypted if there is a passphrase. */
const char *pki_key_file(enum pki_key key, const char *passphrase);
