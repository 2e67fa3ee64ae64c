/* The files of examples/ that a reader copies, with the certificates that its script makes. */
#include <unistd.h>

#include "ike/conf/conf.h"
#include "unit/unit.h"

static char dir[] = "/tmp/examples.XXXXXX";

static void hear(void *arg, bool error, const char *line)
{
	(void)arg;
	(void)error;
	print_error("%s\n", line);
}

static void loads(const char *end, size_t conns)
{
	char conf[256], secrets[256], command[600];
	struct conf_paths paths = { .ipsec_conf = conf, .secrets = secrets, .dir = dir };
	struct conf_log findings = { .emit = hear };
	struct ike_conf *c = NULL;
	size_t n = 0;

	snprintf(conf, sizeof(conf), TOP "/examples/%s/ipsec.conf", end);
	snprintf(secrets, sizeof(secrets), "%s/ipsec.secrets", dir);
	/* As the README says: readable by nobody else. */
	snprintf(command, sizeof(command), "install -m 600 '" TOP "/examples/%s/ipsec.secrets' %s",
		end, secrets);
	assert_int_equal(system(command), 0);
	assert_int_equal(conf_load(&paths, &findings, &c), 0);
	conf_check_files(c, NULL, &findings);
	for (const struct conn *one = c->conns; one; one = one->next)
		n += one->autostart != AUTO_IGNORE;
	assert_int_equal(findings.n_errors, 0);
	assert_int_equal(findings.n_warnings, 0);
	assert_int_equal(n, conns);
	ike_conf_free(c);
}

static void the_examples_are_loaded_without_a_word(void **state)
{
	char command[256];

	(void)state;
	if (geteuid())
		skip(); /* secrets that are not root's are refused, as they should be */
	assert_non_null(mkdtemp(dir));
	snprintf(command, sizeof(command), "'" TOP "/examples/certs.sh' %s", dir);
	assert_int_equal(system(command), 0);
	loads("mobile-node", 2);
	loads("home-agent", 2);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
}

UNIT_MAIN(T(the_examples_are_loaded_without_a_word, "T-109"))
