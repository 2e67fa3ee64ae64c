/*
 * net - the UDP sockets of IKE: ports 500 and 4500 on all IPv6 addresses.
 *
 * A datagram is handed on with the address that it was sent to, and an answer leaves from there.
 * On 4500 a marker of four zero octets stands before an IKE message; what has none is ESP or a
 * keepalive and is dropped.
 * Shapes:  packets are views of one buffer, valid during the call. Sending never blocks.
 * Units:   ports in host order.
 * Errors:  0 or -errno; -EADDRNOTAVAIL: the source address is not (or no longer) ours.
 * Source:  RFC 7296 sections 2.11 and 3.1, RFC 3948 sections 2.2 and 2.3.
 */
#pragma once

#include "base/mem.h"
#include "ike/message/packet.h"

struct net;

typedef void net_fn(void *arg, const struct packet *p);

struct net_counts {
	uint64_t in, out, not_ike, oversized, failed;
};

int net_open(net_fn *fn, void *arg, struct net **out);
void net_free(struct net *n);
OWN(net)

int net_send(struct net *n, const struct packet *p);
struct net_counts net_counts(const struct net *n);

/* The IKE message of a datagram that came to this port: 0, or -ENOMSG when it is none. */
int net_strip(uint16_t port, struct bytes datagram, struct bytes *out);
