/*
 * addr - IPv6 addresses and prefixes. IPv4 appears only as ::ffff:a.b.c.d and prints dotted.
 *
 * Shapes:  struct in6_addr everywhere; struct prefix is an address and a prefix length 0..128.
 * Errors:  0 or -EINVAL; *out untouched on failure.
 * Units:   addr_str() and prefix_str() use a static ring of 16 buffers.
 * Source:  RFC 4291, RFC 5952.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct prefix {
	struct in6_addr addr;
	uint8_t len;
};

extern const struct in6_addr addr_any; /* :: */

int addr_parse(const char *text, struct in6_addr *out);
int prefix_parse(const char *text, struct prefix *out); /* "a/len" or "a" (= a/128) */

const char *addr_str(const struct in6_addr *a);
const char *addr_str_any(const struct in6_addr *a); /* "%any" for :: */
const char *prefix_str(const struct prefix *p); /* always with /len */

bool addr_eq(const struct in6_addr *a, const struct in6_addr *b);
bool addr_is_any(const struct in6_addr *a);
bool addr_is_v4(const struct in6_addr *a);
/*
 * Global unicast that may serve as CoA or IKE source: not link-local, site-local (fec0::/10),
 * ULA, multicast, loopback, v4.
 */
bool addr_is_global(const struct in6_addr *a);
/* Routers may forward it: global, or unique local (RFC 4193), which a home network may use. */
bool addr_is_routed(const struct in6_addr *a);
uint32_t addr_hash(const struct in6_addr *a);

bool prefix_has(const struct prefix *p, const struct in6_addr *a);
bool prefix_within(const struct prefix *outer, const struct prefix *inner);
bool prefix_eq(const struct prefix *a, const struct prefix *b);
bool prefix_is_host(const struct prefix *p);
/* The address with all bits behind the prefix zero / one. */
struct in6_addr prefix_first(const struct prefix *p);
struct in6_addr prefix_last(const struct prefix *p);
