#include "kernel/neigh.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

static int neigh_put(struct nl *nl, uint16_t type, uint16_t flags, uint8_t ntf, int ifindex,
	const struct in6_addr *a)
{
	struct nl_req rq;
	struct ndmsg *body = nl_begin(&rq, type, flags, sizeof(*body));

	body->ndm_family = AF_INET6;
	body->ndm_ifindex = ifindex;
	body->ndm_flags = ntf;
	nl_put(&rq, NDA_DST, a, sizeof(*a));
	return nl_call(nl, &rq);
}

int neigh_proxy_add(struct nl *nl, int ifindex, const struct in6_addr *a)
{
	return neigh_put(nl, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, NTF_PROXY, ifindex, a);
}

int neigh_proxy_del(struct nl *nl, int ifindex, const struct in6_addr *a)
{
	return neigh_put(nl, RTM_DELNEIGH, 0, NTF_PROXY, ifindex, a);
}

int neigh_flush(struct nl *nl, int ifindex, const struct in6_addr *a)
{
	int r = neigh_put(nl, RTM_DELNEIGH, 0, 0, ifindex, a);

	return r == -ENOENT ? 0 : r; /* nothing was known */
}
