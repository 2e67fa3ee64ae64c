/*
 * net - the raw sockets of mip6d: mobility header and ICMPv6.
 *
 * To send a type 2 routing header where no policy says so: dst is the HoA, rh2 the CoA.
 * Shapes:  struct mip_packet and its octets live during the callback only. At most 64 packets
 *          are read a wake-up.
 * Errors:  0 or -errno of sendmsg. A packet that xfrm parks for an ACQUIRE counts as sent (it is
 *          lost: retransmission carries it);
 *          -EPERM: a policy blocks it; -EBUSY: too many answers to strangers.
 * Source:  RFC 3542, RFC 6275 section 6, requirements D-050, D-051.
 */
#pragma once

#include "mip/message/packet.h"

typedef void mip_net_fn(const struct mip_packet *p, void *arg);

struct mip_net;

/* Both sockets on the loop. ICMPv6 passes only types 4, 133 to 136 and 144 to 147. */
int mip_net_open(mip_net_fn *on_mh, mip_net_fn *on_icmp6, void *arg, struct mip_net **out);

/*
 * The router advertisements of this very node reach on_icmp6 as well. Its own sockets need not hear
 * them: radvd, from 2.20 on, lets none come back. Where they do they come twice.
 */
int mip_net_hear_own(struct mip_net *net);

/*
 * For tests: what is sent goes to peer instead; proto is 135 or 58. What it returns is the result
 * of the send.
 */
typedef int mip_net_peer(void *ctx, int proto, const struct mip_packet *p);
int mip_net_open_peer(mip_net_peer *peer, void *ctx, struct mip_net **out);

void mip_net_free(struct mip_net *net);

/* What those may cause who have not proved who they are. */
struct strangers;
struct strangers *mip_net_strangers(struct mip_net *net);

int mip_net_send_mh(struct mip_net *net, const struct mip_packet *p);
/* A multicast destination needs ifindex. */
int mip_net_send_icmp6(struct mip_net *net, const struct mip_packet *p);

/* Router Solicitation to all routers of a link. src :: = no address yet; lla NULL then. */
int mip_net_send_rs(
	struct mip_net *net, int ifindex, const struct in6_addr *src, const uint8_t *lla);

/* Join or leave the home-agents anycast address on a link. */
int mip_net_anycast(struct mip_net *net, int ifindex, const struct in6_addr *a, bool join);
