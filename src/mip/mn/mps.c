#include "base/log.h"
#include "crypto/rand.h"
#include "mip/mn/act.h"

#define MPA "mobile prefix advertisement"

enum { MPS_PER_SECOND = 1 };

/* RFC 6275 section 11.4.2: from the home address to the home agent, again until answered. */
static void send_mps(struct mn *mn)
{
	uint8_t buf[16];
	struct wr w = WR_OF(buf);
	struct mip_packet p = {
		.src = mn->pair.hoa, .dst = mn->pair.ha, .hop_limit = -1, .own = true
	};

	icmp6_mps_write(&w, mn->mps_id);
	if (wr_done(&w) < 0)
		return;
	p.data = wr_view(&w);
	mip_net_send_icmp6(mn->env->net, &p);
	env_count(mn->env, MC_MPS_OUT);
	timer_set(&mn->mps_timer, mn->mps_delay_ms);
}

static void on_timer(void *arg)
{
	struct mn *mn = arg;

	mn->mps_delay_ms = bul_backoff(mn->mps_delay_ms);
	send_mps(mn);
}

void mps_init(struct mn *mn)
{
	timer_init(&mn->mps_timer, on_timer, mn);
}

void mps_start(struct mn *mn)
{
	if (!mn->mps_due || !mn->env->conf->send_mob_pfx_sols)
		return;
	mn->mps_id = (uint16_t)rand_below(0x10000);
	mn->mps_delay_ms = mn->env->conf->initial_solicit_ms;
	mn->mps_waiting = true;
	send_mps(mn);
}

void mps_stop(struct mn *mn)
{
	mn->mps_waiting = false;
	timer_stop(&mn->mps_timer);
}

/*
 * Section 11.4.3: from our home agent, to our home address, with the number we sent. What nobody
 * asked for is dropped, and asked for.
 */
void mn_mpa(struct mn *mn, const struct mip_packet *p)
{
	struct icmp6_mpa mpa;

	env_count(mn->env, MC_MPA_IN);
	if (icmp6_mpa_parse(p->data, &mpa) < 0) {
		env_drop(mn->env, MC_DROP_MALFORMED, p, MPA, "malformed");
		return;
	}
	if (!addr_eq(&p->src, &mn->pair.ha) || !mn->mps_waiting || mpa.id != mn->mps_id) {
		env_drop(mn->env, MC_DROP_UNEXPECTED, p, MPA, "not the answer to our question");
		if (addr_eq(&p->src, &mn->pair.ha) && !mn->mps_waiting && mn->bul.bound &&
			rate_take(&mn->prefixes, MPS_PER_SECOND))
			mps_start(mn);
		return;
	}
	mps_stop(mn);
	for (size_t i = 0; i < mpa.n_prefixes; i++)
		log_mip(2, "%s: home prefix %s valid %u s", addr_str(&mn->pair.hoa),
			prefix_str(&mpa.prefixes[i].prefix), mpa.prefixes[i].valid);
}
