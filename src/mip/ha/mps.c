#include "mip/ha/act.h"

#define MPS "mobile prefix solicitation"

enum { ADVERTS_PER_SECOND = 3 };

static struct icmp6_prefix home_prefix(const struct ha *ha, const struct ha_prefix *p)
{
	struct ha_life life = ha_life_of(ha, p);

	return (struct icmp6_prefix){ .prefix = p->a.prefix,
		.on_link = true,
		.autonomous = true,
		.router_addr = true,
		.valid = life.valid_s,
		.preferred = life.preferred_s };
}

/* RFC 6275 sections 6.8 and 10.6: only a registered node is told, with the number it sent. */
void ha_mps(struct ha *ha, const struct mip_packet *p)
{
	struct ha_binding *b = ha_binding_of(ha, &p->src);
	const struct ha_prefix *home = ha_prefix_of(ha, &p->src);
	struct mip_packet out = { .src = p->dst, .dst = p->src, .hop_limit = -1 };
	struct icmp6_mpa mpa = { .n_prefixes = 1 };
	uint8_t buf[128];
	struct wr w = WR_OF(buf);

	env_count(ha->env, MC_MPS_IN);
	if (icmp6_mps_parse(p->data, &mpa.id) < 0)
		return env_drop(ha->env, MC_DROP_MALFORMED, p, MPS, "malformed");
	if (!b || b->state != HB_VALID || !home || !addr_eq(&p->dst, &b->bc.key.peer))
		return env_drop(ha->env, MC_DROP_UNEXPECTED, p, MPS, "of no node that is bound");
	if (!ha->env->conf->send_mob_pfx_advs)
		return env_drop(ha->env, MC_DROP_UNEXPECTED, p, MPS, "SendMobPfxAdvs is disabled");
	if (!rate_take(&b->asked, ADVERTS_PER_SECOND))
		return env_drop(ha->env, MC_DROP_RATE, p, MPS, "too many");
	mpa.prefixes[0] = home_prefix(ha, home);
	icmp6_mpa_write(&w, &mpa);
	if (wr_done(&w) < 0)
		return;
	out.data = wr_view(&w);
	mip_net_send_icmp6(ha->env->net, &out);
	env_count(ha->env, MC_MPA_OUT);
}
