/* The first lines of sections: what damage to them, or to an include, must never let in. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ike/conf/conf.h"
#include "unit/ike/conf_text.h"
#include "unit/unit.h"

/* Which of the connections are loaded, as "ac"; "none" when nothing is. */
static const char *loaded(const char *text)
{
	struct ike_conf *c = NULL;
	int rc = conf_text_load(text, strlen(text), &c);
	const char *names;

	if (rc == CONF_REFUSED)
		return "none";
	assert_int_equal(rc, 0);
	names = conf_text_names(c);
	ike_conf_free(c);
	return names;
}

/* Each section restricts all that is loaded, in a way of its own. */
static const char *const good[] = {
	"config setup\n",
	"\tstrictcrlpolicy=yes\n",
	"conn %default\n",
	"\tauto=add\n\tinstallpolicy=no\n\tright=%any\n\tleftcert=own.pem\n"
	"\trightca=\"C=CH, O=Example, CN=CA\"\n",
	"conn many\n",
	"\tauto=ignore\n\trightid=*.example.org\n",
	"conn a\n",
	"\tauto=add\n\talso=many\n",
	"conn b\n",
	"\tauto=add\n\talso=many\n",
};

enum { N_GOOD = sizeof(good) / sizeof(good[0]) };

static void holds(const char *line, const struct ike_conf *c)
{
	bool holds = c->strictcrlpolicy == CRL_STRICT;

	for (const struct conn *k = c->conns; k; k = k->next)
		holds &= k->remote.ca_id.type && k->remote.id_text &&
			!strcmp(k->remote.id_text, "*.example.org");
	if (!holds && c->conns)
		fail_msg("%s: loaded with less, said %s", line, conf_text_said);
}

/* The good file with another line i; 1 if anything is loaded. */
static unsigned try_line(size_t i, const char *line, size_t n)
{
	char text[1024];
	size_t used = 0;
	struct ike_conf *c;
	unsigned any;

	for (size_t k = 0; k < N_GOOD; k++) {
		size_t len = k == i ? n : strlen(good[k]);

		memcpy(text + used, k == i ? line : good[k], len);
		used += len;
	}
	if (conf_text_load(text, used, &c) == 0)
		holds(line, c);
	else if (!conf_text_said[0])
		fail_msg("%s: nothing said", line);
	any = c && c->conns;
	ike_conf_free(c);
	return any;
}

static bool is_comment(const char *line)
{
	return line[strspn(line, " \t\n")] == '#';
}

/* One octet out, doubled, swapped with the next, in another case, replaced, or put in. */
static void damage(size_t line, const char *octets, size_t n_octets)
{
	const char *text = good[line];
	size_t n = strlen(text);
	char out[64];

	for (size_t i = 0; i + 1 < n; i++) {
		memcpy(out, text, i);
		memcpy(out + i, text + i + 1, n - i);
		try_line(line, out, n - 1);
		memcpy(out + i + 1, text + i, n - i + 1);
		out[i] = text[i];
		try_line(line, out, n + 1);
		memcpy(out, text, n + 1);
		out[i] = text[i + 1];
		out[i + 1] = text[i];
		try_line(line, out, n);
		memcpy(out, text, n + 1);
		out[i] ^= 0x20;
		if (!is_comment(out))
			try_line(line, out, n);
		for (size_t k = 0; k < n_octets; k++) {
			memcpy(out, text, n + 1);
			out[i] = octets[k];
			if (!is_comment(out))
				try_line(line, out, n);
			memcpy(out + i + 1, text + i, n - i + 1);
			out[i] = octets[k];
			if (!is_comment(out))
				try_line(line, out, n + 1);
		}
	}
}

static void damage_to_a_header_never_lets_in_more(void **state)
{
	static const char octets[] = "\0\n\t \r\v\"'=#,@:.%\\/-{x0\x80\xe2";

	(void)state;
	assert_int_equal(try_line(0, good[0], strlen(good[0])), 1);
	for (size_t i = 0; i < N_GOOD; i += 2)
		damage(i, octets, sizeof(octets) - 1);
}

static void words_around_a_header_never_let_in_more(void **state)
{
	static const char *const before[] = { "\xef\xbb\xbf", "\t", "    ", "\xc2\xa0", "the ",
		"\v", "\r" };
	static const char *const after[] = { " x", " {", "{", " : x", ";", "\xc2\xa0", "\r", " = x",
		"=x", " \"\"" };
	char line[64];

	(void)state;
	for (size_t i = 0; i < N_GOOD; i += 2) {
		int n = (int)strlen(good[i]) - 1;

		for (size_t k = 0; k < sizeof(before) / sizeof(before[0]); k++) {
			snprintf(line, sizeof(line), "%s%s", before[k], good[i]);
			try_line(i, line, strlen(line));
		}
		for (size_t k = 0; k < sizeof(after) / sizeof(after[0]); k++) {
			snprintf(line, sizeof(line), "%.*s%s\n", n, good[i], after[k]);
			try_line(i, line, strlen(line));
		}
	}
}

static void a_header_that_is_not_understood_costs_all(void **state)
{
	static const struct {
		const char *line, *said;
	} rows[] = {
		{ "confg setup", "confg setup: expected `config setup', so nothing is loaded" },
		{ "config setpu", "expected `config setup'" },
		{ "config", "expected `config setup'" },
		{ "Config Setup", "expected `config setup'" },
		{ "config x", "expected `config setup'" },
		{ "conn", "expected `conn NAME' or `conn %default'" },
		{ "config setup {", "expected `config setup'" },
		{ "\tconfig setup", "expected in the first column `config setup'" },
		{ "conn %defualt", "expected `conn NAME' or `conn %default'" },
		{ "conn %other", "expected `conn NAME' or `conn %default'" },
		{ "conn default", "expected `conn NAME' or `conn %default'" },
		{ "con %default", "expected `conn NAME' or `conn %default'" },
		{ "conn %default x", "expected `conn NAME' or `conn %default'" },
		{ "conn \"%default\"", "expected `conn NAME' or `conn %default'" },
		{ "conn%default", "expected `conn NAME' or `conn %default'" },
		{ "  conn %default", "expected in the first column `conn NAME'" },
		{ "Include x", "expected `include FILE'" },
		{ "include", "expected `include FILE'" },
		{ "setup", "expected `config setup', `conn NAME' or `ca NAME'" },
		{ "conn \"x", "a section may begin here, so nothing is loaded" },
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "conn c\n\tauto=add\n%s\n\trightca=C=CH\n",
			rows[i].line);
		if (strcmp(loaded(text), "none") != 0 || !strstr(conf_text_said, rows[i].said) ||
			!strstr(conf_text_said, "ipsec.conf:3: "))
			fail_msg("%s: said %s", rows[i].line, conf_text_said);
	}
}

static void a_name_that_cannot_be_read_costs_its_section(void **state)
{
	static const char *const lines[] = { "conn a b", "conn \"a b\"", "conn a=b", "ca a b" };
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(text, sizeof(text),
			"conn c\n\tauto=add\n\tinstallpolicy=no\n\tright=%%any\n"
			"\tleftcert=own.pem\n%s\n\trightca=C=CH\n\tnonsense\n",
			lines[i]);
		assert_string_equal(loaded(text), "c");
		if (!strstr(conf_text_said, "ipsec.conf:6: ") ||
			!strstr(conf_text_said, "expected a name without"))
			fail_msg("%s: said %s", lines[i], conf_text_said);
	}
}

static void a_parameter_without_a_section_costs_all(void **state)
{
	(void)state;
	assert_string_equal(loaded("\tstrictcrlpolicy=yes\nconn c\n\tauto=add\n"), "none");
	assert_non_null(strstr(conf_text_said,
		"ipsec.conf:1: strictcrlpolicy=yes: expected a section before it, so nothing is "
		"loaded\n"));
	assert_string_equal(loaded("strictcrlpolicy=yes\nconn c\n\tauto=add\n"), "none");
	assert_string_equal(
		loaded("version 2\n\tstrictcrlpolicy=yes\nconn c\n\tauto=add\n"), "none");
	assert_string_equal(loaded("version 2\nconn c\n\tauto=add\n\tinstallpolicy=no\n"
				   "\tright=%any\n\tleftcert=own.pem\n"),
		"c");
}

static const char *const unreadable[] = { "none.conf", "folder", "fifo", "none/x.conf",
	"ipsec.conf", "dangling", "fold*", "\"none.conf\"" };

/* The one that is missing may have held conn %default, or what was open went on in it. */
static void an_include_by_name_costs_what_it_may_have_held(void **state)
{
	char text[512], file[128];

	(void)state;
	snprintf(file, sizeof(file), "%s/folder", conf_text_dir);
	assert_int_equal(mkdir(file, 0755), 0);
	snprintf(file, sizeof(file), "%s/fifo", conf_text_dir);
	assert_int_equal(mkfifo(file, 0644), 0);
	snprintf(file, sizeof(file), "%s/dangling", conf_text_dir);
	assert_int_equal(symlink("none", file), 0);
	for (size_t i = 0; i < sizeof(unreadable) / sizeof(unreadable[0]); i++) {
		snprintf(text, sizeof(text), "include %s\nconn c\n\tauto=add\n", unreadable[i]);
		if (strcmp(loaded(text), "none") != 0)
			fail_msg("%s: said %s", text, conf_text_said);
		snprintf(text, sizeof(text),
			"conn a\n\tauto=add\n\tinclude %s\nconn c\n\tauto=add\n", unreadable[i]);
		if (strcmp(loaded(text), "c") != 0)
			fail_msg("%s: said %s", text, conf_text_said);
	}
	assert_string_equal(loaded("include none.d/*.conf\nconn c\n\tauto=add\n"), "c");
	assert_string_equal(loaded("include none*\nconn c\n\tauto=add\n"), "c");
	for (const char *const *name = (const char *const[]){ "fifo", "dangling", NULL }; *name;
		name++) {
		snprintf(file, sizeof(file), "%s/%s", conf_text_dir, *name);
		unlink(file);
	}
	snprintf(file, sizeof(file), "%s/folder", conf_text_dir);
	rmdir(file);
}

static void the_folder_is_removed(void **state)
{
	(void)state;
	conf_text_end();
}

UNIT_MAIN(T(damage_to_a_header_never_lets_in_more, "E-050"),
	T(words_around_a_header_never_let_in_more, "E-050"),
	T(a_header_that_is_not_understood_costs_all, "E-050"),
	T(a_name_that_cannot_be_read_costs_its_section, "E-050"),
	T(a_parameter_without_a_section_costs_all, "E-050"),
	T(an_include_by_name_costs_what_it_may_have_held, "E-051"), T(the_folder_is_removed, ""))
