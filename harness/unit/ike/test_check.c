/*
 * iked --check over files with one kind of fault each: findings and exit status are expected files.
 * UNIT_BLESS=1 in the environment writes them anew.
 */
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "ike/check.h"
#include "unit/unit.h"

#define DATA TOP "/harness/unit/ike/data/check/"

static char dir[] = "/tmp/check.XXXXXX", said[65536];

static void replace(char *text, size_t cap, const char *from, const char *to)
{
	char *at = text;

	while ((at = strstr(at, from))) {
		assert_true(strlen(text) + strlen(to) < cap);
		memmove(at + strlen(to), at + strlen(from), strlen(at + strlen(from)) + 1);
		memcpy(at, to, strlen(to));
		at += strlen(to);
	}
}

static bool get(const char *file, char *buf, size_t cap)
{
	FILE *f = fopen(file, "r");

	if (!f)
		return false;
	buf[fread(buf, 1, cap - 1, f)] = '\0';
	fclose(f);
	return true;
}

static void put(const char *file, const char *text)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void hear(void *arg, bool error, const char *line)
{
	size_t n = strlen(said);

	(void)arg;
	snprintf(said + n, sizeof(said) - n, "%s%s\n", error ? "" : "warning: ", line);
}

static void check(const char *name)
{
	static char text[65536];
	struct conf_log log = { .emit = hear };
	char file[512], conf[64], secrets[64];
	struct conf_paths paths = { .ipsec_conf = conf, .secrets = secrets, .dir = dir };
	int status;

	snprintf(file, sizeof(file), DATA "%s.conf", name);
	assert_true(get(file, text, sizeof(text)));
	replace(text, sizeof(text), "CERTS/", CERTS);
	snprintf(conf, sizeof(conf), "%s/ipsec.conf", dir);
	put(conf, text);
	snprintf(file, sizeof(file), DATA "%s.secrets", name);
	if (!get(file, text, sizeof(text)))
		strcpy(text, ": RSA CERTS/moonKey.pem\n");
	replace(text, sizeof(text), "CERTS/", CERTS);
	snprintf(secrets, sizeof(secrets), "%s/ipsec.secrets", dir);
	put(secrets, text);
	chmod(secrets, 0600);
	said[0] = '\0';
	status = (int)check_conf(&paths, &log);
	snprintf(said + strlen(said), sizeof(said) - strlen(said), "exit status %d\n", status);
	replace(said, sizeof(said), CERTS, "CERTS/");
	replace(said, sizeof(said), dir, "DIR");
	unlink(conf);
	unlink(secrets);
}

static void each(void (*one)(const char *name))
{
	DIR *d = opendir(DATA);
	struct dirent *e;
	unsigned n = 0;

	assert_non_null(d);
	assert_int_equal(log_open("check", LOG_STYLE_IKE, "/dev/null", false), 0);
	assert_non_null(mkdtemp(strcpy(dir, "/tmp/check.XXXXXX")));
	assert_int_equal(system(MAKE_CERTS), 0);
	while ((e = readdir(d))) {
		char name[256];
		char *dot;

		snprintf(name, sizeof(name), "%s", e->d_name);
		dot = strstr(name, ".conf");
		if (!dot)
			continue;
		*dot = '\0';
		check(name);
		one(name);
		n++;
	}
	closedir(d);
	rmdir(dir);
	assert_true(n > 15);
}

static void as_expected(const char *name)
{
	static char want[65536];
	char file[512];

	snprintf(file, sizeof(file), DATA "%s.expected", name);
	if (getenv("UNIT_BLESS"))
		put(file, said);
	assert_true(get(file, want, sizeof(want)));
	if (strcmp(said, want) != 0)
		fail_msg("%s: %s", name, said);
}

static void findings_are_as_expected(void **state)
{
	(void)state;
	each(as_expected);
}

static void without_secret(const char *name)
{
	if (strstr(said, "secretword") || strstr(said, "anothersecret") || strstr(said, "0x22"))
		fail_msg("%s: %s", name, said);
}

static void a_secret_is_never_said(void **state)
{
	(void)state;
	each(without_secret);
}

UNIT_MAIN(T(findings_are_as_expected, "E-048 E-036"), T(a_secret_is_never_said, "E-037"))
