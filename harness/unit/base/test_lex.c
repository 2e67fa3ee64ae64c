#include <errno.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/lex.h"
#include "unit/unit.h"

static char dir[] = "/tmp/perigee-lex-XXXXXX";
static char findings[4096];
static struct conf_log found;

static const struct lex_limits deep = { .depth = 20 };

static void emit(void *arg, bool error, const char *line)
{
	size_t n = strlen(findings);
	size_t skip = strncmp(line, dir, strlen(dir)) ? 0 : strlen(dir) + 1;

	(void)arg;
	snprintf(findings + n, sizeof(findings) - n, "%c %s\n", error ? 'E' : 'W', line + skip);
}

static const char *path_of(const char *name)
{
	static char ring[4][128];
	static unsigned next;
	char *path = ring[next++ % 4];

	if (strstr(dir, "XXXXXX"))
		assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(ring[0]), "%s/%s", dir, name);
	return path;
}

static void put_n(const char *name, const char *text, size_t n)
{
	FILE *f = fopen(path_of(name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	fclose(f);
}

static void put(const char *name, const char *text)
{
	put_n(name, text, strlen(text));
}

static void fresh(void)
{
	*findings = '\0';
	found = (struct conf_log){ .emit = emit };
}

/* "file:line[ indented]text|" for each line, to compare at one glance. */
static const char *lines(const char *name, struct lex_limits limits)
{
	static char out[32768];
	struct lex lex;
	size_t n = 0;

	fresh();
	*out = '\0';
	assert_int_equal(lex_lines(path_of(name), limits, &found, &lex), 0);
	for (size_t i = 0; i < lex.n_lines; i++)
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s:%u%c%s|",
			strrchr(lex.lines[i].at.file, '/') + 1, lex.lines[i].at.line,
			lex.lines[i].indented ? '>' : ' ',
			lex.lines[i].text ? lex.lines[i].text : "?");
	lex_free(&lex);
	return out;
}

/* "Wword Sstring O{ …" for each token. */
static const char *tokens(const char *name, struct lex_limits limits)
{
	static char out[4096];
	struct lex lex;
	size_t n = 0;

	fresh();
	*out = '\0';
	assert_int_equal(lex_tokens(path_of(name), limits, &found, &lex), 0);
	for (size_t i = 0; i < lex.n_tokens; i++)
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%c%s", i ? " " : "",
			"WSOC.(),"[lex.tokens[i].kind], lex.tokens[i].text);
	lex_free(&lex);
	return out;
}

static void lines_are_trimmed_and_know_their_place(void **state)
{
	(void)state;
	put("a",
		"config setup\n\tcharondebug=\"knl 2\"  \r\n\n# all\n  # indented\nconn mh # "
		"note\n \tleft=x#y\n"
		"  leftid=\"a # b\"\nlast");
	assert_string_equal(lines("a", deep),
		"a:1 config setup|a:2>charondebug=\"knl 2\"|a:6 conn mh|"
		"a:7>left=x#y|a:8>leftid=\"a # b\"|a:9 last|");
	assert_string_equal(findings, "");
}

static void an_empty_file_has_no_lines(void **state)
{
	(void)state;
	put("a", "");
	assert_string_equal(lines("a", deep), "");
	assert_string_equal(tokens("a", deep), "");
	assert_string_equal(findings, "");
}

static void includes_stand_where_they_are_written_and_sorted(void **state)
{
	(void)state;
	mkdir(path_of("d"), 0755);
	put("a", "first\ninclude d/*.conf\n\tinclude \"d/one\"\nlast\n");
	put("d/b.conf", "B\n");
	put("d/a.conf", "A\ninclude one\n"); /* beside the including file */
	put("d/one", "1\n");
	assert_string_equal(
		lines("a", deep), "a:1 first|a.conf:1 A|one:1 1|b.conf:1 B|one:1 1|a:4 last|");
	assert_string_equal(findings, "");
}

static void an_absolute_include_is_taken_as_it_is(void **state)
{
	char text[256];

	(void)state;
	put("b", "B\n");
	snprintf(text, sizeof(text), "include %s\nincluded=1\ninclude=2\n", path_of("b"));
	put("a", text);
	assert_string_equal(lines("a", deep), "b:1 B|a:2 included=1|a:3 include=2|");
}

static void an_include_without_a_match_is_told(void **state)
{
	(void)state;
	put("a", "\ninclude none*\nlast\n");
	assert_string_equal(lines("a", deep), "a:3 last|");
	assert_string_equal(findings, "W a:2: include none*: no file of that name\n");
	put("a", "\ninclude none\nlast\n\tinclude none/none\n");
	assert_string_equal(lines("a", deep), "a:2 ?|a:3 last|a:4>?|");
	assert_string_equal(findings,
		"E a:2: include none: no file of that name\n"
		"E a:4: include none/none: no file of that name\n");
}

static void a_file_that_includes_itself_is_told(void **state)
{
	char want[256];

	(void)state;
	put("a", "A\ninclude b\nlast\n");
	put("b", "B\ninclude link\n");
	unlink(path_of("link"));
	assert_int_equal(symlink("a", path_of("link")), 0); /* another name is the same file */
	assert_string_equal(lines("a", deep), "a:1 A|b:1 B|b:2 ?|a:3 last|");
	snprintf(want, sizeof(want), "E b:2: include %s: this file includes itself, ignored\n",
		path_of("link"));
	assert_string_equal(findings, want);
}

static void includes_have_a_depth(void **state)
{
	(void)state;
	put("a", "include b\n");
	put("b", "include c\n");
	put("c", "C\n");
	assert_string_equal(lines("a", (struct lex_limits){ .depth = 2 }), "c:1 C|");
	assert_string_equal(lines("a", (struct lex_limits){ .depth = 1 }), "b:1 ?|");
	assert_string_equal(
		findings, "E b:1: include c: more than 1 includes within each other, ignored\n");
}

static void a_tree_of_includes_has_an_end(void **state)
{
	char name[16], text[64];

	(void)state;
	for (int i = 0; i < 19; i++) { /* two to the power of 19 files */
		snprintf(name, sizeof(name), "t%d", i);
		snprintf(text, sizeof(text), "include t%d\ninclude t%d\n", i + 1, i + 1);
		put(name, text);
	}
	put("t19", "leaf\n");
	lines("t0", deep);
	assert_int_equal(found.n_errors, 1);
	assert_non_null(strstr(findings, "more than 1000 files"));
}

static void bad_lines_are_told_and_leave_a_hole(void **state)
{
	char text[6000];
	size_t n = 0;

	(void)state;
	n += (size_t)sprintf(text, "good\nleftid=\"open\n");
	memcpy(text + n, "nul\0octet\n", 10);
	n += 10;
	memset(text + n, 'x', 4097);
	n += 4097;
	n += (size_t)sprintf(text + n, "\nend\n");
	put_n("a", text, n);
	assert_string_equal(lines("a", deep), "a:1 good|a:2 ?|a:3 ?|a:4 ?|a:5 end|");
	assert_string_equal(findings,
		"E a:2: expected the closing quote of a string\n"
		"E a:3: expected text, not an octet 0\n"
		"E a:4: line of 4097 octets: expected at most 4096\n");
	put_n("a", text + n - 4097 - 5 + 1, 4096); /* one less is fine */
	lines("a", deep);
	assert_string_equal(findings, "");
}

static void a_top_file_that_cannot_be_read_is_an_error(void **state)
{
	struct lex lex = { .n_lines = 7 };

	(void)state;
	fresh();
	assert_int_equal(lex_lines(path_of("nowhere"), deep, &found, &lex), -ENOENT);
	assert_int_equal(lex_lines(dir, deep, &found, &lex), -EISDIR);
	assert_int_equal(lex_tokens("/dev/null", deep, &found, &lex), -ESPIPE);
	assert_int_equal(lex.n_lines, 7);
}

static void an_include_that_cannot_be_read_is_told(void **state)
{
	(void)state;
	mkdir(path_of("d"), 0755);
	put("a", "include d\nlast\n");
	assert_string_equal(lines("a", deep), "a:1 ?|a:2 last|");
	assert_non_null(strstr(findings, "E a:1: include "));
	assert_non_null(strstr(findings, "/d: Is a directory\n"));
}

static void tokens_are_words_strings_and_signs(void **state)
{
	(void)state;
	put("m",
		"NodeConfig MN;\n# comment ; \" \nMnHomeLink \"eth0\" {\n\tHomeAddress "
		"2001:1::10/64;#x\n"
		"\tA(b,c) 1.5; }\n\"\" \"# ; {\"");
	assert_string_equal(tokens("m", deep),
		"WNodeConfig WMN .; WMnHomeLink Seth0 O{ WHomeAddress W2001:1::10/64 .; "
		"WA (( Wb ,, Wc )) W1.5 .; C} S S# ; {");
	assert_string_equal(findings, "");
}

static void tokens_follow_includes(void **state)
{
	(void)state;
	put("m", "A;\ninclude \"n\"\nB { include\n \"n\" } C include \"x\";");
	put("n", "N 1;\n");
	assert_string_equal(tokens("m", deep),
		"WA .; WN W1 .; WB O{ WN W1 .; C} WC Winclude Sx .;"); /* within a statement: a word
									*/
	assert_string_equal(findings, "");
}

static void bad_tokens_are_told(void **state)
{
	(void)state;
	put("m", "A \"open ;\nB; include C;\ninclude");
	assert_string_equal(tokens("m", deep), "WA WB .; WC .;");
	assert_string_equal(findings,
		"E m:1: a string without its closing quote, ignored\n"
		"E m:2: include: expected a file name in quotes\n"
		"E m:3: include: expected a file name in quotes\n");
}

static int remove_it(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void tokens_know_their_place(void **state)
{
	struct lex lex;

	(void)state;
	put("m", "\n\nA\n;");
	fresh();
	assert_int_equal(lex_tokens(path_of("m"), deep, &found, &lex), 0);
	assert_int_equal(lex.tokens[0].at.line, 3);
	assert_int_equal(lex.tokens[1].at.line, 4);
	assert_string_equal(lex.tokens[0].at.file, path_of("m"));
	lex_free(&lex);
	lex_free(&lex);
	nftw(dir, remove_it, 8, FTW_DEPTH | FTW_PHYS);
}

UNIT_MAIN(T(lines_are_trimmed_and_know_their_place, "E-001"), T(an_empty_file_has_no_lines, ""),
	T(includes_stand_where_they_are_written_and_sorted, "E-001"),
	T(an_absolute_include_is_taken_as_it_is, "E-001"),
	T(an_include_without_a_match_is_told, "E-001!"),
	T(a_file_that_includes_itself_is_told, "E-001"), T(includes_have_a_depth, "E-001"),
	T(a_tree_of_includes_has_an_end, ""), T(bad_lines_are_told_and_leave_a_hole, ""),
	T(a_top_file_that_cannot_be_read_is_an_error, ""),
	T(an_include_that_cannot_be_read_is_told, ""), T(tokens_are_words_strings_and_signs, ""),
	T(tokens_follow_includes, ""), T(bad_tokens_are_told, ""), T(tokens_know_their_place, ""))
