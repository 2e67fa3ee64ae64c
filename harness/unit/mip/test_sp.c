#include <errno.h>
#include <linux/xfrm.h>

#include "unit/unit.h"
#include "unit/mip/stage.h"

struct policies {
	char lines[64][200];
	size_t n;
};

static const char *tmpl_line(const struct xfrm_tmpl_ *t)
{
	static char line[100];
	const char *proto = t->proto == XP_HAO ? "hao" : t->proto == XP_ROUTE2 ? "route2" : "esp";
	static const char *const modes[] = { "transport", "tunnel", "ro" };

	snprintf(line, sizeof(line), "; %s %s...%s reqid %u %s%s", proto, addr_str(&t->src),
		addr_str(&t->dst), t->reqid, modes[t->mode], t->optional ? " use" : "");
	return line;
}

static int put(const struct xfrm_policy *p, void *arg)
{
	struct policies *all = arg;
	char *line = all->lines[all->n++];
	int n = snprintf(line, 200, "%s %s %u %s === %s%s", p->sub ? "sub" : "main",
		xdir_str(p->dir), p->priority, sel_src_str(&p->sel), sel_dst_str(&p->sel),
		p->block ? " block" : "");

	for (size_t i = 0; i < p->n_tmpl; i++)
		n += snprintf(line + n, 200 - (size_t)n, "%s", tmpl_line(&p->tmpl[i]));
	return 0;
}

static int order(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void expect_policies(struct stage *w, const char *const *want, size_t n)
{
	struct policies all = { .n = 0 };

	assert_int_equal(xfrm_policy_dump(w->mip.env.xfrm, put, &all), 0);
	qsort(all.lines, all.n, sizeof(all.lines[0]), order);
	for (size_t i = 0; i < n || i < all.n; i++)
		assert_string_equal(i < all.n ? all.lines[i] : "(end)", i < n ? want[i] : "(end)");
}
#define POLICIES(w, ...)                                                                           \
	do {                                                                                       \
		static const char *const want_[] = { __VA_ARGS__ };                                \
		expect_policies(w, want_, sizeof(want_) / sizeof(want_[0]));                       \
	} while (0)

static struct sp_pair pair_of(enum mip_role role)
{
	return (struct sp_pair){ .role = role, .hoa = HOA, .ha = HA, .end = HOA };
}

static void install(struct stage *w, struct sp_pair *pair, const enum sp_group *groups, size_t n)
{
	assert_int_equal(sp_base_install(&w->mip.env, pair), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(sp_install(&w->mip.env, pair, groups[i]), 0);
	assert_int_equal(sp_migrate(&w->mip.env, pair, &COA, true), 0);
}

static const enum sp_group mn_groups[] = { SP_PEER, SP_SIGNAL, SP_PAYLOAD, SP_DATA };
static const enum sp_group ha_groups[] = { SP_PEER, SP_PAYLOAD, SP_DATA };

static void the_policies_of_a_registered_mobile_node(void **state)
{
	struct stage *w = stage_new("carol.mip6d.conf");
	struct sp_pair pair = pair_of(MIP_MN);

	(void)state;
	install(w, &pair, mn_groups, 4);
	POLICIES(w, "main in 10 ::/0 === 2001:1::10/128; esp 2001:1::1...2001::40 reqid 2 tunnel",
		"main in 2 2001:1::1/128[135] === 2001:1::10/128[135]; esp ::...:: reqid 1 "
		"transport",
		"main out 10 2001:1::10/128 === ::/0; esp 2001::40...2001:1::1 reqid 2 tunnel",
		"main out 2 2001:1::10/128[135] === 2001:1::1/128[135]; esp ::...:: reqid 1 "
		"transport",
		"main out 4 2001:1::10/128[135/5] === ::/0[135]",
		"sub in 19 ::/0 === ::/0; route2 ::...:: reqid 0 ro use",
		"sub in 2 2001:1::1/128[135] === 2001:1::10/128[135]; route2 ::...:: reqid 0 ro "
		"use",
		"sub in 6 2001:1::1/128 === 2001:1::10/128; route2 ::...:: reqid 0 ro use",
		"sub in 9 ::/0[135] === ::/0[135]; hao ::...:: reqid 0 ro use; route2 ::...:: "
		"reqid 0 ro use",
		"sub out 12 ::/0[135] === ::/0[135]",
		"sub out 12 ::/0[ipv6-icmp/0] === ::/0[ipv6-icmp]",
		"sub out 12 ::/0[ipv6-icmp/135] === ::/0[ipv6-icmp]",
		"sub out 2 2001:1::10/128[135/5] === 2001:1::1/128[135]; hao "
		"2001:1::10...2001:1::1 "
		"reqid 0 ro use",
		"sub out 3 ::/0[135/7] === ::/0[135]",
		"sub out 3 ::/0[ipv6-icmp/136] === ::/0[ipv6-icmp]",
		"sub out 6 2001:1::10/128 === 2001:1::1/128; hao 2001:1::10...2001:1::1 reqid 0 ro "
		"use");
	stage_free(w);
}

static void the_policies_of_a_home_agent_with_a_binding(void **state)
{
	struct stage *w = stage_new("agent.mip6d.conf");
	struct sp_pair pair = pair_of(MIP_HA);

	(void)state;
	install(w, &pair, ha_groups, 3);
	POLICIES(w, "main fwd 10 2001:1::10/128 === ::/0; esp 2001::40...2001:1::1 reqid 2 tunnel",
		"main in 10 2001:1::10/128 === ::/0; esp 2001::40...2001:1::1 reqid 2 tunnel",
		"main in 2 2001:1::10/128[135] === 2001:1::1/128[135]; esp ::...:: reqid 1 "
		"transport",
		"main out 10 ::/0 === 2001:1::10/128; esp 2001:1::1...2001::40 reqid 2 tunnel",
		"main out 2 2001:1::1/128[135] === 2001:1::10/128[135]; esp ::...:: reqid 1 "
		"transport",
		"sub in 16 2001:1::10/128 === 2001:1::1/128; hao 2001:1::10...2001:1::1 reqid 0 ro "
		"use",
		"sub in 9 ::/0[135] === ::/0[135]; hao ::...:: reqid 0 ro use",
		"sub out 12 ::/0[135] === ::/0[135]",
		"sub out 12 ::/0[ipv6-icmp/0] === ::/0[ipv6-icmp]",
		"sub out 12 ::/0[ipv6-icmp/135] === ::/0[ipv6-icmp]",
		"sub out 16 2001:1::1/128 === 2001:1::10/128; route2 ::...:: reqid 0 ro use",
		"sub out 3 ::/0[ipv6-icmp/136] === ::/0[ipv6-icmp]");
	stage_free(w);
}

static unsigned count(struct stage *w, const char *line)
{
	struct policies all = { .n = 0 };
	unsigned n = 0;

	assert_int_equal(xfrm_policy_dump(w->mip.env.xfrm, put, &all), 0);
	for (size_t i = 0; i < all.n; i++)
		n += strcmp(all.lines[i], line) == 0;
	return n;
}

/* P17: what the type of ICMPv6 is no policy learns behind the headers of mobility. */
static void prefix_discovery_is_protected_whatever_its_type_and_neighbours_pass(void **state)
{
	static const char *const lines[] = {
		"main in 5 2001:1::10/128[ipv6-icmp] === 2001:1::1/128[ipv6-icmp]; esp ::...:: "
		"reqid 3 transport",
		"main out 5 2001:1::1/128[ipv6-icmp] === 2001:1::10/128[ipv6-icmp]; esp ::...:: "
		"reqid 3 transport",
		"main in 4 2001:1::10/128[ipv6-icmp/135] === 2001:1::1/128[ipv6-icmp]",
		"main in 4 2001:1::10/128[ipv6-icmp/136] === 2001:1::1/128[ipv6-icmp]",
		"main out 4 2001:1::1/128[ipv6-icmp/135] === 2001:1::10/128[ipv6-icmp]",
		"main out 4 2001:1::1/128[ipv6-icmp/136] === 2001:1::10/128[ipv6-icmp]",
	};
	struct stage *w = stage_new("prefixes.mip6d.conf");
	struct sp_pair agent = pair_of(MIP_HA), node = { MIP_MN, HA, HOA, HA };

	(void)state;
	assert_int_equal(sp_install(&w->mip.env, &agent, SP_PEER), 0);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(count(w, lines[i]), 1);
	assert_int_equal(sp_remove(&w->mip.env, &agent, SP_PEER), 0);
	assert_int_equal(fake_xfrm_n_policy(w->kernel), 0);
	/* The mobile node's are these with the ends exchanged. */
	assert_int_equal(sp_install(&w->mip.env, &node, SP_PEER), 0);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(count(w, lines[i]), 1);
	stage_free(w);
}

static void nothing_is_left_when_all_is_removed(void **state)
{
	struct stage *w = stage_new("carol.mip6d.conf");
	struct sp_pair pair = pair_of(MIP_MN);

	(void)state;
	install(w, &pair, mn_groups, 4);
	assert_int_equal(sp_hao_set(&w->mip.env, &pair, &COA), 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(sp_remove(&w->mip.env, &pair, mn_groups[i]), 0);
	assert_int_equal(sp_hao_del(&w->mip.env, &pair), 0);
	assert_int_equal(sp_base_remove(&w->mip.env, &pair), 0);
	assert_int_equal(fake_xfrm_n_policy(w->kernel), 0);
	assert_int_equal(fake_xfrm_n_sa(w->kernel), 0);
	stage_free(w);
}

static void the_mobile_node_migrates_mh_out_in_then_payload_out_in(void **state)
{
	struct stage *w = stage_new("carol.mip6d.conf");
	struct sp_pair pair = pair_of(MIP_MN);

	(void)state;
	install(w, &pair, mn_groups, 4);
	stage_clear(w);
	assert_int_equal(sp_migrate(&w->mip.env, &pair, &COA2, true), 0);
	EXPECT(w, MN_MIGRATES("2001::50"));
	stage_free(w);
}

/* P4: no MIGRATE finds a type, and the tunnel of HoTI ends at the care-of address all the same. */
static void a_tunnel_for_one_type_follows_without_a_migrate(void **state)
{
	struct stage *w = stage_new("home-test.mip6d.conf");
	struct sp_pair pair = pair_of(MIP_MN);
	const struct prefix hoa = { HOA, 128 }, any = { .len = 0 };
	struct sel hoti = SEL(hoa, any, 135);
	struct xfrm_policy p;

	(void)state;
	hoti.type = MH_HOTI;
	install(w, &pair, mn_groups, 4);
	assert_int_equal(xfrm_policy_get(w->mip.env.xfrm, &hoti, XD_OUT, false, &p), 0);
	assert_true(addr_eq(&p.tmpl[0].src, &COA));
	assert_int_equal(sp_migrate(&w->mip.env, &pair, &COA2, true), 0);
	assert_int_equal(xfrm_policy_get(w->mip.env.xfrm, &hoti, XD_OUT, false, &p), 0);
	assert_true(addr_eq(&p.tmpl[0].src, &COA2));
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(sp_remove(&w->mip.env, &pair, mn_groups[i]), 0);
	assert_int_equal(sp_migrate(&w->mip.env, &pair, &COA, true) > 0, true);
	assert_int_equal(xfrm_policy_get(w->mip.env.xfrm, &hoti, XD_OUT, false, &p), -ENOENT);
	stage_free(w);
}

static void the_home_agent_migrates_mh_in_out_then_payload_in_fwd_out(void **state)
{
	struct stage *w = stage_new("agent.mip6d.conf");
	struct sp_pair pair = pair_of(MIP_HA);

	(void)state;
	install(w, &pair, ha_groups, 3);
	stage_clear(w);
	assert_int_equal(sp_migrate(&w->mip.env, &pair, &COA2, true), 0);
	EXPECT(w, HA_MIGRATES("2001::50"));
	stage_free(w);
}

static void without_key_mobility_nobody_is_told(void **state)
{
	struct stage *w = stage_new("carol.mip6d.conf");
	struct sp_pair pair = pair_of(MIP_MN);

	(void)state;
	install(w, &pair, mn_groups, 4);
	stage_clear(w);
	assert_int_equal(sp_migrate(&w->mip.env, &pair, &COA2, false), 0);
	EXPECT(w, "MIGRATE 2001:1::10/128[135] === 2001:1::1/128[135] out to 2001::50...2001:1::1",
		"MIGRATE 2001:1::1/128[135] === 2001:1::10/128[135] in to 2001:1::1...2001::50",
		"MIGRATE 2001:1::10/128 === ::/0 out to 2001::50...2001:1::1",
		"MIGRATE ::/0 === 2001:1::10/128 in to 2001:1::1...2001::50");
	stage_free(w);
}

static void a_migrate_that_fails_does_not_stop_the_others(void **state)
{
	struct stage *w = stage_new("carol.mip6d.conf");
	struct sp_pair pair = pair_of(MIP_MN);
	struct policies all = { .n = 0 };
	unsigned moved = 0;

	(void)state;
	install(w, &pair, mn_groups, 4);
	fake_xfrm_fail(w->kernel, XFRM_MSG_MIGRATE, 4, -ENODATA);
	assert_int_equal(sp_migrate(&w->mip.env, &pair, &COA2, true), 0);
	assert_int_equal(w->mip.env.counters[MC_MIGRATE_FAILED], 0);
	assert_true(w->mip.env.counters[MC_MIGRATE_REPAIRED] >= 2);
	assert_int_equal(xfrm_policy_dump(w->mip.env.xfrm, put, &all), 0);
	for (size_t i = 0; i < all.n; i++)
		moved += strstr(all.lines[i], "2001::50") != NULL;
	assert_int_equal(moved, 2);
	stage_free(w);
}

static int no_type_no_interface(const struct xfrm_policy *p, void *arg)
{
	(void)arg;
	if (p->dir != XD_OUT)
		assert_int_equal(p->sel.type, SEL_ANY);
	assert_int_equal(p->sel.ifindex, 0);
	return 0;
}

static void what_is_received_or_migrated_has_no_type(void **state)
{
	(void)state;
	for (size_t i = 0; i < sp_n_rows; i++) {
		const struct sp_row *r = &sp_rows[i];

		if (r->proto == 135 && r->dir != XD_OUT)
			assert_int_equal(r->type, SEL_ANY);
		if (r->migrate)
			assert_int_equal(r->type, SEL_ANY);
	}
	struct stage *w = stage_new("carol.mip6d.conf");
	struct sp_pair pair = pair_of(MIP_MN);

	install(w, &pair, mn_groups, 4);
	assert_int_equal(xfrm_policy_dump(w->mip.env.xfrm, no_type_no_interface, NULL), 0);
	stage_free(w);
}

/* A binding update's headers are its own: what else is sent has none, away and at home. */
static void what_is_sent_with_headers_has_its_type(void **state)
{
	unsigned n = 0;

	(void)state;
	for (size_t i = 0; i < sp_n_rows; i++) {
		const struct sp_row *r = &sp_rows[i];

		if ((r->group != SP_SIGNAL && r->group != SP_SIGNAL_HOME) || r->dir != XD_OUT)
			continue;
		assert_int_equal(r->proto, IPPROTO_MH);
		assert_int_equal(r->type, MH_BU);
		n++;
	}
	assert_int_equal(n, 2);
}

static void foreign_policies_that_shadow_ours_are_named(void **state)
{
	struct stage *w = stage_new("carol.mip6d.conf");
	struct sp_pair pair = pair_of(MIP_MN);
	struct prefix any = { .len = 0 };
	struct xfrm_policy p = { .sel = SEL(any, any, 0), .dir = XD_OUT, .priority = 1 };

	(void)state;
	install(w, &pair, mn_groups, 4);
	assert_int_equal(sp_find_foreign(&w->mip.env, &pair), 0);
	assert_int_equal(xfrm_policy_update(w->mip.env.xfrm, &p), 0);
	assert_int_equal(sp_find_foreign(&w->mip.env, &pair), 1);
	p.priority = 20;
	assert_int_equal(xfrm_policy_update(w->mip.env.xfrm, &p), 0);
	assert_int_equal(sp_find_foreign(&w->mip.env, &pair), 0);
	stage_free(w);
}

static void only_an_enforced_esp_policy_protects(void **state)
{
	struct stage *w = stage_new("agent.mip6d.conf");
	struct sp_pair pair = pair_of(MIP_HA);
	struct prefix hoa = { HOA, 128 }, ha = { HA, 128 };
	struct xfrm_policy open = { .sel = SEL(hoa, ha, 135), .dir = XD_IN, .priority = 2 };

	(void)state;
	assert_false(sp_protected(&w->mip.env, &pair));
	assert_int_equal(sp_install(&w->mip.env, &pair, SP_PEER), 0);
	assert_true(sp_protected(&w->mip.env, &pair));
	assert_int_equal(xfrm_policy_update(w->mip.env.xfrm, &open), 0);
	assert_false(sp_protected(&w->mip.env, &pair));
	stage_free(w);
}

static int is_errors(const struct xfrm_policy *p, void *arg)
{
	*(unsigned *)arg += p->sub && p->dir == XD_OUT && p->sel.proto == 58 && p->sel.type == 0 &&
		p->sel.type_mask == 0x80 && !p->n_tmpl && !p->block;
	return 0;
}

/* RFC 4443 section 2.1: errors have types below 128. One policy lets all of them pass bare. */
static void one_mask_lets_icmpv6_errors_pass_without_headers(void **state)
{
	static const enum mip_role roles[] = { MIP_CN, MIP_HA, MIP_MN };

	(void)state;
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		struct stage *w = stage_new("carol.mip6d.conf");
		struct sp_pair base = { .role = roles[i] };
		unsigned n = 0;

		assert_int_equal(sp_base_install(&w->mip.env, &base), 0);
		assert_int_equal(xfrm_policy_dump(w->mip.env.xfrm, is_errors, &n), 0);
		assert_int_equal(n, 1);
		stage_free(w);
	}
}

UNIT_MAIN(T(the_policies_of_a_registered_mobile_node, "B-006 D-013 D-019 D-021!"),
	T(the_policies_of_a_home_agent_with_a_binding, "D-012 D-019 D-021 C-046"),
	T(prefix_discovery_is_protected_whatever_its_type_and_neighbours_pass, "D-060"),
	T(nothing_is_left_when_all_is_removed, "F-021"),
	T(the_mobile_node_migrates_mh_out_in_then_payload_out_in, "C-066 B-071"),
	T(a_tunnel_for_one_type_follows_without_a_migrate, "D-019 B-002"),
	T(the_home_agent_migrates_mh_in_out_then_payload_in_fwd_out, "B-071"),
	T(without_key_mobility_nobody_is_told, "B-073! B-071!"),
	T(a_migrate_that_fails_does_not_stop_the_others, ""),
	T(what_is_received_or_migrated_has_no_type, "D-019"),
	T(what_is_sent_with_headers_has_its_type, "D-019!"),
	T(foreign_policies_that_shadow_ours_are_named, ""),
	T(only_an_enforced_esp_policy_protects, "F-001 D-022"),
	T(one_mask_lets_icmpv6_errors_pass_without_headers, "D-025"))
