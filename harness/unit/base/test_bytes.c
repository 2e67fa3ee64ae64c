#include "base/bytes.h"
#include "unit/unit.h"

static const uint8_t abc[] = "abc";

static void views_are_equal_by_content(void **state)
{
	(void)state;
	assert_true(bytes_eq(BYTES(abc, 3), BYTES_STR("abc")));
	assert_false(bytes_eq(BYTES(abc, 3), BYTES_STR("abd")));
	assert_false(bytes_eq(BYTES(abc, 2), BYTES(abc, 3)));
	assert_true(bytes_eq(BYTES_NONE, BYTES(abc, 0)));
}

static void constant_time_equality_sees_every_octet(void **state)
{
	uint8_t mac[12] = { 1, 2, 3 }, other[12];

	(void)state;
	for (size_t i = 0; i < sizeof(mac); i++) {
		memcpy(other, mac, sizeof(mac));
		assert_true(bytes_eq_ct(BYTES_OF(mac), BYTES_OF(other)));
		other[i] ^= 0x80;
		assert_false(bytes_eq_ct(BYTES_OF(mac), BYTES_OF(other)));
	}
	assert_false(bytes_eq_ct(BYTES(mac, 11), BYTES_OF(mac)));
	assert_true(bytes_eq_ct(BYTES_NONE, BYTES_NONE));
}

static void a_prefix_sorts_before_the_longer_nonce(void **state)
{
	(void)state;
	assert_true(bytes_cmp(BYTES_STR("abc"), BYTES_STR("abd")) < 0);
	assert_true(bytes_cmp(BYTES_STR("b"), BYTES_STR("abc")) > 0);
	assert_true(bytes_cmp(BYTES_STR("ab"), BYTES_STR("abc")) < 0);
	assert_true(bytes_cmp(BYTES_STR("abc"), BYTES_NONE) > 0);
	assert_int_equal(bytes_cmp(BYTES_NONE, BYTES_NONE), 0);
	assert_true(bytes_cmp(BYTES_STR("\xff"), BYTES_STR("\x01")) > 0);
}

static void a_blob_takes_a_copy_even_of_itself(void **state)
{
	struct blob b = { 0 };

	(void)state;
	assert_int_equal(blob_set(&b, BYTES(abc, 3)), 0);
	assert_true(b.p != abc);
	assert_true(bytes_eq(blob_view(&b), BYTES_STR("abc")));
	assert_int_equal(blob_set(&b, BYTES(b.p + 1, 2)), 0);
	assert_true(bytes_eq(blob_view(&b), BYTES_STR("bc")));
	assert_int_equal(blob_set(&b, BYTES_NONE), 0);
	assert_int_equal(b.n, 0);
	blob_free(&b);
}

static void an_allocated_blob_is_zero_and_frees_twice(void **state)
{
	struct blob b = { 0 };

	(void)state;
	assert_int_equal(blob_alloc(&b, 100), 0);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(b.p[i], 0);
	blob_free(&b);
	assert_null(b.p);
	assert_int_equal(b.n, 0);
	blob_free(&b);
}

UNIT_MAIN(T(views_are_equal_by_content, ""), T(constant_time_equality_sees_every_octet, ""),
	T(a_prefix_sorts_before_the_longer_nonce, ""), T(a_blob_takes_a_copy_even_of_itself, ""),
	T(an_allocated_blob_is_zero_and_frees_twice, ""))
