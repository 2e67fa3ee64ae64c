/* ipsec.secrets: whatever words stand in a line and in whichever order, none of them is said. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "ike/check.h"
#include "unit/unit.h"

#define SECRET "Tr0ub4dor"

/* What a line may be made of: KEY is the name of a file that is there. */
static const char *const words[] = { ":", "RSA", "PKCS8", "PSK", "EAP", "rsa", "KEY", "{",
	"%prompt", SECRET, "\"" SECRET "\"", "'" SECRET "'", "\"" SECRET, "“" SECRET "”",
	":" SECRET, "RSA:" SECRET, "2001:db8::1" };

enum { N_WORDS = sizeof(words) / sizeof(words[0]), MOST = 4 };

static char dir[] = "/tmp/secrets.XXXXXX", conf[64], secrets[64], private[64], key[72];
static unsigned n_said;

static void hear(void *arg, bool error, const char *line)
{
	(void)arg, (void)error;
	n_said++;
	if (strstr(line, SECRET))
		fail_msg("said: %s", line);
}

static void check(void)
{
	struct conf_log log = { .emit = hear };
	struct conf_paths paths = { .ipsec_conf = conf, .secrets = secrets, .dir = dir };

	check_conf(&paths, &log);
}

/* The file, with one line for each last word behind the same first ones. */
static void try_after(const char *first)
{
	FILE *f = fopen(secrets, "w");

	assert_non_null(f);
	for (size_t i = 0; i < N_WORDS; i++)
		fprintf(f, "%s %s\n", first, words[i]);
	fclose(f);
	assert_int_equal(chmod(secrets, 0600), 0);
	check();
}

static void try_all(const char *first, unsigned depth)
{
	char line[256];

	try_after(first);
	for (size_t i = 0; depth > 1 && i < N_WORDS; i++) {
		snprintf(line, sizeof(line), "%s%s%s", first, *first ? " " : "", words[i]);
		try_all(line, depth - 1);
	}
}

static void put(const char *file, const char *text)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void no_word_of_a_line_is_said(void **state)
{
	(void)state;
	assert_int_equal(log_open("secrets", LOG_STYLE_IKE, "/dev/null", false), 0);
	assert_non_null(mkdtemp(dir));
	snprintf(conf, sizeof(conf), "%s/ipsec.conf", dir);
	snprintf(secrets, sizeof(secrets), "%s/ipsec.secrets", dir);
	snprintf(private, sizeof(private), "%s/private", dir);
	snprintf(key, sizeof(key), "%s/KEY", private);
	put(conf, "conn a\n");
	assert_int_equal(mkdir(private, 0700), 0);
	put(key, "no key\n");
	try_all("", MOST);
	assert_true(n_said > 1000);
	unlink(key);
	rmdir(private);
	unlink(secrets);
	unlink(conf);
	assert_int_equal(rmdir(dir), 0);
}

UNIT_MAIN(T(no_word_of_a_line_is_said, "E-037"))
