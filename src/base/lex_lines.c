#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/lex_read.h"

static bool blank(char c)
{
	return isspace((unsigned char)c);
}

/* Cut the comment: a # at the start of a word, outside quotes (so @#0102 is an identity). */
static bool cut_comment(char *line)
{
	bool quoted = false;

	for (char *p = line; *p; p++) {
		quoted ^= *p == '"';
		if (*p == '#' && !quoted && (p == line || blank(p[-1]))) {
			*p = '\0';
			break;
		}
	}
	return !quoted;
}

static char *trim(char *text)
{
	size_t n;

	while (blank(*text))
		text++;
	n = strlen(text);
	while (n && blank(text[n - 1]))
		n--;
	text[n] = '\0';
	return text;
}

/* include PATTERN, or include "PATTERN"; gives the pattern or NULL. */
static char *include_pattern(char *text)
{
	size_t n = strlen("include");
	char *pattern;

	if (strncmp(text, "include", n) != 0 || !blank(text[n]))
		return NULL;
	pattern = trim(text + n);
	n = strlen(pattern);
	if (n >= 2 && pattern[0] == '"' && pattern[n - 1] == '"') {
		pattern[n - 1] = '\0';
		pattern++;
	}
	return pattern;
}

static int add(struct lex *out, struct lex_line line)
{
	/* Grows at every power of two. */
	if (!(out->n_lines & (out->n_lines - 1))) {
		size_t cap = out->n_lines ? 2 * out->n_lines : 1;
		struct lex_line *p = realloc(out->lines, cap * sizeof(*p));

		if (!p)
			return -ENOMEM;
		out->lines = p;
	}
	out->lines[out->n_lines++] = line;
	return 0;
}

static int lost(struct lex_reader *r, struct conf_pos at, bool indented)
{
	return add(r->out, (struct lex_line){ .at = at, .indented = indented });
}

static int scan(struct lex_reader *r, struct conf_pos at, char *line)
{
	struct lex_line l = { .at = at, .indented = blank(*line) };
	char *text, *pattern;

	if (!cut_comment(line)) {
		conf_error(r->log, at, "expected the closing quote of a string");
		return lost(r, at, l.indented);
	}
	text = trim(line);
	if (!*text)
		return 0;
	pattern = include_pattern(text);
	if (pattern)
		return lex_include(r, at, pattern, l.indented);
	l.text = lex_keep(r, text, strlen(text));
	return l.text ? add(r->out, l) : -ENOMEM;
}

int lex_lines(const char *path, struct lex_limits limits, struct conf_log *log, struct lex *out)
{
	struct lex lines;
	struct lex_reader r = {
		.limits = limits, .log = log, .out = &lines, .scan = scan, .lost = lost
	};
	int rc = lex_read(&r, path);

	if (!rc)
		*out = lines;
	return rc;
}
