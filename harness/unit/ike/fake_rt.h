/*
 * fake_rt - links and addresses as a kernel would list them, behind a struct nl.
 *
 * Shapes:  two links, lo and eth0; the addresses are rows that a test can change.
 */
#pragma once

#include "base/addr.h"
#include "base/nl.h"

struct fake_addr {
	int ifindex; /* 1 lo, 2 eth0; 0 ends the list */
	const char *addr;
};

struct fake_rt {
	struct fake_addr addrs[8];
};

int fake_rt_open(struct fake_rt *rt, struct nl **out);
