#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/lex_read.h"

static const struct {
	char c;
	enum lex_kind kind;
} signs[] = {
	{ '{', LEX_OPEN },
	{ '}', LEX_CLOSE },
	{ ';', LEX_END },
	{ '(', LEX_LPAREN },
	{ ')', LEX_RPAREN },
	{ ',', LEX_COMMA },
};

#define BLANKS " \t\r\v\f"
#define NO_WORDS BLANKS "{};(),\"#"

static int add(
	struct lex_reader *r, struct conf_pos at, enum lex_kind kind, const char *text, size_t n)
{
	struct lex *out = r->out;
	struct lex_token t = { at, kind, lex_keep(r, text, n) };

	if (!t.text)
		return -ENOMEM;
	/* Grows at every power of two. */
	if (!(out->n_tokens & (out->n_tokens - 1))) {
		size_t cap = out->n_tokens ? 2 * out->n_tokens : 1;
		struct lex_token *p = realloc(out->tokens, cap * sizeof(*p));

		if (!p)
			return -ENOMEM;
		out->tokens = p;
	}
	out->tokens[out->n_tokens++] = t;
	return 0;
}

/* A statement begins here: at the start, behind ; and behind a brace. */
static bool statement_start(const struct lex *lex)
{
	enum lex_kind last = lex->n_tokens ? lex->tokens[lex->n_tokens - 1].kind : LEX_END;

	return last == LEX_END || last == LEX_OPEN || last == LEX_CLOSE;
}

/* `include` waits for its string, and the string stands for the files. */
static int take_token(
	struct lex_reader *r, struct conf_pos at, enum lex_kind kind, char *text, size_t n)
{
	bool pattern = r->want_pattern;
	char after = text[n];
	int rc;

	r->want_pattern = false;
	if (pattern && kind == LEX_STRING) {
		text[n] = '\0';
		rc = lex_include(r, at, text, false);
		text[n] = after;
		return rc;
	}
	if (pattern)
		conf_error(r->log, at, "include: expected a file name in quotes");
	if (kind == LEX_WORD && n == 7 && !memcmp(text, "include", n) && statement_start(r->out)) {
		r->want_pattern = true;
		return 0;
	}
	return add(r, at, kind, text, n);
}

static bool is_sign(char c, enum lex_kind *out)
{
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (signs[i].c != c)
			continue;
		*out = signs[i].kind;
		return true;
	}
	return false;
}

/* The token at *pos; moves *pos behind it. */
static int scan_token(struct lex_reader *r, struct conf_pos at, char **pos)
{
	char *p = *pos;
	size_t n = strcspn(p, NO_WORDS);
	enum lex_kind kind = LEX_WORD;

	if (*p == '"') {
		n = strcspn(++p, "\"");
		*pos = p + n + 1;
		if (!p[n]) {
			conf_error(r->log, at, "a string without its closing quote, ignored");
			*pos = p + n;
			return 0;
		}
		return take_token(r, at, LEX_STRING, p, n);
	}
	if (is_sign(*p, &kind))
		n = 1;
	*pos = p + n;
	return take_token(r, at, kind, p, n);
}

static int scan(struct lex_reader *r, struct conf_pos at, char *line)
{
	int rc = 0;

	for (line += strspn(line, BLANKS); !rc && *line && *line != '#';
		line += strspn(line, BLANKS))
		rc = scan_token(r, at, &line);
	return rc;
}

static void end(struct lex_reader *r, struct conf_pos at)
{
	if (r->want_pattern)
		conf_error(r->log, at, "include: expected a file name in quotes");
	r->want_pattern = false;
}

int lex_tokens(const char *path, struct lex_limits limits, struct conf_log *log, struct lex *out)
{
	struct lex tokens;
	struct lex_reader r = {
		.limits = limits, .log = log, .out = &tokens, .scan = scan, .end = end
	};
	int rc = lex_read(&r, path);

	if (!rc)
		*out = tokens;
	return rc;
}
