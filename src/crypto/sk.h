/*
 * sk - protect and open the Encrypted payload (SK) of an IKE message.
 *
 * The message in `buf` is: IKE header, SK generic header, then room. Sealing writes IV,
 * ciphertext (with padding and pad length) and ICV behind the headers. The lengths in the
 * headers must be final before: ask sk_size() first. Opening checks the ICV over the whole
 * message before it decrypts anything.
 * Units:   octets. Errors: -EBADMSG (ICV wrong, too short), -EPROTO (ICV good, padding or length of
 *          the plaintext wrong: its sender has the keys), -ENOSPC, -EINVAL.
 * Source:  RFC 7296 section 3.14.
 */
#pragma once

#include "base/bytes.h"
#include "crypto/alg.h"

enum { SK_KEY_MAX = 64 };

struct sk_keys {
	const struct alg *encr, *integ;
	uint8_t e[SK_KEY_MAX], a[SK_KEY_MAX];
};

/* Octets that a plaintext of n needs behind the SK generic header. */
size_t sk_size(const struct sk_keys *k, size_t n);

/* buf[0..head) are the headers, cap the room in buf; plain must not overlap. Gives the message
 * length. */
int sk_seal(const struct sk_keys *k, uint8_t *buf, size_t head, size_t cap, struct bytes plain,
	size_t *out);

/* msg is the whole message, head the octets up to the IV. The plaintext goes to `plain` (an owned
 * blob, wiped by blob_free). */
int sk_open(const struct sk_keys *k, struct bytes msg, size_t head, struct blob *plain);
