/*
 * rt_addr - addresses of interfaces: dump, add, delete.
 *
 * Errors: 0 or -errno. Source: linux/if_addr.h, rtnetlink(7).
 */
#pragma once

#include "base/addr.h"
#include "base/nl.h"

struct rt_addr {
	int ifindex;
	struct prefix prefix; /* v4 as mapped, length + 96 */
	uint32_t flags; /* IFA_F_… */
	uint8_t scope;
	uint32_t valid_s, preferred_s; /* UINT32_MAX: forever */
	uint8_t proto; /* IFAPROT_…, 0 unknown */
};

int rt_addr_dump(struct nl *nl, int (*fn)(const struct rt_addr *a, void *arg),
	void *arg); /* IPv4 and IPv6 */
/* One RTM_NEWADDR or RTM_DELADDR: 0, -EBADMSG, -ENOMSG (neither IPv4 nor IPv6). */
int rt_addr_parse(const struct nlmsghdr *msg, struct rt_addr *out);
int rt_addr_add(struct nl *nl, const struct rt_addr *a); /* replaces */
int rt_addr_del(struct nl *nl, const struct rt_addr *a);
