#include <errno.h>

#include "base/addr.h"
#include "unit/unit.h"

static struct in6_addr A(const char *text) {
	struct in6_addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static struct prefix
P(const char *text) {
	struct prefix p;

	assert_int_equal(prefix_parse(text, &p), 0);
	return p;
}

static void
addresses_print_as_rfc_5952_says(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "2001:0::041a:A8FF:fe6f:c67", "2001::41a:a8ff:fe6f:c67" },
		{ "::", "::" },
		{ "2001:1:0:0:0:0:0:10", "2001:1::10" },
		{ "192.168.0.100", "192.168.0.100" },
		{ "::ffff:192.168.0.100", "192.168.0.100" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct in6_addr a = A(rows[i].in);

		assert_string_equal(addr_str(&a), rows[i].out);
	}
	assert_string_equal(addr_str_any(&addr_any), "%any");
	assert_string_equal(
		addr_str_any(&(struct in6_addr){ .s6_addr = { 0x20, 1, [15] = 1 } }), "2001::1");
}

static void what_is_no_address_is_refused(void **state)
{
	static const char *const bad[] = { "", "2001", "fe80::1%eth0", "2001::1::2", "1.2.3",
		"1.2.3.256", "2001::1/64", " ::1", "moon", "0x20010000000000000000000000000001" };
	struct in6_addr a = A("2001::7");

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(addr_parse(bad[i], &a), -EINVAL);
	assert_string_equal(addr_str(&a), "2001::7");
}

static void prefixes_print_with_their_length(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "::/0", "::/0" },
		{ "2001:1::10/128", "2001:1::10/128" },
		{ "2001:1::10", "2001:1::10/128" },
		{ "2001:1::10/64", "2001:1::10/64" },
		{ "10.0.0.0/8", "10.0.0.0/8" },
		{ "10.0.0.1", "10.0.0.1/32" },
		{ "::ffff:10.0.0.0/95", "::ffff:10.0.0.0/95" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct prefix p = P(rows[i].in);

		assert_string_equal(prefix_str(&p), rows[i].out);
	}
	assert_int_equal(P("10.0.0.0/8").len, 104);
}

static void what_is_no_prefix_is_refused(void **state)
{
	static const char *const bad[] = { "", "/", "/64", "2001::/", "2001::/129", "2001::/-1",
		"2001::/6x", "2001::/ 64", "2001::/0064", "10.0.0.0/33", "2001::/64/64",
		"::/4294967296", "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb/64" };
	struct prefix p = P("2001::/7");

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(prefix_parse(bad[i], &p), -EINVAL);
	assert_int_equal(p.len, 7);
}

static void only_global_unicast_may_be_a_care_of_address(void **state)
{
	static const struct {
		const char *text;
		bool global;
	} rows[] = {
		{ "2001::50", true },
		{ "2001:1::10", true },
		{ "3ffe::1", true },
		{ "fe80::1", false },
		{ "febf::1", false },
		{ "fec0::41a:a8ff:fe6f:c67", false },
		{ "feff::1", false },
		{ "fc00::1", false },
		{ "fdff::1", false },
		{ "ff02::1", false },
		{ "::1", false },
		{ "::", false },
		{ "192.168.0.100", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct in6_addr a = A(rows[i].text);

		assert_int_equal(addr_is_global(&a), rows[i].global);
	}
}

static void kinds_are_told_apart(void **state)
{
	struct in6_addr v4 = A("10.0.0.1"), v6 = A("2001::1");

	(void)state;
	assert_true(addr_is_v4(&v4));
	assert_false(addr_is_v4(&v6));
	assert_true(addr_is_any(&addr_any));
	assert_false(addr_is_any(&v6));
	assert_true(addr_eq(&v6, &v6));
	assert_false(addr_eq(&v6, &v4));
}

static void the_hash_depends_on_every_octet(void **state)
{
	struct in6_addr a = A("2001::1");
	unsigned same = 0;

	(void)state;
	assert_int_equal(
		addr_hash(&a), addr_hash(&(struct in6_addr){ .s6_addr = { 0x20, 1, [15] = 1 } }));
	for (unsigned i = 0; i < sizeof(a); i++) {
		struct in6_addr b = a;

		b.s6_addr[i] ^= 1;
		same += addr_hash(&a) == addr_hash(&b);
	}
	assert_true(same <= 1); /* chance */
}

static void containment_holds_at_every_length(void **state)
{
	struct in6_addr a = A("5555:5555:5555:5555:5555:5555:5555:5555");

	(void)state;
	for (unsigned len = 0; len <= 128; len++) {
		struct prefix p = { a, (uint8_t)len };
		struct in6_addr inside = a, outside = a;

		if (len < 128)
			inside.s6_addr[len / 8] ^= 0x80 >> len % 8;
		assert_true(prefix_has(&p, &inside));
		if (!len)
			continue;
		outside.s6_addr[(len - 1) / 8] ^= 0x80 >> (len - 1) % 8;
		assert_false(prefix_has(&p, &outside));
	}
}

static void prefixes_contain_and_equal(void **state)
{
	struct prefix all = P("::/0"), net = P("2001:1::/64"), net2 = P("2001:1::99/64");
	struct prefix host = P("2001:1::10/128");

	(void)state;
	assert_true(prefix_within(&all, &net));
	assert_true(prefix_within(&net, &host));
	assert_true(prefix_within(&net, &net2));
	assert_false(prefix_within(&host, &net));
	assert_false(prefix_within(&net, &all));
	assert_true(prefix_eq(&net, &net2));
	assert_false(prefix_eq(&net, &host));
	assert_true(prefix_is_host(&host));
	assert_false(prefix_is_host(&net));
}

static void a_prefix_has_a_first_and_a_last_address(void **state)
{
	struct prefix net = P("2001:1::10/62"), all = P("::/0"), host = P("2001:1::10");
	struct in6_addr first = prefix_first(&net), last = prefix_last(&net);

	(void)state;
	assert_string_equal(addr_str(&first), "2001:1::");
	assert_string_equal(addr_str(&last), "2001:1:0:3:ffff:ffff:ffff:ffff");
	last = prefix_last(&all);
	assert_string_equal(addr_str(&last), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	first = prefix_first(&host);
	last = prefix_last(&host);
	assert_true(addr_eq(&first, &last));
}

static void sixteen_texts_live_side_by_side(void **state)
{
	const char *text[16];

	(void)state;
	for (unsigned i = 0; i < 16; i++) {
		struct prefix p = { { .s6_addr = { 0x20, 1, [15] = (uint8_t)i } }, 128 };

		text[i] = i % 2 ? prefix_str(&p) : addr_str(&p.addr);
	}
	assert_string_equal(text[0], "2001::");
	assert_string_equal(text[15], "2001::f/128");
}

UNIT_MAIN(T(addresses_print_as_rfc_5952_says, ""), T(what_is_no_address_is_refused, ""),
	T(prefixes_print_with_their_length, "E-041"), T(what_is_no_prefix_is_refused, ""),
	T(only_global_unicast_may_be_a_care_of_address, "C-076"), T(kinds_are_told_apart, ""),
	T(the_hash_depends_on_every_octet, ""), T(containment_holds_at_every_length, ""),
	T(prefixes_contain_and_equal, ""), T(a_prefix_has_a_first_and_a_last_address, ""),
	T(sixteen_texts_live_side_by_side, ""))
