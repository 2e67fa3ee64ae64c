#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/addr.h"

enum { RING = 16, V4_BITS = 96, TEXT_MAX = INET6_ADDRSTRLEN + 4 };

const struct in6_addr addr_any;

static char *ring_next(void)
{
	static char ring[RING][TEXT_MAX];
	static unsigned next;

	return ring[next++ % RING];
}

static int parse_v4(const char *text, struct in6_addr *out)
{
	struct in6_addr a = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	if (inet_pton(AF_INET, text, &a.s6_addr[12]) != 1)
		return -EINVAL;
	*out = a;
	return 0;
}

int addr_parse(const char *text, struct in6_addr *out)
{
	struct in6_addr a;

	if (inet_pton(AF_INET6, text, &a) != 1)
		return parse_v4(text, out);
	*out = a;
	return 0;
}

/* 1 to 3 digits, nothing else. */
static int parse_len(const char *text, unsigned max, unsigned *out)
{
	size_t digits = strspn(text, "0123456789");
	unsigned v;

	if (digits < 1 || digits > 3 || text[digits] || sscanf(text, "%u", &v) != 1 || v > max)
		return -EINVAL;
	*out = v;
	return 0;
}

int prefix_parse(const char *text, struct prefix *out)
{
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	char host[INET6_ADDRSTRLEN];
	struct in6_addr a;
	unsigned base, len;

	if (n >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, n);
	host[n] = '\0';
	if (addr_parse(host, &a) < 0)
		return -EINVAL;
	base = strchr(host, ':') ? 0 : V4_BITS;
	len = 128 - base;
	if (slash && parse_len(slash + 1, len, &len) < 0)
		return -EINVAL;
	*out = (struct prefix){ a, (uint8_t)(base + len) };
	return 0;
}

const char *addr_str(const struct in6_addr *a)
{
	char *text = ring_next();

	if (addr_is_v4(a))
		inet_ntop(AF_INET, &a->s6_addr[12], text, TEXT_MAX);
	else
		inet_ntop(AF_INET6, a, text, TEXT_MAX);
	return text;
}

const char *addr_str_any(const struct in6_addr *a)
{
	return addr_is_any(a) ? "%any" : addr_str(a);
}

const char *prefix_str(const struct prefix *p)
{
	bool v4 = addr_is_v4(&p->addr) && p->len >= V4_BITS;
	char host[INET6_ADDRSTRLEN] = "";
	char *text = ring_next();

	inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? &p->addr.s6_addr[12] : p->addr.s6_addr, host,
		sizeof(host));
	snprintf(text, TEXT_MAX, "%s/%u", host, p->len - (v4 ? V4_BITS : 0u));
	return text;
}

bool addr_eq(const struct in6_addr *a, const struct in6_addr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

bool addr_is_any(const struct in6_addr *a)
{
	return addr_eq(a, &addr_any);
}

bool addr_is_v4(const struct in6_addr *a)
{
	return IN6_IS_ADDR_V4MAPPED(a);
}

bool addr_is_routed(const struct in6_addr *a)
{
	return (a->s6_addr[0] & 0xfe) == 0xfc || addr_is_global(a);
}

bool addr_is_global(const struct in6_addr *a)
{
	static const struct prefix other[] = {
		{ { .s6_addr = { 0xfe, 0x80 } }, 10 }, /* link-local */
		{ { .s6_addr = { 0xfe, 0xc0 } }, 10 }, /* site-local, RFC 3879 */
		{ { .s6_addr = { 0xfc } }, 7 }, /* ULA, RFC 4193 */
		{ { .s6_addr = { 0xff } }, 8 }, /* multicast */
		{ { .s6_addr = { [15] = 1 } }, 128 }, /* loopback */
		{ { .s6_addr = { 0 } }, 128 }, /* unspecified */
		{ { .s6_addr = { [10] = 0xff, [11] = 0xff } }, V4_BITS },
	};

	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		if (prefix_has(&other[i], a))
			return false;
	return true;
}

/* Seeded: who chooses addresses shall not choose buckets. */
uint32_t addr_hash(const struct in6_addr *a)
{
	static uint64_t seed[2];
	uint64_t half[2];

	while (!seed[0])
		if (getrandom(seed, sizeof(seed), 0) < 0)
			seed[0] = 1;
	memcpy(half, a, sizeof(half));
	half[0] = (half[0] ^ seed[0]) * 0x9e3779b97f4a7c15;
	half[1] = (half[1] ^ seed[1] ^ half[0] >> 29) * 0xbf58476d1ce4e5b9;
	return (uint32_t)((half[1] ^ half[0]) >> 32);
}

/* The bits of octet i that belong to the prefix. */
static uint8_t mask_at(unsigned len, unsigned i)
{
	if (len >= 8 * (i + 1))
		return 0xff;
	return len <= 8 * i ? 0 : (uint8_t)(0xff00 >> (len - 8 * i));
}

bool prefix_has(const struct prefix *p, const struct in6_addr *a)
{
	for (unsigned i = 0; i < sizeof(*a); i++)
		if ((p->addr.s6_addr[i] ^ a->s6_addr[i]) & mask_at(p->len, i))
			return false;
	return true;
}

bool prefix_within(const struct prefix *outer, const struct prefix *inner)
{
	return outer->len <= inner->len && prefix_has(outer, &inner->addr);
}

bool prefix_eq(const struct prefix *a, const struct prefix *b)
{
	return a->len == b->len && prefix_has(a, &b->addr);
}

bool prefix_is_host(const struct prefix *p)
{
	return p->len == 128;
}

struct in6_addr prefix_first(const struct prefix *p)
{
	struct in6_addr a = p->addr;

	for (unsigned i = 0; i < sizeof(a); i++)
		a.s6_addr[i] &= mask_at(p->len, i);
	return a;
}

struct in6_addr prefix_last(const struct prefix *p)
{
	struct in6_addr a = p->addr;

	for (unsigned i = 0; i < sizeof(a); i++)
		a.s6_addr[i] |= (uint8_t)~mask_at(p->len, i);
	return a;
}
