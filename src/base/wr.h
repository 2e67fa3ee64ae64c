/*
 * wr - write one packet, front to back, never past its end.
 *
 * A write past the end marks the writer bad for good and changes nothing: write every field,
 * ask once. A length that is known only later is left open (wr_mark16) and filled in
 * (wr_close16).
 * Shapes:  a cursor over memory it does not own.
 * Units:   lengths are octets; integers are given in host order.
 * Errors:  wr_done() gives the octets written or -ENOSPC.
 * Source:  RFC 7296 section 3, RFC 6275 section 6.
 */
#pragma once

#include <netinet/in.h>
#include <sys/types.h>

#include "base/bytes.h"

struct wr {
	uint8_t *p;
	size_t n; /* written */
	size_t cap;
	bool bad;
};

struct wr wr_of(uint8_t *p, size_t cap);
#define WR_OF(array) wr_of(array, sizeof(array))

void wr_u8(struct wr *w, uint8_t v);
void wr_u16(struct wr *w, uint16_t v);
void wr_u24(struct wr *w, uint32_t v);
void wr_u32(struct wr *w, uint32_t v);
void wr_u64(struct wr *w, uint64_t v);
void wr_in6(struct wr *w, struct in6_addr v);
void wr_bytes(struct wr *w, struct bytes v);
void wr_zero(struct wr *w, size_t n);

/* Overwrite octets already written; marks bad if they are not. */
void wr_put_u8(struct wr *w, size_t at, uint8_t v);
void wr_put_u16(struct wr *w, size_t at, uint16_t v);
void wr_put_u32(struct wr *w, size_t at, uint32_t v);

/* Leave 16 bits open, give their place; later fill in the octets from `from` to here. */
size_t wr_mark16(struct wr *w);
void wr_close16(struct wr *w, size_t mark, size_t from);

struct bytes wr_view(const struct wr *w);
ssize_t wr_done(const struct wr *w);
