#include "crypto/rand.h"

#include <string.h>

#include "unit/unit.h"

static void two_draws_differ(void **state)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 };

	(void)state;
	rand_bytes(a, sizeof(a));
	rand_bytes(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_true(rand_u64() != rand_u64());
}

static void a_limited_draw_stays_under_its_limit(void **state)
{
	unsigned seen[3] = { 0 };

	(void)state;
	for (int i = 0; i < 3000; i++) {
		uint32_t v = rand_below(3);

		assert_in_range(v, 0, 2);
		seen[v]++;
	}
	for (int i = 0; i < 3; i++)
		assert_true(seen[i] > 700);
	assert_int_equal(rand_below(0), 0);
	assert_int_equal(rand_below(1), 0);
}

/* clang-format off */
UNIT_MAIN(T(two_draws_differ, ""),
	T(a_limited_draw_stays_under_its_limit, ""))
