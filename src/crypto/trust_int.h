/*
 * trust_int - the store behind struct trust, for trust.c and trust_store.c only.
 *
 * Shapes:  CAs in the order in which they were read; of the CRLs that one key signed for one scope
 *          the newest.
 * Source:  RFC 5280 section 6.3.
 */
#pragma once

#include "crypto/cert_int.h"
#include "crypto/crl.h"
#include "crypto/x509.h"

struct store {
	struct cert **cas;
	size_t n_cas;
	struct crl **crls;
	size_t n_crls;
};

/* The newest complete list that this CA's key signed and that speaks for the certificate; without
 * one (NULL) any such list. */
struct crl *trust_crl_of(const struct trust *t, const struct cert *ca, const struct cert *c);
/* Only a list in the CA's name that somebody else signed. */
bool trust_has_wrong_crl(const struct trust *t, const struct cert *ca);
