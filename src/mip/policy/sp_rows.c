#include "mip/message/icmp6.h"
#include "mip/message/mh.h"
#include "mip/policy/sp.h"

enum {
	MH = 135,
	ICMP = 58,
	ALL = 0, /* protocols */
	ANY = SEL_ANY, /* types */
	NS = ICMP6_NEIGH_SOLICIT,
	NA = ICMP6_NEIGH_ADVERT,
};

enum { STAYS = false, MOVES = true }; /* is migrated with the mobile node */

/*
 * The IPsecPolicy kinds of a row. The type of ICMPv6 is not to be had behind the headers of
 * mobility, so prefix discovery is as all of it; and a neighbour that is asked for has no SA yet.
 */
#define K(kind) K_##kind = 1 << MP_##kind
enum {
	K(HOME_REG_BINDING),
	K(MH),
	K(MOB_PFX_DISC),
	K(ICMP),
	K(ANY),
	K(TUNNEL_HOME_TESTING),
	K(TUNNEL_MH),
	K(TUNNEL_PAYLOAD),
	K_ICMPV6 = K_MOB_PFX_DISC | K_ICMP,
	K_BUT_ND = K_ICMPV6 | K_ANY,
};

/* A main policy of some IPsecPolicy kinds; a sub policy with up to two optional templates. */
#define MAIN(own, of, what, to, pri, from, dest, pro, kind_of, esp, mig)                           \
	{                                                                                          \
		.role = MIP_##own, .group = SP_##of, .kinds = K_##what, .dir = XD_##to,            \
		.priority = pri, .src = SH_##from, .dst = SH_##dest, .proto = pro,                 \
		.type = kind_of, .tmpl = { ST_##esp }, .migrate = mig                              \
	}
#define SUB(own, of, to, pri, from, dest, pro, kind_of, t0, t1)                                    \
	{                                                                                          \
		.role = MIP_##own, .group = SP_##of, .sub = true, .dir = XD_##to, .priority = pri, \
		.src = SH_##from, .dst = SH_##dest, .proto = pro, .type = kind_of, .tmpl = {       \
			ST_##t0,                                                                   \
			ST_##t1                                                                    \
		}                                                                                  \
	}

/* What every role sends without headers of its own: MH, neighbour discovery, ICMPv6 errors (types
 * below 128). */
#define BASE(own)                                                                                  \
	SUB(own, BASE, OUT, 12, ANY, ANY, MH, ANY, NONE, NONE),                                    \
		SUB(own, BASE, OUT, 12, ANY, ANY, ICMP, NS, NONE, NONE),                           \
		SUB(own, BASE, OUT, 3, ANY, ANY, ICMP, NA, NONE, NONE),                            \
	{                                                                                          \
		.role = MIP_##own, .group = SP_BASE, .sub = true, .dir = XD_OUT, .priority = 12,   \
		.proto = ICMP, .type_mask = 0x80                                                   \
	}

/*
 * Order counts twice: policies of a group are installed from top to bottom, and migrated from top
 * to bottom (MN: Mh out, in, TunnelPayload out, in; HA: Mh in, out, TunnelPayload in, fwd, out).
 */
/* clang-format off */
const struct sp_row sp_rows[] = {
	/* MN: a wildcard for both headers, for peers without a policy of their own */
	SUB(MN, BASE, IN, 9, ANY, ANY, MH, ANY, HAO_ANY, ROUTE2_ANY),
	BASE(MN),
	SUB(MN, BASE, OUT, 3, ANY, ANY, MH, MH_BE, NONE, NONE),
	SUB(MN, BASE, IN, 19, ANY, ANY, ALL, ANY, ROUTE2_ANY, NONE),

	/* MN: signalling with the home agent, by ESP transport; BU to correspondents pass */
	MAIN(MN, PEER, MH, OUT, 2, HOA, HA, MH, ANY, ESP_TO_HA, MOVES),
	MAIN(MN, PEER, MH, IN, 2, HA, HOA, MH, ANY, ESP_TO_MN, MOVES),
	MAIN(MN, PEER, MH, OUT, 4, HOA, ANY, MH, MH_BU, NONE, STAYS),
	MAIN(MN, PEER, HOME_REG_BINDING, OUT, 2, HOA, HA, MH, MH_BU, ESP_TO_HA, STAYS),
	MAIN(MN, PEER, HOME_REG_BINDING, IN, 2, HA, HOA, MH, ANY, ESP_TO_MN, MOVES),
	MAIN(MN, PEER, BUT_ND, OUT, 4, HOA, HA, ICMP, NS, NONE, STAYS),
	MAIN(MN, PEER, BUT_ND, OUT, 4, HOA, HA, ICMP, NA, NONE, STAYS),
	MAIN(MN, PEER, BUT_ND, IN, 4, HA, HOA, ICMP, NS, NONE, STAYS),
	MAIN(MN, PEER, BUT_ND, IN, 4, HA, HOA, ICMP, NA, NONE, STAYS),
	MAIN(MN, PEER, ICMPV6, OUT, 5, HOA, HA, ICMP, ANY, ESP_TO_HA, MOVES),
	MAIN(MN, PEER, ICMPV6, IN, 5, HA, HOA, ICMP, ANY, ESP_TO_MN, MOVES),
	MAIN(MN, PEER, ANY, OUT, 5, HOA, HA, ALL, ANY, ESP_TO_HA, MOVES),
	MAIN(MN, PEER, ANY, IN, 5, HA, HOA, ALL, ANY, ESP_TO_MN, MOVES),

	/* MN: headers of the signalling, and none of them at home */
	SUB(MN, SIGNAL, IN, 2, HA, HOA, MH, ANY, ROUTE2_ANY, NONE),
	SUB(MN, SIGNAL, OUT, 2, HOA, HA, MH, MH_BU, HAO, NONE),
	SUB(MN, SIGNAL_HOME, IN, 2, HA, HOA, MH, ANY, NONE, NONE),
	SUB(MN, SIGNAL_HOME, OUT, 2, HOA, HA, MH, MH_BU, NONE, NONE),

	SUB(MN, BLOCK, OUT, 4, HOA, ANY, ALL, ANY, NONE, NONE),

	/* MN: everything else through the home agent, by ESP tunnel */
	MAIN(MN, PAYLOAD, TUNNEL_HOME_TESTING, OUT, 10, HOA, ANY, MH, MH_HOTI, TUN_TO_HA, STAYS),
	MAIN(MN, PAYLOAD, TUNNEL_HOME_TESTING, IN, 10, ANY, HOA, MH, ANY, TUN_TO_MN, MOVES),
	MAIN(MN, PAYLOAD, TUNNEL_MH, OUT, 10, HOA, ANY, MH, ANY, TUN_TO_HA, MOVES),
	MAIN(MN, PAYLOAD, TUNNEL_MH, IN, 10, ANY, HOA, MH, ANY, TUN_TO_MN, MOVES),
	MAIN(MN, PAYLOAD, TUNNEL_PAYLOAD, OUT, 10, HOA, ANY, ALL, ANY, TUN_TO_HA, MOVES),
	MAIN(MN, PAYLOAD, TUNNEL_PAYLOAD, IN, 10, ANY, HOA, ALL, ANY, TUN_TO_MN, MOVES),

	SUB(MN, DATA, OUT, 6, HOA, HA, ALL, ANY, HAO, NONE),
	SUB(MN, DATA, IN, 6, HA, HOA, ALL, ANY, ROUTE2_ANY, NONE),

	/* HA and CN: a BU may carry HAO before there is a binding */
	SUB(HA, BASE, IN, 9, ANY, ANY, MH, ANY, HAO_ANY, NONE),
	BASE(HA),
	SUB(CN, BASE, IN, 9, ANY, ANY, MH, ANY, HAO_ANY, NONE),
	BASE(CN),

	/* HA: signalling */
	MAIN(HA, PEER, MH, IN, 2, HOA, HA, MH, ANY, ESP_TO_HA, MOVES),
	MAIN(HA, PEER, MH, OUT, 2, HA, HOA, MH, ANY, ESP_TO_MN, MOVES),
	MAIN(HA, PEER, HOME_REG_BINDING, IN, 2, HOA, HA, MH, ANY, ESP_TO_HA, MOVES),
	MAIN(HA, PEER, HOME_REG_BINDING, OUT, 2, HA, HOA, MH, MH_BA, ESP_TO_MN, STAYS),
	MAIN(HA, PEER, BUT_ND, IN, 4, HOA, HA, ICMP, NS, NONE, STAYS),
	MAIN(HA, PEER, BUT_ND, IN, 4, HOA, HA, ICMP, NA, NONE, STAYS),
	MAIN(HA, PEER, BUT_ND, OUT, 4, HA, HOA, ICMP, NS, NONE, STAYS),
	MAIN(HA, PEER, BUT_ND, OUT, 4, HA, HOA, ICMP, NA, NONE, STAYS),
	MAIN(HA, PEER, ICMPV6, IN, 5, HOA, HA, ICMP, ANY, ESP_TO_HA, MOVES),
	MAIN(HA, PEER, ICMPV6, OUT, 5, HA, HOA, ICMP, ANY, ESP_TO_MN, MOVES),
	MAIN(HA, PEER, ANY, IN, 5, HOA, HA, ALL, ANY, ESP_TO_HA, MOVES),
	MAIN(HA, PEER, ANY, OUT, 5, HA, HOA, ALL, ANY, ESP_TO_MN, MOVES),

	/* HA: payload; a forwarded mobility header never matches by type, so HoT goes with all */
	MAIN(HA, PAYLOAD, TUNNEL_HOME_TESTING, IN, 10, HOA, ANY, MH, ANY, TUN_TO_HA, MOVES),
	MAIN(HA, PAYLOAD, TUNNEL_HOME_TESTING, FWD, 10, HOA, ANY, MH, ANY, TUN_TO_HA, MOVES),
	MAIN(HA, PAYLOAD, TUNNEL_HOME_TESTING, OUT, 10, ANY, HOA, MH, ANY, TUN_TO_MN, MOVES),
	MAIN(HA, PAYLOAD, TUNNEL_MH, IN, 10, HOA, ANY, MH, ANY, TUN_TO_HA, MOVES),
	MAIN(HA, PAYLOAD, TUNNEL_MH, FWD, 10, HOA, ANY, MH, ANY, TUN_TO_HA, MOVES),
	MAIN(HA, PAYLOAD, TUNNEL_MH, OUT, 10, ANY, HOA, MH, ANY, TUN_TO_MN, MOVES),
	MAIN(HA, PAYLOAD, TUNNEL_PAYLOAD, IN, 10, HOA, ANY, ALL, ANY, TUN_TO_HA, MOVES),
	MAIN(HA, PAYLOAD, TUNNEL_PAYLOAD, FWD, 10, HOA, ANY, ALL, ANY, TUN_TO_HA, MOVES),
	MAIN(HA, PAYLOAD, TUNNEL_PAYLOAD, OUT, 10, ANY, HOA, ALL, ANY, TUN_TO_MN, MOVES),

	/* HA: not from the tunnel, and no packet for anybody else */
	MAIN(HA, AT_HOME, TUNNEL_PAYLOAD, IN, 4, HOA, ANY, ICMP, NA, NONE, STAYS),

	SUB(HA, DATA, OUT, 16, HA, HOA, ALL, ANY, ROUTE2_ANY, NONE),
	SUB(HA, DATA, IN, 16, HOA, HA, ALL, ANY, HAO, NONE),
};
/* clang-format on */

const size_t sp_n_rows = sizeof(sp_rows) / sizeof(sp_rows[0]);
