#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "unit/ike/fake_rt.h"

static const struct {
	int ifindex;
	const char *name;
	unsigned flags;
} links[] = { { 1, "lo", IFF_UP | IFF_LOOPBACK }, { 2, "eth0", IFF_UP }, { 3, "idle0", IFF_UP } };

static int dump_links(nl_fn *reply, void *arg)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		struct nl_req rq;
		struct ifinfomsg *m = nl_begin(&rq, RTM_NEWLINK, 0, sizeof(*m));

		m->ifi_index = links[i].ifindex;
		m->ifi_flags = links[i].flags;
		nl_put(&rq, IFLA_IFNAME, links[i].name, strlen(links[i].name) + 1);
		reply((const void *)rq.buf, arg);
	}
	return 0;
}

static int dump_addrs(const struct fake_rt *rt, nl_fn *reply, void *arg)
{
	for (const struct fake_addr *a = rt->addrs; a->ifindex; a++) {
		struct nl_req rq;
		struct ifaddrmsg *m = nl_begin(&rq, RTM_NEWADDR, 0, sizeof(*m));
		uint8_t octets[16];
		bool v6 = inet_pton(AF_INET6, a->addr, octets) == 1;

		if (!v6)
			inet_pton(AF_INET, a->addr, octets);
		m->ifa_family = v6 ? AF_INET6 : AF_INET;
		m->ifa_index = (unsigned)a->ifindex;
		m->ifa_prefixlen = v6 ? 64 : 24;
		nl_put(&rq, IFA_ADDRESS, octets, v6 ? 16 : 4);
		if (!v6)
			nl_put(&rq, IFA_LOCAL, octets, 4);
		reply((const void *)rq.buf, arg);
	}
	return 0;
}

static int peer(void *ctx, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	if (req->nlmsg_type == RTM_GETLINK)
		return dump_links(reply, arg);
	if (req->nlmsg_type == RTM_GETADDR)
		return dump_addrs(ctx, reply, arg);
	return -EOPNOTSUPP;
}

int fake_rt_open(struct fake_rt *rt, struct nl **out)
{
	return nl_open_peer(peer, rt, out);
}
