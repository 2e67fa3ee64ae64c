#include "kernel/rt_event.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

static int take_link(const struct nlmsghdr *msg, struct rt_event *ev)
{
	return rt_link_parse(msg, &ev->link);
}

static int take_addr(const struct nlmsghdr *msg, struct rt_event *ev)
{
	return rt_addr_parse(msg, &ev->addr);
}

static int take_route(const struct nlmsghdr *msg, struct rt_event *ev)
{
	return rt_route_parse(msg, &ev->route);
}

static const struct {
	uint16_t type;
	enum rt_event_kind kind;
	int (*take)(const struct nlmsghdr *msg, struct rt_event *ev);
} rows[] = {
	{ RTM_NEWLINK, RE_LINK, take_link },
	{ RTM_DELLINK, RE_LINK_DEL, take_link },
	{ RTM_NEWADDR, RE_ADDR, take_addr },
	{ RTM_DELADDR, RE_ADDR_DEL, take_addr },
	{ RTM_NEWROUTE, RE_ROUTE, take_route },
	{ RTM_DELROUTE, RE_ROUTE_DEL, take_route },
};

int rt_event_parse(const struct nlmsghdr *msg, struct rt_event *out)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rt_event ev = { .kind = rows[i].kind };
		int r;

		if (rows[i].type != msg->nlmsg_type)
			continue;
		r = rows[i].take(msg, &ev);
		if (r == 0)
			*out = ev;
		return r;
	}
	return -ENOMSG;
}

/* Goes with the socket behind it. */
struct listener {
	rt_event_fn *fn;
	void (*overrun)(void *arg);
	void *arg;
};

static int on_message(const struct nlmsghdr *msg, void *arg)
{
	const struct listener *l = arg;
	struct rt_event ev;

	if (rt_event_parse(msg, &ev) == 0)
		l->fn(&ev, l->arg);
	return 0;
}

static void on_overrun(void *arg)
{
	const struct listener *l = arg;

	l->overrun(l->arg);
}

int rt_listen(rt_event_fn *fn, void (*overrun)(void *arg), void *arg, struct nl **out)
{
	static const unsigned groups[] = {
		RTNLGRP_LINK,
		RTNLGRP_IPV4_IFADDR,
		RTNLGRP_IPV6_IFADDR,
		RTNLGRP_IPV6_ROUTE,
	};
	struct listener *l = malloc(sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	*l = (struct listener){ fn, overrun, arg };
	r = nl_listen(NETLINK_ROUTE, groups, sizeof(groups) / sizeof(groups[0]), on_message,
		on_overrun, l, out);
	if (r < 0)
		free(l);
	else
		nl_keep(*out, l);
	return r;
}
