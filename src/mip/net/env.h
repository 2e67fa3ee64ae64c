/*
 * env - what the deciders of mip6d act through: kernel sockets, packets, frames, counters.
 *
 * Shapes:  one struct for the whole daemon, handed to every module; tests fill it with a playing
 *          kernel and their own link operations.
 * Units:   counters only grow.
 * Errors:  link operations give 0 or -errno.
 * Source:  none.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/nl.h"
#include "base/rate.h"
#include "mip/conf/conf.h"
#include "mip/net/net.h"

enum mip_counter {
	MC_BU_IN,
	MC_BU_OUT,
	MC_BU_RESENT,
	MC_BA_IN,
	MC_BA_OUT,
	MC_BE_IN,
	MC_BE_OUT,
	MC_MPS_IN,
	MC_MPS_OUT,
	MC_MPA_IN,
	MC_MPA_OUT,
	MC_MIGRATE,
	MC_MIGRATE_REPAIRED,
	MC_MIGRATE_FAILED,
	MC_REFUSED,
	MC_DROP_MALFORMED,
	MC_DROP_UNPROTECTED,
	MC_DROP_UNEXPECTED,
	MC_DROP_RATE,
	MC_IMPOSSIBLE, /* events that no machine takes where it is: a fault of ours */
	MC_COUNT,
};

/* Frames on a link, values under /proc/sys, events: what is no request by netlink. */
struct mip_link_ops {
	int (*announce)(int ifindex, const uint8_t mac[6], const struct in6_addr *target);
	int (*dad_open)(int ifindex, const struct in6_addr *target, int *fd);
	int (*dad_probe)(int fd, int ifindex, const uint8_t mac[6], const struct in6_addr *target);
	int (*dad_read)(int fd, const uint8_t own_mac[6], const struct in6_addr *target);
	int (*sysctl)(const char *path, const char *value);
	int (*migrate_heard)(struct nl *xfrm); /* NULL: taken for granted */
};

extern const struct mip_link_ops mip_link_real;

struct mip_env {
	struct nl *xfrm, *rt;
	struct mip_net *net;
	struct mip_conf *conf;
	const struct mip_link_ops *link;
	uint64_t counters[MC_COUNT];
};

void env_count(struct mip_env *env, enum mip_counter c);
const char *env_counter_str(enum mip_counter c); /* "bu_in" … */

/* An address that may stand for a mobile node: unicast, not ::, loopback or link-local. */
bool env_is_unicast(const struct in6_addr *a);

/* A kernel call that failed is said once, here; the result is handed through. */
int env_said(int rc, const char *what, const struct in6_addr *who);

/* A packet that is of no use: counted, and said; what: "binding update", … */
void env_drop(struct mip_env *env, enum mip_counter why, const struct mip_packet *p,
	const char *what, const char *text);
