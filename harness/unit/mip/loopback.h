/*
 * loopback - a network namespace of the test's own, with its loopback up.
 *
 * Shapes:  the process moves there for good; needs root or user namespaces, else the test is
 *          skipped.
 */
#pragma once

#include <net/if.h>
#include <sched.h>

#include "base/nl.h"
#include "kernel/rt_link.h"
#include "unit/unit.h"

/* Gives the index of its loopback. */
static inline int loopback_own(void)
{
	static int ifindex;
	struct rt_link lo;
	struct nl *nl;

	if (ifindex)
		return ifindex;
	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		skip();
	assert_int_equal(nl_open(NETLINK_ROUTE, &nl), 0);
	assert_int_equal(rt_link_get(nl, 0, "lo", &lo), 0);
	assert_int_equal(rt_link_set_up(nl, lo.ifindex, true), 0);
	nl_free(nl);
	ifindex = lo.ifindex;
	return ifindex;
}
