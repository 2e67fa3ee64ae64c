/*
 * crl - one certificate revocation list: read once, its signature checked once per issuer key.
 *
 * Shapes:  the list of serials is indexed by OpenSSL: a lookup is a binary search.
 * Units:   times are time_t.
 * Errors:  -errno of the file, -EBADMSG: no CRL, trailing octets, no nextUpdate, or a critical
 *          extension (indirect CRLs and those of attribute certificates are not for us). Delta
 *          CRLs and those of some reasons say who is revoked, never who is not.
 * Source:  RFC 5280 sections 5 and 6.3, RFC 4945 section 5.1.3.13.
 */
#pragma once

#include <time.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "crypto/x509.h"

struct crl;

/* One whole CRL, nothing behind it. */
int crl_parse(struct bytes der, struct crl **out);
void crl_free(struct crl *crl);
OWN(crl)

/* Is `ca` its issuer by name? */
bool crl_is_of(const struct crl *crl, const struct cert *ca);
/* Signed by one key, and for the same distribution point: the newer one replaces the other. Of
 * two whose signer is not known yet only the same octets are the same. */
bool crl_same_scope(const struct crl *a, const struct crl *b);
/* Does it speak of every reason and every certificate? Else it proves nobody good. */
bool crl_is_complete(const struct crl *crl);
/* Speaks for this certificate: a list of one distribution point only for those that name it. */
bool crl_covers(const struct crl *crl, const struct cert *c);

/* Does its number make it newer than the other? Without numbers the later thisUpdate. */
bool crl_is_newer(const struct crl *crl, const struct crl *than);

/* Signed by this CA's key; remembered. */
bool crl_signed_by(struct crl *crl, const struct cert *ca);

time_t crl_this_update(const struct crl *crl);
time_t crl_next_update(const struct crl *crl);
size_t crl_n_revoked(const struct crl *crl);

/* 1: the certificate is revoked, since *when, for *reason ("key compromise"); 0: it is not. */
int crl_revokes(struct crl *crl, const struct cert *c, time_t *when, const char **reason);
