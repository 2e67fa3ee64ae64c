#include <errno.h>

#include "base/addr.h"
#include "base/rd.h"
#include "unit/unit.h"

/* u8 u16 u24 u32 u64 in6 two-octets skip(1) sub(2) rest(2) */
static const uint8_t packet[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0xff, 12, 13, 14, 15, 16, 17, 18,
	0x20, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 'a', 'b', 0xee, 'c', 'd', 'e', 'f' };

static int read_all(struct rd r)
{
	struct rd sub;

	rd_u8(&r);
	rd_u16(&r);
	rd_u24(&r);
	rd_u32(&r);
	rd_u64(&r);
	rd_in6(&r);
	rd_bytes(&r, 2);
	rd_skip(&r, 1);
	sub = rd_sub(&r, 2);
	rd_u16(&sub);
	rd_u16(&r);
	return rd_done(&sub) < 0 ? -EBADMSG : rd_done(&r);
}

static void fields_arrive_in_order_and_host_order(void **state)
{
	struct rd r = rd_of(BYTES_OF(packet)), sub;
	struct in6_addr a, want;

	(void)state;
	assert_int_equal(rd_u8(&r), 1);
	assert_int_equal(rd_u16(&r), 0x0203);
	assert_int_equal(rd_u24(&r), 0x040506);
	assert_int_equal(rd_u32(&r), 0x0708090a);
	assert_true(rd_u64(&r) == 0xff0c0d0e0f101112);
	a = rd_in6(&r);
	assert_int_equal(addr_parse("2001::1", &want), 0);
	assert_true(addr_eq(&a, &want));
	assert_true(bytes_eq(rd_bytes(&r, 2), BYTES_STR("ab")));
	rd_skip(&r, 1);
	sub = rd_sub(&r, 2);
	assert_true(bytes_eq(rd_rest(&sub), BYTES_STR("cd")));
	assert_int_equal(rd_done(&sub), 0);
	assert_int_equal(rd_left(&r), 2);
	assert_int_equal(rd_ok(&r), 0);
	assert_int_equal(rd_done(&r), -EBADMSG); /* something is left */
	assert_true(bytes_eq(rd_rest(&r), BYTES_STR("ef")));
	assert_int_equal(rd_done(&r), 0);
}

static void every_cut_is_refused(void **state)
{
	(void)state;
	for (size_t cut = 0; cut < sizeof(packet); cut++) {
		uint8_t *exact = malloc(cut ? cut : 1); /* a sanitizer sees a read past it */

		assert_non_null(exact);
		memcpy(exact, packet, cut);
		assert_int_equal(read_all(rd_cut(exact, cut)), -EBADMSG);
		free(exact);
	}
	assert_int_equal(read_all(rd_of(BYTES_OF(packet))), 0);
}

static void a_bad_reader_gives_nothing_more(void **state)
{
	struct rd r = rd_cut(packet, 3), sub;

	(void)state;
	assert_int_equal(rd_u32(&r), 0);
	assert_int_equal(rd_u8(&r), 0);
	assert_int_equal(rd_left(&r), 0);
	assert_int_equal(rd_bytes(&r, 0).n, 0);
	assert_int_equal(rd_rest(&r).n, 0);
	sub = rd_sub(&r, 0);
	assert_int_equal(rd_ok(&sub), -EBADMSG);
	assert_int_equal(rd_ok(&r), -EBADMSG);
	assert_int_equal(rd_done(&r), -EBADMSG);
}

static void a_forbidden_value_marks_the_reader(void **state)
{
	struct rd r = rd_cut(packet, 1);

	(void)state;
	rd_u8(&r);
	assert_int_equal(rd_done(&r), 0);
	rd_fail(&r);
	assert_int_equal(rd_done(&r), -EBADMSG);
}

static void an_empty_packet_is_read_whole(void **state)
{
	struct rd r = rd_of(BYTES_NONE);

	(void)state;
	assert_int_equal(rd_rest(&r).n, 0);
	rd_skip(&r, 0);
	assert_int_equal(rd_done(&r), 0);
	rd_skip(&r, SIZE_MAX);
	assert_int_equal(rd_done(&r), -EBADMSG);
}

UNIT_MAIN(T(fields_arrive_in_order_and_host_order, ""), T(every_cut_is_refused, ""),
	T(a_bad_reader_gives_nothing_more, ""), T(a_forbidden_value_marks_the_reader, ""),
	T(an_empty_packet_is_read_whole, ""))
