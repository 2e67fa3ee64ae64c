/*
 * neigh - proxy neighbours, solicited for and announced on a link.
 *
 * Errors: 0 or -errno. Source: RFC 4861 sections 4.3, 4.4, 7.2.8; RFC 6275 section 10.4.1.
 */
#pragma once

#include "base/addr.h"
#include "base/nl.h"

int neigh_proxy_add(struct nl *nl, int ifindex, const struct in6_addr *a);
int neigh_proxy_del(struct nl *nl, int ifindex, const struct in6_addr *a);
/* Delete what the neighbour cache of this interface knows of a. */
int neigh_flush(struct nl *nl, int ifindex, const struct in6_addr *a);

/*
 * One unsolicited Neighbour Advertisement for target to all nodes, sent as an Ethernet frame from
 * mac.
 */
int neigh_announce(int ifindex, const uint8_t mac[6], const struct in6_addr *target, bool override,
	bool router);

/*
 * Duplicate address detection for another node's address: send the probe (source ::) and open a
 * packet socket that sees NA/NS answers.
 */
int neigh_dad_open(int ifindex, const struct in6_addr *target, int *fd);
int neigh_dad_probe(int fd, int ifindex, const uint8_t mac[6], const struct in6_addr *target);
/* A frame from that socket: 1 the address is in use, 0 not, -EAGAIN nothing to read. */
int neigh_dad_read(int fd, const uint8_t own_mac[6], const struct in6_addr *target);
