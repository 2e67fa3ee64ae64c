#include "kernel/tunnel.h"

#include <errno.h>
#include <linux/if_tunnel.h>
#include <linux/ip6_tunnel.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/rt_link.h"

enum { TUNNEL_MAX = 65535, HOP_LIMIT = 64 };

/* The kernel takes what is not said here as zero, also in a change: so always all of it. */
static void put_ends(struct nl_req *rq, const struct tunnel *t)
{
	const uint8_t hop_limit = HOP_LIMIT, proto = IPPROTO_IPV6;
	const uint32_t flags = IP6_TNL_F_IGN_ENCAP_LIMIT, link = (uint32_t)t->link;
	size_t info = nl_nest(rq, IFLA_LINKINFO);
	size_t data;

	nl_put(rq, IFLA_INFO_KIND, "ip6tnl", 6);
	data = nl_nest(rq, IFLA_INFO_DATA);
	nl_put(rq, IFLA_IPTUN_LINK, &link, sizeof(link));
	nl_put(rq, IFLA_IPTUN_LOCAL, &t->local, sizeof(t->local));
	nl_put(rq, IFLA_IPTUN_REMOTE, &t->remote, sizeof(t->remote));
	nl_put(rq, IFLA_IPTUN_TTL, &hop_limit, sizeof(hop_limit));
	nl_put(rq, IFLA_IPTUN_FLAGS, &flags, sizeof(flags));
	nl_put(rq, IFLA_IPTUN_PROTO, &proto, sizeof(proto));
	nl_nest_end(rq, data);
	nl_nest_end(rq, info);
}

static int first_free_name(struct nl *nl, char name[IF_NAMESIZE])
{
	struct rt_link l;

	for (unsigned n = 1; n <= TUNNEL_MAX; n++) {
		int r;

		snprintf(name, IF_NAMESIZE, "ip6tnl%u", n);
		r = rt_link_get(nl, 0, name, &l);
		if (r < 0)
			return r == -ENODEV ? 0 : r;
	}
	return -ENOSPC;
}

/* The kernel has at most one tunnel between two ends. */
static int with_these_ends(const struct rt_link *l, void *arg)
{
	struct tunnel *t = arg;

	if (!l->is_ip6tnl || !addr_eq(&l->local, &t->local) || !addr_eq(&l->remote, &t->remote))
		return 0;
	memcpy(t->name, l->name, sizeof(t->name));
	t->ifindex = l->ifindex;
	return 0;
}

/* With a link-local address the kernel solicits routers and reports groups, past IPsec. */
static int start(struct nl *nl, int ifindex)
{
	int r = rt_link_no_link_local(nl, ifindex);

	return r < 0 ? r : rt_link_set_up(nl, ifindex, true);
}

static int take_over(struct nl *nl, struct tunnel *t)
{
	int r;

	t->ifindex = 0;
	r = rt_link_dump(nl, with_these_ends, t);
	if (r == 0 && !t->ifindex)
		r = -EEXIST;
	return r < 0 ? r : start(nl, t->ifindex);
}

int tunnel_add(struct nl *nl, struct tunnel *t)
{
	struct tunnel made = *t;
	struct rt_link l;
	struct nl_req rq;
	int r = made.name[0] ? 0 : first_free_name(nl, made.name);

	if (r < 0)
		return r;
	nl_begin(&rq, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	nl_put(&rq, IFLA_IFNAME, made.name, strlen(made.name) + 1);
	put_ends(&rq, &made);
	r = nl_call(nl, &rq);
	if (r == -EEXIST && !t->name[0]) {
		r = take_over(nl, &made);
		if (r == 0)
			*t = made;
		return r;
	}
	if (r == 0)
		r = rt_link_get(nl, 0, made.name, &l);
	if (r < 0)
		return r;
	made.ifindex = l.ifindex;
	r = start(nl, made.ifindex);
	if (r < 0)
		tunnel_del(nl, &made);
	else
		*t = made;
	return r;
}

int tunnel_change(struct nl *nl, const struct tunnel *t)
{
	struct nl_req rq;
	struct ifinfomsg *body = nl_begin(&rq, RTM_NEWLINK, 0, sizeof(*body));

	body->ifi_index = t->ifindex;
	put_ends(&rq, t);
	return nl_call(nl, &rq);
}

int tunnel_del(struct nl *nl, const struct tunnel *t)
{
	struct nl_req rq;
	struct ifinfomsg *body = nl_begin(&rq, RTM_DELLINK, 0, sizeof(*body));

	body->ifi_index = t->ifindex;
	return nl_call(nl, &rq);
}
