#include "kernel/rt_link.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/wire.h"

static int info_attr(uint16_t type, const void *data, size_t n, void *arg)
{
	struct rt_link *l = arg;

	if (type == IFLA_INFO_KIND)
		l->is_ip6tnl = n >= 6 && !memcmp(data, "ip6tnl", 6) &&
			(n == 6 || !((const char *)data)[6]);
	return 0;
}

static int link_attr(uint16_t type, const void *data, size_t n, void *arg)
{
	struct rt_link *l = arg;

	switch (type) {
	case IFLA_IFNAME:
		if (!n || n > sizeof(l->name))
			return -EBADMSG;
		memcpy(l->name, data, n);
		l->name[sizeof(l->name) - 1] = '\0';
		return 0;
	case IFLA_BROADCAST:
		return n == sizeof(l->remote) ? wire_attr(data, n, &l->remote, n) : 0;
	case IFLA_ADDRESS:
		if (n == sizeof(l->local))
			return wire_attr(data, n, &l->local, n);
		l->has_mac = n == sizeof(l->mac);
		return l->has_mac ? wire_attr(data, n, l->mac, sizeof(l->mac)) : 0;
	case IFLA_MTU:
		return wire_attr(data, n, &l->mtu, sizeof(l->mtu));
	case IFLA_CARRIER_CHANGES:
		return wire_attr(data, n, &l->carrier_changes, sizeof(l->carrier_changes));
	case IFLA_LINKINFO:
		return wire_nested(data, n, info_attr, l);
	}
	return 0;
}

int rt_link_parse(const struct nlmsghdr *msg, struct rt_link *out)
{
	struct ifinfomsg body;
	struct rt_link l = { 0 };
	int r = wire_body(msg, &body, sizeof(body));

	if (r < 0)
		return r;
	l.ifindex = body.ifi_index;
	l.flags = body.ifi_flags;
	r = nl_attrs(msg, sizeof(body), link_attr, &l);
	if (r == 0)
		*out = l;
	return r;
}

struct dump {
	int (*fn)(const struct rt_link *l, void *arg);
	void *arg;
};

static int hand_out(const struct nlmsghdr *msg, void *arg)
{
	const struct dump *d = arg;
	struct rt_link l;
	int r = rt_link_parse(msg, &l);

	return r < 0 ? r : d->fn(&l, d->arg);
}

int rt_link_dump(struct nl *nl, int (*fn)(const struct rt_link *l, void *arg), void *arg)
{
	struct dump d = { fn, arg };
	struct nl_req rq;

	nl_begin(&rq, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
	return nl_get(nl, &rq, hand_out, &d);
}

static int link_take(const struct nlmsghdr *msg, void *arg)
{
	return rt_link_parse(msg, arg);
}

int rt_link_get(struct nl *nl, int ifindex, const char *name, struct rt_link *out)
{
	struct rt_link l = { 0 };
	struct nl_req rq;
	struct ifinfomsg *body = nl_begin(&rq, RTM_GETLINK, 0, sizeof(*body));
	int r;

	body->ifi_index = ifindex;
	if (!ifindex)
		nl_put(&rq, IFLA_IFNAME, name, strlen(name) + 1);
	r = nl_get(nl, &rq, link_take, &l);
	if (r < 0)
		return r;
	if (!l.ifindex)
		return -ENODEV;
	*out = l;
	return 0;
}

int rt_link_set_up(struct nl *nl, int ifindex, bool up)
{
	struct nl_req rq;
	struct ifinfomsg *body = nl_begin(&rq, RTM_SETLINK, 0, sizeof(*body));

	body->ifi_index = ifindex;
	body->ifi_flags = up ? IFF_UP : 0;
	body->ifi_change = IFF_UP;
	return nl_call(nl, &rq);
}

int rt_link_no_link_local(struct nl *nl, int ifindex)
{
	const uint8_t mode = IN6_ADDR_GEN_MODE_NONE;
	struct nl_req rq;
	struct ifinfomsg *body = nl_begin(&rq, RTM_SETLINK, 0, sizeof(*body));
	size_t spec = nl_nest(&rq, IFLA_AF_SPEC);
	size_t inet6 = nl_nest(&rq, AF_INET6);

	body->ifi_index = ifindex;
	nl_put(&rq, IFLA_INET6_ADDR_GEN_MODE, &mode, sizeof(mode));
	nl_nest_end(&rq, inet6);
	nl_nest_end(&rq, spec);
	return nl_call(nl, &rq);
}
