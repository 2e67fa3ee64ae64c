#include <string.h>

#include "base/log.h"
#include "mip/ha_act.h"

/*
 * RFC 6275 sections 9.5.4 and 10.3: the answer goes to where the BU came from, by a type 2 routing
 * header unless the node is at home; no binding is needed for that.
 */
void ha_answer(
	struct ha *ha, const struct ha_bu *bu, uint8_t status, uint16_t seq, uint32_t lifetime)
{
	struct mh m = { .type = MH_BA };
	struct mip_packet p = { .src = bu->ha, .dst = bu->hoa, .hop_limit = -1 };
	uint8_t buf[MH_MAX];
	ssize_t n;
	int rc;

	p.has_rh2 = !addr_eq(&bu->back, &bu->hoa);
	p.rh2 = bu->back;
	m.ba = (struct mh_ba){ .status = status, .seq = seq, .lifetime = lifetime };
	if (status < BA_UNSPECIFIED && bu->e && bu->e->k)
		m.ba.flags = BA_KEY;
	n = mh_write(&m, &p.src, &p.dst, buf, sizeof(buf));
	if (n < 0)
		return;
	p.data = BYTES(buf, (size_t)n);
	rc = mip_net_send_mh(ha->env->net, &p);
	env_count(ha->env, MC_BA_OUT);
	log_mip(2, "BA %u for %s to %s: %s, %u s%s%s", seq, addr_str(&bu->hoa), addr_str(&bu->back),
		mh_status_str(status), lifetime, rc < 0 ? ": " : "", rc < 0 ? strerror(-rc) : "");
}

static struct icmp6_prefix home_prefix(const struct ha_prefix *p)
{
	return (struct icmp6_prefix){ .prefix = p->a.prefix,
		.on_link = true,
		.autonomous = true,
		.router_addr = true,
		.valid = p->a.valid_s,
		.preferred = p->a.preferred_s };
}

/* RFC 6275 sections 6.8 and 10.6: only a registered node is told, with the number it sent. */
void ha_mps(struct ha *ha, const struct mip_packet *p)
{
	const struct bc_entry *e = bc_find(&ha->bc, &p->src);
	const struct ha_prefix *home = ha_prefix_of(ha, &p->src);
	struct mip_packet out = { .src = p->dst, .dst = p->src, .hop_limit = -1 };
	struct icmp6_mpa mpa = { .n_prefixes = 1 };
	uint8_t buf[128];
	struct wr w = WR_OF(buf);

	env_count(ha->env, MC_MPS_IN);
	if (icmp6_mps_parse(p->data, &mpa.id) < 0)
		return env_count(ha->env, MC_DROP_MALFORMED);
	if (!e || e->state != BC_VALID || !home || !addr_eq(&p->dst, &e->ha))
		return env_count(ha->env, MC_DROP_UNEXPECTED);
	if (!ha->env->conf->send_mob_pfx_advs)
		return;
	mpa.prefixes[0] = home_prefix(home);
	icmp6_mpa_write(&w, &mpa);
	if (wr_done(&w) < 0)
		return;
	out.data = wr_view(&w);
	mip_net_send_icmp6(ha->env->net, &out);
	env_count(ha->env, MC_MPA_OUT);
}
