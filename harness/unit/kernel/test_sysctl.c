#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/sysctl.h"
#include "unit/unit.h"

static const char path[] = "net/forwarding", other[] = "net/proxy_ndp";
static char dir[64];

static void put(const char *name, const char *text)
{
	char full[128];
	FILE *f;

	snprintf(full, sizeof(full), "%s/%s", dir, name);
	f = fopen(full, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* A folder that looks like /proc/sys with two values of 0. */
static void begin(void)
{
	char full[128];

	strcpy(dir, "/tmp/sysctl-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(full, sizeof(full), "%s/net", dir);
	assert_int_equal(mkdir(full, 0700), 0);
	put(path, "0\n");
	put(other, "0\n");
	sysctl_root(dir);
}

static void end(void)
{
	char full[128];

	sysctl_root(NULL);
	snprintf(full, sizeof(full), "%s/%s", dir, path);
	unlink(full);
	snprintf(full, sizeof(full), "%s/%s", dir, other);
	unlink(full);
	snprintf(full, sizeof(full), "%s/net", dir);
	rmdir(full);
	rmdir(dir);
}

static void assert_value(const char *name, const char *value)
{
	char text[16];

	assert_int_equal(sysctl_get(name, text, sizeof(text)), 0);
	assert_int_equal(text[0], value[0]);
}

static void what_was_set_is_restored_to_what_was_there_first(void **state)
{
	(void)state;
	begin();
	assert_int_equal(sysctl_set(path, "1"), 0);
	assert_int_equal(sysctl_set(path, "2"), 0);
	assert_int_equal(sysctl_set(other, "1"), 0);
	assert_value(path, "2");
	assert_value(other, "1");
	sysctl_restore();
	assert_value(path, "0");
	assert_value(other, "0");
	end();
}

static void a_second_restore_changes_nothing(void **state)
{
	(void)state;
	begin();
	assert_int_equal(sysctl_set(path, "1"), 0);
	sysctl_restore();
	put(path, "5\n");
	sysctl_restore();
	assert_value(path, "5");
	end();
}

static void a_missing_value_is_an_error_and_not_restored(void **state)
{
	char text[16];

	(void)state;
	begin();
	assert_int_equal(sysctl_set("net/nothing", "1"), -ENOENT);
	assert_int_equal(sysctl_get("net/nothing", text, sizeof(text)), -ENOENT);
	sysctl_restore();
	end();
}

UNIT_MAIN(T(what_was_set_is_restored_to_what_was_there_first, "D-045"),
	T(a_second_restore_changes_nothing, "D-045"),
	T(a_missing_value_is_an_error_and_not_restored, "D-045"))
