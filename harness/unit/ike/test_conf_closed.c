/*
 * Fail closed: what ipsec.conf asks for is enforced, or costs its connection, or is named as
 * without effect; and damage never lets in more.
 */
#include <errno.h>
#include <unistd.h>

#include "ike/conf/conf_read.h"
#include "unit/ike/conf_text.h"
#include "unit/unit.h"

static struct ike_conf *load(const char *text)
{
	struct ike_conf *c = NULL;

	if (conf_text_load(text, strlen(text), &c) != 0)
		fail_msg("%s: said %s", text, conf_text_said);
	return c;
}

/* Which of the connections a, b and c are loaded, as "ac". */
static const char *loaded(const char *text)
{
	struct ike_conf *c = load(text);
	const char *names = conf_text_names(c);

	ike_conf_free(c);
	return names;
}

enum fate { ENFORCED, REFUSED, IGNORED };

/* All keywords of conn sections that strongSwan's ipsec.conf ever had, the usual ones of others,
 * and what is done here. */
static const struct {
	const char *name, *value;
	enum fate fate;
} keywords[] = {
	{ "aaa_identity", "x", REFUSED },
	{ "accept-redirect", "x", IGNORED },
	{ "aggressive", "no", IGNORED },
	{ "ah", "sha256", REFUSED },
	{ "auth", "esp", IGNORED },
	{ "auth", "x", REFUSED },
	{ "authby", "pubkey", ENFORCED },
	{ "auto", "add", ENFORCED },
	{ "cisco-unity", "x", IGNORED },
	{ "clientaddrfamily", "ipv6", IGNORED },
	{ "clientaddrfamily", "x", REFUSED },
	{ "closeaction", "none", ENFORCED },
	{ "compress", "no", IGNORED },
	{ "connaddrfamily", "ipv6", IGNORED },
	{ "connaddrfamily", "x", REFUSED },
	{ "copy_df", "x", IGNORED },
	{ "copy_dscp", "x", IGNORED },
	{ "copy_ecn", "x", IGNORED },
	{ "debug", "x", IGNORED },
	{ "decap-dscp", "x", IGNORED },
	{ "dpdaction", "none", ENFORCED },
	{ "dpddelay", "30s", ENFORCED },
	{ "dpdtimeout", "150s", IGNORED },
	{ "eap", "md5", REFUSED },
	{ "eap_identity", "x", REFUSED },
	{ "enable-tcp", "no", IGNORED },
	{ "enable-tcp", "x", REFUSED },
	{ "encap-dscp", "x", IGNORED },
	{ "encapsulation", "no", IGNORED },
	{ "encapsulation", "x", REFUSED },
	{ "esp", "aes128-sha256", ENFORCED },
	{ "failureshunt", "x", IGNORED },
	{ "forceencaps", "yes", REFUSED },
	{ "forceencaps", "no", ENFORCED },
	{ "fragmentation", "yes", IGNORED },
	{ "hostaddrfamily", "ipv6", IGNORED },
	{ "hostaddrfamily", "x", REFUSED },
	{ "hw_offload", "no", IGNORED },
	{ "if_id_in", "x", IGNORED },
	{ "if_id_out", "x", IGNORED },
	{ "ike", "aes128-sha256-modp2048", ENFORCED },
	{ "ikedscp", "000000", IGNORED },
	{ "ikelifetime", "40h", ENFORCED },
	{ "ikepad", "x", IGNORED },
	{ "ikev2", "insist", IGNORED },
	{ "ikev2", "x", REFUSED },
	{ "inactivity", "60s", IGNORED },
	{ "initial-contact", "x", IGNORED },
	{ "installpolicy", "no", ENFORCED },
	{ "intermediate", "no", IGNORED },
	{ "intermediate", "x", REFUSED },
	{ "ipsec-interface", "no", IGNORED },
	{ "ipsec-interface", "x", REFUSED },
	{ "keyexchange", "ikev2", ENFORCED },
	{ "keyexchange", "ikev1", REFUSED },
	{ "keyingtries", "1", ENFORCED },
	{ "keylife", "40h", ENFORCED },
	{ "left", "%any", ENFORCED },
	{ "leftallowany", "no", ENFORCED },
	{ "leftauth", "pubkey", ENFORCED },
	{ "leftauth", "psk", REFUSED },
	{ "leftauth2", "pubkey", REFUSED },
	{ "leftca", "C=CH, CN=x", ENFORCED },
	{ "leftca2", "C=CH, CN=x", REFUSED },
	{ "leftcert", "x.pem", ENFORCED },
	{ "leftcert2", "x.pem", REFUSED },
	{ "leftcertpolicy", "1.2.3", REFUSED },
	{ "leftdns", "2001:db8::1", IGNORED },
	{ "leftfirewall", "no", IGNORED },
	{ "leftgroups", "staff", REFUSED },
	{ "leftgroups2", "staff", REFUSED },
	{ "lefthostaccess", "no", IGNORED },
	{ "leftid", "x.example.org", ENFORCED },
	{ "leftid2", "x.example.org", REFUSED },
	{ "leftikeport", "4500", REFUSED },
	{ "leftnexthop", "%direct", IGNORED },
	{ "leftprotoport", "tcp/ssh", ENFORCED },
	{ "leftrsasigkey", "%cert", ENFORCED },
	{ "leftrsasigkey", "0sAwEAAa", REFUSED },
	{ "leftsendcert", "always", ENFORCED },
	{ "leftsigkey", "0sAwEAAa", REFUSED },
	{ "leftsourceip", "%config", IGNORED },
	{ "leftsubnet", "2001:db8::/64", ENFORCED },
	{ "leftupdown", "x", IGNORED },
	{ "lifebytes", "1", IGNORED },
	{ "lifepackets", "1", IGNORED },
	{ "lifetime", "40h", ENFORCED },
	{ "liveness", "yes", IGNORED },
	{ "marginbytes", "1", IGNORED },
	{ "marginpackets", "1", IGNORED },
	{ "margintime", "9m", ENFORCED },
	{ "mark", "42", IGNORED },
	{ "mark_in", "42", IGNORED },
	{ "mark_out", "42", IGNORED },
	{ "me_peerid", "x", REFUSED },
	{ "mediated_by", "x", REFUSED },
	{ "mediation", "yes", REFUSED },
	{ "metric", "x", IGNORED },
	{ "mobike", "no", ENFORCED },
	{ "modecfgbanner", "x", IGNORED },
	{ "modecfgdns", "x", IGNORED },
	{ "modecfgdomains", "x", IGNORED },
	{ "modecfgpull", "x", IGNORED },
	{ "modeconfig", "pull", IGNORED },
	{ "ms-dh-downgrade", "no", IGNORED },
	{ "ms-dh-downgrade", "x", REFUSED },
	{ "mtu", "x", IGNORED },
	{ "narrowing", "yes", IGNORED },
	{ "narrowing", "x", REFUSED },
	{ "nat-ikev1-method", "x", IGNORED },
	{ "nat-keepalive", "x", IGNORED },
	{ "negotiationshunt", "x", IGNORED },
	{ "nic-offload", "x", IGNORED },
	{ "nm-configured", "x", IGNORED },
	{ "nopmtudisc", "x", IGNORED },
	{ "overlapip", "x", IGNORED },
	{ "peerid", "x", REFUSED },
	{ "pfs", "no", ENFORCED },
	{ "pfs", "yes", ENFORCED },
	{ "pfsgroup", "modp2048", ENFORCED },
	{ "phase2", "esp", IGNORED },
	{ "phase2", "x", REFUSED },
	{ "phase2alg", "x", REFUSED },
	{ "ppk", "no", IGNORED },
	{ "ppk", "x", REFUSED },
	{ "priority", "x", IGNORED },
	{ "reauth", "no", ENFORCED },
	{ "rekey", "no", ENFORCED },
	{ "rekeyfuzz", "100%", ENFORCED },
	{ "rekeymargin", "9m", ENFORCED },
	{ "remote_peer_type", "x", IGNORED },
	{ "replay-window", "x", REFUSED },
	{ "replay_window", "32", ENFORCED },
	{ "reqid", "1", ENFORCED },
	{ "require-id-on-certificate", "yes", IGNORED },
	{ "require-id-on-certificate", "x", REFUSED },
	{ "retransmit-interval", "x", IGNORED },
	{ "retransmit-timeout", "x", IGNORED },
	{ "salifetime", "x", REFUSED },
	{ "sareftrack", "x", IGNORED },
	{ "send-no-esp-tfc", "x", IGNORED },
	{ "send-redirect", "no", IGNORED },
	{ "send-redirect", "x", REFUSED },
	{ "send-vendorid", "x", IGNORED },
	{ "sha2-truncbug", "no", IGNORED },
	{ "sha2-truncbug", "x", REFUSED },
	{ "sha256_96", "no", IGNORED },
	{ "tfc", "0", IGNORED },
	{ "type", "tunnel", ENFORCED },
	{ "xauth", "client", REFUSED },
	{ "xauth_identity", "x", REFUSED },
};

enum { N_KEYWORDS = sizeof(keywords) / sizeof(keywords[0]) };

static bool is_left(const char *name)
{
	return !strncmp(name, "left", 4);
}

static void try_keyword(size_t i, const char *side)
{
	bool left = is_left(keywords[i].name);
	struct ike_conf *c;
	char text[256], say[128];

	snprintf(text, sizeof(text),
		"conn %%default\n\tauto=add\n\tinstallpolicy=no\n\tright=2001:db8::1\n"
		"\tleftsubnet=2001:db8::2\n\trightsubnet=2001:db8::1\n"
		"\tesp=aes128-sha256-modp2048!\nconn a\n\t%s%s=%s\n",
		left ? side : "", keywords[i].name + (left ? 4 : 0), keywords[i].value);
	c = load(text);
	snprintf(say, sizeof(say), "%s%s", left ? side : "", keywords[i].name + (left ? 4 : 0));
	if (!c->conns != (keywords[i].fate == REFUSED) ||
		(conf_text_findings.n_errors != 0) != (keywords[i].fate == REFUSED) ||
		(conf_text_findings.n_warnings != 0) != (keywords[i].fate == IGNORED) ||
		(keywords[i].fate != ENFORCED && !strstr(conf_text_said, say)))
		fail_msg("%s=%s: %s", keywords[i].name, keywords[i].value, conf_text_said);
	ike_conf_free(c);
}

static void each_keyword_is_enforced_refused_or_named_as_without_effect(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KEYWORDS; i++) {
		try_keyword(i, "left");
		if (is_left(keywords[i].name))
			try_keyword(i, "right");
	}
}

static bool in_table(const char *name, enum fate fate)
{
	for (size_t i = 0; i < N_KEYWORDS; i++)
		if (!strcmp(keywords[i].name, name) && keywords[i].fate == fate)
			return true;
	return false;
}

static enum fate promised(const char *section)
{
	return strstr(section, "Keywords that cost")  ? REFUSED
		: strstr(section, "Keywords without") ? IGNORED
						      : ENFORCED;
}

/* The page says of no keyword more than what the table above has seen. */
static void the_manual_page_promises_what_is_done(void **state)
{
	struct conf_page p = { 0 };
	unsigned n = 0;

	(void)state;
	while (conf_page_next(&p)) {
		if (strcmp(p.section, "conn") != 0 &&
			(!strstr(p.section, "Keywords") || strstr(p.section, "config setup")))
			continue;
		n++;
		if (!in_table(p.keyword, promised(p.section)))
			fail_msg("%s: not in the table of this test", p.keyword);
	}
	assert_true(n > 50);
}

#define BASE "\tinstallpolicy=no\n\tright=%any\n\tleftcert=own.pem\n"

/* c stands behind, so that nobody costs more than himself. */
static void a_line_that_cannot_be_read_costs_its_section_alone(void **state)
{
	static const struct {
		const char *text, *loaded;
	} rows[] = {
		{ "conn a\n\tauto=add\n", "ac" },
		{ "conn a\n\tauto=add\n\trightid=\"@x.example.org\n", "c" },
		{ "conn a\n\tauto=add\n\trightid @x.example.org\n", "c" },
		{ "conn a\n\tauto=add\nrightid=@x.example.org\n", "c" },
		{ "conn a\n\tauto=add\n\trightid=\n", "c" },
		{ "conn a\n\tauto=add\n\trightid='C=CH, CN=x'\n", "c" },
		{ "conn a\n\tauto=add\n\trightid=“@x.example.org”\n", "c" },
		{ "conn a\n\tauto=add\n\tleftcert=\"a\" \"b\"\n", "c" },
		{ "conn a\n\tauto=add\n\tinclude none.conf\n", "c" },
		{ "conn a\n\tauto=add\n\talso=b\nconn b\n\trightid=\"x\n", "c" },
		{ "conn a\n\tauto=add\n\talos=b\nconn b\n\trightid=x.example.org\n", "c" },
		{ "conn a\n\tauto=add\n\trihgtid=x.example.org\n", "c" },
		{ "conn a\n\tauto=add\n\tRightID=x.example.org\n", "c" },
		{ "conn a\n\tauto=add\n\trightcolour=x\n", "c" },
		{ "conn a\n\tauto=add\n\tmyauthmethod=x\n", "c" },
		{ "conn a\n\tauto=add\n\tcacert=x\n", "c" },
		{ "conn a\n\tauto=add\n\tsomepolicy=x\n", "c" },
		{ "conn a\n\tauto=add\n\tcolour=x\n", "c" },
		{ "conn a\n\tauto=add\nconn a\n\trightid=x.example.org\n", "c" },
		{ "\xef\xbb\xbf"
		  "conn a\n\tauto=add\n",
			"ac" },
		{ "conn a\n\tauto=add\n\tike=aes128-sha1-modp2048,twofish-md5-modp1\n", "ac" },
		{ "conn a\n\tauto=add\n\tike=twofish-md5-modp1\n", "c" },
		{ "conn a\n\tauto=add\n\trightca=%same\n", "c" },
		{ "conn a\n\tauto=add\n\trightca=%same\n\tleftca=C=CH\n", "ac" },
		{ "conn a\n\tauto=add\n\trightca=x\n", "c" },
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "%sconn c\n\tauto=add\n%s", rows[i].text, BASE);
		if (strcmp(loaded(text), rows[i].loaded) != 0)
			fail_msg("%s: loaded %s, said %s", rows[i].text, loaded(text),
				conf_text_said);
	}
}

static void a_long_line_and_an_octet_0_cost_their_section(void **state)
{
	static char text[8192];
	struct ike_conf *c;
	size_t n;

	(void)state;
	n = (size_t)snprintf(text, sizeof(text), "conn a\n\tauto=add\n\trightid=");
	memset(text + n, 'x', 5000);
	strcpy(text + n + 5000, "\nconn c\n\tauto=add\n");
	assert_string_equal(loaded(text), "c");
	memcpy(text, "conn a\n\tauto=add\n\trightid=x\0y\nconn c\n\tauto=add\n", 47);
	assert_int_equal(conf_text_load(text, 47, &c), 0);
	assert_string_equal(c->conns->name, "c");
	ike_conf_free(c);
}

static void a_broken_default_costs_all(void **state)
{
	(void)state;
	assert_string_equal(
		loaded("conn %default\n\trightid=\"x\nconn a\n\tauto=add\nconn c\n\tauto=add\n"),
		"");
}

static void a_ring_of_also_is_told_once(void **state)
{
	(void)state;
	assert_string_equal(loaded("conn a\n\talso=b\n\tauto=add\nconn b\n\talso=c\n"
				   "conn c\n\talso=b\n"),
		"");
	assert_string_equal(conf_text_said,
		"ipsec.conf:4: conn b: expected also= to end somewhere, not to come back here\n");
}

/* Who must stay out whatever rightid line is damaged, beside whom it names. */
static const char *const strangers[] = { "mallory.example.com", "x@example.com", "2001:db8:bad::1",
	"C=XX, O=Other, CN=mallory", "192.0.2.66", "evilexample.org", "x@evilexample.org",
	"keyid:abc" };

static void nobody_else(const struct ike_conf *c, const char *line)
{
	for (const struct conn *k = c->conns; k; k = k->next)
		for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
			struct ident id = { 0 };

			assert_int_equal(ident_parse(strangers[i], &id), 0);
			if (ident_match(&k->remote.id, &id))
				fail_msg("%s: lets in %s", line, strangers[i]);
			ident_free(&id);
		}
}

static const char before[] = "conn a\n\tauto=add\n" BASE;

static void try_damage(const char *line, size_t n)
{
	char text[512];
	size_t len = strlen(before);
	struct ike_conf *c;

	memcpy(text, before, len);
	memcpy(text + len, line, n);
	if (conf_text_load(text, len + n, &c) == 0)
		nobody_else(c, line);
	ike_conf_free(c);
}

/* A # in front makes a comment of it, and a * is asked for: these two are no damage. */
static bool is_comment(const char *line)
{
	for (; line; line = strchr(line, '\n')) {
		line += strspn(line, " \t\n");
		if (*line == '#')
			return true;
	}
	return false;
}

static void damage(const char *line)
{
	static const char octets[] = "\0\n\t \"'=#,@:.%\\/-x0\x80\xe2";
	size_t n = strlen(line);
	char out[256];

	for (size_t i = 0; i < n; i++) {
		memcpy(out, line, i);
		memcpy(out + i, line + i + 1, n - i);
		try_damage(out, n - 1);
		for (size_t k = 0; k < sizeof(octets) - 1; k++) {
			memcpy(out, line, n + 1);
			out[i] = octets[k];
			if (!is_comment(out))
				try_damage(out, n);
			memcpy(out + i + 1, line + i, n - i + 1);
			out[i] = octets[k];
			if (!is_comment(out))
				try_damage(out, n + 1);
		}
	}
}

static void damage_to_a_rightid_line_never_lets_in_a_stranger(void **state)
{
	static const char *const lines[] = { "\trightid=@moon.example.org\n",
		"\trightid=carol@example.org\n", "\trightid=*@example.org\n",
		"\trightid=*.example.org\n", "\trightid=\"C=CH, O=Example, CN=*\"\n",
		"\trightid=2001:db8::1\n", "\trightid = 192.0.2.1\n", "\trightid=@#6361726f6c\n",
		"\talso=b\nconn b\n\trightid=moon.example.org\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		damage(lines[i]);
}

static void a_bad_word_of_config_setup_takes_the_strictest_meaning(void **state)
{
	static const char *const rows[] = {
		"config setup\n\tstrictcrlpolicy=maybe\n",
		"config setup\n\tstrictcrlpolicyy=yes\n",
		"config setup\n\tstrictcrlpolicy=\"no\n",
		"config setup\n\tstrictcrlpolicy\n",
		"config setup\nstrictcrlpolicy=no\n",
		"config setup\n\tuniqueids=no\nconfig setup\n\tstrictcrlpolicy=yes\n",
		"config setup\n\tstrictcrlpolicy=no\nconfig setup\n\tstrictcrlpolicy=ifuri\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_conf *c = load(rows[i]);

		if (c->strictcrlpolicy != CRL_STRICT || !conf_text_said[0])
			fail_msg("%s: %d, %s", rows[i], c->strictcrlpolicy, conf_text_said);
		ike_conf_free(c);
	}
}

static void an_exception_that_cannot_be_read_is_none(void **state)
{
	struct ike_conf *c = load("config setup\n\tallowsha1=yes\n\tallowmd5=yes\n\tclockskew=2h\n"
				  "\tstrictcrlpolicy=\"no\n");

	(void)state;
	assert_false(c->rules.sha1 || c->rules.md5 || c->rules.skew_s);
	assert_true(c->rules.strict_eku);
	ike_conf_free(c);
}

static void an_unknown_word_that_may_restrict_all_costs_the_start(void **state)
{
	static const char text[] = "config setup\n\tocspauthority=x\nconn a\n\tauto=add\n";
	struct ike_conf *c;

	(void)state;
	assert_int_equal(conf_text_load(text, strlen(text), &c), CONF_REFUSED);
	assert_non_null(strstr(
		conf_text_said, "ipsec.conf:2: ocspauthority=x: unknown keyword, which may"));
	assert_null(c);
}

static void a_slip_is_told_with_the_word_that_was_meant(void **state)
{
	static const struct {
		const char *line, *said;
	} rows[] = {
		{ "rihgtid=x", "rihgtid=x: unknown keyword, expected rightid;" },
		{ "AUTO=add", "AUTO=add: unknown keyword, expected auto;" },
		{ "lifetme=3h", "expected lifetime;" },
		{ "ike=aes256-sha265-modp2048!", "expected sha265 to be one of aes128 " },
		{ "ike=aes128-sha1-modp2048,aes128-sha265-modp2048",
			"ike=aes128-sha265-modp2048: proposal left out, expected sha265 to" },
		{ "rightid=*example.org", "a * only at the beginning, before . or @" },
		{ "rightid=%fromcert", "rightid=%fromcert: expected an identity" },
		{ "rightid='C=CH'", "expected no quotes but \"" },
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "conn a\n\tauto=add\n\t%s\n", rows[i].line);
		loaded(text);
		if (!strstr(conf_text_said, rows[i].said))
			fail_msg("%s: said %s", rows[i].line, conf_text_said);
	}
}

/* Strict where it says so wherever it stands, or not loaded: nothing is ever added to it unasked.
 */
static void a_mark_of_strictness_is_never_lost(void **state)
{
	static const char good[] = "aes128-sha256-modp2048,twofish-md5,aes256-sha256-modp2048";
	static const char *const names[] = { "ike", "esp" };
	char text[512];

	(void)state;
	for (size_t i = 0; i <= 2 * strlen(good) + 1; i++) {
		size_t at = i / 2;
		struct ike_conf *c;

		snprintf(text, sizeof(text), "conn a\n\tauto=add\n%s\t%s=%.*s!%s\n", BASE,
			names[i % 2], (int)at, good, good + at);
		c = load(text);
		if (c->conns && !(i % 2 ? c->conns->esp_strict : c->conns->ike_strict))
			fail_msg("%s: not strict, said %s", text, conf_text_said);
		if (!c->conns != (at < strlen(good)))
			fail_msg("%s: said %s", text, conf_text_said);
		ike_conf_free(c);
	}
}

static void the_folder_is_removed(void **state)
{
	(void)state;
	conf_text_end();
}

UNIT_MAIN(T(each_keyword_is_enforced_refused_or_named_as_without_effect, "E-030"),
	T(the_manual_page_promises_what_is_done, "E-031"),
	T(a_line_that_cannot_be_read_costs_its_section_alone, "E-032"),
	T(a_long_line_and_an_octet_0_cost_their_section, "E-032"),
	T(a_broken_default_costs_all, "E-032"), T(a_ring_of_also_is_told_once, "E-003 E-002!"),
	T(damage_to_a_rightid_line_never_lets_in_a_stranger, "E-033"),
	T(a_bad_word_of_config_setup_takes_the_strictest_meaning, "E-034"),
	T(an_exception_that_cannot_be_read_is_none, "E-034"),
	T(an_unknown_word_that_may_restrict_all_costs_the_start, "E-034"),
	T(a_slip_is_told_with_the_word_that_was_meant, "E-003 E-035"),
	T(a_mark_of_strictness_is_never_lost, "E-052"), T(the_folder_is_removed, ""))
