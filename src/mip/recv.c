#include <errno.h>

#include "base/log.h"
#include "base/loop.h"
#include "mip/net/ba.h"
#include "mip/net/be.h"
#include "mip/ha/dhaad.h"
#include "mip/mip.h"

enum { PROTO_MH = 135, ERRORS_PER_SECOND = 5 };

static const char *mh_name(const struct mip_packet *p)
{
	return p->data.n > 2 ? mh_type_str(p->data.p[2]) : "message";
}

static void drop(
	struct mip *mip, const struct mip_packet *p, enum mip_counter why, const char *text)
{
	env_drop(&mip->env, why, p, mh_name(p), text);
}

static void drop_icmp6(
	struct mip *mip, const struct mip_packet *p, enum mip_counter why, const char *text)
{
	env_drop(&mip->env, why, p, icmp6_type_str(p->data.p[0]), text);
}

static struct mn *node_of(struct mip *mip, const struct mip_packet *p, const struct in6_addr *hoa)
{
	struct mn *mn = mip->nodes;

	while (mn && !addr_eq(&mn->pair.hoa, hoa))
		mn = mn->next;
	if (!mn)
		drop(mip, p, MC_DROP_UNEXPECTED, "not for a home address");
	return mn;
}

static void take_ba(struct mip *mip, const struct mip_packet *p, const struct mh *m)
{
	struct mn *mn = node_of(mip, p, &p->dst);

	if (mn)
		mn_ba(mn, p, m);
}

static void take_brr(struct mip *mip, const struct mip_packet *p, const struct mh *m)
{
	struct mn *mn = node_of(mip, p, &p->dst);

	(void)m;
	if (mn)
		mn_brr(mn, p);
}

/* It goes to the care-of address that the packet came from, and names the home address. */
static void take_be(struct mip *mip, const struct mip_packet *p, const struct mh *m)
{
	struct mn *mn = node_of(mip, p, &m->be.hoa);

	env_count(&mip->env, MC_BE_IN);
	if (mn)
		mn_be(mn, p, m);
}

static void to_ha(struct mip *mip, const struct mip_packet *p, const struct mh *m)
{
	ha_take_bu(&mip->ha, p, m);
}

/*
 * RFC 6275 sections 9.5.1 and 10.3.1: a node that is no home agent says so. Who wants to register
 * with a correspondent (no H) is not answered, as route optimization is not spoken.
 */
static void no_home_agent(struct mip *mip, const struct mip_packet *p, const struct mh *m)
{
	const struct ba_to to = { p->dst, p->src, p->has_hao ? p->hao : p->src };

	if (!mh_is_home_bu(m) || !env_is_unicast(&p->src) || !env_is_unicast(&p->dst) ||
		(p->has_hao && !env_is_unicast(&p->hao)))
		return drop(mip, p, MC_DROP_UNEXPECTED, "not for this node's part");
	env_count(&mip->env, MC_REFUSED);
	log_mip(1, "BU %u for %s refused: %s (%u)", m->bu.seq, addr_str(&p->src),
		mh_status_str(BA_HOME_NOT_SUPPORTED), BA_HOME_NOT_SUPPORTED);
	ba_send(&mip->env, &to,
		&(struct mh_ba){ .status = BA_HOME_NOT_SUPPORTED, .seq = m->bu.seq });
}

/* Who sends no home address option has no use for it. */
static void note_be(struct mip *mip, const struct mip_packet *p, const struct mh *m)
{
	env_count(&mip->env, MC_BE_IN);
	log_mip(2, "binding error %u from %s for %s, ignored", m->be.status, addr_str(&p->src),
		addr_str(&m->be.hoa));
}

static const struct {
	enum mip_role role;
	enum mh_type type;
	void (*fn)(struct mip *mip, const struct mip_packet *p, const struct mh *m);
} mh_rows[] = {
	{ MIP_MN, MH_BA, take_ba },
	{ MIP_MN, MH_BRR, take_brr },
	{ MIP_MN, MH_BE, take_be },
	{ MIP_HA, MH_BU, to_ha },
	{ MIP_HA, MH_BE, note_be },
	{ MIP_CN, MH_BE, note_be },
	{ MIP_CN, MH_BU, no_home_agent },
	{ MIP_MN, MH_BU, no_home_agent },
};

/* RFC 6275 section 9.3.3: to where the packet really came from. */
static void answer_unknown(struct mip *mip, const struct mip_packet *p)
{
	be_send(&mip->env, BE_UNKNOWN_TYPE, &p->dst, p->has_hao ? &p->hao : &p->src,
		p->has_hao ? &p->src : &addr_any);
}

/* Section 9.2: the pointer names the octet that we did not like. */
static void answer_problem(struct mip *mip, const struct mip_packet *p, int at)
{
	struct icmp6_invoking invoking = {
		.src = p->src, .dst = p->dst, .next_header = PROTO_MH, .upper = p->data
	};
	struct mip_packet out = { .src = p->dst, .dst = p->src, .hop_limit = -1 };
	uint8_t buf[1240]; /* an error fits the least MTU */
	struct wr w = WR_OF(buf);

	icmp6_problem_write(&w, 0, (uint32_t)at, &invoking);
	if (wr_done(&w) < 0)
		return;
	out.data = wr_view(&w);
	mip_net_send_icmp6(mip->env.net, &out);
}

static void answer_error(struct mip *mip, const struct mip_packet *p, int err)
{
	static struct rate problems;
	int at = mh_problem_at(err);

	drop(mip, p, MC_DROP_MALFORMED, err == -EOPNOTSUPP ? "unknown type" : "malformed");
	if (IN6_IS_ADDR_MULTICAST(&p->dst) || !env_is_unicast(&p->src))
		return;
	if (err == -EOPNOTSUPP)
		answer_unknown(mip, p);
	else if (at >= 0 && rate_take(&problems, ERRORS_PER_SECOND))
		answer_problem(mip, p, at);
}

static void judge_mh(struct mip *mip, const struct mip_packet *p)
{
	struct mh m;
	int rc = mh_parse(p->data, &p->src, &p->dst, &m);

	if (rc < 0)
		return answer_error(mip, p, rc);
	for (size_t i = 0; i < sizeof(mh_rows) / sizeof(mh_rows[0]); i++) {
		if (mh_rows[i].role == mip->env.conf->role && mh_rows[i].type == m.type)
			return mh_rows[i].fn(mip, p, &m);
	}
	drop(mip, p, MC_DROP_UNEXPECTED, "not for this node's part");
}

void recv_mh(const struct mip_packet *p, void *arg)
{
	struct mip *mip = arg;
	struct strangers *before = rate_enter(mip_net_strangers(mip->env.net));

	judge_mh(mip, p);
	rate_leave(before);
}

static void take_ra(struct mip *mip, const struct mip_packet *p)
{
	where_ra(&mip->where, p);
}

static void take_mpa(struct mip *mip, const struct mip_packet *p)
{
	for (struct mn *mn = mip->nodes; mn; mn = mn->next) {
		if (addr_eq(&mn->pair.hoa, &p->dst))
			return mn_mpa(mn, p);
	}
	drop_icmp6(mip, p, MC_DROP_UNEXPECTED, "not for a home address");
}

static void take_agents(struct mip *mip, const struct mip_packet *p)
{
	struct icmp6_agents reply;
	struct mn *mn = mip->nodes;

	if (icmp6_dhaad_reply_parse(p->data, &reply) < 0)
		return drop_icmp6(mip, p, MC_DROP_MALFORMED, "malformed");
	while (mn && !mn_agents(mn, p, &reply))
		mn = mn->next;
	if (!mn)
		drop_icmp6(mip, p, MC_DROP_UNEXPECTED, "nobody asked");
}

static void take_problem(struct mip *mip, const struct mip_packet *p)
{
	struct icmp6_problem problem;
	struct mn *mn = mip->nodes;

	if (icmp6_problem_parse(p->data, &problem) < 0)
		return drop_icmp6(mip, p, MC_DROP_MALFORMED, "malformed");
	while (mn && !mn_problem(mn, p, &problem))
		mn = mn->next;
	if (!mn)
		drop_icmp6(mip, p, MC_DROP_UNEXPECTED, "about no binding update under way");
}

static void take_mps(struct mip *mip, const struct mip_packet *p)
{
	ha_mps(&mip->ha, p);
}

static void hear_ra(struct mip *mip, const struct mip_packet *p)
{
	ha_ra(&mip->ha, p);
}

static void take_dhaad(struct mip *mip, const struct mip_packet *p)
{
	dhaad_answer(&mip->ha, p);
}

static const struct {
	enum mip_role role;
	uint8_t type;
	void (*fn)(struct mip *mip, const struct mip_packet *p);
} icmp6_rows[] = {
	{ MIP_MN, ICMP6_ROUTER_ADVERT, take_ra },
	{ MIP_MN, ICMP6_MOB_PREFIX_ADVERT, take_mpa },
	{ MIP_MN, ICMP6_DHAAD_REPLY, take_agents },
	{ MIP_MN, ICMP6_PARAM_PROBLEM, take_problem },
	{ MIP_HA, ICMP6_MOB_PREFIX_SOLICIT, take_mps },
	{ MIP_HA, ICMP6_DHAAD_REQUEST, take_dhaad },
	{ MIP_HA, ICMP6_ROUTER_ADVERT, hear_ra },
};

/* Neighbour discovery of others is heard by the way; mobility is meant for us. */
static bool is_neighbour_discovery(uint8_t type)
{
	return type >= ICMP6_ROUTER_SOLICIT && type <= ICMP6_NEIGH_ADVERT;
}

static void judge_icmp6(struct mip *mip, const struct mip_packet *p)
{
	if (!p->data.n)
		return;
	for (size_t i = 0; i < sizeof(icmp6_rows) / sizeof(icmp6_rows[0]); i++) {
		if (icmp6_rows[i].role == mip->env.conf->role && icmp6_rows[i].type == p->data.p[0])
			return icmp6_rows[i].fn(mip, p);
	}
	if (!is_neighbour_discovery(p->data.p[0]))
		drop_icmp6(mip, p, MC_DROP_UNEXPECTED, "not for this node's part");
}

void recv_icmp6(const struct mip_packet *p, void *arg)
{
	struct mip *mip = arg;
	struct strangers *before = rate_enter(mip_net_strangers(mip->env.net));

	judge_icmp6(mip, p);
	rate_leave(before);
}
