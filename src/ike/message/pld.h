/*
 * pld - the payloads of an IKE message, one by one: read a body into struct msg.
 *
 * Shapes:  a reader gets the body behind the generic header and the payload's type; writers are
 *          the put_* of msg.h.
 * Errors:  0, or -EPROTO when the body is broken (answered by INVALID_SYNTAX); *m is then
 *          untouched.
 * Source:  RFC 7296 sections 3.3 to 3.13.
 */
#pragma once

#include "base/rd.h"
#include "ike/message/msg.h"

typedef int pld_fn(struct rd in, uint8_t type, struct msg *m);

pld_fn pld_sa_read, pld_ke_read, pld_nonce_read, pld_id_read, pld_cert_read, pld_certreq_read;
pld_fn pld_auth_read, pld_notify_read, pld_delete_read, pld_ts_read;
