/*
 * auth - who the peer is: what AUTH signs, the peer's certificate, its identity.
 *
 * Errors:  auth_* give 0 or -errno and have logged the reason; -EACCES is "authentication failed".
 * Source:  RFC 7296 sections 2.15, 3.5 to 3.8; RFC 4945 sections 3.1, 5.1; RFC 4877 section 10.
 */
#pragma once

#include "ike/message/msg.h"
#include "ike/sa/books.h"

/* Another IKE_SA with the same pair of identities, ours as configured. */
bool auth_other_sa(const struct sa *sa);

/* Our AUTH payload: its method and its data. */
int auth_sign(struct sa *sa, uint8_t *method, struct blob *out);

/* The peer's AUTH, chain, revocation, identity: sets sa->proved. peer_id must be set. */
int auth_verify(struct sa *sa, const struct msg *in, const struct idp *id);

/* Certificate requests, of the peer and ours. */
void auth_say_certreq(const struct iked *d, const struct msg *in);
void auth_say_own_certreq(const struct iked *d);
void auth_put_certreq(const struct iked *d, struct msg_out *out);

/* Our certificate and its issuers but the root, when they are to be sent. */
void auth_put_cert(const struct sa *sa, struct msg_out *out);
