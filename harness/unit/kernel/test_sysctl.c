#include "kernel/sysctl.h"

#include <errno.h>
#include <string.h>

#include "unit/kernel/netns.h"
#include "unit/unit.h"

static const char *value(const char *path)
{
	static char out[64];

	assert_int_equal(sysctl_get(path, out, sizeof(out)), 0);
	return out;
}

static void what_was_set_is_restored_to_the_first_value(void **state)
{
	const char *path = "net/ipv6/conf/d0/proxy_ndp";

	(void)state;
	NEED_NETNS();
	assert_string_equal(value(path), "0");
	assert_int_equal(sysctl_set(path, "1"), 0);
	assert_int_equal(sysctl_set(path, "1"), 0);
	assert_string_equal(value(path), "1");
	sysctl_restore();
	assert_string_equal(value(path), "0");
	sysctl_restore();
}

static void what_does_not_exist_is_told(void **state)
{
	char out[8];

	(void)state;
	assert_int_equal(sysctl_set("net/ipv6/conf/nowhere/proxy_ndp", "1"), -ENOENT);
	assert_int_equal(sysctl_get("net/ipv6/nothing", out, sizeof(out)), -ENOENT);
}

/* clang-format off */
UNIT_MAIN(T(what_was_set_is_restored_to_the_first_value, "D-045!"),
	T(what_does_not_exist_is_told, ""))
