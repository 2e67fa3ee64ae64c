/*
 * mip6d.conf with one kind of fault each: findings are expected files. UNIT_BLESS=1 in the
 * environment writes them anew.
 */
#include <dirent.h>

#include "mip/conf/conf.h"
#include "unit/unit.h"

#define DATA TOP "/harness/unit/mip/data/check/"

static char said[16384];

static void hear(void *arg, bool error, const char *line)
{
	size_t n = strlen(said);

	(void)arg;
	assert_int_equal(strncmp(line, DATA, strlen(DATA)), 0);
	snprintf(said + n, sizeof(said) - n, "%s%s\n",
		error ? "" : "warning: ", line + strlen(DATA));
}

static void as_expected(const char *name)
{
	static char want[16384];
	char file[512];
	FILE *f;

	snprintf(file, sizeof(file), DATA "%s.expected", name);
	f = fopen(file, getenv("UNIT_BLESS") ? "w+" : "r");
	assert_non_null(f);
	if (getenv("UNIT_BLESS")) {
		fputs(said, f);
		rewind(f);
	}
	want[fread(want, 1, sizeof(want) - 1, f)] = '\0';
	fclose(f);
	if (strcmp(said, want) != 0)
		fail_msg("%s: %s", name, said);
}

static void findings_are_as_expected(void **state)
{
	DIR *d = opendir(DATA);
	struct dirent *e;
	unsigned n = 0;

	(void)state;
	assert_non_null(d);
	while ((e = readdir(d))) {
		struct conf_log log = { .emit = hear };
		struct mip_conf *c = NULL;
		char file[512], name[256];
		char *dot;

		snprintf(name, sizeof(name), "%s", e->d_name);
		dot = strstr(name, ".conf");
		if (!dot)
			continue;
		snprintf(file, sizeof(file), DATA "%s", name);
		*dot = '\0';
		said[0] = '\0';
		assert_int_equal(mip_conf_load(file, &log, &c), 0);
		as_expected(name);
		mip_conf_free(c);
		n++;
	}
	closedir(d);
	assert_true(n > 10);
}

UNIT_MAIN(T(findings_are_as_expected, "E-048 E-036 E-038"))
