/*
 * rd - read one packet, front to back, never past its end.
 *
 * A read past the end returns 0 or an empty view and marks the reader bad for good:
 * read every field, then ask rd_done() once. Use no value before that check.
 * Shapes:  a cursor over memory it does not own; views live as long as the packet.
 * Units:   lengths are octets; integers arrive in host order.
 * Errors:  rd_done() gives 0, or -EBADMSG if octets were missing or left over;
 *          rd_ok() gives the same without asking that everything was read.
 * Source:  RFC 7296 section 3 (IKE payloads), RFC 6275 section 6 (mobility header).
 */
#pragma once

#include <netinet/in.h>

#include "base/bytes.h"

struct rd {
	const uint8_t *p;
	size_t left;
	bool bad;
};

struct rd rd_of(struct bytes v);
#define rd_cut(array, n) rd_of(BYTES(array, n))

uint8_t rd_u8(struct rd *r);
uint16_t rd_u16(struct rd *r);
uint32_t rd_u24(struct rd *r);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);
struct in6_addr rd_in6(struct rd *r);
struct bytes rd_bytes(struct rd *r, size_t n);
struct bytes rd_rest(struct rd *r);
void rd_skip(struct rd *r, size_t n);

/* The next n octets as a reader of their own: for a nested length. */
struct rd rd_sub(struct rd *r, size_t n);

/* Mark bad: a value was read that the format forbids. */
void rd_fail(struct rd *r);

size_t rd_left(const struct rd *r);
int rd_ok(const struct rd *r);
int rd_done(const struct rd *r);
