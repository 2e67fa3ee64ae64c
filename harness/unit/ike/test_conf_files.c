/* The files that a configuration names (keys, certificates, and whether they fit), and its manual
 * page. */
#include <unistd.h>

#include "ike/conf/conf_read.h"
#include "unit/unit.h"

static char said[32768], dir[] = "/tmp/files.XXXXXX";
static struct conf_log findings;

static void hear(void *arg, bool error, const char *line)
{
	(void)arg;
	(void)error;
	strncat(said, line + strlen(dir) + 1, sizeof(said) - strlen(said) - 2);
	strcat(said, "\n");
}

static void put(const char *file, const char *text)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static struct ike_conf *load(const char *conf_text, const char *secrets_text)
{
	char conf[64], secrets[64];
	struct conf_paths paths = { .ipsec_conf = conf, .secrets = secrets, .dir = "/nonexistent" };
	struct ike_conf *c = NULL;

	if (strstr(dir, "XXXXXX")) {
		assert_int_equal(system(MAKE_CERTS), 0);
		assert_non_null(mkdtemp(dir));
	}
	snprintf(conf, sizeof(conf), "%s/ipsec.conf", dir);
	snprintf(secrets, sizeof(secrets), "%s/ipsec.secrets", dir);
	put(conf, conf_text);
	put(secrets, secrets_text);
	assert_int_equal(conf_load(&paths, &(struct conf_log){ .emit = hear }, &c), 0);
	said[0] = '\0';
	findings = (struct conf_log){ .emit = hear };
	conf_check_files(c, NULL, &findings);
	unlink(conf);
	unlink(secrets);
	return c;
}

static void what_fits_is_left_alone(void **state)
{
	struct ike_conf *c = load("conn a\n\tauto=add\n\tleftcert=" CERTS "carolCert.pem\n",
		": RSA \"" CERTS "carolKey.pem\"\n");

	(void)state;
	assert_string_equal(said, "");
	assert_int_equal(c->conns->autostart, AUTO_ADD);
	ike_conf_free(c);
}

static void a_missing_certificate_costs_its_connections_and_is_told_once(void **state)
{
	struct ike_conf *c = load("conn %default\n\tleftcert=/nonexistent/x.pem\n"
				  "conn a\n\tauto=add\nconn b\n\tauto=route\n"
				  "conn c\n\tauto=add\n\tleftcert=" CERTS "carolCert.pem\n",
		": RSA \"" CERTS "carolKey.pem\"\n");

	(void)state;
	assert_string_equal(said,
		"ipsec.conf:2: leftcert=/nonexistent/x.pem: expected a certificate "
		"of ours: No such file or directory\n");
	assert_int_equal(c->conns->autostart, AUTO_IGNORE);
	assert_int_equal(c->conns->next->autostart, AUTO_IGNORE);
	assert_int_equal(c->conns->next->next->autostart, AUTO_ADD);
	assert_int_equal(findings.n_errors, 1);
	ike_conf_free(c);
}

static void a_key_of_another_certificate_does_not_do(void **state)
{
	struct ike_conf *c = load("conn a\n\tauto=add\n\tleftcert=" CERTS "carolCert.pem\n",
		": RSA \"" CERTS "daveKey.pem\"\n");

	(void)state;
	assert_non_null(strstr(said, "ipsec.conf:3: leftcert="));
	assert_non_null(strstr(said, "no private key of ipsec.secrets fits it"));
	assert_int_equal(c->conns->autostart, AUTO_IGNORE);
	ike_conf_free(c);
}

static void every_key_counts_however_many_there_are(void **state)
{
	static char secrets[32768];
	struct ike_conf *c;

	(void)state;
	for (unsigned i = 0; i < 70; i++)
		strcat(secrets, ": RSA " CERTS "daveKey.pem\n");
	strcat(secrets, ": RSA " CERTS "carolKey.pem\n");
	c = load("conn a\n\tauto=add\n\tleftcert=" CERTS "carolCert.pem\n", secrets);
	assert_string_equal(said, "");
	assert_int_equal(c->conns->autostart, AUTO_ADD);
	ike_conf_free(c);
}

static void a_finding_has_the_name_of_its_file_however_many_there_are(void **state)
{
	char file[64], text[128];
	struct ike_conf *c;

	(void)state;
	for (unsigned i = 0; i < 70; i++) {
		snprintf(file, sizeof(file), "%s/c%u.conf", dir, i);
		snprintf(text, sizeof(text),
			"conn c%u\n\tleftcert=/nonexistent/%u.pem\n\tauto=add\n", i, i);
		put(file, text);
	}
	c = load("include c*.conf\n", "");
	for (unsigned i = 0; i < 70; i++) {
		snprintf(text, sizeof(text), "c%u.conf:2: leftcert=/nonexistent/%u.pem: ", i, i);
		assert_non_null(strstr(said, text));
		snprintf(file, sizeof(file), "%s/c%u.conf", dir, i);
		unlink(file);
	}
	ike_conf_free(c);
}

static void an_unreadable_key_is_told_with_its_line(void **state)
{
	struct ike_conf *c = load("", ": RSA \"" CERTS "carolCert.pem\"\n"
				      ": RSA /nonexistent/k.pem\n");

	(void)state;
	assert_non_null(strstr(said, "ipsec.secrets:1: : RSA "));
	assert_non_null(strstr(said,
		"ipsec.secrets:2: : RSA (a word that names no file): expected a private "
		"key: No such file or directory\n"));
	assert_int_equal(findings.n_errors, 2);
	ike_conf_free(c);
	rmdir(dir);
}

static void hear_last(void *arg, bool error, const char *line)
{
	(void)error;
	strcpy(arg, line);
}

/* Settings that are not known are no reason to be silent; a file that nobody has is none. */
static void a_strongswan_conf_that_cannot_be_read_is_told(void **state)
{
	static const struct {
		const char *file, *said;
	} rows[] = {
		{ "/nonexistent/strongswan.conf", "" },
		{ "/tmp", "/tmp: Is a directory; each setting has its default" },
		{ "/dev/null", "/dev/null: it is no regular file; each setting has its default" },
	};
	char line[128] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conf_log log = { .emit = hear_last, .arg = line };
		struct ike_conf c = { 0 };

		line[0] = '\0';
		strongswan_read(rows[i].file, &log, &c);
		assert_string_equal(line, rows[i].said);
		assert_int_equal(log.n_errors, !!*line);
		assert_int_equal(c.retransmit_tries, 5);
	}
}

static void read_file(const char *file, char *buf, size_t cap)
{
	FILE *f = fopen(file, "r");
	size_t n;

	assert_non_null(f);
	n = fread(buf, 1, cap - 1, f);
	buf[n] = '\0';
	fclose(f);
}

/* What iked --print-keys prints is a part of the page. */
static void the_manual_page_has_the_rows_as_they_are(void **state)
{
	static char page[65536], rows[32768];
	char file[] = "/tmp/keys.XXXXXX";
	int fd = mkstemp(file);
	int out = dup(STDOUT_FILENO);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	fflush(stdout);
	assert_non_null(freopen(file, "w", stdout));
	conf_print_keys();
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	close(out);
	read_file(file, rows, sizeof(rows));
	unlink(file);
	read_file(TOP "/docs/man/ipsec.conf.5", page, sizeof(page));
	assert_true(strlen(rows) > 1000);
	assert_non_null(strstr(page, rows));
}

UNIT_MAIN(T(the_manual_page_has_the_rows_as_they_are, ""), T(what_fits_is_left_alone, "A-083"),
	T(a_missing_certificate_costs_its_connections_and_is_told_once, "E-003"),
	T(a_key_of_another_certificate_does_not_do, "A-083!"),
	T(every_key_counts_however_many_there_are, "A-083"),
	T(a_finding_has_the_name_of_its_file_however_many_there_are, "E-022"),
	T(an_unreadable_key_is_told_with_its_line, "A-083! E-022"),
	T(a_strongswan_conf_that_cannot_be_read_is_told, "E-024 E-036"))
