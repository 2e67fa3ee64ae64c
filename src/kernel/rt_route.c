#include "kernel/rt_route.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/wire.h"

/* Tables above 255 fit only into the attribute. */
static uint8_t short_table(uint32_t table)
{
	return table < 256 ? (uint8_t)table : RT_TABLE_UNSPEC;
}

static int route_put(struct nl *nl, uint16_t type, uint16_t flags, const struct rt_route *r)
{
	struct nl_req rq;
	struct rtmsg *body = nl_begin(&rq, type, flags, sizeof(*body));

	body->rtm_family = AF_INET6;
	body->rtm_dst_len = r->dst.len;
	body->rtm_src_len = r->src.len;
	body->rtm_table = short_table(r->table);
	body->rtm_protocol = r->foreign ? RTPROT_UNSPEC : RT_PROTO_PERIGEE;
	body->rtm_scope = RT_SCOPE_UNIVERSE;
	body->rtm_type = r->blackhole ? RTN_BLACKHOLE : RTN_UNICAST;
	nl_put(&rq, RTA_TABLE, &r->table, sizeof(r->table));
	if (r->dst.len)
		nl_put(&rq, RTA_DST, &r->dst.addr, sizeof(r->dst.addr));
	if (r->src.len)
		nl_put(&rq, RTA_SRC, &r->src.addr, sizeof(r->src.addr));
	if (!addr_is_any(&r->via))
		nl_put(&rq, RTA_GATEWAY, &r->via, sizeof(r->via));
	if (r->ifindex)
		nl_put(&rq, RTA_OIF, &r->ifindex, sizeof(r->ifindex));
	if (r->metric)
		nl_put(&rq, RTA_PRIORITY, &r->metric, sizeof(r->metric));
	if (r->expires_s)
		nl_put(&rq, RTA_EXPIRES, &r->expires_s, sizeof(r->expires_s));
	return nl_call(nl, &rq);
}

int rt_route_add(struct nl *nl, const struct rt_route *r)
{
	return route_put(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, r);
}

int rt_route_del(struct nl *nl, const struct rt_route *r)
{
	return route_put(nl, RTM_DELROUTE, 0, r);
}

static int hop_attr(uint16_t type, const void *data, size_t n, void *arg)
{
	struct rt_route *r = arg;

	return type == RTA_GATEWAY ? wire_attr(data, n, &r->via, sizeof(r->via)) : 0;
}

/* The first of several next hops stands for all. */
static int first_hop(const void *data, size_t n, struct rt_route *r)
{
	struct rtnexthop hop;

	if (wire_attr(data, n, &hop, sizeof(hop)) < 0 || hop.rtnh_len < sizeof(hop) ||
		hop.rtnh_len > n)
		return -EBADMSG;
	r->ifindex = hop.rtnh_ifindex;
	return wire_nested(
		(const uint8_t *)data + sizeof(hop), hop.rtnh_len - sizeof(hop), hop_attr, r);
}

static int route_attr(uint16_t type, const void *data, size_t n, void *arg)
{
	struct rt_route *r = arg;

	switch (type) {
	case RTA_DST:
		return wire_attr(data, n, &r->dst.addr, sizeof(r->dst.addr));
	case RTA_SRC:
		return wire_attr(data, n, &r->src.addr, sizeof(r->src.addr));
	case RTA_GATEWAY:
		return wire_attr(data, n, &r->via, sizeof(r->via));
	case RTA_OIF:
		return wire_attr(data, n, &r->ifindex, sizeof(r->ifindex));
	case RTA_PRIORITY:
		return wire_attr(data, n, &r->metric, sizeof(r->metric));
	case RTA_TABLE:
		return wire_attr(data, n, &r->table, sizeof(r->table));
	case RTA_MULTIPATH:
		return first_hop(data, n, r);
	}
	return 0;
}

int rt_route_parse(const struct nlmsghdr *msg, struct rt_route *out)
{
	struct rtmsg body;
	struct rt_route r = { 0 };
	int rc = wire_body(msg, &body, sizeof(body));

	if (rc < 0)
		return rc;
	if (body.rtm_family != AF_INET6 || body.rtm_flags & RTM_F_CLONED)
		return -ENOMSG;
	r.blackhole = body.rtm_type == RTN_BLACKHOLE || body.rtm_type == RTN_UNREACHABLE ||
		body.rtm_type == RTN_PROHIBIT;
	if (!r.blackhole && body.rtm_type != RTN_UNICAST)
		return -ENOMSG;
	if (body.rtm_dst_len > 128 || body.rtm_src_len > 128)
		return -EBADMSG;
	r.dst.len = body.rtm_dst_len;
	r.src.len = body.rtm_src_len;
	r.table = body.rtm_table;
	r.ours = body.rtm_protocol == RT_PROTO_PERIGEE;
	rc = nl_attrs(msg, sizeof(body), route_attr, &r);
	if (rc == 0)
		*out = r;
	return rc;
}

struct dump {
	int (*fn)(const struct rt_route *r, void *arg);
	void *arg;
};

static int hand_out(const struct nlmsghdr *msg, void *arg)
{
	const struct dump *d = arg;
	struct rt_route route;
	int rc = rt_route_parse(msg, &route);

	if (rc == -ENOMSG)
		return 0;
	return rc ? rc : d->fn(&route, d->arg);
}

int rt_route_dump(struct nl *nl, int (*fn)(const struct rt_route *r, void *arg), void *arg)
{
	struct dump d = { fn, arg };
	struct nl_req rq;
	struct rtmsg *body = nl_begin(&rq, RTM_GETROUTE, NLM_F_DUMP, sizeof(*body));

	body->rtm_family = AF_INET6;
	return nl_get(nl, &rq, hand_out, &d);
}

static int rule_put(struct nl *nl, uint16_t type, uint16_t flags, const struct rt_rule *r)
{
	const uint8_t proto = RT_PROTO_PERIGEE;
	struct nl_req rq;
	struct fib_rule_hdr *body = nl_begin(&rq, type, flags, sizeof(*body));

	body->family = AF_INET6;
	body->src_len = r->src.len;
	body->action = r->blackhole ? FR_ACT_BLACKHOLE : FR_ACT_TO_TBL;
	nl_put(&rq, FRA_PRIORITY, &r->priority, sizeof(r->priority));
	if (r->src.len)
		nl_put(&rq, FRA_SRC, &r->src.addr, sizeof(r->src.addr));
	if (!r->blackhole) {
		body->table = short_table(r->table);
		nl_put(&rq, FRA_TABLE, &r->table, sizeof(r->table));
	}
	nl_put(&rq, FRA_PROTOCOL, &proto, sizeof(proto));
	return nl_call(nl, &rq);
}

static int rule_attr(uint16_t type, const void *data, size_t n, void *arg)
{
	struct rt_rule *r = arg;
	uint8_t proto;

	switch (type) {
	case FRA_PRIORITY:
		return wire_attr(data, n, &r->priority, sizeof(r->priority));
	case FRA_SRC:
		return wire_attr(data, n, &r->src.addr, sizeof(r->src.addr));
	case FRA_TABLE:
		return wire_attr(data, n, &r->table, sizeof(r->table));
	case FRA_PROTOCOL:
		if (wire_attr(data, n, &proto, sizeof(proto)) < 0)
			return -EBADMSG;
		r->ours = proto == RT_PROTO_PERIGEE;
		return 0;
	}
	return 0;
}

int rt_rule_parse(const struct nlmsghdr *msg, struct rt_rule *out)
{
	struct fib_rule_hdr body;
	struct rt_rule r = { 0 };
	int rc = wire_body(msg, &body, sizeof(body));

	if (rc < 0)
		return rc;
	if (body.family != AF_INET6)
		return -ENOMSG;
	if (body.src_len > 128)
		return -EBADMSG;
	r.src.len = body.src_len;
	r.table = body.table;
	r.blackhole = body.action == FR_ACT_BLACKHOLE;
	rc = nl_attrs(msg, sizeof(body), rule_attr, &r);
	if (rc == 0)
		*out = r;
	return rc;
}

struct rules {
	int (*fn)(const struct rt_rule *r, void *arg);
	void *arg;
};

static int hand_out_rule(const struct nlmsghdr *msg, void *arg)
{
	const struct rules *d = arg;
	struct rt_rule rule;
	int rc = rt_rule_parse(msg, &rule);

	if (rc == -ENOMSG)
		return 0;
	return rc ? rc : d->fn(&rule, d->arg);
}

int rt_rule_dump(struct nl *nl, int (*fn)(const struct rt_rule *r, void *arg), void *arg)
{
	struct rules d = { fn, arg };
	struct nl_req rq;
	struct fib_rule_hdr *body = nl_begin(&rq, RTM_GETRULE, NLM_F_DUMP, sizeof(*body));

	body->family = AF_INET6;
	return nl_get(nl, &rq, hand_out_rule, &d);
}

int rt_rule_add(struct nl *nl, const struct rt_rule *r)
{
	return rule_put(nl, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, r);
}

int rt_rule_del(struct nl *nl, const struct rt_rule *r)
{
	return rule_put(nl, RTM_DELRULE, 0, r);
}
