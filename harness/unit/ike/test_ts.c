/* Traffic selectors: read, write, narrow and print. */
#include <errno.h>

#include "ike/message/ts.h"
#include "unit/unit.h"

/* TSi of the reference scenario: one selector, protocol 135, any type, the home address. */
static const uint8_t home[] = { 1, 0, 0, 0, 8, 135, 0, 40, 0, 0, 0xff, 0xff, 0x20, 0x01, 0, 1, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0x20, 0x01, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10 };

static struct prefix net(const char *text)
{
	struct prefix p;

	assert_int_equal(prefix_parse(text, &p), 0);
	return p;
}

static struct ts ts_text(const char *text, uint8_t proto, int type)
{
	struct prefix p = net(text);

	return ts_of(&p, proto, type);
}

static struct ts_list one(struct ts t)
{
	return (struct ts_list){ .ts = { t }, .n = 1 };
}

static void the_page_s_selector_is_read(void **state)
{
	struct ts_list list;

	(void)state;
	assert_int_equal(ts_parse(rd_of(BYTES_OF(home)), &list), 0);
	assert_int_equal(list.n, 1);
	assert_string_equal(ts_list_str(&list), "2001:1::10/128[135]");
}

static void every_cut_is_refused(void **state)
{
	struct ts_list list;

	(void)state;
	for (size_t cut = 0; cut < sizeof(home); cut++)
		assert_int_equal(ts_parse(rd_cut(home, cut), &list), -EBADMSG);
}

static void a_round_trip_keeps_all(void **state)
{
	struct ts_list list = { .n = 4 }, back;
	uint8_t buf[256];
	struct wr w = WR_OF(buf);

	(void)state;
	list.ts[0] = ts_text("2001:1::10/128", 135, 5);
	list.ts[1] = ts_text("::/0", 0, SEL_ANY);
	list.ts[2] = ts_text("2001:1::/64", 58, 146);
	list.ts[3] = ts_text("2001:1::10", 135, SEL_ANY);
	list.ts[3].port_lo = 0xffff;
	list.ts[3].port_hi = 0;
	ts_write(&w, &list);
	assert_true(wr_done(&w) > 0);
	assert_int_equal(ts_parse(rd_of(wr_view(&w)), &back), 0);
	assert_int_equal(back.n, 4);
	for (size_t i = 0; i < 4; i++)
		assert_true(ts_eq(&list.ts[i], &back.ts[i]));
}

static void counts_and_lengths_must_fit(void **state)
{
	uint8_t bad[sizeof(home)];
	static const struct {
		size_t at;
		uint8_t value;
	} breaks[] = { { 0, 0 }, { 0, 2 }, { 7, 39 }, { 7, 41 }, { 7, 3 }, { 6, 0xff } };
	struct ts_list list;

	(void)state;
	for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
		memcpy(bad, home, sizeof(bad));
		bad[breaks[i].at] = breaks[i].value;
		assert_int_equal(ts_parse(rd_of(BYTES_OF(bad)), &list), -EBADMSG);
	}
}

static void another_kind_of_selector_is_skipped(void **state)
{
	static const uint8_t v4[] = { 1, 0, 0, 0, 7, 0, 0, 16, 0, 0, 0xff, 0xff, 10, 0, 0, 1, 10, 0,
		0, 1 };
	uint8_t type6[sizeof(home)];
	struct ts_list list;

	(void)state;
	assert_int_equal(ts_parse(rd_of(BYTES_OF(v4)), &list), 0);
	assert_int_equal(list.n, 0);
	memcpy(type6, home, sizeof(home));
	type6[4] = 6;
	assert_int_equal(ts_parse(rd_of(BYTES_OF(type6)), &list), 0);
	assert_int_equal(list.n, 0);
}

static void a_start_behind_its_end_is_out_of_range(void **state)
{
	uint8_t address[sizeof(home)], port[sizeof(home)];
	struct ts_list list;

	(void)state;
	memcpy(address, home, sizeof(home));
	address[27] = 0x11;
	assert_int_equal(ts_parse(rd_of(BYTES_OF(address)), &list), -ERANGE);
	memcpy(port, home, sizeof(home));
	port[8] = 5;
	port[10] = port[11] = 0;
	assert_int_equal(ts_parse(rd_of(BYTES_OF(port)), &list), -ERANGE);
}

static void a_flood_of_selectors_is_bounded(void **state)
{
	static uint8_t many[4 + 255 * 40];
	struct ts_list list;

	(void)state;
	many[0] = 255;
	for (size_t i = 0; i < 255; i++)
		memcpy(many + 4 + i * 40, home + 4, 40);
	assert_int_equal(ts_parse(rd_of(BYTES_OF(many)), &list), 0);
	assert_int_equal(list.n, TS_MAX);
}

static void a_mobility_type_is_the_upper_octet(void **state)
{
	struct ts bu = ts_text("2001:1::10", 135, 5), raw = ts_text("2001:1::10", 135, 0x0600);
	struct ts icmp = ts_text("2001:1::10", 58, 146), udp = ts_text("2001:1::10", 17, 500);

	(void)state;
	assert_int_equal(bu.port_lo, 0x0500);
	assert_int_equal(bu.port_hi, 0x0500);
	assert_int_equal(raw.port_lo, 0x0600);
	assert_int_equal(icmp.port_lo, 146 << 8);
	assert_int_equal(icmp.port_hi, 146 << 8 | 0xff);
	assert_int_equal(udp.port_lo, 500);
}

static void a_type_with_its_whole_octet_is_that_type(void **state)
{
	uint8_t wide[sizeof(home)];
	struct ts bu = ts_text("2001:1::10", 135, 5);
	struct ts_list list;

	(void)state;
	memcpy(wide, home, sizeof(home));
	wide[8] = wide[10] = 5;
	assert_int_equal(ts_parse(rd_of(BYTES_OF(wide)), &list), 0);
	assert_true(ts_eq(&list.ts[0], &bu));
}

static void a_kernel_selector_gives_both_halves(void **state)
{
	struct sel s = SEL(net("2001:1::10/128"), net("2001:1::1/128"), 135);
	struct sel icmp = SEL(net("2001:1::10/128"), net("2001:1::1/128"), 58);
	struct ts src, dst;

	(void)state;
	s.type = 5;
	src = ts_of_sel_src(&s);
	dst = ts_of_sel_dst(&s);
	assert_string_equal(ts_str(&src), "2001:1::10/128[135/5]");
	assert_string_equal(ts_str(&dst), "2001:1::1/128[135]");
	icmp.type = 146;
	icmp.code = 0;
	src = ts_of_sel_src(&icmp);
	dst = ts_of_sel_dst(&icmp);
	assert_string_equal(ts_str(&src), "2001:1::10/128[ipv6-icmp/146]");
	assert_string_equal(ts_str(&dst), "2001:1::1/128[ipv6-icmp]");
}

static void selectors_print_as_the_page_does(void **state)
{
	struct ts all = ts_text("::/0", 0, SEL_ANY), udp = ts_text("2001:1::/64", 17, 500);
	struct ts range = ts_text("2001:1::10", 135, 5), span = ts_text("2001:1::10", 0, SEL_ANY);

	(void)state;
	assert_string_equal(ts_str(&all), "::/0");
	assert_string_equal(ts_str(&udp), "2001:1::/64[udp/500]");
	range.port_hi = 0x0600;
	assert_string_equal(ts_str(&range), "2001:1::10/128[135/5-6]");
	range.port_lo = 0xffff;
	range.port_hi = 0;
	assert_string_equal(ts_str(&range), "2001:1::10/128[135/OPAQUE]");
	span.hi.s6_addr[15] = 0x12;
	assert_string_equal(ts_str(&span), "2001:1::10..2001:1::12");
}

static void narrowing_gives_the_intersection(void **state)
{
	struct ts_list own = one(ts_text("2001:1::10/128", 135, SEL_ANY)), out;
	struct ts_list wide = one(ts_text("2001:1::/64", 0, SEL_ANY));
	struct ts_list other = one(ts_text("2001:1::20/128", 135, SEL_ANY));
	struct ts_list tcp = one(ts_text("2001:1::10/128", 6, SEL_ANY));

	(void)state;
	ts_narrow(&own, &wide, &out);
	assert_string_equal(ts_list_str(&out), "2001:1::10/128[135]");
	ts_narrow(&own, &other, &out);
	assert_int_equal(out.n, 0);
	ts_narrow(&own, &tcp, &out);
	assert_int_equal(out.n, 0);
}

static void the_first_offered_selector_stays_first(void **state)
{
	struct ts_list own = one(ts_text("2001:1::/64", 0, SEL_ANY)), out;
	struct ts_list offered = { .n = 3 };

	(void)state;
	offered.ts[0] = ts_text("2001:1::10", 58, 146);
	offered.ts[1] = ts_text("2001:1::10", 58, 146);
	offered.ts[2] = ts_text("::/0", 0, SEL_ANY);
	ts_narrow(&own, &offered, &out);
	assert_string_equal(ts_list_str(&out), "2001:1::10/128[ipv6-icmp/146] 2001:1::/64");
}

static void within_looks_at_protocol_port_and_address(void **state)
{
	struct ts any = ts_text("::/0", 0, SEL_ANY), mh = ts_text("2001:1::10", 135, SEL_ANY);
	struct ts bu = ts_text("2001:1::10", 135, 5), ba = ts_text("2001:1::10", 135, 6);
	struct ts opaque = mh, below = mh, above = mh;
	struct ts_list outer = one(mh), inner = one(bu);

	(void)state;
	below.lo.s6_addr[15]--;
	above.hi.s6_addr[15]++;
	assert_false(ts_within(&mh, &below));
	assert_false(ts_within(&mh, &above));
	assert_true(ts_within(&above, &mh));
	opaque.port_lo = 0xffff;
	opaque.port_hi = 0;
	assert_true(ts_within(&any, &bu));
	assert_true(ts_within(&mh, &bu));
	assert_false(ts_within(&bu, &mh));
	assert_false(ts_within(&bu, &ba));
	assert_true(ts_within(&mh, &opaque));
	assert_false(ts_within(&opaque, &bu));
	assert_true(ts_list_within(&outer, &inner));
	assert_false(ts_list_within(&inner, &outer));
	assert_false(ts_cut(&bu, &ba, &opaque));
}

UNIT_MAIN(T(the_page_s_selector_is_read, "A-123"), T(every_cut_is_refused, "A-123! F-024!"),
	T(a_round_trip_keeps_all, "A-123"), T(counts_and_lengths_must_fit, "A-123!"),
	T(another_kind_of_selector_is_skipped, "A-123!"),
	T(a_start_behind_its_end_is_out_of_range, "A-123"), T(a_flood_of_selectors_is_bounded, ""),
	T(a_mobility_type_is_the_upper_octet, "A-130 A-132"),
	T(a_type_with_its_whole_octet_is_that_type, "A-130!"),
	T(a_kernel_selector_gives_both_halves, "A-131 A-133 B-047"),
	T(selectors_print_as_the_page_does, "E-041"), T(narrowing_gives_the_intersection, "A-124"),
	T(the_first_offered_selector_stays_first, "A-124"),
	T(within_looks_at_protocol_port_and_address, "A-124"))
