#include <errno.h>

#include "base/loop.h"
#include "mip/binding/bul.h"
#include "unit/unit.h"

static const struct in6_addr hoa = { .s6_addr = { 0x20, 0x01, 0, 1, [15] = 0x10 } };
static const struct in6_addr ha = { .s6_addr = { 0x20, 0x01, 0, 1, [15] = 0x01 } };

static void the_delay_doubles_up_to_32_s(void **state)
{
	static const uint32_t steps[] = { 1500, 3000, 6000, 12000, 24000, 32000, 32000 };

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(steps) / sizeof(steps[0]); i++)
		assert_int_equal(bul_backoff(steps[i]), steps[i + 1]);
	assert_int_equal(bul_backoff(1000), 2000);
	assert_int_equal(bul_backoff(UINT32_MAX), 32000);
}

static void more_than_asked_is_not_granted(void **state)
{
	(void)state;
	assert_int_equal(bul_granted(600, 420), 420);
	assert_int_equal(bul_granted(600, 600), 600);
	assert_int_equal(bul_granted(600, 262140), 600);
	assert_int_equal(bul_granted(600, 0), 0);
}

static void a_binding_is_refreshed_before_its_end(void **state)
{
	static const struct {
		uint32_t lifetime, advice, after;
	} rows[] = {
		{ 1000, 0, 950 }, /* at 95 % */
		{ 262140, 0, 249033 },
		{ 40, 0, 36 }, /* at least 4 s before */
		{ 1000, 300, 300 }, /* as advised */
		{ 1000, 2000, 950 }, /* advice beyond the end is none */
		{ 8, 0, 4 },
		{ 4, 0, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
			bul_refresh_after(rows[i].lifetime, rows[i].advice), rows[i].after);
}

static void a_lifetime_is_asked_for_as_long_as_all_addresses_live(void **state)
{
	static const struct {
		uint32_t limit, hoa, coa, ask;
	} rows[] = {
		{ 262140, UINT32_MAX, UINT32_MAX, 262140 },
		{ UINT32_MAX, UINT32_MAX, UINT32_MAX, 262140 },
		{ 600, UINT32_MAX, UINT32_MAX, 600 }, { 262140, 7201, UINT32_MAX, 7200 },
		{ 262140, UINT32_MAX, 103, 100 }, { 262140, UINT32_MAX, 1, 4 }, /* 0 would delete */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(bul_ask(rows[i].limit, rows[i].hoa, rows[i].coa), rows[i].ask);
}

static void an_entry_is_found_by_all_of_its_key(void **state)
{
	static struct bul bul;
	struct bul_entry e = { .key = { hoa, ha, 0 } }, again = { .key = { hoa, ha, 0 } };
	struct bul_entry second = { .key = { hoa, ha, 2 } }, peer = { .key = { hoa, hoa, 0 } };

	(void)state;
	assert_null(bul_next(&bul, NULL));
	assert_int_equal(bul_add(&bul, &e), 0);
	assert_ptr_equal(bul_find(&bul, &e.key), &e);
	assert_ptr_equal(bul_find_hoa(&bul, &hoa), &e);
	assert_null(bul_find(&bul, &second.key));
	assert_null(bul_find_hoa(&bul, &ha));
	assert_int_equal(bul_add(&bul, &again), -EEXIST);
	assert_int_equal(bul_add(&bul, &second), 0);
	assert_int_equal(bul_add(&bul, &peer), 0);
	assert_ptr_equal(bul_find(&bul, &second.key), &second);
	assert_ptr_equal(bul_find(&bul, &peer.key), &peer);
	bul_del(&bul, &e);
	bul_del(&bul, &e);
	assert_null(bul_find(&bul, &e.key));
	bul_del(&bul, &second);
	bul_del(&bul, &peer);
	assert_null(bul_next(&bul, NULL));
	bul_free(&bul);
}

static void sequence_numbers_start_anywhere(void **state)
{
	static struct bul bul;
	struct bul_entry e = { .key = { hoa, ha, 0 } };
	uint16_t all = 0, any = 0xffff;

	(void)state;
	for (int i = 0; i < 64; i++) {
		assert_int_equal(bul_add(&bul, &e), 0);
		all |= e.seq;
		any &= e.seq;
		bul_del(&bul, &e);
	}
	bul_free(&bul);
	assert_int_equal(all, 0xffff); /* no bit is always 0 … */
	assert_int_equal(any, 0); /* … or always 1: by chance once in 2^59 */
}

static void only_a_binding_that_stands_has_time_left(void **state)
{
	struct bul_entry e = { .lifetime = 60, .bound = true };

	(void)state;
	loop_virtual(5000);
	e.since_ms = loop_now();
	loop_advance(10000);
	assert_int_equal(bul_left(&e), 50);
	e.bound = false;
	assert_int_equal(bul_left(&e), 0);
	loop_end();
}

UNIT_MAIN(T(the_delay_doubles_up_to_32_s, "C-062"), T(more_than_asked_is_not_granted, "C-064"),
	T(a_binding_is_refreshed_before_its_end, "C-064"),
	T(a_lifetime_is_asked_for_as_long_as_all_addresses_live, "C-061"),
	T(an_entry_is_found_by_all_of_its_key, "C-100"),
	T(sequence_numbers_start_anywhere, "C-061"),
	T(only_a_binding_that_stands_has_time_left, "C-064!"))
