/*
 * x509 - certificates, the trust store, CRLs, and the judgement over a peer's chain.
 *
 * Shapes:  struct cert is reference-free: who loads it frees it (the store frees what was added
 *          to it).
 * Units:   times are time_t; `now` is given by the caller.
 * Errors:  -errno; trust_check gives TRUST_GOOD or the reason, and tells its story through
 *          trust->story. CRL signatures are checked once and remembered, not once a peer;
 *          lookups do not walk all CRL entries of the peer's chain for each SA (index by
 *          serial).
 * Source:  RFC 5280 section 6, RFC 4945 section 5; keyUsage, extended key usage, basicConstraints,
 *          pathLen, unknown critical extensions, RSA under 2048 bits, MD5 and SHA-1 chain
 *          signatures; a CRL counts for the certificates that its distribution point names.
 */
#pragma once

#include <time.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "crypto/ident.h"

enum {
	CERT_MAX = 16 << 10, /* octets of one, and of a file of them */
	CERT_FILE_MAX = 1 << 20,
	CRL_MAX = 8 << 20,
	CRL_FILE_MAX = 16 << 20,
	TRUST_PATH_MAX =
		8, /* certificates from the peer's to a root, and what a judgement checks */
	TRUST_SIGNATURES_MAX = 64,
};

struct cert;

/* Why a file is no certificate, CA or CRL, in words: of what the loaders here gave. */
const char *cert_file_str(int rc);
/* The line of the first object of a PEM file that is not whole, 0: there is none. */
unsigned cert_file_line(const char *path);

int cert_load(const char *path, struct cert **out); /* PEM or DER file */
/*
 * Every certificate of a file, to `each`, which owns what it gives 0 for. One that is of no use
 * does not stop those behind it; it is what is given back: -EBADMSG, or what `each` gave.
 */
int cert_load_each(const char *path, int (*each)(void *arg, struct cert *c), void *arg);
/* Those of a PEM file behind the first, at most cap of them. */
int cert_load_more(const char *path, struct cert **out, size_t cap, size_t *n);
/* One whole certificate of at most CERT_MAX, nothing behind it. */
int cert_parse(struct bytes der, struct cert **out);
void cert_free(struct cert *c);
OWN(cert)

struct bytes cert_der(const struct cert *c);
/* "C=CH, O=Linux strongSwan, CN=…", lives with the cert. */
const char *cert_subject(const struct cert *c);
void cert_subject_ident(const struct cert *c, struct ident *out);
const uint8_t *cert_spki_sha1(const struct cert *c); /* 20 octets: what CERTREQ lists */
bool cert_is_ca(const struct cert *c);
/* The identity is in the certificate: SAN (binary equal, host names without case) or the subject
 * for a DN. No wildcards, no CN fallback. */
bool cert_has_ident(const struct cert *c, const struct ident *id);

enum crl_policy { CRL_SOFT, CRL_STRICT, CRL_IFURI };

enum trust_verdict {
	TRUST_GOOD,
	TRUST_NO_CA, /* no path to a trusted CA */
	TRUST_BAD_SIG,
	TRUST_NOT_YET,
	TRUST_EXPIRED,
	TRUST_BAD_CERT, /* usage, constraints, weak key or hash, unknown critical extension */
	TRUST_REVOKED,
	TRUST_NO_STATUS, /* strict policy and no valid CRL */
	TRUST_OTHER_CA, /* the CA that is asked for has no part in the path */
	TRUST_NOT_PINNED, /* another certificate than the one that is asked for */
};

/* What the configuration adds to or takes from RFC 5280; all zero: nothing. */
struct trust_rules {
	uint32_t skew_s; /* how far a peer's clock may be off */
	bool strict_eku; /* serverAuth and clientAuth do not stand in for ipsecIKE */
	bool short_rsa, md5, sha1; /* taken although weak, and told each time */
};

struct trust {
	enum crl_policy policy;
	struct trust_rules rules;
	/* One line of the story, in the words and order of the log: using certificate "DN", using
	 * trusted ca certificate "DN", checking certificate status of "DN", using trusted
	 * certificate "DN", crl correctly signed by "DN", crl is valid: until T | crl is stale:
	 * since T, using cached crl, certificate status is good | certificate was revoked on T,
	 * reason: R | certificate status is not available. NULL: silent. */
	void (*story)(void *arg, int level, const char *line);
	void *arg;
	void *store; /* own */
};

int trust_init(struct trust *t);
void trust_free(struct trust *t);
/* Takes ca, one that is known already is freed; -EINVAL if it is no CA, which the caller keeps. */
int trust_add_ca(struct trust *t, struct cert *ca);
/*
 * Every CRL of a PEM file, or one in DER. Of those that one key signed for one scope the highest
 * number wins. -EBADMSG also for a forged one of a known CA.
 */
int trust_add_crl(struct trust *t, const char *path);
size_t trust_n_ca(const struct trust *t);
const struct cert *trust_ca(const struct trust *t, size_t i);
const struct cert *trust_ca_by_spki(const struct trust *t, const uint8_t sha1[20]);

/* ee and n intermediates as the peer sent them; *ca is the anchor found (may be NULL). */
enum trust_verdict trust_check(struct trust *t, const struct cert *ee, struct cert *const *chain,
	size_t n, time_t now, const struct cert **ca);

/* What a connection asks for beyond that. */
struct trust_want {
	const struct ident *through; /* DN of a CA in the path; NULL or type 0: any */
	const struct cert *pinned; /* this very one, which may then be without a CA; NULL: any */
};

enum trust_verdict trust_check_want(struct trust *t, const struct cert *ee,
	struct cert *const *chain, size_t n, time_t now, const struct trust_want *want,
	const struct cert **ca);
const char *trust_str(enum trust_verdict v);

/*
 * What lies between a certificate of ours and its root, as it is sent: each has signed the one
 * before, the root is left out (RFC 7296 section 3.6). From `more` and the CAs; gives their number.
 */
size_t trust_between(const struct trust *t, const struct cert *ee, struct cert *const *more,
	size_t n_more, const struct cert **out, size_t cap);

/* For listing: what is known of one CA's CRL: 0, -ENOENT. */
int trust_crl_info(const struct trust *t, const struct cert *ca, time_t *this_update,
	time_t *next_update, size_t *n_revoked);
