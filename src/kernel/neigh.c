#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "kernel/neigh.h"

static int proxy_call(
	struct nl *nl, uint16_t type, uint16_t flags, int ifindex, const struct in6_addr *a)
{
	struct nl_req rq;
	struct ndmsg *nd = nl_begin(&rq, type, flags, sizeof(*nd));

	nd->ndm_family = AF_INET6;
	nd->ndm_ifindex = ifindex;
	nd->ndm_state = NUD_PERMANENT;
	nd->ndm_flags = NTF_PROXY;
	nl_put(&rq, NDA_DST, a, sizeof(*a));
	return nl_call(nl, &rq);
}

int neigh_proxy_add(struct nl *nl, int ifindex, const struct in6_addr *a)
{
	return proxy_call(nl, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, ifindex, a);
}

int neigh_proxy_del(struct nl *nl, int ifindex, const struct in6_addr *a)
{
	return proxy_call(nl, RTM_DELNEIGH, 0, ifindex, a);
}

int neigh_flush(struct nl *nl, int ifindex, const struct in6_addr *a)
{
	struct nl_req rq;
	struct ndmsg *nd = nl_begin(&rq, RTM_DELNEIGH, 0, sizeof(*nd));
	int rc;

	nd->ndm_family = AF_INET6;
	nd->ndm_ifindex = ifindex;
	nl_put(&rq, NDA_DST, a, sizeof(*a));
	rc = nl_call(nl, &rq);
	return rc == -ENOENT ? 0 : rc; /* nothing known is what we want */
}
