#include "crypto/rand.h"
#include "mip/mn/act.h"

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

void mps_ask(struct mn *mn)
{
	if (!mn->env->conf->send_mob_pfx_sols)
		return;
	mn->mps_id = (uint16_t)rand_below(0x10000);
	mn->mps_delay_ms = mn->env->conf->initial_solicit_ms;
	mn->mps_waiting = true;
	send_mps(mn);
}

/* No answer yet; or the home prefix is about to end, and only a bound node is answered. */
static void on_timer(void *arg)
{
	struct mn *mn = arg;

	if (mn->mps_waiting) {
		mn->mps_delay_ms = bul_backoff(mn->mps_delay_ms);
		send_mps(mn);
	} else if (mn->bul.bound) {
		mps_ask(mn);
	}
}

void mps_init(struct mn *mn)
{
	timer_init(&mn->mps_timer, on_timer, mn);
	mn->hoa_until_ms = UINT64_MAX;
}

void mps_start(struct mn *mn)
{
	if (mn->mps_due)
		mps_ask(mn);
}

void mps_stop(struct mn *mn)
{
	mn->mps_waiting = false;
	mn->hoa_until_ms = UINT64_MAX;
	timer_stop(&mn->mps_timer);
}

uint32_t mps_hoa_left(const struct mn *mn)
{
	uint64_t now = loop_now();

	if (mn->hoa_until_ms == UINT64_MAX)
		return UINT32_MAX;
	return mn->hoa_until_ms > now ? (uint32_t)((mn->hoa_until_ms - now) / 1000) : 0;
}

/* RFC 6275 section 11.4.2: before the home address becomes invalid. */
void mps_answered(struct mn *mn)
{
	uint32_t left = mps_hoa_left(mn), after = bul_refresh_after(left, 0);

	mn->mps_waiting = false;
	timer_stop(&mn->mps_timer);
	if (left && left != UINT32_MAX)
		timer_set(&mn->mps_timer, (after ? after : 1) * UINT64_C(1000));
}
