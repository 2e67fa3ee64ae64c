/*
 * Fuzz: a mobile node that has a binding and then says anything to its home agent, while strangers
 * speak, routers advertise, events are lost and time passes. After each step the books of the home
 * agent and its kernel must agree and what it sends and logs in a second stay within bounds
 * (mip_any.h); at the end nothing is left.
 */
#include "mip/ha/act.h"

#include "mip_any.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void look(const struct ha_binding *b)
{
	const struct ha *ha = b->ha;

	ANY_CHECK(b->state != HB_NONE && b->timer.armed);
	if (b->state != HB_VALID)
		return;
	ANY_CHECK(b->bc.lifetime && b->bc.lifetime <= ha->env->conf->ha_max_binding_life);
	ANY_CHECK(env_is_unicast(&b->bc.coa) && !ha_is_reserved(ha, &b->bc.coa));
	ANY_CHECK(!ha_is_home_address(ha, &b->bc.coa));
	ANY_CHECK(addr_eq(&b->tunnel.remote, &b->bc.coa) && b->tunnel.ifindex);
}

static void check(struct any *a)
{
	const struct side *moon = &a->w.moon;
	struct bc_entry *e = NULL;
	size_t proxies = 0, bound = 0;

	while ((e = bc_next(&moon->mip.ha.bc, e))) {
		const struct ha_binding *b = ha_binding_at(e);

		look(b);
		bound += b->state == HB_VALID;
		proxies += b->state == HB_VALID ? 1 + b->proxies_link_local : 0;
	}
	ANY_CHECK(moon->mip.ha.bc.table.n <= 2);
	ANY_CHECK(moon->rt.n_proxies == proxies);
	ANY_CHECK(bound == (fake_rt_tunnel(&moon->rt) != NULL));
	ANY_CHECK(!moon->mip.env.counters[MC_IMPOSSIBLE]);
}

static void report(struct any *a)
{
	struct xfrm_event ev = { .kind = any_u8(a) & 1 ? XE_REPORT : XE_SA };

	ev.report.proto = XP_HAO;
	ev.report.coa = any_addr(a);
	ev.report.sel.src = (struct prefix){ any_addr(a), 128 };
	ev.report.sel.dst = (struct prefix){ any_addr(a), 128 };
	any_heard(a, true);
	be_report(&ev, &a->w.moon.mip.env);
}

static void in_use(struct any *a)
{
	const struct ha_binding *b = duo_binding(&a->w);

	if (b && b->state == HB_DAD)
		duo_home_address_in_use(&a->w);
}

static void lost(struct any *a)
{
	any_heard(a, true);
	ha_rt_lost(&a->w.moon.mip.ha);
}

/* What carol's own daemon does: she moves, or loses packets. */
static void carol(struct any *a)
{
	uint8_t how = any_u8(a);

	a->w.lose = how & 3;
	if (how & 4)
		duo_add_address(&a->w, COA2 "/64");
	else
		duo_link(&a->w, how & 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static void (*const steps[])(struct any * a) = { any_mh, any_mh, any_mh, any_time, any_time,
		any_raw_mh, any_icmp6, any_ra, report, in_use, lost, carol };
	struct any a;

	any_open(&a, data, n);
	a.target = &a.w.moon;
	addr_parse(HA, &a.own);
	a.peer = a.hoa;
	ANY_RUN(steps, check, &a);
	return 0;
}
