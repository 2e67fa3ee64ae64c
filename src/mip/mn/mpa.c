/* What the home agent tells of the home prefixes (RFC 6275 section 11.4.3). */
#include "base/log.h"
#include "mip/mn/act.h"

#define MPA "mobile prefix advertisement"

enum { MPS_PER_SECOND = 1 };

static bool is_home(const struct mn *mn, const struct icmp6_prefix *p)
{
	return p->prefix.len == mn->home->home_prefix.len && prefix_has(&p->prefix, &mn->pair.hoa);
}

/* As an advertisement on the home link would be, and this one is authenticated (RFC 4862 5.5.3). */
static void take_prefix(struct mn *mn, const struct icmp6_prefix *p)
{
	log_mip(2, "%s: home prefix %s valid %u s", addr_str(&mn->pair.hoa), prefix_str(&p->prefix),
		p->valid);
	if (is_home(mn, p))
		mn->hoa_until_ms = p->valid == UINT32_MAX ? UINT64_MAX
							  : loop_now() + p->valid * UINT64_C(1000);
}

static bool is_answer(const struct mn *mn, const struct icmp6_mpa *mpa)
{
	return mn->mps_waiting && mpa->id == mn->mps_id;
}

/*
 * Section 11.4.3: from our home agent, to our home address by the routing header, with the number
 * we sent. What nobody asked for is dropped, and asked for.
 */
void mn_mpa(struct mn *mn, const struct mip_packet *p)
{
	struct icmp6_mpa mpa;
	uint32_t left;

	env_count(mn->env, MC_MPA_IN);
	if (icmp6_mpa_parse(p->data, &mpa) < 0)
		return env_drop(mn->env, MC_DROP_MALFORMED, p, MPA, "malformed");
	if (!addr_eq(&p->src, &mn->pair.ha) || !p->has_rh2)
		return env_drop(mn->env, MC_DROP_UNEXPECTED, p, MPA, "not of the home agent");
	if (!is_answer(mn, &mpa)) {
		env_drop(mn->env, MC_DROP_UNEXPECTED, p, MPA, "not the answer to our question");
		if (!mn->mps_waiting && mn->bul.bound && rate_take(&mn->prefixes, MPS_PER_SECOND))
			mps_ask(mn);
		return;
	}
	for (size_t i = 0; i < mpa.n_prefixes; i++)
		take_prefix(mn, &mpa.prefixes[i]);
	mps_answered(mn);
	/* Section 11.7.1; one that is as short as it can be asked for is not shortened again. */
	left = mps_hoa_left(mn);
	if (bul_left(&mn->bul) > (left > BUL_MIN_LIFETIME ? left : BUL_MIN_LIFETIME))
		mn_asked(mn, p, MPA);
}
