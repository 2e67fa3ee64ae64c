#include "base/cksum.h"

/* Adding big-endian words in host order keeps the sum right on every machine. */
static uint32_t sum(uint32_t acc, struct bytes v)
{
	for (size_t i = 0; i < v.n; i++)
		acc += i % 2 ? v.p[i] : (uint32_t)v.p[i] << 8;
	return acc;
}

uint16_t cksum_ipv6(
	const struct in6_addr *src, const struct in6_addr *dst, uint8_t next, struct bytes packet)
{
	uint32_t acc = (uint32_t)packet.n + next;

	acc = sum(acc, BYTES(src, sizeof(*src)));
	acc = sum(acc, BYTES(dst, sizeof(*dst)));
	acc = sum(acc, packet);
	while (acc >> 16)
		acc = (acc & 0xffff) + (acc >> 16);
	return (uint16_t)~acc;
}
