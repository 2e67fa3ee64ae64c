/*
 * method - the ways to prove an identity: one row each.
 *
 * A connection says what its peer must do (conn_end.auth); of the rows for that the peer takes one,
 * by the number in its AUTH payload, and has to have shown all that this row needs.
 * Shapes:  octets that are signed are made by auth; a row knows neither IKE_SA nor message.
 * Errors:  sign, verify: 0 or -errno; -EBADMSG: it does not hold.
 * Source:  RFC 7296 sections 2.15, 3.8.
 */
#pragma once

#include "crypto/sig.h"
#include "ike/auth/cert_store.h"
#include "ike/sa/sa.h"

struct auth_method {
	uint8_t number; /* of the AUTH payload */
	enum conn_auth how; /* as ipsec.conf asks for it */
	const char *word; /* as the log says it */
	unsigned needs; /* SA_PROVED_AUTH | …: all that makes a peer known by it */
	bool (*can)(const struct cred *cred); /* we are able to; cred may be NULL */
	int (*sign)(const struct cred *cred, struct bytes text, struct blob *out);
	int (*verify)(const struct cert *peer, struct bytes text, struct bytes data);
};

/* The row for this end of a connection with that number; NULL: not what it asks for. */
const struct auth_method *auth_method_of(const struct conn_end *e, uint8_t number);
/* How we prove who we are: the first row for our end that we are able to; NULL: none. */
const struct auth_method *auth_method_ours(const struct conn_end *e, const struct cred *cred);
