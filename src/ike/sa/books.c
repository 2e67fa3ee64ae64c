#include "base/log.h"
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
