/*
 * dh - one Diffie-Hellman key pair and the secret shared with a peer.
 *
 * MODP private exponents are short (256 bits for a 2048-bit group) and the peer's value is
 * checked as 1 < y < p-1 here, because OpenSSL's full validation costs seven times the
 * exponentiation.
 * Shapes:  dh_shared gives the secret left-padded to the group's size; the caller wipes it
 *          (blob_free does).
 * Errors:  -EBADMSG: the peer's value has a wrong length or fails the group's check (point not
 *          on curve, all-zero Curve25519 result); -EINVAL, -ENOMEM.
 * Source:  RFC 7296 section 2.14, RFC 3526, RFC 5903, RFC 6989, RFC 8031.
 */
#pragma once

#include "base/bytes.h"
#include "base/mem.h"
#include "crypto/alg.h"

struct dh;

int dh_new(const struct alg *group, struct dh **out);
void dh_free(struct dh *dh);
OWN(dh)

const struct alg *dh_group(const struct dh *dh);
struct bytes dh_public(const struct dh *dh); /* group->key_len octets */
int dh_shared(const struct dh *dh, struct bytes peer, struct blob *out);
