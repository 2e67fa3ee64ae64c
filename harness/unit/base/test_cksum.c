#include "base/cksum.h"
#include "unit/unit.h"

/* An echo request of odd length from 2001:1::10 to 2001:1::1, as scapy builds it. */
static const uint8_t echo[] = { 0x80, 0x00, 0x5a, 0x0b, 0x12, 0x34, 0x00, 0x01, 'o', 'd', 'd' };

enum { ICMP6 = 58 };

static struct in6_addr A(const char *text) {
	struct in6_addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static void
a_good_packet_gives_zero(void **state)
{
	struct in6_addr src = A("2001:1::10"), dst = A("2001:1::1");

	(void)state;
	assert_int_equal(cksum_ipv6(&src, &dst, ICMP6, BYTES_OF(echo)), 0);
}

static void a_zeroed_field_gives_the_checksum(void **state)
{
	struct in6_addr src = A("2001:1::10"), dst = A("2001:1::1");
	uint8_t packet[sizeof(echo)];

	(void)state;
	memcpy(packet, echo, sizeof(echo));
	packet[2] = packet[3] = 0;
	assert_int_equal(cksum_ipv6(&src, &dst, ICMP6, BYTES_OF(packet)), 0x5a0b);
}

static void every_changed_octet_is_seen(void **state)
{
	struct in6_addr src = A("2001:1::10"), dst = A("2001:1::1"), other = A("2001::50");
	uint8_t packet[sizeof(echo)];

	(void)state;
	for (size_t i = 0; i < sizeof(echo); i++) {
		memcpy(packet, echo, sizeof(echo));
		packet[i] ^= 0x40;
		assert_int_not_equal(cksum_ipv6(&src, &dst, ICMP6, BYTES_OF(packet)), 0);
	}
	assert_int_not_equal(cksum_ipv6(&other, &dst, ICMP6, BYTES_OF(echo)), 0);
	assert_int_not_equal(cksum_ipv6(&src, &other, ICMP6, BYTES_OF(echo)), 0);
	assert_int_not_equal(cksum_ipv6(&src, &dst, 135, BYTES_OF(echo)), 0);
}

static void the_longest_packet_does_not_overflow(void **state)
{
	static uint8_t packet[65535];
	struct in6_addr all = A("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	uint16_t sum;

	(void)state;
	memset(packet, 0xff, sizeof(packet));
	packet[0] = packet[1] = 0;
	sum = cksum_ipv6(&all, &all, 255, BYTES_OF(packet));
	packet[0] = sum >> 8;
	packet[1] = sum & 0xff;
	assert_int_equal(cksum_ipv6(&all, &all, 255, BYTES_OF(packet)), 0);
}

UNIT_MAIN(T(a_good_packet_gives_zero, ""), T(a_zeroed_field_gives_the_checksum, ""),
	T(every_changed_octet_is_seen, ""), T(the_longest_packet_does_not_overflow, ""))
