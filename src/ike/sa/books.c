#include "base/log.h"
#include "crypto/rand.h"
#include "ike/sa/books.h"
#include "kernel/rt_route.h"

const struct ike_conf *iked_conf(const struct iked *d)
{
	return d->conf->conf;
}

struct sa *iked_next_sa(const struct iked *d, const struct sa *after)
{
	struct sa *sa = after ? LIST_NEXT(after, all) : LIST_FIRST(&d->sas);

	while (sa && sa->state == SA_NEW)
		sa = LIST_NEXT(sa, all);
	return sa;
}

int iked_source(struct iked *d, const struct in6_addr *dst, struct in6_addr *out)
{
	int ifindex;

	log_knl(2, "getting address to reach %s", addr_str_any(dst));
	if (d->seams.source)
		return d->seams.source(d->seams.arg, dst, out);
	return rt_source_for(d->seams.rt, dst, out, &ifindex);
}

void iked_draw(const struct iked *d, enum draw what, void *out, size_t n)
{
	if (d->seams.draw)
		d->seams.draw(d->seams.arg, what, out, n);
	else
		rand_bytes(out, n);
}

uint64_t iked_draw_spi(const struct iked *d)
{
	uint64_t spi = 0;

	while (!spi)
		iked_draw(d, DRAW_SPI, &spi, sizeof(spi));
	return spi;
}

/* Values under 2^32 mod limit would make the small results likelier: draw again. */
uint32_t iked_draw_below(const struct iked *d, uint32_t limit)
{
	uint32_t v = 0, least = limit ? (0 - limit) % limit : 0;

	if (!limit)
		return 0;
	do
		iked_draw(d, DRAW_TIME, &v, sizeof(v));
	while (v < least);
	return v % limit;
}

uint32_t iked_soft_s(const struct iked *d, const struct conn *c, uint32_t life_s)
{
	uint32_t spread = (uint32_t)((uint64_t)c->margin * c->fuzz_percent / 100);
	uint32_t early = c->margin + iked_draw_below(d, spread + 1);

	return c->rekey && early < life_s ? life_s - early : 0;
}
