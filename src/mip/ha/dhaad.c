#include "base/log.h"
#include "mip/ha/dhaad.h"

#define WHAT "home agent discovery request"

enum { ANSWERS_PER_SECOND = 5 };

/* The home prefix that the request was sent to; NULL: to no anycast address of ours. */
static const struct ha_prefix *asked_prefix(const struct ha *ha, const struct in6_addr *dst)
{
	for (size_t i = 0; i < ha->n_prefixes; i++) {
		struct in6_addr agents = icmp6_agents_anycast(&ha->prefixes[i].a.prefix);

		if (addr_eq(dst, &agents))
			return &ha->prefixes[i];
	}
	return NULL;
}

void dhaad_answer(struct ha *ha, const struct mip_packet *p)
{
	static struct rate answers;
	const struct ha_prefix *home = asked_prefix(ha, &p->dst);
	struct icmp6_agents reply = { .n_agents = 1 };
	struct mip_packet out = { .dst = p->src, .hop_limit = -1 };
	uint8_t buf[32];
	struct wr w = WR_OF(buf);
	bool router;

	if (icmp6_dhaad_request_parse(p->data, &reply.id, &router) < 0)
		return env_drop(ha->env, MC_DROP_MALFORMED, p, WHAT, "malformed");
	if (!home || !env_is_unicast(&p->src))
		return env_drop(ha->env, MC_DROP_UNEXPECTED, p, WHAT, "for no home link of ours");
	if (!rate_take(&answers, ANSWERS_PER_SECOND))
		return env_drop(ha->env, MC_DROP_RATE, p, WHAT, "too many");
	out.src = reply.agents[0] = home->a.prefix.addr;
	icmp6_dhaad_reply_write(&w, &reply);
	if (wr_done(&w) < 0)
		return;
	out.data = wr_view(&w);
	mip_net_send_icmp6(ha->env->net, &out);
	log_mip(2, "%s asks for the home agents of %s", addr_str(&p->src),
		prefix_str(&home->a.prefix));
}
