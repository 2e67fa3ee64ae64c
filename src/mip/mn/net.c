#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "kernel/rt_link.h"
#include "mip/mn/act.h"

enum {
	RULE_HOA = 1001, /* from the home address: table 252 */
	RULE_COA = 1002, /* from the care-of prefix and link-local: table main */
	RULE_NOTHING = 1003, /* from the home address: nowhere else */
	METRIC_OUT = 128,
};

/* The first error of several calls; what is there already, or gone already, is none. */
struct sum {
	const struct mn *mn;
	int first;
};

static void add(struct sum *s, int rc, const char *what)
{
	if (rc == -EEXIST || rc == -ENOENT || rc == -ESRCH || rc == -EADDRNOTAVAIL)
		return;
	env_said(rc, what, &s->mn->pair.hoa);
	s->first = s->first ? s->first : rc;
}

static struct rt_rule hoa_rule(const struct mn *mn)
{
	return (struct rt_rule){
		.priority = RULE_HOA, .src = { mn->pair.hoa, 128 }, .table = RT_TABLE_MIP6
	};
}

static struct rt_rule nothing_rule(const struct mn *mn)
{
	return (struct rt_rule){
		.priority = RULE_NOTHING, .src = { mn->pair.hoa, 128 }, .blackhole = true
	};
}

static const struct rt_rule ll_rule = {
	.priority = RULE_COA, .src = { { { { 0xfe, 0x80 } } }, 64 }, .table = RT_TABLE_MAIN
};

static struct rt_route tunnel_route(const struct mn *mn)
{
	return (struct rt_route){
		.ifindex = mn->tunnel.ifindex, .table = RT_TABLE_MIP6, .metric = METRIC_OUT
	};
}

static int hoa_put(struct mn *mn, int ifindex, uint8_t plen)
{
	struct rt_addr a = { .ifindex = ifindex,
		.prefix = { mn->pair.hoa, plen },
		.flags = IFA_F_HOMEADDRESS | IFA_F_NODAD,
		.valid_s = UINT32_MAX,
		.preferred_s = UINT32_MAX };
	int rc = rt_addr_add(mn->env->rt, &a);

	if (!rc)
		mn->hoa_at = a;
	return rc;
}

static int hoa_take(struct mn *mn)
{
	int rc = mn->hoa_at.ifindex ? rt_addr_del(mn->env->rt, &mn->hoa_at) : 0;

	mn->hoa_at = (struct rt_addr){ 0 };
	return rc;
}

static void coa_rule_take(struct mn *mn, struct sum *s)
{
	if (mn->coa_rule.priority)
		add(s, rt_rule_del(mn->env->rt, &mn->coa_rule), "rule of the care-of prefix");
	mn->coa_rule.priority = 0;
}

static void away_take(struct mn *mn, struct sum *s)
{
	struct rt_rule hoa = hoa_rule(mn), nothing = nothing_rule(mn);
	struct rt_route r = tunnel_route(mn);

	if (!mn->away)
		return;
	mn->away = false;
	if (mn->tunnel.ifindex) {
		add(s, rt_route_del(mn->env->rt, &r), "default route of table 252");
		add(s, tunnel_del(mn->env->rt, &mn->tunnel), "tunnel");
	}
	mn->tunnel = (struct tunnel){ 0 };
	coa_rule_take(mn, s);
	add(s, rt_rule_del(mn->env->rt, &ll_rule), "rule of link-local addresses");
	add(s, rt_rule_del(mn->env->rt, &hoa), "rule 1001");
	add(s, rt_rule_del(mn->env->rt, &nothing), "rule 1003");
}

/* The address comes last, and goes first: without it nothing can leave with it. */
int mn_net_away(struct mn *mn)
{
	struct sum s = { mn, 0 };
	struct rt_rule hoa = hoa_rule(mn), nothing = nothing_rule(mn);
	struct rt_route r;

	add(&s, hoa_take(mn), "home address");
	mn->away = true;
	mn->tunnel = (struct tunnel){ .local = mn->pair.hoa, .remote = mn->pair.ha };
	add(&s, tunnel_add(mn->env->rt, &mn->tunnel), "tunnel");
	if (s.first)
		return s.first;
	r = tunnel_route(mn);
	add(&s, rt_rule_add(mn->env->rt, &hoa), "rule 1001");
	add(&s, rt_rule_add(mn->env->rt, &nothing), "rule 1003");
	add(&s, rt_route_add(mn->env->rt, &r), "default route of table 252");
	if (!s.first)
		add(&s, hoa_put(mn, mn->tunnel.ifindex, 128), "home address");
	add(&s, rt_rule_add(mn->env->rt, &ll_rule), "rule of link-local addresses");
	return s.first;
}

int mn_net_coa(struct mn *mn)
{
	struct sum s = { mn, 0 };
	struct prefix whole = { mn->place.coa, mn->place.plen };
	struct rt_rule rule = { .priority = RULE_COA,
		.src = { prefix_first(&whole), mn->place.plen },
		.table = RT_TABLE_MAIN };

	mn->tunnel.local = mn->place.coa;
	add(&s, tunnel_change(mn->env->rt, &mn->tunnel), "tunnel");
	if (mn->coa_rule.priority && prefix_eq(&mn->coa_rule.src, &rule.src))
		return s.first;
	coa_rule_take(mn, &s);
	add(&s, rt_rule_add(mn->env->rt, &rule), "rule of the care-of prefix");
	mn->coa_rule = rule;
	return s.first;
}

int mn_net_home(struct mn *mn)
{
	struct sum s = { mn, 0 };

	add(&s, hoa_take(mn), "home address");
	away_take(mn, &s);
	add(&s, hoa_put(mn, mn->place.ifindex, mn->home->hoa.len), "home address");
	return s.first;
}

int mn_net_none(struct mn *mn)
{
	struct sum s = { mn, 0 };

	add(&s, hoa_take(mn), "home address");
	away_take(mn, &s);
	return s.first;
}

struct stale {
	struct in6_addr hoa;
	struct rt_addr found;
};

static int note_stale(const struct rt_addr *a, void *arg)
{
	struct stale *st = arg;

	if (addr_eq(&a->prefix.addr, &st->hoa))
		st->found = *a;
	return 0;
}

static int note_coa_rule(const struct rt_rule *r, void *arg)
{
	struct rt_rule *found = arg;

	if (r->ours && r->priority == RULE_COA)
		*found = *r;
	return 0;
}

/* Of care-of prefixes that nobody knows any more; this one makes its own when it has moved. */
static void clean_coa_rules(struct mn *mn, struct sum *s)
{
	struct rt_rule found;

	do {
		found = (struct rt_rule){ 0 };
		add(s, rt_rule_dump(mn->env->rt, note_coa_rule, &found), "rules");
		if (found.priority)
			add(s, rt_rule_del(mn->env->rt, &found), "old rule 1002");
	} while (found.priority && !s->first);
}

int mn_net_clean(struct mn *mn)
{
	struct sum s = { mn, 0 };
	struct stale st = { .hoa = mn->pair.hoa };
	struct rt_rule hoa = hoa_rule(mn), nothing = nothing_rule(mn);
	struct tunnel old = { 0 };
	struct rt_link l;

	add(&s, rt_addr_dump(mn->env->rt, note_stale, &st), "addresses");
	if (st.found.ifindex) {
		add(&s, rt_addr_del(mn->env->rt, &st.found), "old home address");
		old.ifindex = st.found.ifindex;
		if (rt_link_get(mn->env->rt, old.ifindex, NULL, &l) == 0 && l.is_ip6tnl)
			add(&s, tunnel_del(mn->env->rt, &old), "old tunnel");
	}
	add(&s, rt_rule_del(mn->env->rt, &hoa), "old rule 1001");
	add(&s, rt_rule_del(mn->env->rt, &nothing), "old rule 1003");
	clean_coa_rules(mn, &s);
	return s.first;
}
