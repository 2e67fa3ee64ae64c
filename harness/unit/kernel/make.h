/* make - addresses, prefixes and the page's objects for the kernel's tests. */
#pragma once

#include <stdlib.h>

#include "kernel/xfrm_migrate.h"
#include "kernel/xfrm_sa.h"

#define HOA "2001:1::10"
#define HA "2001:1::1"
#define COA "2001::41a:a8ff:fe6f:c67"
#define COA2 "2001::50"

static inline struct in6_addr A(const char *text) {
	struct in6_addr a;

	if (addr_parse(text, &a) < 0)
		abort();
	return a;
}

static inline struct prefix
P(const char *text) {
	struct prefix p;

	if (prefix_parse(text, &p) < 0)
		abort();
	return p;
}

/* 20 octets of integrity, 16 of encryption. */
static const uint8_t make_keys[36] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17,
	18, 19, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8d,
	0x8e, 0x8f };

/* carol's SA for the mobility header towards moon. */
static inline struct xfrm_sa
make_mh_sa(void)
{
	return (struct xfrm_sa){
		.src = A(HOA),
		.dst = A(HA),
		.proto = XP_ESP,
		.spi = 0xca64ae98,
		.reqid = 1,
		.mode = XM_TRANSPORT,
		.replay_window = 32,
		.sel = SEL(P("::/0"), P("::/0"), 0),
		.enc_name = "cbc(aes)",
		.enc_key = BYTES(make_keys + 20, 16),
		.auth_name = "hmac(sha1)",
		.auth_key = BYTES(make_keys, 20),
		.auth_trunc = 96,
	};
}

/* carol's outbound tunnel SA. */
static inline struct xfrm_sa make_tunnel_sa(uint32_t spi)
{
	struct xfrm_sa sa = make_mh_sa();

	sa.src = A(COA);
	sa.spi = spi;
	sa.reqid = 2;
	sa.mode = XM_TUNNEL;
	sa.af_unspec = true;
	return sa;
}

/* carol's outbound tunnel policy. */
static inline struct xfrm_policy make_tunnel_policy(void)
{
	return (struct xfrm_policy){
		.sel = SEL(P(HOA), P("::/0"), 0),
		.dir = XD_OUT,
		.priority = 10,
		.tmpl = { { .src = A(COA),
			.dst = A(HA),
			.proto = XP_ESP,
			.mode = XM_TUNNEL,
			.reqid = 2 } },
		.n_tmpl = 1,
	};
}

/* The move of that policy to the second care-of address. */
static inline struct xfrm_migrate make_tunnel_move(void)
{
	return (struct xfrm_migrate){
		.sel = SEL(P(HOA), P("::/0"), 0),
		.dir = XD_OUT,
		.proto = XP_ESP,
		.mode = XM_TUNNEL,
		.reqid = 2,
		.old_src = A(COA),
		.old_dst = A(HA),
		.new_src = A(COA2),
		.new_dst = A(HA),
		.has_km = true,
		.km_local = A(COA2),
		.km_remote = A(HA),
	};
}
