#include <errno.h>
#include <net/if.h> /* before the kernel headers: they then leave its names alone */

#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/ip6_tunnel.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "kernel/rt_link.h"
#include "kernel/tunnel.h"

/*
 * UMIP's: no tunnel encapsulation limit option in the packets, and the device belongs to Mobile
 * IPv6.
 */
enum { HOP_LIMIT = 64, TUNNEL_FLAGS = IP6_TNL_F_IGN_ENCAP_LIMIT | IP6_TNL_F_MIP6_DEV };

enum { NUMBER_MAX = 4096 };

static void put_ends(struct nl_req *rq, const struct tunnel *t)
{
	const uint8_t hops = HOP_LIMIT, encap_limit = 0, proto = IPPROTO_IPV6;
	const uint32_t flags = TUNNEL_FLAGS, link = (uint32_t)t->link;
	size_t info = nl_nest(rq, IFLA_LINKINFO), data;

	nl_put(rq, IFLA_INFO_KIND, "ip6tnl", sizeof("ip6tnl"));
	data = nl_nest(rq, IFLA_INFO_DATA);
	nl_put(rq, IFLA_IPTUN_LINK, &link, sizeof(link));
	nl_put(rq, IFLA_IPTUN_LOCAL, &t->local, sizeof(t->local));
	nl_put(rq, IFLA_IPTUN_REMOTE, &t->remote, sizeof(t->remote));
	nl_put(rq, IFLA_IPTUN_TTL, &hops, sizeof(hops));
	nl_put(rq, IFLA_IPTUN_ENCAP_LIMIT, &encap_limit, sizeof(encap_limit));
	nl_put(rq, IFLA_IPTUN_FLAGS, &flags, sizeof(flags));
	nl_put(rq, IFLA_IPTUN_PROTO, &proto, sizeof(proto));
	nl_nest_end(rq, data);
	nl_nest_end(rq, info);
}

static int create(struct nl *nl, const struct tunnel *t)
{
	struct nl_req rq;

	nl_begin(&rq, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	nl_put(&rq, IFLA_IFNAME, t->name, strlen(t->name) + 1);
	put_ends(&rq, t);
	return nl_call(nl, &rq);
}

/* ip6tnl0 is the kernel's own. */
static int free_name(struct nl *nl, char name[IF_NAMESIZE])
{
	struct rt_link link;
	int rc = 0;

	for (int i = 1; i < NUMBER_MAX && rc != -ENODEV; i++) {
		snprintf(name, IF_NAMESIZE, "ip6tnl%d", i);
		rc = rt_link_get(nl, 0, name, &link);
		if (rc < 0 && rc != -ENODEV)
			return rc;
	}
	return rc == -ENODEV ? 0 : -ENFILE;
}

int tunnel_add(struct nl *nl, struct tunnel *t)
{
	struct tunnel made = *t;
	struct rt_link link;
	int rc = made.name[0] ? 0 : free_name(nl, made.name);

	if (rc < 0 || (rc = create(nl, &made)) < 0)
		return rc;
	rc = rt_link_get(nl, 0, made.name, &link);
	if (rc < 0)
		return rc;
	made.ifindex = link.ifindex;
	rc = rt_link_set_up(nl, made.ifindex, true);
	if (rc < 0) {
		tunnel_del(nl, &made);
		return rc;
	}
	*t = made;
	return 0;
}

int tunnel_change(struct nl *nl, const struct tunnel *t)
{
	struct nl_req rq;
	struct ifinfomsg *ifi = nl_begin(&rq, RTM_NEWLINK, 0, sizeof(*ifi));

	ifi->ifi_index = t->ifindex;
	put_ends(&rq, t);
	return nl_call(nl, &rq);
}

int tunnel_del(struct nl *nl, const struct tunnel *t)
{
	struct nl_req rq;
	struct ifinfomsg *ifi = nl_begin(&rq, RTM_DELLINK, 0, sizeof(*ifi));

	ifi->ifi_index = t->ifindex;
	return nl_call(nl, &rq);
}
