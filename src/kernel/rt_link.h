/*
 * rt_link - interfaces: names, state, hardware address. Errors: 0 or -errno. Source: rtnetlink(7).
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/nl.h"

struct rt_link {
	int ifindex;
	char name[IF_NAMESIZE];
	uint32_t flags; /* IFF_… ; carrier: IFF_RUNNING */
	uint8_t mac[6];
	bool has_mac, is_ip6tnl;
	struct in6_addr local, remote; /* ends of an IPv6 tunnel, else :: */
	uint32_t mtu;
	uint32_t carrier_changes; /* how often the carrier came or went */
};

int rt_link_dump(struct nl *nl, int (*fn)(const struct rt_link *l, void *arg), void *arg);
/* One RTM_NEWLINK or RTM_DELLINK: 0, -EBADMSG. */
int rt_link_parse(const struct nlmsghdr *msg, struct rt_link *out);
int rt_link_get(struct nl *nl, int ifindex, const char *name,
	struct rt_link *out); /* by index, or by name if 0 */
int rt_link_set_up(struct nl *nl, int ifindex, bool up);
/* From now on the kernel gives it none. */
int rt_link_no_link_local(struct nl *nl, int ifindex);
