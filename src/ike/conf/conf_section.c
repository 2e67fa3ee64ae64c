#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ike/conf/conf_read.h"

enum { PARAMS_MAX = 200 };

static const struct {
	const char *word;
	enum section_kind kind;
} kinds[] = {
	{ "config", SECTION_SETUP },
	{ "conn", SECTION_CONN },
	{ "ca", SECTION_CA },
};

struct reader {
	struct sections all;
	struct section **end, **end_default, *open; /* open NULL: parameters are thrown away */
	struct conf_log *log;
	bool any; /* a header was seen */
};

/* What stands there may have restricted the section. */
static void break_open(struct reader *r)
{
	if (r->open)
		r->open->broken = true;
}

static uint32_t hash_section(enum section_kind kind, const char *name)
{
	return hash_bytes(kind, BYTES_STR(name));
}

static struct section *same_name(
	struct tlink *l, enum section_kind kind, const char *name, struct conf_log *log)
{
	struct section *first = NULL;

	for (; l; l = table_next(l)) {
		struct section *s = LINKED(l, struct section, by_name);

		log->n_looked++;
		if (s->kind == kind && !strcmp(s->name, name))
			first = s; /* the table has the newest in front */
	}
	return first;
}

struct section *section_find(
	const struct sections *s, enum section_kind kind, const char *name, struct conf_log *log)
{
	return same_name(table_find(&s->by_name, hash_section(kind, name)), kind, name, log);
}

static void section_free(struct section *s)
{
	for (size_t i = 0; i < s->n_params; i++) {
		free(s->params[i].name);
		free(s->params[i].value);
	}
	free(s->params);
	free(s->name);
	free(s);
}

void sections_free(struct sections *all)
{
	struct section *s = all->first;

	while (s) {
		struct section *next = s->next;

		section_free(s);
		s = next;
	}
	table_free(&all->by_name);
	*all = (struct sections){ 0 };
}

static int section_add(
	struct reader *r, enum section_kind kind, const char *name, struct conf_pos at)
{
	struct section *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->kind = kind;
	s->at = at;
	s->name = strdup(name);
	s->params = calloc(PARAMS_MAX, sizeof(*s->params));
	if (!s->name || !s->params ||
		table_add(&r->all.by_name, &s->by_name, hash_section(kind, name)) < 0) {
		section_free(s);
		return -ENOMEM;
	}
	*r->end = s;
	r->end = &s->next;
	if (kind == SECTION_CONN && !strcmp(name, "%default")) {
		*r->end_default = s;
		r->end_default = &s->next_default;
	}
	r->open = s;
	return 0;
}

/* "conn mh": the word, then one name. */
static int header(struct reader *r, const struct lex_line *line)
{
	size_t n = strcspn(line->text, " \t");
	const char *name = line->text + n + strspn(line->text + n, " \t");
	struct section *old;

	r->any = true;
	if (!*name || strchr(line->text, '=')) /* rather a parameter that lost its indentation */
		break_open(r);
	r->open = NULL;
	if (n == strlen("version") && !strncmp(line->text, "version", n))
		return 0;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (n != strlen(kinds[i].word) || strncmp(line->text, kinds[i].word, n) != 0)
			continue;
		if (!*name || strpbrk(name, " \t=") ||
			(kinds[i].kind == SECTION_SETUP && strcmp(name, "setup") != 0))
			break;
		old = strcmp(name, "%default") != 0
			? section_find(&r->all, kinds[i].kind, name, r->log)
			: NULL;
		if (old && kinds[i].kind != SECTION_SETUP) {
			conf_error(r->log, line->at,
				"%s: expected a section that was not given before (line %u of "
				"%s); neither is loaded",
				line->text, old->at.line, old->at.file);
			old->broken = true;
			return 0;
		}
		return section_add(r, kinds[i].kind, name, line->at);
	}
	conf_error(r->log, line->at, "%s: expected `config setup', `conn NAME' or `ca NAME'",
		line->text);
	return 0;
}

bool conf_has_odd_quotes(const char *text)
{
	static const char *const odd[] = { "\u201c", "\u201d", "\u201e", "\u201f", "\u00ab",
		"\u00bb", "\u2018", "\u2019" };

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		if (strstr(text, odd[i]))
			return true;
	return *text == '\'';
}

/* What is wrong with the value as it is written, NULL: nothing. */
static const char *wrong_value(const char *text)
{
	size_t n = strlen(text);
	bool quoted = n >= 2 && text[0] == '"' && text[n - 1] == '"';

	if (conf_has_odd_quotes(text))
		return "expected no quotes but \"";
	if (strchr(text + quoted, '"') && (!quoted || strchr(text + 1, '"') != text + n - 1))
		return "expected quotes around the whole value";
	return n && n != 2 * quoted ? NULL : "expected a value";
}

/* The value without its quotes; NULL when there is no memory. */
static char *value_of(const char *text)
{
	size_t n = strlen(text);

	if (text[0] == '"')
		return strndup(text + 1, n - 2);
	return strdup(text);
}

/* The later one counts; who wrote the earlier one should know. */
static void judge_twice(struct reader *r, const struct section *s, const struct param *p)
{
	for (const struct param *q = s->params; q != p; q++) {
		if (strcmp(q->name, p->name) != 0 || !strcmp(q->value, p->value) ||
			!strcmp(p->name, "also"))
			continue;
		conf_warn(r->log, p->at, "%s=%s: counts instead of %s on line %u", p->name,
			p->value, q->value, q->at.line);
		return;
	}
}

/* "name = value" */
static int parameter(struct reader *r, const struct lex_line *line)
{
	const char *equals = strchr(line->text, '=');
	size_t n = equals ? (size_t)(equals - line->text) : 0;
	struct section *s = r->open;
	const char *text, *wrong;
	struct param *p;

	while (n && isspace((unsigned char)line->text[n - 1]))
		n--;
	if (!n || strcspn(line->text, " \t") < n) {
		conf_error(r->log, line->at, "%s: expected NAME=VALUE", line->text);
		break_open(r);
		return 0;
	}
	if (!s) {
		if (!r->any)
			conf_error(
				r->log, line->at, "%s: expected a section before it", line->text);
		return 0;
	}
	if (s->n_params == PARAMS_MAX) {
		conf_error(r->log, line->at, "%s: expected at most %d parameters in a section",
			line->text, PARAMS_MAX);
		break_open(r);
		return 0;
	}
	text = equals + 1 + strspn(equals + 1, " \t");
	wrong = wrong_value(text);
	if (wrong) {
		conf_error(r->log, line->at, "%s: %s", line->text, wrong);
		break_open(r);
		return 0;
	}
	p = &s->params[s->n_params++];
	p->at = line->at;
	p->name = strndup(line->text, n);
	p->value = value_of(text);
	if (!p->name || !p->value)
		return -ENOMEM;
	if (s->kind == SECTION_CONN)
		judge_twice(r, s, p);
	return 0;
}

/* Told already. In the first column it may have been a header, too. */
static void unreadable(struct reader *r, const struct lex_line *line)
{
	break_open(r);
	if (!line->indented) {
		r->any = true;
		r->open = NULL;
	}
}

int sections_read(const struct lex *lex, struct conf_log *log, struct sections *out)
{
	struct reader r = { .end = &r.all.first, .end_default = &r.all.defaults, .log = log };
	int err = 0;

	for (size_t i = 0; i < lex->n_lines && !err; i++)
		if (!lex->lines[i].text)
			unreadable(&r, &lex->lines[i]);
		else
			err = lex->lines[i].indented ? parameter(&r, &lex->lines[i])
						     : header(&r, &lex->lines[i]);
	if (err)
		sections_free(&r.all);
	else
		*out = r.all;
	return err;
}
