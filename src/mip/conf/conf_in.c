#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mip/conf/conf_in.h"

enum { SCOPE_MAX = 64, BEGIN_MIN = 4 };
enum likeness { LIKE_SAME, LIKE_SLIP, LIKE_BEGINNING };

bool in_is(const struct conf_in *in, enum lex_kind kind)
{
	return in->left && in->t->kind == kind;
}

static void in_next(struct conf_in *in)
{
	in->at = in->t->at;
	in->t++;
	in->left--;
}

bool in_take(struct conf_in *in, enum lex_kind kind)
{
	bool is = in_is(in, kind);

	if (is)
		in_next(in);
	return is;
}

static const char *next_text(const struct conf_in *in)
{
	return in->left ? in->t->text : "the end of the file";
}

static struct conf_pos next_at(const struct conf_in *in)
{
	return in->left ? in->t->at : in->at;
}

const char *in_value(struct conf_in *in, const char *name, const char *expected)
{
	const char *text = next_text(in);

	if (in_take(in, LEX_WORD) || in_take(in, LEX_STRING))
		return text;
	conf_error(in->log, next_at(in), "%s: expected %s before '%s'", name, expected, text);
	return NULL;
}

int in_end(struct conf_in *in, const char *name)
{
	if (in_take(in, LEX_END))
		return 0;
	conf_error(in->log, next_at(in), "%s: expected ';' before '%s'", name, next_text(in));
	return -EINVAL;
}

bool in_has_networks(struct conf_in *in, const char *name)
{
	if (!in_take(in, LEX_LPAREN))
		return false;
	conf_error(in->log, in->at,
		"%s (%s: expected no mobile network prefixes, they are not supported", name,
		next_text(in));
	return true;
}

int in_set(struct conf_in *in, const char *name, conf_set *set, const char *expected, void *target)
{
	const struct conf_key plain = { .name = name };
	const char *why = expected, *value = in_value(in, name, expected);

	if (!value)
		return -EINVAL;
	if (set(&plain, value, target, &why) == 0)
		return 0;
	conf_error(in->log, in->at, "%s %s: expected %s", name, value, why);
	return -EINVAL;
}

/*
 * To behind the ';' or the block that ends this statement, never past a '}' that is not its own.
 */
static void skip_statement(struct conf_in *in)
{
	unsigned depth = 0;

	while (in->left) {
		enum lex_kind kind = in->t->kind;

		if (kind == LEX_CLOSE && !depth)
			return;
		in_next(in);
		depth += kind == LEX_OPEN;
		depth -= kind == LEX_CLOSE;
		if (!depth && (kind == LEX_END || kind == LEX_CLOSE))
			return;
	}
}

/* NAME VALUE ; */
static int key_read(struct conf_in *in, const struct conf_key *key, void *target)
{
	struct conf_pos at = in->at;
	const char *why = "a value", *value;

	if (!key->set) {
		conf_warn(in->log, at, "%s: known, but has no effect in this version", key->name);
		skip_statement(in);
		return 0;
	}
	value = in_value(in, key->name, why);
	if (!value)
		return -EINVAL;
	if (key->set(key, value, target, &why) < 0) {
		conf_error(in->log, in->at, "%s %s: expected %s", key->name, value, why);
		return -EINVAL;
	}
	return in_end(in, key->name);
}

static bool begins(const char *word, const char *name)
{
	return strlen(name) >= BEGIN_MIN && !strncasecmp(word, name, strlen(name));
}

static const char *name_at(const struct conf_scope *scope, size_t i)
{
	if (i < scope->n_keys)
		return scope->keys[i].name;
	i -= scope->n_keys;
	return i < scope->n_stmts ? scope->stmts[i].name : NULL;
}

static bool fits(enum likeness how, const char *word, const char *name)
{
	switch (how) {
	case LIKE_SAME:
		return !strcmp(word, name);
	case LIKE_SLIP:
		return names_near(word, name);
	case LIKE_BEGINNING:
		return begins(word, name);
	}
	return false;
}

static const char *like(const struct conf_scope *scope, enum likeness how, const char *name)
{
	const char *word;

	for (size_t i = 0; (word = name_at(scope, i)); i++)
		if (fits(how, word, name))
			return word;
	return NULL;
}

/* What is meant, here or else in another block, which is given back. */
static const char *meant(
	const struct conf_in *in, const char *name, const struct conf_scope **scope)
{
	for (enum likeness how = LIKE_SAME; how <= LIKE_BEGINNING; how++) {
		const char *word = like(*scope, how, name);

		for (const struct conf_scope *const *s = in->scopes; !word && *s; s++) {
			word = like(*s, how, name);
			if (word)
				*scope = *s;
		}
		if (word)
			return word;
	}
	return NULL;
}

static void say_unknown(struct conf_in *in, const struct conf_scope *scope, const char *name)
{
	const struct conf_scope *where = scope;
	const char *word = meant(in, name, &where), *place = scope->where ? scope->where : "";

	if (!word)
		conf_error(
			in->log, in->at, "%s: unknown option%s%s", name, *place ? " " : "", place);
	else if (where == scope)
		conf_error(in->log, in->at, "%s: unknown option%s%s, expected %s?", name,
			*place ? " " : "", place, word);
	else
		conf_error(in->log, in->at, "%s: unknown option%s%s, expected %s %s?", name,
			*place ? " " : "", place, word,
			where->where ? where->where : "outside of blocks");
}

/* Of two values in one file nobody knows which is meant; a file that includes another beats it. */
static bool is_second(struct conf_in *in, const char *name, const struct conf_pos *first)
{
	bool same = first->line && !strcmp(first->file, in->at.file);

	if (same)
		conf_error(in->log, in->at, "%s %s: expected it once, it is given on line %u", name,
			next_text(in), first->line);
	else if (first->line)
		conf_warn(in->log, in->at, "%s %s: counts instead of line %u of %s", name,
			next_text(in), first->line, first->file);
	return same;
}

static size_t find_name(const struct conf_scope *scope, const char *name)
{
	const char *word;
	size_t i;

	for (i = 0; (word = name_at(scope, i)) && strcmp(word, name) != 0; i++)
		;
	return i;
}

/* firsts: where each name of the scope stands. */
static int statement(
	struct conf_in *in, const struct conf_scope *scope, void *target, struct conf_pos *firsts)
{
	const char *name = in->t->text;
	size_t i = find_name(scope, name);
	const struct conf_key *key = i < scope->n_keys ? &scope->keys[i] : NULL;
	const struct conf_stmt *stmt = key ? NULL : &scope->stmts[i - scope->n_keys];
	struct conf_pos at = in->t->at;
	bool is_once;
	int rc;

	in_next(in);
	if (i == scope->n_keys + scope->n_stmts) {
		say_unknown(in, scope, name);
		return -EINVAL;
	}
	is_once = key ? key->set != NULL : !stmt->again;
	if (is_once && is_second(in, name, &firsts[i]))
		return -EINVAL;
	rc = key ? key_read(in, key, target) : stmt->read(in, name, target);
	if (!rc)
		firsts[i] = at;
	return rc;
}

static void note_limited(
	struct conf_in *in, const struct conf_scope *scope, const struct conf_pos *firsts)
{
	const char *name;

	for (size_t i = 0; (name = name_at(scope, i)); i++) {
		unsigned roles = i < scope->n_keys ? scope->keys[i].roles
						   : scope->stmts[i - scope->n_keys].roles;
		struct conf_limited *one = firsts[i].line && roles ? calloc(1, sizeof(*one)) : NULL;

		if (!one)
			continue;
		*one = (struct conf_limited){ NULL, firsts[i], name, roles };
		CONF_APPEND(in->limited, one);
	}
}

void in_say_unread(struct conf_in *in)
{
	struct conf_limited *one;

	while ((one = in->limited)) {
		/* Of a broken NodeConfig nobody knows what is read. */
		if (!in->log->n_errors && !(one->roles & 1u << in->conf->role))
			conf_warn(in->log, one->at, "%s: has no effect for a %s", one->name,
				mip_role_str(in->conf->role));
		in->limited = one->next;
		free(one);
	}
}

void in_statements(struct conf_in *in, const struct conf_scope *scope, void *target)
{
	struct conf_pos firsts[SCOPE_MAX] = { 0 };

	assert(scope->n_keys + scope->n_stmts <= SCOPE_MAX);
	while (in->left && !(scope->where && in_is(in, LEX_CLOSE))) {
		if (in_take(in, LEX_END))
			continue; /* an empty statement */
		if (!in_is(in, LEX_WORD)) {
			conf_error(in->log, in->t->at, "'%s': expected an option", in->t->text);
			in_next(in);
			continue;
		}
		if (statement(in, scope, target, firsts) < 0)
			skip_statement(in);
	}
	note_limited(in, scope, firsts);
}

int in_block(struct conf_in *in, const char *name, const struct conf_scope *scope, void *target)
{
	if (!in_take(in, LEX_OPEN)) {
		conf_error(
			in->log, next_at(in), "%s: expected '{' before '%s'", name, next_text(in));
		return -EINVAL;
	}
	in_statements(in, scope, target);
	if (in_take(in, LEX_CLOSE))
		return 0;
	conf_error(in->log, in->at, "%s: expected '}' before the end of the file", name);
	return -EINVAL;
}
