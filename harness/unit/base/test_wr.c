#include <errno.h>

#include "base/addr.h"
#include "base/rd.h"
#include "base/wr.h"
#include "unit/unit.h"

enum { ALL = 1 + 2 + 3 + 4 + 8 + 16 + 3 + 2 };

static void write_all(struct wr *w)
{
	wr_u8(w, 1);
	wr_u16(w, 0x0203);
	wr_u24(w, 0x040506);
	wr_u32(w, 0x0708090a);
	wr_u64(w, 0x0b0c0d0e0f101112);
	wr_in6(w, addr_any);
	wr_bytes(w, BYTES_STR("abc"));
	wr_zero(w, 2);
}

static void what_is_written_reads_back(void **state)
{
	uint8_t buf[ALL];
	struct wr w = WR_OF(buf);
	struct in6_addr a;
	struct rd r;

	(void)state;
	write_all(&w);
	assert_int_equal(wr_done(&w), ALL);
	r = rd_of(wr_view(&w));
	assert_int_equal(rd_u8(&r), 1);
	assert_int_equal(rd_u16(&r), 0x0203);
	assert_int_equal(rd_u24(&r), 0x040506);
	assert_int_equal(rd_u32(&r), 0x0708090a);
	assert_true(rd_u64(&r) == 0x0b0c0d0e0f101112);
	a = rd_in6(&r);
	assert_true(addr_is_any(&a));
	assert_true(bytes_eq(rd_bytes(&r, 3), BYTES_STR("abc")));
	assert_int_equal(rd_u16(&r), 0);
	assert_int_equal(rd_done(&r), 0);
}

static void every_smaller_buffer_is_enospc(void **state)
{
	(void)state;
	for (size_t cap = 0; cap < ALL; cap++) {
		uint8_t *exact = malloc(cap ? cap : 1);
		struct wr w = wr_of(exact, cap);

		assert_non_null(exact);
		write_all(&w);
		assert_int_equal(wr_done(&w), -ENOSPC);
		assert_int_equal(wr_view(&w).n, 0);
		free(exact);
	}
}

static void a_write_past_the_end_changes_nothing(void **state)
{
	uint8_t buf[4] = { 9, 9, 9, 9 };
	struct wr w = wr_of(buf, 3);

	(void)state;
	wr_u16(&w, 0x0102);
	wr_u16(&w, 0x0304);
	wr_u8(&w, 5); /* would fit, but the writer is bad */
	assert_memory_equal(buf, ((uint8_t[]){ 1, 2, 9, 9 }), 4);
	assert_int_equal(wr_done(&w), -ENOSPC);
}

static void an_open_length_is_filled_in(void **state)
{
	uint8_t buf[16];
	struct wr w = WR_OF(buf);
	size_t start = w.n, mark = wr_mark16(&w);

	(void)state;
	wr_bytes(&w, BYTES_STR("abc"));
	wr_close16(&w, mark, start);
	assert_true(bytes_eq(wr_view(&w), BYTES("\0\5abc", 5)));
	wr_close16(&w, mark, 6); /* from behind the end */
	assert_int_equal(wr_done(&w), -ENOSPC);
}

static void a_length_over_16_bits_is_refused(void **state)
{
	static uint8_t buf[70000];
	struct wr w = WR_OF(buf);
	size_t mark = wr_mark16(&w);

	(void)state;
	wr_zero(&w, 65535);
	wr_close16(&w, mark, 2);
	assert_int_equal(wr_done(&w), 65537);
	wr_close16(&w, mark, 0);
	assert_int_equal(wr_done(&w), -ENOSPC);
}

static void only_written_octets_are_overwritten(void **state)
{
	uint8_t buf[8] = { 0 };
	struct wr w = WR_OF(buf);

	(void)state;
	wr_zero(&w, 7);
	wr_put_u8(&w, 0, 1);
	wr_put_u16(&w, 1, 0x0203);
	wr_put_u32(&w, 3, 0x04050607);
	assert_memory_equal(buf, ((uint8_t[]){ 1, 2, 3, 4, 5, 6, 7, 0 }), 8);
	wr_put_u32(&w, 4, 0xffffffff); /* its last octet is not written yet */
	assert_int_equal(wr_done(&w), -ENOSPC);
	assert_memory_equal(buf, ((uint8_t[]){ 1, 2, 3, 4, 5, 6, 7, 0 }), 8);
}

static void nothing_fits_into_nothing(void **state)
{
	struct wr w = wr_of(NULL, 0);

	(void)state;
	wr_bytes(&w, BYTES_NONE);
	wr_zero(&w, 0);
	assert_int_equal(wr_done(&w), 0);
	wr_zero(&w, SIZE_MAX);
	assert_int_equal(wr_done(&w), -ENOSPC);
}

UNIT_MAIN(T(what_is_written_reads_back, ""), T(every_smaller_buffer_is_enospc, ""),
	T(a_write_past_the_end_changes_nothing, ""), T(an_open_length_is_filled_in, ""),
	T(a_length_over_16_bits_is_refused, ""), T(only_written_octets_are_overwritten, ""),
	T(nothing_fits_into_nothing, ""))
