#include <errno.h>
#include <string.h>

#include "base/rd.h"

/* The next n octets, or NULL and a bad reader. */
static const uint8_t *step(struct rd *r, size_t n)
{
	const uint8_t *p = r->p;

	if (r->bad || n > r->left) {
		rd_fail(r);
		return NULL;
	}
	if (n) /* an empty view may have no memory at all */
		r->p += n;
	r->left -= n;
	return p;
}

static uint64_t number(struct rd *r, size_t n)
{
	const uint8_t *p = step(r, n);
	uint64_t v = 0;

	for (size_t i = 0; p && i < n; i++)
		v = v << 8 | p[i];
	return v;
}

struct rd rd_of(struct bytes v)
{
	return (struct rd){ v.p, v.n, false };
}

uint8_t rd_u8(struct rd *r)
{
	return (uint8_t)number(r, 1);
}

uint16_t rd_u16(struct rd *r)
{
	return (uint16_t)number(r, 2);
}

uint32_t rd_u24(struct rd *r)
{
	return (uint32_t)number(r, 3);
}

uint32_t rd_u32(struct rd *r)
{
	return (uint32_t)number(r, 4);
}

uint64_t rd_u64(struct rd *r)
{
	return number(r, 8);
}

struct in6_addr rd_in6(struct rd *r)
{
	struct in6_addr a = { 0 };
	const uint8_t *p = step(r, sizeof(a));

	if (p)
		memcpy(&a, p, sizeof(a));
	return a;
}

struct bytes rd_bytes(struct rd *r, size_t n)
{
	const uint8_t *p = step(r, n);

	return p ? BYTES(p, n) : BYTES_NONE;
}

struct bytes rd_rest(struct rd *r)
{
	return rd_bytes(r, r->left);
}

void rd_skip(struct rd *r, size_t n)
{
	step(r, n);
}

struct rd rd_sub(struct rd *r, size_t n)
{
	struct rd sub = rd_of(rd_bytes(r, n));

	sub.bad = r->bad;
	return sub;
}

void rd_fail(struct rd *r)
{
	r->bad = true;
	r->left = 0;
}

size_t rd_left(const struct rd *r)
{
	return r->left;
}

int rd_ok(const struct rd *r)
{
	return r->bad ? -EBADMSG : 0;
}

int rd_done(const struct rd *r)
{
	return r->bad || r->left ? -EBADMSG : 0;
}
