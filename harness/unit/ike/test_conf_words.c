/*
 * Words that no row reads: who is not in the tables costs his connection, or the start; who is has
 * no effect with the values that mean what happens here, and no other.
 */
#include <ctype.h>

#include "ike/conf/conf_read.h"
#include "unit/ike/conf_text.h"
#include "unit/unit.h"

#define BASE "\tinstallpolicy=no\n\tright=%%any\n\tleftcert=own.pem\n\tauto=add\n"

/* Which of the connections a and c are loaded; "none" when nothing may be. */
static const char *loaded(const char *text)
{
	struct ike_conf *c = NULL;
	int rc = conf_text_load(text, strlen(text), &c);
	const char *names = rc ? "none" : conf_text_names(c);

	ike_conf_free(c);
	return names;
}

static const char *with_word(const char *word, const char *value)
{
	char text[256];

	snprintf(text, sizeof(text), "conn a\n\t%s=%s\n" BASE "conn c\n" BASE, word, value);
	return loaded(text);
}

static const char *in_setup(const char *word, const char *value)
{
	char text[256];

	snprintf(text, sizeof(text), "config setup\n\t%s=%s\nconn c\n" BASE, word, value);
	return loaded(text);
}

/* What other daemons, and nobody, have ever called a restriction. */
static const char *const foreign[] = { "peerid", "remote_addrs", "verify", "min_dh", "revocation",
	"minrsabits", "remote", "local", "remote_ts", "children", "cacerts", "pubkeys", "unique",
	"min_rsa", "signature", "eap_id", "aaa_id", "ppk_id", "esn", "crl-strict", "ocsp-strict",
	"listen", "phase2alg", "xauthby", "require-id-on-certificat", "srcid", "dstid", "tag",
	"from", "to", "tap", "only", "subject", "issuer", "fingerprint", "san", "limit", "colour",
	"x", "a-b", "0", "RIGHT", "_", "policy-label", "rp_filter" };

static void a_word_that_nobody_knows_costs_its_connection(void **state)
{
	char near[64];

	(void)state;
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		if (strcmp(with_word(foreign[i], "yes"), "c") != 0)
			fail_msg("%s: said %s", foreign[i], conf_text_said);
		snprintf(near, sizeof(near), "ipsec.conf:2: %s=yes: ", foreign[i]);
		assert_non_null(strstr(conf_text_said, near));
		if (strcmp(in_setup(foreign[i], "yes"), "none") != 0)
			fail_msg("%s: said %s", foreign[i], conf_text_said);
	}
	assert_string_equal(in_setup("also", "c"), "none");
}

/* Words of three letters stand for all there are: each is in a table, or costs. */
static void no_short_word_is_passed_over(void **state)
{
	(void)state;
	for (char a = 'a'; a <= 'z'; a++)
		for (char b = 'a'; b <= 'z'; b++) {
			char word[] = { a, b, 'q', '\0' };

			if (strcmp(with_word(word, "1"), "c") != 0)
				fail_msg("%s: said %s", word, conf_text_said);
		}
}

static void a_word_counts_as_without_effect_with_its_values_only(void **state)
{
	(void)state;
	assert_string_equal(with_word("ikev2", "insist"), "ac");
	assert_string_equal(with_word("ikev2", "yes"), "ac");
	assert_string_equal(with_word("ikev2", "no"), "c");
	assert_string_equal(with_word("ikev2", "insist yes"), "c");
	assert_string_equal(with_word("ikev2", "ins"), "c");
	assert_string_equal(with_word("phase2", "ah"), "c");
	assert_string_equal(with_word("failureshunt", "drop"), "ac");
	assert_string_equal(in_setup("protostack", "netkey"), "c");
	assert_string_equal(in_setup("protostack", "klips"), "none");
	assert_string_equal(in_setup("virtual_private", "%v6"), "c");
}

static void pfs_is_a_group_in_each_proposal(void **state)
{
	static const struct {
		const char *lines, *loaded;
	} rows[] = {
		{ "\tpfs=yes\n", "c" },
		{ "\tpfs=no\n", "ac" },
		{ "\tpfs=yes\n\tesp=aes128-sha256!\n", "c" },
		{ "\tpfs=yes\n\tesp=aes128-sha256-modp2048!\n", "ac" },
		{ "\tpfs=yes\n\tesp=aes128-sha256-modp2048,aes256-sha256!\n", "c" },
		{ "\tpfs=yes\n\tesp=aes128-sha256-modp2048,aes256-sha256-ecp256!\n", "ac" },
		{ "\tpfsgroup=modp2048\n\tesp=aes128-sha256-modp2048!\n", "ac" },
		{ "\tpfsgroup=ecp256\n\tesp=aes128-sha256-modp2048!\n", "c" },
		{ "\tpfsgroup=sha256\n\tesp=aes128-sha256-modp2048!\n", "c" },
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "conn a\n%s" BASE "conn c\n" BASE, rows[i].lines);
		if (strcmp(loaded(text), rows[i].loaded) != 0)
			fail_msg("%s: said %s", rows[i].lines, conf_text_said);
	}
}

/* Each row of the manual page's tables, given twice. */
static void what_is_given_twice_is_told_whatever_it_is(void **state)
{
	struct conf_page p = { 0 };
	char text[256], say[128];
	unsigned n = 0;

	(void)state;
	while (conf_page_next(&p)) {
		if (strcmp(p.section, "conn") != 0)
			continue;
		snprintf(text, sizeof(text), "conn a\n\t%s=1\n\t%s=2\n" BASE, p.keyword, p.keyword);
		snprintf(say, sizeof(say), "ipsec.conf:3: %s=2: counts instead of 1 on line 2",
			p.keyword);
		loaded(text);
		if (!strstr(conf_text_said, say))
			fail_msg("%s: said %s", p.keyword, conf_text_said);
		n++;
	}
	assert_true(n > 30);
}

static void the_folder_is_removed(void **state)
{
	(void)state;
	conf_text_end();
}

UNIT_MAIN(T(a_word_that_nobody_knows_costs_its_connection, "E-053 E-034"),
	T(no_short_word_is_passed_over, "E-053"),
	T(a_word_counts_as_without_effect_with_its_values_only, "E-053"),
	T(pfs_is_a_group_in_each_proposal, "E-054"),
	T(what_is_given_twice_is_told_whatever_it_is, "E-048"), T(the_folder_is_removed, ""))
