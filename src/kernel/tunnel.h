/*
 * tunnel - an IPv6-in-IPv6 device (ip6tnl): create, change an end, delete.
 *
 * Errors: 0 or -errno. Source: RFC 2473, linux/if_tunnel.h. Always encaplimit none, hop limit 64,
 * no link-local address: the kernel sends nothing of its own through it.
 */
#pragma once

#include <net/if.h>

#include "base/addr.h"
#include "base/nl.h"

struct tunnel {
	char name[IF_NAMESIZE]; /* ip6tnl1 … : the first free number when empty at tunnel_add */
	int ifindex;
	int link; /* the interface below, 0 none */
	struct in6_addr local, remote;
};

/* Up when it returns. A tunnel with these ends that is there already is taken over. */
int tunnel_add(struct nl *nl, struct tunnel *t);
int tunnel_change(struct nl *nl, const struct tunnel *t);
int tunnel_del(struct nl *nl, const struct tunnel *t);
