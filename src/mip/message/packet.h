/*
 * packet - a message with what the IPv6 headers around it said.
 *
 * The kernel puts HAO and type 2 routing headers on and takes them off: on receipt src is the HoA
 * and `hao` holds the CoA, dst is the HoA and `rh2` holds the CoA.
 * Shapes:  a view; data lives as long as the packet's octets.
 * Units:   hop_limit -1: unknown (received), kernel's default (sent).
 * Errors:  none.
 * Source:  RFC 6275 sections 6.3 and 6.4.
 */
#pragma once

#include "base/addr.h"
#include "base/bytes.h"

struct mip_packet {
	struct in6_addr src, dst;
	bool has_hao, has_rh2;
	struct in6_addr hao, rh2;
	int ifindex; /* sent: 0 = as the routes say */
	int hop_limit;
	bool own; /* sent: of our own accord; else it is an answer, of which a stranger gets few */
	struct bytes data;
};
