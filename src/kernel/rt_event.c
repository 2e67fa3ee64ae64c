#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

#include "kernel/rt_event.h"

static int link_parse(const struct nlmsghdr *msg, struct rt_event *out)
{
	return rt_link_parse(msg, &out->link);
}

static int addr_parse_event(const struct nlmsghdr *msg, struct rt_event *out)
{
	return rt_addr_parse(msg, &out->addr);
}

static int route_parse(const struct nlmsghdr *msg, struct rt_event *out)
{
	return rt_route_parse(msg, &out->route);
}

static const struct row {
	uint16_t type;
	enum rt_event_kind kind;
	int (*parse)(const struct nlmsghdr *msg, struct rt_event *out);
} rows[] = {
	{ RTM_NEWLINK, RE_LINK, link_parse },
	{ RTM_DELLINK, RE_LINK_DEL, link_parse },
	{ RTM_NEWADDR, RE_ADDR, addr_parse_event },
	{ RTM_DELADDR, RE_ADDR_DEL, addr_parse_event },
	{ RTM_NEWROUTE, RE_ROUTE, route_parse },
	{ RTM_DELROUTE, RE_ROUTE_DEL, route_parse },
};

int rt_event_parse(const struct nlmsghdr *msg, struct rt_event *out)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rt_event ev = { .kind = rows[i].kind };
		int rc;

		if (rows[i].type != msg->nlmsg_type)
			continue;
		rc = rows[i].parse(msg, &ev);
		if (rc == 0)
			*out = ev;
		return rc;
	}
	return -ENOMSG;
}

/*
 * What a listener needs behind the netlink socket: kept to the end of the process, as the socket
 * is.
 */
static struct listener {
	struct listener *next;
	rt_event_fn *fn;
	void (*overrun)(void *arg);
	void *arg;
} * listeners;

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
	static const unsigned groups[] = { RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
		RTNLGRP_IPV6_ROUTE };
	struct listener *l = malloc(sizeof(*l));
	int rc;

	if (!l)
		return -ENOMEM;
	*l = (struct listener){ listeners, fn, overrun, arg };
	rc = nl_listen(NETLINK_ROUTE, groups, sizeof(groups) / sizeof(groups[0]), on_message,
		on_overrun, l, out);
	if (rc < 0)
		free(l);
	else
		listeners = l;
	return rc;
}
