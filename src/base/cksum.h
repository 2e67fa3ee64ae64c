/*
 * cksum - the Internet checksum over the IPv6 pseudo-header and an upper-layer packet.
 *
 * Shapes:  the packet's own checksum field counts as it stands: zero it before making one; a
 *          packet that
 *          carries a good checksum gives 0.
 * Units:   the checksum is in host order; src, dst are those of the final packet (HoA where HAO
 *          or RH2 is present).
 * Source:  RFC 8200 section 8.1, RFC 6275 section 6.1.1.
 */
#pragma once

#include "base/addr.h"
#include "base/bytes.h"

uint16_t cksum_ipv6(
	const struct in6_addr *src, const struct in6_addr *dst, uint8_t next, struct bytes packet);
