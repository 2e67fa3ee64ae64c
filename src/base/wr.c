#include <errno.h>
#include <string.h>

#include "base/wr.h"

/* Room for the next n octets, or NULL and a bad writer. */
static uint8_t *step(struct wr *w, size_t n)
{
	uint8_t *p;

	if (w->bad || n > w->cap - w->n) {
		w->bad = true;
		return NULL;
	}
	p = w->p + w->n;
	w->n += n;
	return p;
}

static void put(uint8_t *p, uint64_t v, size_t n)
{
	while (p && n--) {
		p[n] = (uint8_t)v;
		v >>= 8;
	}
}

static void put_at(struct wr *w, size_t at, uint64_t v, size_t n)
{
	if (w->bad || at > w->n || n > w->n - at)
		w->bad = true;
	else
		put(w->p + at, v, n);
}

struct wr wr_of(uint8_t *p, size_t cap)
{
	return (struct wr){ p, 0, cap, false };
}

void wr_u8(struct wr *w, uint8_t v)
{
	put(step(w, 1), v, 1);
}

void wr_u16(struct wr *w, uint16_t v)
{
	put(step(w, 2), v, 2);
}

void wr_u24(struct wr *w, uint32_t v)
{
	put(step(w, 3), v, 3);
}

void wr_u32(struct wr *w, uint32_t v)
{
	put(step(w, 4), v, 4);
}

void wr_u64(struct wr *w, uint64_t v)
{
	put(step(w, 8), v, 8);
}

void wr_in6(struct wr *w, struct in6_addr v)
{
	wr_bytes(w, BYTES(&v, sizeof(v)));
}

void wr_bytes(struct wr *w, struct bytes v)
{
	uint8_t *p = v.n ? step(w, v.n) : NULL;

	if (p)
		memcpy(p, v.p, v.n);
}

void wr_zero(struct wr *w, size_t n)
{
	uint8_t *p = n ? step(w, n) : NULL;

	if (p)
		memset(p, 0, n);
}

void wr_put_u8(struct wr *w, size_t at, uint8_t v)
{
	put_at(w, at, v, 1);
}

void wr_put_u16(struct wr *w, size_t at, uint16_t v)
{
	put_at(w, at, v, 2);
}

void wr_put_u32(struct wr *w, size_t at, uint32_t v)
{
	put_at(w, at, v, 4);
}

size_t wr_mark16(struct wr *w)
{
	size_t at = w->n;

	wr_u16(w, 0);
	return at;
}

void wr_close16(struct wr *w, size_t mark, size_t from)
{
	if (from > w->n || w->n - from > UINT16_MAX)
		w->bad = true;
	else
		wr_put_u16(w, mark, (uint16_t)(w->n - from));
}

struct bytes wr_view(const struct wr *w)
{
	return w->bad ? BYTES_NONE : BYTES(w->p, w->n);
}

ssize_t wr_done(const struct wr *w)
{
	return w->bad ? -ENOSPC : (ssize_t)w->n;
}
