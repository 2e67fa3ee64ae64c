/*
 * xfrm_types - shapes that SAs, policies, MIGRATE and events share.
 *
 * Units:   host order everywhere; spi and ports too. reqid 0 is "any". A selector's type and
 *          code are those of the mobility header or ICMPv6; SEL_ANY is no restriction. The
 *          kernel keeps the type in sport and the code in dport (mobility header: type in
 *          sport, dport 0): kept out of sight here.
 * Source:  linux/xfrm.h, RFC 4301 section 4.4.1.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

enum { SEL_ANY = -1 };

struct sel {
	struct prefix src, dst;
	uint8_t proto; /* 0 any, 135 mobility header, 58 ICMPv6, else ports below */
	int type, code; /* SEL_ANY or a value (mask of 16 bits on the wire) */
	int sport, dport; /* SEL_ANY or a port, for TCP and UDP */
	int type_mask; /* 0 = exact; else the mask: 0x80 makes "ICMPv6 error" of type 0 */
	int ifindex;
};

#define SEL(s, d, p)                                                                               \
	((struct sel){ .src = (s),                                                                 \
		.dst = (d),                                                                        \
		.proto = (p),                                                                      \
		.type = SEL_ANY,                                                                   \
		.code = SEL_ANY,                                                                   \
		.sport = SEL_ANY,                                                                  \
		.dport = SEL_ANY })

bool sel_eq(const struct sel *a, const struct sel *b);
/* "2001:1::10/128[135/5]", "[ipv6-icmp/146]", "[135]": the local or remote half as the log prints
 * it (ring of 8). */
const char *sel_src_str(const struct sel *s);
const char *sel_dst_str(const struct sel *s);

/* The kernel's own struct, both ways (struct xfrm_selector). */
struct xfrm_selector;
void sel_to_kernel(const struct sel *s, struct xfrm_selector *out);
void sel_from_kernel(const struct xfrm_selector *k, struct sel *out);

/* No limit of octets or packets; a time of 0 is never (XFRM_INF would lie in the past there). */
struct xfrm_lifetime_cfg;
struct xfrm_lifetime_cfg xfrm_unlimited(void);

enum xfrm_mode_ { XM_TRANSPORT = 0, XM_TUNNEL = 1, XM_RO = 2 };
enum { XP_ESP = 50, XP_AH = 51, XP_HAO = 60, XP_ROUTE2 = 43 };
enum xdir { XD_IN = 0, XD_OUT = 1, XD_FWD = 2 };
const char *xdir_str(enum xdir d);
