#include <errno.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/conf.h"
#include "base/log.h"
#include "unit/unit.h"

struct settings {
	uint32_t secs, count, percent, ms;
	bool flag;
	char *text;
	int word;
	struct in6_addr addr;
	struct prefix prefix;
};

static const struct name words[] = { { 3, "tunnel" }, { 4, "transport" } };

#define AT(field) offsetof(struct settings, field)

static const struct conf_key keys[] = {
	/* clang-format off */
	{ .name = "lifetime", .set = conf_secs, .at = AT(secs), .def = "3h",
	  .min = 1, .max = 86400, .doc = "how long" },
	{ .name = "count", .set = conf_uint, .at = AT(count), .doc = ".dot \\ backslash" },
	{ .name = "fuzz", .set = conf_percent, .at = AT(percent), .def = "100%",
	  .max = 1000, .doc = "spread" },
	{ .name = "delay", .set = conf_ms, .at = AT(ms), .def = "1.5", .doc = "wait" },
	{ .name = "flag", .set = conf_bool, .at = AT(flag), .def = "yes", .doc = "on or off" },
	{ .name = "text", .set = conf_string, .at = AT(text), .def = "hello", .doc = "any" },
	{ .name = "type", .set = conf_word, .at = AT(word), .words = words,
	  .n_words = 2, .doc = "mode" },
	{ .name = "addr", .set = conf_in6, .at = AT(addr), .doc = "an address" },
	{ .name = "net", .set = conf_prefix, .at = AT(prefix), .doc = "a prefix" },
	{ .name = "plutostart" },
	/* clang-format on */
};

#define KEYS keys, sizeof(keys) / sizeof(keys[0])

static char found[1024];

static void emit(void *arg, bool error, const char *line)
{
	(void)arg;
	snprintf(found, sizeof(found), "%c %s", error ? 'E' : 'W', line);
}

static struct conf_log logged = { .emit = emit };
static const struct conf_pos here = { "/etc/ipsec.conf", 12 };

static int set(struct settings *s, const char *name, const char *value)
{
	*found = '\0';
	return conf_apply(KEYS, s, name, value, here, &logged);
}

static void defaults_come_from_the_rows(void **state)
{
	struct settings s = { 0 };

	(void)state;
	conf_defaults(KEYS, &s);
	assert_int_equal(s.secs, 10800);
	assert_int_equal(s.count, 0);
	assert_int_equal(s.percent, 100);
	assert_int_equal(s.ms, 1500);
	assert_true(s.flag);
	assert_string_equal(s.text, "hello");
	free(s.text);
}

static void times_have_five_spellings(void **state)
{
	static const struct {
		const char *text;
		uint32_t secs;
	} rows[] = { { "30", 30 }, { "30s", 30 }, { "20m", 1200 }, { "3h", 10800 },
		{ "1d", 86400 } };
	static const char *const bad[] = { "", "12x", "s", "-1", "3 h", "1.5h", "0", "2d",
		"99999999999999999999d", "999999999999999d" };
	struct settings s = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(set(&s, "lifetime", rows[i].text), 0);
		assert_int_equal(s.secs, rows[i].secs);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(set(&s, "lifetime", bad[i]), -EINVAL);
	assert_int_equal(s.secs, 86400);
}

static void a_bad_value_names_file_line_value_and_what_was_expected(void **state)
{
	static const struct {
		const char *name, *value, *line;
	} rows[] = {
		{ "lifetime", "12x",
			"lifetime=12x: expected a time such as 30, 30s, 20m, 3h or 1d" },
		{ "lifetime", "2d", "lifetime=2d: expected 1 to 86400 seconds" },
		{ "count", "4294967296", "count=4294967296: expected 0 to 4294967295" },
		{ "count", "many", "count=many: expected a whole number" },
		{ "fuzz", "100%%", "fuzz=100%%: expected a percentage such as 100%" },
		{ "fuzz", "1001%", "fuzz=1001%: expected 0 to 1000%" },
		{ "delay", "1.2345", "delay=1.2345: expected seconds such as 4 or 1.5" },
		{ "delay", "1.", "delay=1.: expected seconds such as 4 or 1.5" },
		{ "flag", "maybe", "flag=maybe: expected yes or no" },
		{ "type", "ah", "type=ah: expected one of tunnel, transport" },
		{ "addr", "moon", "addr=moon: expected an address such as 2001:1::1" },
		{ "net", "2001::/129", "net=2001::/129: expected a prefix such as 2001:1::/64" },
	};
	struct settings s = { 0 };
	char want[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		logged.n_errors = 0;
		assert_int_equal(set(&s, rows[i].name, rows[i].value), -EINVAL);
		snprintf(want, sizeof(want), "E /etc/ipsec.conf:12: %s", rows[i].line);
		assert_string_equal(found, want);
		assert_int_equal(logged.n_errors, 1);
	}
	assert_memory_equal(&s, &(struct settings){ 0 }, sizeof(s));
}

static void an_unknown_keyword_is_a_warning(void **state)
{
	struct settings s = { 0 };

	(void)state;
	logged.n_errors = logged.n_warnings = 0;
	assert_int_equal(set(&s, "liftime", "3h"), -ENOENT);
	assert_string_equal(found, "W /etc/ipsec.conf:12: liftime=3h: unknown keyword, ignored");
	assert_int_equal(set(&s, "plutostart", "no"), 0);
	assert_string_equal(
		found, "W /etc/ipsec.conf:12: plutostart=no: keyword has no effect, ignored");
	assert_int_equal(logged.n_errors, 0);
	assert_int_equal(logged.n_warnings, 2);
}

static void every_setter_sets_its_field(void **state)
{
	static const char *const on[] = { "yes", "true", "enabled", "allow" };
	static const char *const off[] = { "no", "false", "disabled", "deny", "block" };
	struct settings s = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(on) / sizeof(on[0]); i++) {
		assert_int_equal(set(&s, "flag", on[i]), 0);
		assert_true(s.flag);
	}
	for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
		s.flag = true;
		assert_int_equal(set(&s, "flag", off[i]), 0);
		assert_false(s.flag);
	}
	assert_int_equal(set(&s, "count", "4294967295"), 0);
	assert_true(s.count == UINT32_MAX);
	assert_int_equal(set(&s, "fuzz", "50"), 0);
	assert_int_equal(s.percent, 50);
	assert_int_equal(set(&s, "delay", "0.05"), 0);
	assert_int_equal(s.ms, 50);
	assert_int_equal(set(&s, "delay", "4"), 0);
	assert_int_equal(s.ms, 4000);
	assert_int_equal(set(&s, "type", "transport"), 0);
	assert_int_equal(s.word, 4);
	assert_int_equal(set(&s, "addr", "2001:1::1"), 0);
	assert_string_equal(addr_str(&s.addr), "2001:1::1");
	assert_int_equal(set(&s, "net", "2001:1::/64"), 0);
	assert_string_equal(prefix_str(&s.prefix), "2001:1::/64");
}

static void a_string_may_be_set_again_even_to_its_own_tail(void **state)
{
	struct settings s = { 0 };

	(void)state;
	assert_int_equal(set(&s, "text", "first"), 0);
	assert_int_equal(set(&s, "text", s.text + 1), 0);
	assert_string_equal(s.text, "irst");
	free(s.text);
}

static void keywords_are_found_by_their_whole_name(void **state)
{
	(void)state;
	assert_ptr_equal(conf_find(KEYS, "count"), &keys[1]);
	assert_null(conf_find(KEYS, "coun"));
	assert_null(conf_find(KEYS, "Count"));
	assert_null(conf_find(keys, 0, "count"));
}

static void findings_without_a_receiver_go_to_the_log(void **state)
{
	struct conf_log to_log = { 0 };

	(void)state;
	conf_error(&to_log, here, "%s is wrong", "this");
	conf_warn(&to_log, here, "%s is odd", "that");
	assert_int_equal(to_log.n_errors, 1);
	assert_int_equal(to_log.n_warnings, 1);
}

static void the_manual_page_is_printed_from_the_rows(void **state)
{
	char text[2048];
	FILE *f = tmpfile();
	int saved = dup(STDOUT_FILENO);
	size_t n;

	(void)state;
	assert_non_null(f);
	fflush(stdout);
	dup2(fileno(f), STDOUT_FILENO);
	conf_print_mdoc(KEYS);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	rewind(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	assert_non_null(strstr(text, ".It Cm lifetime\nhow long\n"));
	assert_non_null(strstr(
		text, ".It Cm count\n\\&.dot \\e backslash\n.It")); /* no request, no default */
	assert_non_null(strstr(text, ".It Cm plutostart\naccepted without effect\n.El\n"));
	assert_int_equal(strncmp(text, ".Bl ", 4), 0);
	assert_non_null(strstr(text, "3h"));
}

UNIT_MAIN(T(defaults_come_from_the_rows, ""), T(times_have_five_spellings, "E-004"),
	T(a_bad_value_names_file_line_value_and_what_was_expected, "E-003! E-004!"),
	T(an_unknown_keyword_is_a_warning, "E-003!"), T(every_setter_sets_its_field, "E-004"),
	T(a_string_may_be_set_again_even_to_its_own_tail, ""),
	T(keywords_are_found_by_their_whole_name, ""),
	T(findings_without_a_receiver_go_to_the_log, ""),
	T(the_manual_page_is_printed_from_the_rows, ""))
