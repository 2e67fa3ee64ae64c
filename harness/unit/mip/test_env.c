#include "base/loop.h"
#include "mip/net/env.h"
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

UNIT_MAIN(T(every_counter_has_a_name_of_its_own, ""),
	T(what_stands_for_nobody_is_not_unicast, "C-025!"))
