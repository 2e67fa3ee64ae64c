#include "kernel/rt_addr.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/wire.h"

static int take_addr(const void *data, size_t n, uint16_t family, struct in6_addr *out)
{
	xfrm_address_t a = { 0 };
	size_t want = family == AF_INET ? sizeof(a.a4) : sizeof(a.in6);

	if (n != want)
		return -EBADMSG;
	memcpy(&a, data, want);
	*out = wire_addr(&a, family);
	return 0;
}

struct seen {
	struct rt_addr *a;
	uint16_t family;
	bool has_local;
};

/* With a peer, IFA_LOCAL is ours and IFA_ADDRESS the other end; without, IPv6 sends only the
 * latter. */
static int addr_attr(uint16_t type, const void *data, size_t n, void *arg)
{
	struct seen *s = arg;
	struct ifa_cacheinfo cache;

	switch (type) {
	case IFA_LOCAL:
		s->has_local = true;
		return take_addr(data, n, s->family, &s->a->prefix.addr);
	case IFA_ADDRESS:
		return s->has_local ? 0 : take_addr(data, n, s->family, &s->a->prefix.addr);
	case IFA_FLAGS:
		return wire_attr(data, n, &s->a->flags, sizeof(s->a->flags));
	case IFA_PROTO:
		return wire_attr(data, n, &s->a->proto, sizeof(s->a->proto));
	case IFA_CACHEINFO:
		if (wire_attr(data, n, &cache, sizeof(cache)) < 0)
			return -EBADMSG;
		s->a->valid_s = cache.ifa_valid;
		s->a->preferred_s = cache.ifa_prefered;
		return 0;
	}
	return 0;
}

int rt_addr_parse(const struct nlmsghdr *msg, struct rt_addr *out)
{
	struct ifaddrmsg body;
	struct rt_addr a = { .valid_s = UINT32_MAX, .preferred_s = UINT32_MAX };
	struct seen s = { .a = &a };
	int r = wire_body(msg, &body, sizeof(body));

	if (r < 0)
		return r;
	if (body.ifa_family != AF_INET && body.ifa_family != AF_INET6)
		return -ENOMSG;
	s.family = body.ifa_family;
	a.ifindex = (int)body.ifa_index;
	a.flags = body.ifa_flags;
	a.scope = body.ifa_scope;
	a.prefix.len = body.ifa_prefixlen + (s.family == AF_INET ? 96 : 0);
	if (a.prefix.len > 128 || body.ifa_prefixlen > 128)
		return -EBADMSG;
	r = nl_attrs(msg, sizeof(body), addr_attr, &s);
	if (r == 0)
		*out = a;
	return r;
}

struct dump {
	int (*fn)(const struct rt_addr *a, void *arg);
	void *arg;
};

static int hand_out(const struct nlmsghdr *msg, void *arg)
{
	const struct dump *d = arg;
	struct rt_addr a;
	int r = rt_addr_parse(msg, &a);

	if (r == -ENOMSG)
		return 0;
	return r < 0 ? r : d->fn(&a, d->arg);
}

int rt_addr_dump(struct nl *nl, int (*fn)(const struct rt_addr *a, void *arg), void *arg)
{
	struct dump d = { fn, arg };
	struct nl_req rq;

	nl_begin(&rq, RTM_GETADDR, NLM_F_DUMP, sizeof(struct ifaddrmsg));
	return nl_get(nl, &rq, hand_out, &d);
}

static void put_addr(struct nl_req *rq, uint16_t type, uint16_t flags, const struct rt_addr *a)
{
	bool v4 = addr_is_v4(&a->prefix.addr);
	const uint8_t *octets = a->prefix.addr.s6_addr + (v4 ? 12 : 0);
	size_t n = v4 ? 4 : 16;
	struct ifaddrmsg *body = nl_begin(rq, type, flags, sizeof(*body));

	body->ifa_family = v4 ? AF_INET : AF_INET6;
	body->ifa_prefixlen = (uint8_t)(a->prefix.len - (v4 ? 96 : 0));
	body->ifa_flags = (uint8_t)a->flags;
	body->ifa_scope = a->scope;
	body->ifa_index = (uint32_t)a->ifindex;
	nl_put(rq, IFA_LOCAL, octets, n);
	nl_put(rq, IFA_ADDRESS, octets, n);
}

/* A lifetime of 0 is no lifetime that an address can have: it stands for "not set". */
int rt_addr_add(struct nl *nl, const struct rt_addr *a)
{
	struct ifa_cacheinfo cache = {
		.ifa_valid = a->valid_s ? a->valid_s : UINT32_MAX,
		.ifa_prefered = a->valid_s ? a->preferred_s : UINT32_MAX,
	};
	struct nl_req rq;

	put_addr(&rq, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, a);
	nl_put(&rq, IFA_FLAGS, &a->flags, sizeof(a->flags));
	nl_put(&rq, IFA_CACHEINFO, &cache, sizeof(cache));
	return nl_call(nl, &rq);
}

int rt_addr_del(struct nl *nl, const struct rt_addr *a)
{
	struct nl_req rq;

	put_addr(&rq, RTM_DELADDR, 0, a);
	return nl_call(nl, &rq);
}
