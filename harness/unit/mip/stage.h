/*
 * stage - one daemon's surroundings in memory, and a journal of everything it does to them.
 *
 * One line a step, in the order of happening:
 *	block 2001:1::10/128 === ::/0 out
 *	MIGRATE 2001:1::10/128 === ::/0 out to 2001::50...2001:1::1 km 2001::50...2001:1::1
 *	BU A H K, 600 s, alternate 2001::50
 * Shapes:  stage_new() starts at second 1000 of a virtual clock; eth0 is interface 2.
 * Errors:  asserts.
 */
#pragma once

#include "mip/mip.h"
#include "unit/fake/fake_xfrm.h"

enum { STAGE_LINES = 256, STAGE_LINE = 160, ETH0 = 2, TUNNEL_FIRST = 10, STAGE_LINKS = 8 };

struct stage {
	struct mip mip;
	struct fake_xfrm *kernel;
	char journal[STAGE_LINES][STAGE_LINE];
	size_t n_journal;
	char links[STAGE_LINKS][16]; /* names; the first is eth0 */
	struct rt_addr addrs[8]; /* what a dump gives */
	size_t n_addrs;
	int dad_answer; /* an octet written here: the probed address is in use */
	struct mh last; /* the last mobility header sent */
	uint8_t last_icmp6[256]; /* the last ICMPv6 message sent */
	size_t n_last_icmp6;
	bool without_k; /* the home agent's BAs */
};

extern const struct in6_addr HOA, HA, COA, COA2;

struct stage *stage_new(const char *conf); /* a file of harness/unit/mip/data */
void stage_free(struct stage *w);

/* Forget the journal. */
void stage_clear(struct stage *w);
void stage_expect(const struct stage *w, const char *const *lines, size_t n);
#define EXPECT(w, ...)                                                                             \
	do {                                                                                       \
		static const char *const lines_[] = { __VA_ARGS__ };                               \
		stage_expect(w, lines_, sizeof(lines_) / sizeof(lines_[0]));                       \
	} while (0)
/* clang-format off */
/* The journal of a move to a care-of address, in the order that each role keeps. */
#define MN_MIGRATES(coa)                                                                           \
	"MIGRATE 2001:1::10/128[135] === 2001:1::1/128[135] out to " coa "...2001:1::1"            \
	" km " coa "...2001:1::1",                                                                 \
	"MIGRATE 2001:1::1/128[135] === 2001:1::10/128[135] in to 2001:1::1..." coa                \
	" km " coa "...2001:1::1",                                                                 \
	"MIGRATE 2001:1::10/128 === ::/0 out to " coa "...2001:1::1 km " coa "...2001:1::1",       \
	"MIGRATE ::/0 === 2001:1::10/128 in to 2001:1::1..." coa " km " coa "...2001:1::1"
#define HA_MIGRATES(coa)                                                                           \
	"MIGRATE 2001:1::10/128[135] === 2001:1::1/128[135] in to " coa "...2001:1::1"             \
	" km 2001:1::1..." coa,                                                                    \
	"MIGRATE 2001:1::1/128[135] === 2001:1::10/128[135] out to 2001:1::1..." coa               \
	" km 2001:1::1..." coa,                                                                    \
	"MIGRATE 2001:1::10/128 === ::/0 in to " coa "...2001:1::1 km 2001:1::1..." coa,           \
	"MIGRATE 2001:1::10/128 === ::/0 fwd to " coa "...2001:1::1 km 2001:1::1..." coa,          \
	"MIGRATE ::/0 === 2001:1::10/128 out to 2001:1::1..." coa " km 2001:1::1..." coa
/* clang-format on */

/* How many lines begin so? */
unsigned stage_count(const struct stage *w, const char *begin);

/* An address event of eth0; flags IFA_F_…. */
void stage_addr(struct stage *w, const char *prefix, uint32_t flags, bool gone);
void stage_link(struct stage *w, bool up);
void stage_carrier(struct stage *w, bool up, uint32_t changes);
/* A router of eth0 advertises a prefix. */
void stage_ra(struct stage *w, const char *prefix);
void stage_ra_on(struct stage *w, const char *prefix, int ifindex);

/* A BA for the last BU; with its own number and with or without routing header. */
void stage_ba(struct stage *w, uint8_t status, uint32_t lifetime);
void stage_ba_seq(struct stage *w, uint8_t status, uint32_t lifetime, uint16_t seq, bool rh2);

/* The same from another home agent than HA. */
void stage_ba_of(struct stage *w, const struct in6_addr *ha, uint8_t status);

/* A BRR from the home agent, a BE of any sender. */
void stage_brr(struct stage *w, bool rh2);
void stage_be(struct stage *w, uint8_t status, const struct in6_addr *from);

/* A BU at the home agent; coa NULL: from home. */
void stage_bu(struct stage *w, uint16_t seq, uint16_t flags, uint32_t lifetime, const char *coa);
/* The same for another home address. */
void stage_bu_of(struct stage *w, const struct in6_addr *hoa, const struct mh_bu *bu,
	const char *hao, const char *alternate);
