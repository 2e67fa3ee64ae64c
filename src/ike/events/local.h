/*
 * local - our interfaces and addresses, kept up to date by the kernel's events.
 *
 * Shapes:  a copy of what the kernel has; link-local addresses are in it, but not announced.
 * Errors:  0 or -errno.
 * Source:  rtnetlink(7).
 */
#pragma once

#include "base/mem.h"
#include "kernel/rt_event.h"

struct local;

/* rt is not owned. changed(arg, came) runs when an address or a link came or went. */
int local_new(struct nl *rt, void (*changed)(void *arg, bool came), void *arg, struct local **out);
void local_free(struct local *l);
OWN(local)

void local_event(const struct rt_event *ev, void *l);
/* Events were lost: read all again, and tell what is different. */
void local_resync(struct local *l);

/* All of them, to the log. */
void local_log(const struct local *l);
/* Name of the interface with this address, or NULL. */
const char *local_iface(const struct local *l, const struct in6_addr *a);
/* Every address that status lists: no link-local, no loopback; NULL ends. */
const struct in6_addr *local_next(const struct local *l, size_t *at);
