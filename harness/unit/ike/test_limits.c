/*
 * What strangers may cost, and the cookie that shows that they are where they say.
 */
#include "base/loop.h"
#include "ike/machine/limits.h"
#include "unit/unit.h"

static const uint8_t nonce[32] = { 1 };

static struct in6_addr source(uint8_t n)
{
	return (struct in6_addr){ .s6_addr = { 0x20, 1, [15] = n } };
}

/* A request that brings back this cookie, or none. */
static struct msg request(const uint8_t *cookie, size_t n)
{
	struct msg m = { .spi_i = 7, .nonce = { nonce, sizeof(nonce) } };

	if (n)
		m.notify[m.n_notify++] = (struct notify){ .type = N_COOKIE, .data = { cookie, n } };
	return m;
}

static enum limits_verdict judge(
	struct limits *l, uint8_t from, const uint8_t *cookie, size_t n, uint8_t out[COOKIE_LEN])
{
	struct msg m = request(cookie, n);
	struct in6_addr a = source(from);

	return limits_judge(l, &a, &m, out);
}

static void three_of_one_source_are_free(void **state)
{
	uint8_t cookie[COOKIE_LEN];
	struct in6_addr a = source(1);
	struct limits *l;

	(void)state;
	loop_virtual(1000);
	assert_int_equal(limits_new(&l), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(judge(l, 1, NULL, 0, cookie), LIMITS_PASS);
		limits_opened(l, &a);
	}
	assert_int_equal(judge(l, 1, NULL, 0, cookie), LIMITS_COOKIE);
	assert_int_equal(judge(l, 2, NULL, 0, cookie), LIMITS_PASS);
	limits_opened(l, &a);
	limits_opened(l, &a);
	assert_int_equal(judge(l, 1, cookie, COOKIE_LEN, cookie), LIMITS_DROP);
	for (int i = 0; i < 5; i++)
		limits_closed(l, &a);
	assert_int_equal(limits_n_half_open(l), 0);
	assert_int_equal(judge(l, 1, NULL, 0, cookie), LIMITS_PASS);
	limits_free(l);
}

static struct limits *loaded(void)
{
	struct limits *l;

	loop_virtual(1000);
	assert_int_equal(limits_new(&l), 0);
	for (uint8_t i = 100; i < 130; i++) {
		struct in6_addr a = source(i);

		limits_opened(l, &a);
	}
	return l;
}

static void a_cookie_is_good_for_its_source_and_time(void **state)
{
	uint8_t cookie[COOKIE_LEN], other[COOKIE_LEN];
	struct limits *l = loaded();

	(void)state;
	assert_int_equal(judge(l, 1, NULL, 0, cookie), LIMITS_COOKIE);
	assert_int_equal(judge(l, 1, cookie, COOKIE_LEN, other), LIMITS_PASS);
	assert_int_equal(judge(l, 2, cookie, COOKIE_LEN, other), LIMITS_COOKIE);
	loop_advance(59000);
	assert_int_equal(judge(l, 1, cookie, COOKIE_LEN, other), LIMITS_PASS);
	loop_advance(30000); /* the secret before the newest still counts */
	assert_int_equal(judge(l, 1, cookie, COOKIE_LEN, other), LIMITS_PASS);
	loop_advance(120000);
	assert_int_equal(judge(l, 1, cookie, COOKIE_LEN, other), LIMITS_COOKIE);
	limits_free(l);
}

static void a_wrong_cookie_is_no_cookie(void **state)
{
	uint8_t cookie[COOKIE_LEN], other[COOKIE_LEN];
	struct limits *l = loaded();

	(void)state;
	assert_int_equal(judge(l, 1, NULL, 0, cookie), LIMITS_COOKIE);
	for (size_t i = 0; i < COOKIE_LEN; i++) {
		cookie[i] ^= 4;
		assert_int_equal(judge(l, 1, cookie, COOKIE_LEN, other), LIMITS_COOKIE);
		cookie[i] ^= 4;
		assert_int_equal(judge(l, 1, cookie, i, other), LIMITS_COOKIE);
	}
	limits_free(l);
}

UNIT_MAIN(T(three_of_one_source_are_free, "A-049 A-222 F-012"),
	T(a_cookie_is_good_for_its_source_and_time, "A-048"),
	T(a_wrong_cookie_is_no_cookie, "A-048!"))
