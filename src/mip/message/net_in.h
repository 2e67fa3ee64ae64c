/*
 * net_in - what the kernel tells beside a packet: addresses, interface, hop limit, option, routing
 *          header.
 *
 * Shapes:  pure. Only a home address option and a type 2 routing header of the right shape count.
 * Errors:  what makes no sense is as if it were not there; net_own_read: -EBADMSG.
 * Source:  RFC 3542, RFC 6275 sections 6.3 and 6.4, RFC 8200 section 4.
 */
#pragma once

#include <sys/socket.h>

#include "mip/message/packet.h"

void net_control_read(struct msghdr *msg, struct mip_packet *out);

/* An IPv6 packet that this node sends, ICMPv6 right behind the header; its octets live on in ip. */
int net_own_read(struct bytes ip, struct mip_packet *out);
