/*
 * Fuzz: a home agent that has accepted a binding and then says anything to its mobile node, while
 * strangers speak, routers advertise, addresses and links come and go and time passes. Payload of
 * the home address never leaves unless the binding stands, what is sent and logged in a second
 * stays within bounds (mip_any.h); at the end nothing is left.
 */
#include "mip/movement/where.h"

#include "mip_any.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(struct any *a)
{
	const struct mn *mn = duo_mn(&a->w);
	bool flows =
		mn->state == MN_REGISTERED || mn->state == MN_REFRESHING || mn->state == MN_HOME;

	ANY_CHECK(mn->state < MN_STATES && !mn->env->counters[MC_IMPOSSIBLE]);
	ANY_CHECK(mn->blocked || flows);
	ANY_CHECK(mn->blocked || mn->state == MN_HOME || mn->bul.bound);
	ANY_CHECK(mn->timer.armed || mn->state == MN_STARTING || mn->state == MN_MOVING ||
		mn->state == MN_HOME || mn->state == MN_LEAVING);
	ANY_CHECK(mn->bul.lifetime <= MH_LIFETIME_MAX);
	ANY_CHECK(a->w.carol.mip.where.seen.n_links <= WHERE_LINKS_MAX &&
		a->w.carol.mip.where.seen.n_addrs <= WHERE_ADDRS_MAX);
}

static void address(struct any *a)
{
	static const char *const rows[] = { COA, COA2, "2001:2::40", "fd00::1" };
	uint8_t how = any_u8(a);
	const char *text = rows[how & 3];
	char prefix[64];

	any_heard(a, true);
	snprintf(prefix, sizeof(prefix), "%s/%d", text, how & 4 ? 128 : 64);
	if (fake_rt_has(&a->w.carol.rt, text))
		duo_del_address(&a->w, text);
	else
		duo_add_address(&a->w, prefix);
}

static void link_changes(struct any *a)
{
	any_heard(a, true);
	duo_link(&a->w, any_u8(a) & 1);
}

static void lost(struct any *a)
{
	any_heard(a, true);
	where_lost(&a->w.carol.mip.where);
}

/* The honest home agent answers, or its answers are lost. */
static void moon(struct any *a)
{
	a->w.lose = any_u8(a) & 7;
	a->w.no_ike = a->w.lose == 7;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static void (*const steps[])(struct any * a) = { any_mh, any_mh, any_mh, any_time, any_time,
		any_raw_mh, any_icmp6, any_ra, any_ra, address, link_changes, lost, moon };
	struct any a;

	any_open(&a, data, n);
	a.target = &a.w.carol;
	addr_parse(HA, &a.peer);
	a.own = a.hoa;
	ANY_RUN(steps, check, &a);
	return 0;
}
