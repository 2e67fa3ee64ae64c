/*
 * rt_event - links, addresses, routes and neighbours that come and go.
 *
 * Shapes: one tagged struct. Errors: -EBADMSG, -ENOMSG. Source: rtnetlink(7).
 */
#pragma once

#include "kernel/rt_addr.h"
#include "kernel/rt_link.h"
#include "kernel/rt_route.h"

enum rt_event_kind { RE_LINK, RE_LINK_DEL, RE_ADDR, RE_ADDR_DEL, RE_ROUTE, RE_ROUTE_DEL };

struct rt_event {
	enum rt_event_kind kind;
	union {
		struct rt_link link;
		struct rt_addr addr;
		struct rt_route route;
	};
};

int rt_event_parse(const struct nlmsghdr *msg, struct rt_event *out);

typedef void rt_event_fn(const struct rt_event *ev, void *arg);
/* Links, addresses of both families, IPv6 routes. */
int rt_listen(rt_event_fn *fn, void (*overrun)(void *arg), void *arg, struct nl **out);
