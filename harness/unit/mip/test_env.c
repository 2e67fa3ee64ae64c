#include "base/loop.h"
#include "mip/env.h"
#include "unit/unit.h"

static void every_counter_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int a = 0; a < MC_COUNT; a++) {
		const char *name = env_counter_str((enum mip_counter)a);

		assert_true(name[0] >= 'a' && name[0] <= 'z');
		for (int b = 0; b < a; b++)
			assert_string_not_equal(name, env_counter_str((enum mip_counter)b));
	}
}

static void what_stands_for_nobody_is_not_unicast(void **state)
{
	static const struct {
		const char *addr;
		bool unicast;
	} rows[] = { { "2001:1::10", true }, { "::", false }, { "::1", false },
		{ "ff02::1", false }, { "fe80::1", false }, { "192.168.0.100", false } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct in6_addr a;

		assert_int_equal(addr_parse(rows[i].addr, &a), 0);
		assert_int_equal(env_is_unicast(&a), rows[i].unicast);
	}
}

static void a_bucket_lets_a_burst_through_and_then_the_rate(void **state)
{
	struct env_bucket b = { 0 };
	unsigned n = 0;

	(void)state;
	loop_virtual(100000);
	for (int i = 0; i < 10000; i++)
		n += env_bucket_take(&b, 3);
	assert_int_equal(n, 3);
	for (int ms = 0; ms < 10000; ms += 10) {
		loop_advance(10);
		n += env_bucket_take(&b, 3);
	}
	assert_in_range(n, 3 + 29, 3 + 31); /* ten seconds at three a second */
	loop_end();
}

UNIT_MAIN(T(every_counter_has_a_name_of_its_own, ""),
	T(what_stands_for_nobody_is_not_unicast, "C-025"),
	T(a_bucket_lets_a_burst_through_and_then_the_rate, "F-004"))
