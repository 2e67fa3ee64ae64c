/*
 * cert_store - our certificates with their private keys, and whom we trust.
 *
 * Shapes:  a credential belongs to the store and lives until it is freed or the connections are
 *          reloaded.
 * Errors:  a file that cannot be used is one log line and is left out; 0 or -errno where the
 *          caller must know.
 * Source:  RFC 4945 section 5.
 */
#pragma once

#include <sys/stat.h>

#include "crypto/sig.h"
#include "crypto/x509.h"
#include "ike/conf/conf.h"

struct cert_store;

enum { CRED_MORE = 4 };

struct cred {
	struct cred *next;
	char *file; /* the certificate's path */
	struct cert *cert;
	struct cert *more[CRED_MORE]; /* behind it in the file: its issuers */
	size_t n_more;
	struct stat as; /* the file when it was read */
	const struct key *key; /* NULL: no private key fits */
};

/* dir: /etc/ipsec.d */
int cert_store_new(const char *dir, struct cert_store **out);
void cert_store_free(struct cert_store *s);
OWN(cert_store)

/* Files that are of no use go there instead of to the log; NULL: to the log. */
void cert_store_findings(struct cert_store *s, struct conf_log *log);

/* Start-up, or rereadall: CA certificates, CRLs, private keys. */
void cert_store_load(struct cert_store *s, const struct ike_conf *conf);
/* What the configuration says about peers' certificates, from now on. */
void cert_store_rules(struct cert_store *s, const struct ike_conf *conf);
void cert_store_reread_cas(struct cert_store *s);
void cert_store_reread_crls(struct cert_store *s);
void cert_store_reread_secrets(struct cert_store *s, const struct ike_conf *conf);

/* leftcert of a connection. NULL: unusable, one line says why. */
const struct cred *cert_store_cred(struct cert_store *s, const char *cert_file);
/* For tests: add a key, a CA or a CRL that is not in the folder. */
int cert_store_add_key(struct cert_store *s, const char *path);
int cert_store_add_ca(struct cert_store *s, const char *path);
int cert_store_add_crl(struct cert_store *s, const char *path);

struct trust *cert_store_trust(struct cert_store *s);
const struct cred *cert_store_creds(
	const struct cert_store *s); /* all that were loaded, for listing */

/* The SHA-1 hashes of all trusted keys, one behind the other: the body of CERTREQ. */
struct bytes cert_store_certreq(const struct cert_store *s);
