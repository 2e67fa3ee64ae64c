#include <arpa/inet.h>
#include <linux/xfrm.h>
#include <string.h>

#include "unit/kernel/make.h"
#include "unit/unit.h"

static struct sel mh(int type)
{
	struct sel s = SEL(P(HOA), P(HA), 135);

	s.type = type;
	return s;
}

static void a_mobility_header_type_goes_into_sport(void **state)
{
	struct sel s = mh(5);
	struct xfrm_selector want, got;

	(void)state;
	memset(&want, 0, sizeof(want));
	want.daddr.in6 = A(HA);
	want.saddr.in6 = A(HOA);
	want.sport = htons(5);
	want.sport_mask = htons(0xffff);
	want.family = AF_INET6;
	want.prefixlen_d = want.prefixlen_s = 128;
	want.proto = 135;
	sel_to_kernel(&s, &got);
	assert_memory_equal(&got, &want, sizeof(want));
}

static void an_icmpv6_type_goes_into_sport_and_its_code_into_dport(void **state)
{
	struct sel s = SEL(P("::/0"), P("::/0"), 58);
	struct xfrm_selector got;

	(void)state;
	s.type = 146;
	s.code = 0;
	sel_to_kernel(&s, &got);
	assert_int_equal(got.sport, htons(146));
	assert_int_equal(got.sport_mask, 0xffff);
	assert_int_equal(got.dport, 0);
	assert_int_equal(got.dport_mask, 0xffff);
}

static void the_mask_of_icmpv6_errors_is_kept(void **state)
{
	struct sel s = SEL(P("::/0"), P("::/0"), 58), back;
	struct xfrm_selector got;

	(void)state;
	s.type = 0;
	s.type_mask = 0x80;
	sel_to_kernel(&s, &got);
	assert_int_equal(got.sport, 0);
	assert_int_equal(got.sport_mask, htons(0x80));
	assert_int_equal(got.dport_mask, 0);
	sel_from_kernel(&got, &back);
	assert_true(sel_eq(&s, &back));
}

static void every_kind_of_selector_survives_a_round_trip(void **state)
{
	struct sel list[] = { mh(SEL_ANY), mh(0), mh(5), SEL(P(HOA), P("::/0"), 0),
		SEL(P("2001::/64"), P("::/0"), 6), SEL(P("::/0"), P("::/0"), 58) };

	(void)state;
	list[4].sport = 443;
	list[4].dport = 0;
	list[4].ifindex = 7;
	list[5].type = 128;
	list[5].code = 3;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		struct xfrm_selector k;
		struct sel back;

		sel_to_kernel(&list[i], &k);
		sel_from_kernel(&k, &back);
		assert_true(sel_eq(&list[i], &back));
	}
}

/* The selector of an ACQUIRE has the code word masked as well. */
static void the_second_word_of_a_mobility_header_is_no_code(void **state)
{
	struct sel s = mh(5), back;
	struct xfrm_selector k;

	(void)state;
	sel_to_kernel(&s, &k);
	k.dport_mask = 0xffff;
	sel_from_kernel(&k, &back);
	assert_true(sel_eq(&s, &back));
}

static void any_difference_makes_selectors_unequal(void **state)
{
	struct sel s = mh(5);
	struct sel other[] = { mh(6), mh(SEL_ANY), mh(5), mh(5), mh(5), mh(5) };

	(void)state;
	other[2].src = P(HA);
	other[3].dst.len = 64;
	other[4].proto = 58;
	other[5].ifindex = 1;
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		assert_false(sel_eq(&s, &other[i]));
}

/* Spec B-047. */
static void selectors_print_as_the_log_does(void **state)
{
	struct sel bu = mh(5), any = mh(SEL_ANY), mps = SEL(P(HOA), P(HA), 58);
	struct sel tunnel = SEL(P(HOA), P("::/0"), 0);

	(void)state;
	mps.type = 146;
	mps.code = 0;
	assert_string_equal(sel_src_str(&bu), "2001:1::10/128[135/5]");
	assert_string_equal(sel_dst_str(&bu), "2001:1::1/128[135]");
	assert_string_equal(sel_src_str(&any), "2001:1::10/128[135]");
	assert_string_equal(sel_src_str(&mps), "2001:1::10/128[ipv6-icmp/146]");
	assert_string_equal(sel_dst_str(&mps), "2001:1::1/128[ipv6-icmp]");
	assert_string_equal(sel_src_str(&tunnel), "2001:1::10/128");
	assert_string_equal(sel_dst_str(&tunnel), "::/0");
}

/* Type 0 is one, and a code that is none is not printed; of other protocols it is a port. */
static void what_is_no_type_prints_otherwise(void **state)
{
	struct sel brr = mh(0), mps = SEL(P(HOA), P(HA), 58), udp = SEL(P(HOA), P(HA), 17);

	(void)state;
	mps.type = 3;
	mps.code = 1;
	udp.type = udp.code = 5;
	udp.dport = 500;
	assert_string_equal(sel_src_str(&brr), "2001:1::10/128[135/0]");
	assert_string_equal(sel_dst_str(&mps), "2001:1::1/128[ipv6-icmp/1]");
	assert_string_equal(sel_src_str(&udp), "2001:1::10/128[udp]");
	assert_string_equal(sel_dst_str(&udp), "2001:1::1/128[udp/500]");
}

static void an_ipv4_selector_becomes_a_mapped_one(void **state)
{
	struct xfrm_selector k = { .family = AF_INET, .prefixlen_s = 24, .prefixlen_d = 0 };
	struct sel s;

	(void)state;
	k.saddr.a4 = htonl(0xc0a80000);
	sel_from_kernel(&k, &s);
	assert_true(addr_is_v4(&s.src.addr));
	assert_int_equal(s.src.len, 120);
	assert_int_equal(s.dst.len, 96);
}

static void directions_have_their_words(void **state)
{
	(void)state;
	assert_string_equal(xdir_str(XD_IN), "in");
	assert_string_equal(xdir_str(XD_OUT), "out");
	assert_string_equal(xdir_str(XD_FWD), "fwd");
}

/* clang-format off */
UNIT_MAIN(T(a_mobility_header_type_goes_into_sport, "A-131"),
	T(an_icmpv6_type_goes_into_sport_and_its_code_into_dport, "A-131"),
	T(the_mask_of_icmpv6_errors_is_kept, ""),
	T(every_kind_of_selector_survives_a_round_trip, "A-131"),
	T(the_second_word_of_a_mobility_header_is_no_code, "A-131! B-040!"),
	T(any_difference_makes_selectors_unequal, ""),
	T(selectors_print_as_the_log_does, "B-047"),
	T(what_is_no_type_prints_otherwise, "B-047!"),
	T(an_ipv4_selector_becomes_a_mapped_one, ""),
	T(directions_have_their_words, ""))
