/*
 * ts - traffic selectors: read, write, print, narrow. Pure.
 *
 * Shapes:  one range of addresses, ports and one protocol; IPv6 only (an IPv4 selector is read and
 *          skipped). For protocol 135 the port field is the mobility header type in the upper
 *          octet: type 5 is 0x0500…0x0500 (0x05FF is tolerated on receipt); ICMPv6: type << 8 |
 *          code. Any = 0…65535, OPAQUE = 65535…0.
 * Errors:  ts_parse: 0, -EBADMSG (counts or lengths), -ERANGE (a start behind its end).
 * Source:  RFC 7296 sections 2.9 and 3.13, RFC 4301 section 4.4.1.1.
 */
#pragma once

#include "base/rd.h"
#include "base/wr.h"
#include "kernel/xfrm_types.h"

enum { TS_MAX = 16 };

struct ts {
	uint8_t proto;
	uint16_t port_lo, port_hi;
	struct in6_addr lo, hi;
};

struct ts_list {
	struct ts ts[TS_MAX];
	size_t n;
};

int ts_parse(struct rd in, struct ts_list *out); /* the payload's body */
void ts_write(struct wr *w, const struct ts_list *list); /* the payload's body */

/* From leftsubnet + leftprotoport, from one half of a kernel selector, and back. */
struct ts ts_of(const struct prefix *net, uint8_t proto, int type);
struct ts ts_of_sel_src(const struct sel *s);
struct ts ts_of_sel_dst(const struct sel *s);
/* The kernel selector from src to dst; false when a half is no prefix or a range of ports. */
bool ts_sel(const struct ts *src, const struct ts *dst, struct sel *out);
bool ts_prefix(const struct ts *t, struct prefix *out); /* false when it is no prefix */
bool ts_is_host(const struct ts *t, struct in6_addr *out);

bool ts_within(const struct ts *outer, const struct ts *inner);
bool ts_eq(const struct ts *a, const struct ts *b);
bool ts_list_within(const struct ts_list *outer, const struct ts_list *inner);
/* Intersection; false when empty. */
bool ts_cut(const struct ts *a, const struct ts *b, struct ts *out);
/*
 * Both ends of a packet have one protocol: a selector without a partner of its protocol in the
 * other list selects nothing and is left out. False: nothing is left.
 */
bool ts_pair(struct ts_list *a, struct ts_list *b);
/*
 * What of `offered` the configuration admits, in the order offered (RFC 7296 section 2.9). n ==
 * 0: nothing.
 */
void ts_narrow(const struct ts_list *own, const struct ts_list *offered, struct ts_list *out);

/* "2001:1::10/128[135]", "::/0", "[ipv6-icmp/146]"; a list with blanks between (ring of 8). */
const char *ts_str(const struct ts *t);
const char *ts_list_str(const struct ts_list *list);
