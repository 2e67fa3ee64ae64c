/* ICMPv6 errors about binding updates (RFC 6275 section 11.3.5). */
#include "base/log.h"
#include "kernel/xfrm_sa.h"
#include "mip/mn/mn.h"

enum { PROTO_ESP = 50 };

struct wanted {
	uint32_t spi;
	bool found;
};

static int same_spi(const struct xfrm_sa *sa, void *arg)
{
	struct wanted *w = arg;

	w->found = w->found || (sa->proto == XP_ESP && !sa->larval && sa->spi == w->spi);
	return 0;
}

/* Nobody off the path knows the number of our BU, or the SPI that carried it. */
static bool proven(const struct mn *mn, const struct icmp6_problem *problem)
{
	struct wanted w = { .spi = problem->spi };

	if (problem->is_bu)
		return problem->seq == mn->bul.seq;
	if (problem->proto == PROTO_ESP)
		xfrm_sa_dump_between(mn->env->xfrm, &mn->pair.hoa, &mn->pair.ha, same_spi, &w);
	return w.found;
}

/*
 * A binding that stands outlives such a message: it may be of somebody on the path. An option that
 * is not known (code 2) is logged, as the RFC has it.
 */
bool mn_problem(struct mn *mn, const struct mip_packet *p, const struct icmp6_problem *problem)
{
	if (mn->env->conf->discard_ha_problems || !mn->bul.waiting || mn->bul.bound ||
		!addr_eq(&p->src, &mn->pair.ha) || !addr_eq(&problem->dst, &mn->pair.ha) ||
		!addr_eq(&problem->src, &mn->place.coa) || !proven(mn, problem))
		return false;
	log_mip(1, "%s complains about our binding update: parameter problem, code %u at %u",
		addr_str(&p->src), problem->code, problem->at);
	if (problem->code == IPC_NEXT_HEADER)
		mn_event(mn, ME_PROBLEM);
	return true;
}
