#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ike/conf/conf_read.h"

static const struct {
	const char *word, *form;
	enum section_kind kind;
} kinds[] = {
	{ "config", "`config setup'", SECTION_SETUP },
	{ "conn", "`conn NAME' or `conn %default'", SECTION_CONN },
	{ "ca", "`ca NAME'", SECTION_CA },
	{ "include", "`include FILE'", SECTION_NONE },
	{ "version", "`version 2'", SECTION_NONE },
};

enum { N_KINDS = sizeof(kinds) / sizeof(kinds[0]), WORD_MAX = 40 };

struct reader {
	struct sections all;
	struct section **end, **end_default, *open; /* open NULL: parameters are thrown away */
	struct conf_log *log;
	bool told; /* that they are */
};

/* What stands there may have restricted the section; without one, any that is not known. */
static void break_open(struct reader *r, const struct lex_line *line)
{
	if (r->open) {
		r->open->broken = true;
	} else if (!r->told) {
		conf_error(r->log, line->at,
			"%s: expected a section before it, so nothing is loaded",
			line->text ? line->text : "this line");
		r->told = r->all.refused = true;
	}
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
	s->params = calloc(CONF_PARAMS_MAX, sizeof(*s->params));
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

/* The word that a line begins with is one of ours, or meant as one: its row, or N_KINDS. */
static size_t near_kind(const char *text)
{
	char word[WORD_MAX] = "";
	size_t n = strcspn(text, " \t=");

	if (n < sizeof(word))
		memcpy(word, text, n);
	for (size_t i = 0; i < N_KINDS; i++) {
		size_t len = strlen(kinds[i].word);

		if (names_near(kinds[i].word, word) ||
			(len > strlen("ca") && !strncasecmp(text, kinds[i].word, len)))
			return i;
	}
	return N_KINDS;
}

/* Whom this one would have restricted, nobody knows: it may have been conn %default. */
static void lose_header(struct reader *r, const struct lex_line *line)
{
	size_t i = near_kind(line->text);

	conf_error(r->log, line->at, "%s: expected %s%s, so nothing is loaded", line->text,
		line->indented ? "in the first column " : "",
		i < N_KINDS ? kinds[i].form : "`config setup', `conn NAME' or `ca NAME'");
	r->open = NULL;
	r->told = r->all.refused = true;
}

/* What nobody would call a section who did not mean another one. */
static bool is_name(enum section_kind kind, const char *name)
{
	if (kind == SECTION_SETUP)
		return !strcmp(name, "setup");
	if (!*name || strpbrk(name, "=\""))
		return false;
	for (const char *p = name; *p; p++)
		if (isspace((unsigned char)*p))
			return false;
	if (kind != SECTION_CONN || !strcmp(name, "%default"))
		return true;
	return *name != '%' && !names_near(name, "%default");
}

/* What is no name may have been %default or setup; else it is one connection that nobody has. */
static bool may_be_all(enum section_kind kind, const char *name)
{
	char word[WORD_MAX] = "";
	size_t n;

	name += *name == '"';
	n = strcspn(name, " \t\"=");
	if (n < sizeof(word))
		memcpy(word, name, n);
	return kind == SECTION_SETUP || !*word || *word == '%' || names_near(word, "%default");
}

static int section_begin(
	struct reader *r, const struct lex_line *line, enum section_kind kind, const char *name)
{
	bool may_come_again = kind == SECTION_SETUP || !strcmp(name, "%default");
	struct section *old = may_come_again ? NULL : section_find(&r->all, kind, name, r->log);

	if (!old)
		return section_add(r, kind, name, line->at);
	conf_error(r->log, line->at,
		"%s: expected a section that was not given before (line %u of %s); neither is "
		"loaded",
		line->text, old->at.line, old->at.file);
	old->broken = true;
	r->open = NULL;
	r->told = true;
	return 0;
}

/* "NAME=VALUE" that lost its indentation. */
static bool is_parameter(const char *text)
{
	size_t n = strcspn(text, "= \t");

	return n && text[n + strspn(text + n, " \t")] == '=' && near_kind(text) == N_KINDS;
}

/* "conn mh": the word, then one name. */
static int header(struct reader *r, const struct lex_line *line)
{
	size_t n = strcspn(line->text, " \t"), i = 0;
	const char *name = line->text + n + strspn(line->text + n, " \t");

	while (i < N_KINDS &&
		(n != strlen(kinds[i].word) || strncmp(line->text, kinds[i].word, n) != 0))
		i++;
	if (i == N_KINDS && is_parameter(line->text)) {
		conf_error(r->log, line->at,
			"%s: expected `config setup', `conn NAME' or `ca NAME'", line->text);
		break_open(r, line);
		return 0;
	}
	if (i < N_KINDS && !strcmp(kinds[i].word, "version")) {
		r->open = NULL;
		r->told = false;
		return 0;
	}
	if (i == N_KINDS || kinds[i].kind == SECTION_NONE ||
		(!is_name(kinds[i].kind, name) && may_be_all(kinds[i].kind, name))) {
		lose_header(r, line);
		return 0;
	}
	if (!is_name(kinds[i].kind, name)) {
		conf_error(r->log, line->at,
			"%s: expected a name without blanks, quotes and =", line->text);
		r->open = NULL;
		r->told = true;
		return 0;
	}
	return section_begin(r, line, kinds[i].kind, name);
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
	size_t n = equals ? (size_t)(equals - line->text) : 0, kind = near_kind(line->text);
	struct section *s = r->open;
	const char *text, *wrong;
	struct param *p;

	while (n && isspace((unsigned char)line->text[n - 1]))
		n--;
	if (!n || strcspn(line->text, " \t") < n) {
		if (kind != N_KINDS && kinds[kind].kind != SECTION_NONE) {
			lose_header(r, line);
			return 0;
		}
		conf_error(r->log, line->at, "%s: expected NAME=VALUE", line->text);
		break_open(r, line);
		return 0;
	}
	if (!s) {
		break_open(r, line);
		return 0;
	}
	if (s->n_params == CONF_PARAMS_MAX) {
		conf_error(r->log, line->at, "%s: expected at most %d parameters in a section",
			line->text, CONF_PARAMS_MAX);
		break_open(r, line);
		return 0;
	}
	text = equals + 1 + strspn(equals + 1, " \t");
	wrong = wrong_value(text);
	if (wrong) {
		conf_error(r->log, line->at, "%s: %s", line->text, wrong);
		break_open(r, line);
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
	if (line->indented) {
		break_open(r, line);
		return;
	}
	conf_error(r->log, line->at, "a section may begin here, so nothing is loaded");
	r->open = NULL;
	r->told = r->all.refused = true;
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
