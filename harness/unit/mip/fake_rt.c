#include "unit/mip/fake_rt.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "kernel/wire.h"

/* Lists. */

#define FULL(list) ((list) == FAKE_RT_MAX)
#define TAKE(list, n, at) ((list)[at] = (list)[--(n)])

static struct fake_link *link_by(struct fake_rt *k, int ifindex, const char *name)
{
	for (size_t i = 0; i < k->n_links; i++)
		if (ifindex ? k->links[i].l.ifindex == ifindex : !strcmp(k->links[i].l.name, name))
			return &k->links[i];
	return NULL;
}

static struct rt_addr *addr_by(struct fake_rt *k, int ifindex, const struct in6_addr *a)
{
	for (size_t i = 0; i < k->n_addrs; i++)
		if ((!ifindex || k->addrs[i].ifindex == ifindex) &&
			addr_eq(&k->addrs[i].prefix.addr, a))
			return &k->addrs[i];
	return NULL;
}

int fake_rt_link(struct fake_rt *k, const char *name)
{
	struct fake_link *l = &k->links[k->n_links++];

	*l = (struct fake_link){ .l = { .ifindex = ++k->last_ifindex,
					 .mtu = 1500,
					 .flags = IFF_UP | IFF_RUNNING,
					 .has_mac = true,
					 .mac = { 2, 0, 0, 0, 0, (uint8_t)k->last_ifindex } } };
	strncpy(l->l.name, name, sizeof(l->l.name) - 1);
	return l->l.ifindex;
}

struct rt_addr fake_rt_addr(struct fake_rt *k, int ifindex, const char *prefix)
{
	struct rt_addr a = { .ifindex = ifindex, .valid_s = 7200, .preferred_s = 3600 };

	if (prefix_parse(prefix, &a.prefix) == 0 && !FULL(k->n_addrs))
		k->addrs[k->n_addrs++] = a;
	return a;
}

struct rt_addr fake_rt_addr_del(struct fake_rt *k, const char *addr)
{
	struct in6_addr a;
	struct rt_addr *at = addr_parse(addr, &a) == 0 ? addr_by(k, 0, &a) : NULL;
	struct rt_addr gone = at ? *at : (struct rt_addr){ 0 };

	if (at)
		TAKE(k->addrs, k->n_addrs, at - k->addrs);
	return gone;
}

int fake_rt_has(const struct fake_rt *k, const char *addr)
{
	struct in6_addr a;

	for (size_t i = 0; addr_parse(addr, &a) == 0 && i < k->n_addrs; i++)
		if (addr_eq(&k->addrs[i].prefix.addr, &a))
			return k->addrs[i].ifindex;
	return 0;
}

const struct fake_link *fake_rt_tunnel(const struct fake_rt *k)
{
	for (size_t i = 0; i < k->n_links; i++)
		if (k->links[i].l.is_ip6tnl)
			return &k->links[i];
	return NULL;
}

/* Answers. */

static int tell_link(const struct fake_link *l, nl_fn *reply, void *arg)
{
	struct nl_req rq;
	struct ifinfomsg *body = nl_begin(&rq, RTM_NEWLINK, 0, sizeof(*body));

	body->ifi_index = l->l.ifindex;
	body->ifi_flags = l->l.flags;
	nl_put(&rq, IFLA_IFNAME, l->l.name, strlen(l->l.name) + 1);
	nl_put(&rq, IFLA_MTU, &l->l.mtu, sizeof(l->l.mtu));
	if (l->l.has_mac)
		nl_put(&rq, IFLA_ADDRESS, l->l.mac, sizeof(l->l.mac));
	if (l->l.is_ip6tnl) {
		size_t info = nl_nest(&rq, IFLA_LINKINFO);

		nl_put(&rq, IFLA_INFO_KIND, "ip6tnl", 6);
		nl_nest_end(&rq, info);
	}
	return reply((const void *)rq.buf, arg);
}

static int tell_addr(const struct rt_addr *a, nl_fn *reply, void *arg)
{
	const struct ifa_cacheinfo cache = { .ifa_valid = a->valid_s,
		.ifa_prefered = a->preferred_s };
	struct nl_req rq;
	struct ifaddrmsg *body = nl_begin(&rq, RTM_NEWADDR, 0, sizeof(*body));

	body->ifa_family = AF_INET6;
	body->ifa_prefixlen = a->prefix.len;
	body->ifa_index = (uint32_t)a->ifindex;
	nl_put(&rq, IFA_ADDRESS, &a->prefix.addr, sizeof(a->prefix.addr));
	nl_put(&rq, IFA_FLAGS, &a->flags, sizeof(a->flags));
	nl_put(&rq, IFA_CACHEINFO, &cache, sizeof(cache));
	return reply((const void *)rq.buf, arg);
}

/* Requests. */

static int ends_attr(uint16_t type, const void *data, size_t n, void *arg)
{
	struct fake_link *l = arg;

	if (type == IFLA_IPTUN_LOCAL)
		return wire_attr(data, n, &l->local, sizeof(l->local));
	return type == IFLA_IPTUN_REMOTE ? wire_attr(data, n, &l->remote, sizeof(l->remote)) : 0;
}

static int info_attr(uint16_t type, const void *data, size_t n, void *arg)
{
	return type == IFLA_INFO_DATA ? wire_nested(data, n, ends_attr, arg) : 0;
}

static int link_attr(uint16_t type, const void *data, size_t n, void *arg)
{
	struct fake_link *l = arg;

	if (type == IFLA_IFNAME && n <= sizeof(l->l.name))
		memcpy(l->l.name, data, n);
	return type == IFLA_LINKINFO ? wire_nested(data, n, info_attr, arg) : 0;
}

static int get_link(struct fake_rt *k, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	const struct ifinfomsg *body = nl_data(req);
	struct fake_link asked = { 0 }, *l;

	nl_attrs(req, sizeof(*body), link_attr, &asked);
	for (size_t i = 0; req->nlmsg_flags & NLM_F_DUMP && i < k->n_links; i++)
		tell_link(&k->links[i], reply, arg);
	if (req->nlmsg_flags & NLM_F_DUMP)
		return 0;
	l = link_by(k, body->ifi_index, asked.l.name);
	return l ? tell_link(l, reply, arg) : -ENODEV;
}

static int new_link(struct fake_rt *k, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	const struct ifinfomsg *body = nl_data(req);
	struct fake_link asked = { 0 }, *l;

	(void)reply, (void)arg;
	nl_attrs(req, sizeof(*body), link_attr, &asked);
	l = link_by(k, body->ifi_index, asked.l.name);
	if (!(req->nlmsg_flags & NLM_F_CREATE)) {
		if (!l)
			return -ENODEV;
		l->local = asked.local;
		l->remote = asked.remote;
		return 0;
	}
	if (l)
		return -EEXIST;
	asked.l.ifindex = ++k->last_ifindex;
	asked.l.is_ip6tnl = true;
	asked.l.flags = IFF_UP | IFF_RUNNING;
	k->links[k->n_links++] = asked;
	return 0;
}

/* With the link go its addresses and routes. */
static int del_link(struct fake_rt *k, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	const struct ifinfomsg *body = nl_data(req);
	struct fake_link *l = link_by(k, body->ifi_index, "");

	(void)reply, (void)arg;
	if (!l)
		return -ENODEV;
	for (size_t i = k->n_addrs; i-- > 0;)
		if (k->addrs[i].ifindex == body->ifi_index)
			TAKE(k->addrs, k->n_addrs, i);
	for (size_t i = k->n_routes; i-- > 0;)
		if (k->routes[i].ifindex == body->ifi_index)
			TAKE(k->routes, k->n_routes, i);
	TAKE(k->links, k->n_links, l - k->links);
	return 0;
}

static int set_link(struct fake_rt *k, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	const struct ifinfomsg *body = nl_data(req);

	(void)reply, (void)arg;
	return link_by(k, body->ifi_index, "") ? 0 : -ENODEV;
}

static int get_addr(struct fake_rt *k, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	(void)req;
	for (size_t i = 0; i < k->n_addrs; i++)
		tell_addr(&k->addrs[i], reply, arg);
	return 0;
}

static int new_addr(struct fake_rt *k, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	struct rt_addr a, *old;
	int rc = rt_addr_parse(req, &a);

	(void)reply, (void)arg;
	if (rc < 0)
		return rc;
	if (!link_by(k, a.ifindex, ""))
		return -ENODEV;
	old = addr_by(k, a.ifindex, &a.prefix.addr);
	if (!old && FULL(k->n_addrs))
		return -ENOSPC;
	*(old ? old : &k->addrs[k->n_addrs++]) = a;
	return 0;
}

static int del_addr(struct fake_rt *k, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	struct rt_addr a, *old;
	int rc = rt_addr_parse(req, &a);

	(void)reply, (void)arg;
	old = rc < 0 ? NULL : addr_by(k, a.ifindex, &a.prefix.addr);
	if (!old || old->prefix.len != a.prefix.len)
		return -EADDRNOTAVAIL;
	TAKE(k->addrs, k->n_addrs, old - k->addrs);
	return 0;
}

static struct rt_route *route_by(struct fake_rt *k, const struct rt_route *r)
{
	for (size_t i = 0; i < k->n_routes; i++)
		if (prefix_eq(&k->routes[i].dst, &r->dst) &&
			prefix_eq(&k->routes[i].src, &r->src) && k->routes[i].table == r->table &&
			k->routes[i].ifindex == r->ifindex)
			return &k->routes[i];
	return NULL;
}

static int new_route(struct fake_rt *k, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	struct rt_route r, *old;
	int rc = rt_route_parse(req, &r);

	(void)reply, (void)arg;
	if (rc < 0)
		return rc;
	old = route_by(k, &r);
	if (!old && FULL(k->n_routes))
		return -ENOSPC;
	*(old ? old : &k->routes[k->n_routes++]) = r;
	return 0;
}

static int del_route(struct fake_rt *k, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	struct rt_route r, *old;
	int rc = rt_route_parse(req, &r);

	(void)reply, (void)arg;
	old = rc < 0 ? NULL : route_by(k, &r);
	if (!old)
		return -ESRCH;
	TAKE(k->routes, k->n_routes, old - k->routes);
	return 0;
}

static int get_route(struct fake_rt *k, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	(void)req;
	for (size_t i = 0; i < k->n_routes; i++) {
		const struct rt_route *r = &k->routes[i];
		struct nl_req rq;
		struct rtmsg *body = nl_begin(&rq, RTM_NEWROUTE, 0, sizeof(*body));

		body->rtm_family = AF_INET6;
		body->rtm_type = RTN_UNICAST;
		body->rtm_protocol = r->ours ? RT_PROTO_PERIGEE : RTPROT_BOOT;
		body->rtm_dst_len = r->dst.len;
		body->rtm_src_len = r->src.len;
		nl_put(&rq, RTA_DST, &r->dst.addr, sizeof(r->dst.addr));
		nl_put(&rq, RTA_SRC, &r->src.addr, sizeof(r->src.addr));
		nl_put(&rq, RTA_OIF, &r->ifindex, sizeof(r->ifindex));
		nl_put(&rq, RTA_PRIORITY, &r->metric, sizeof(r->metric));
		nl_put(&rq, RTA_TABLE, &r->table, sizeof(r->table));
		reply((const void *)rq.buf, arg);
	}
	return 0;
}

static int rule_attr(uint16_t type, const void *data, size_t n, void *arg)
{
	struct rt_rule *r = arg;

	switch (type) {
	case FRA_PRIORITY:
		return wire_attr(data, n, &r->priority, sizeof(r->priority));
	case FRA_SRC:
		return wire_attr(data, n, &r->src.addr, sizeof(r->src.addr));
	case FRA_TABLE:
		return wire_attr(data, n, &r->table, sizeof(r->table));
	case FRA_PROTOCOL:
		r->ours = n == 1 && *(const uint8_t *)data == RT_PROTO_PERIGEE;
		return 0;
	}
	return 0;
}

static struct rt_rule rule_of(const struct nlmsghdr *req)
{
	const struct fib_rule_hdr *body = nl_data(req);
	struct rt_rule r = { .src.len = body->src_len,
		.blackhole = body->action == FR_ACT_BLACKHOLE };

	nl_attrs(req, sizeof(*body), rule_attr, &r);
	return r;
}

static struct rt_rule *rule_by(struct fake_rt *k, const struct rt_rule *r)
{
	for (size_t i = 0; i < k->n_rules; i++)
		if (k->rules[i].priority == r->priority && prefix_eq(&k->rules[i].src, &r->src))
			return &k->rules[i];
	return NULL;
}

static int get_rule(struct fake_rt *k, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	const uint8_t proto = RT_PROTO_PERIGEE;

	(void)req;
	for (size_t i = 0; i < k->n_rules; i++) {
		const struct rt_rule *r = &k->rules[i];
		struct nl_req rq;
		struct fib_rule_hdr *body = nl_begin(&rq, RTM_NEWRULE, 0, sizeof(*body));

		body->family = AF_INET6;
		body->src_len = r->src.len;
		body->action = r->blackhole ? FR_ACT_BLACKHOLE : FR_ACT_TO_TBL;
		nl_put(&rq, FRA_PRIORITY, &r->priority, sizeof(r->priority));
		nl_put(&rq, FRA_SRC, &r->src.addr, sizeof(r->src.addr));
		nl_put(&rq, FRA_TABLE, &r->table, sizeof(r->table));
		if (r->ours)
			nl_put(&rq, FRA_PROTOCOL, &proto, sizeof(proto));
		reply((const void *)rq.buf, arg);
	}
	return 0;
}

static int new_rule(struct fake_rt *k, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	struct rt_rule r = rule_of(req);

	(void)reply, (void)arg;
	if (rule_by(k, &r))
		return -EEXIST;
	if (FULL(k->n_rules))
		return -ENOSPC;
	k->rules[k->n_rules++] = r;
	return 0;
}

static int del_rule(struct fake_rt *k, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	struct rt_rule r = rule_of(req), *old = rule_by(k, &r);

	(void)reply, (void)arg;
	if (!old)
		return -ENOENT;
	TAKE(k->rules, k->n_rules, old - k->rules);
	return 0;
}

static int dst_attr(uint16_t type, const void *data, size_t n, void *arg)
{
	return type == NDA_DST ? wire_attr(data, n, arg, sizeof(struct in6_addr)) : 0;
}

static int neigh(struct fake_rt *k, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	const struct ndmsg *body = nl_data(req);
	struct in6_addr a = { 0 };
	size_t at = 0;

	(void)reply, (void)arg;
	nl_attrs(req, sizeof(*body), dst_attr, &a);
	while (at < k->n_proxies && !addr_eq(&k->proxies[at], &a))
		at++;
	if (!(body->ndm_flags & NTF_PROXY))
		return -ENOENT;
	if (req->nlmsg_type == RTM_DELNEIGH && at == k->n_proxies)
		return -ENOENT;
	if (req->nlmsg_type == RTM_DELNEIGH)
		TAKE(k->proxies, k->n_proxies, at);
	else if (at == k->n_proxies)
		k->proxies[k->n_proxies++] = a;
	return 0;
}

static const struct {
	uint16_t type;
	int (*fn)(struct fake_rt *k, const struct nlmsghdr *req, nl_fn *reply, void *arg);
} rows[] = {
	{ RTM_GETLINK, get_link },
	{ RTM_NEWLINK, new_link },
	{ RTM_SETLINK, set_link },
	{ RTM_DELLINK, del_link },
	{ RTM_GETADDR, get_addr },
	{ RTM_NEWADDR, new_addr },
	{ RTM_DELADDR, del_addr },
	{ RTM_GETROUTE, get_route },
	{ RTM_NEWROUTE, new_route },
	{ RTM_DELROUTE, del_route },
	{ RTM_GETRULE, get_rule },
	{ RTM_NEWRULE, new_rule },
	{ RTM_DELRULE, del_rule },
	{ RTM_NEWNEIGH, neigh },
	{ RTM_DELNEIGH, neigh },
};

int fake_rt_peer(void *ctx, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	struct fake_rt *k = ctx;

	if (k->fail_type == req->nlmsg_type)
		return k->fail_error;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].type == req->nlmsg_type)
			return rows[i].fn(k, req, reply, arg);
	return -EOPNOTSUPP;
}
