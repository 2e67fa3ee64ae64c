#include <errno.h>
#include <string.h>

#include "mip/conf/conf_in.h"

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
	if (!strcmp(key->name, "NodeConfig")) {
		if (in->role_line) {
			conf_error(in->log, in->at,
				"%s %s: expected it once, it is given on line %u", key->name, value,
				in->role_line);
			return -EINVAL;
		}
		in->role_line = in->at.line;
	}
	if (key->set(key, value, target, &why) < 0) {
		conf_error(in->log, in->at, "%s %s: expected %s", key->name, value, why);
		return -EINVAL;
	}
	return in_end(in, key->name);
}

static const char *near_option(const struct conf_scope *scope, const char *name)
{
	for (size_t i = 0; i < scope->n_keys; i++)
		if (names_near(scope->keys[i].name, name))
			return scope->keys[i].name;
	for (size_t i = 0; i < scope->n_stmts; i++)
		if (names_near(scope->stmts[i].name, name))
			return scope->stmts[i].name;
	return NULL;
}

static int statement(struct conf_in *in, const struct conf_scope *scope, void *target)
{
	const char *name = in->t->text;
	const struct conf_key *key = conf_find(scope->keys, scope->n_keys, name);
	const char *near;

	in_next(in);
	if (key)
		return key_read(in, key, target);
	for (size_t i = 0; i < scope->n_stmts; i++)
		if (!strcmp(scope->stmts[i].name, name))
			return scope->stmts[i].read(in, name, target);
	near = near_option(scope, name);
	conf_error(in->log, in->at, "%s: unknown option%s%s%s%s%s", name, scope->where ? " " : "",
		scope->where ? scope->where : "", near ? ", expected " : "", near ? near : "",
		near ? "?" : "");
	return -EINVAL;
}

void in_statements(struct conf_in *in, const struct conf_scope *scope, void *target)
{
	while (in->left && !(scope->where && in_is(in, LEX_CLOSE))) {
		if (in_take(in, LEX_END))
			continue; /* an empty statement */
		if (!in_is(in, LEX_WORD)) {
			conf_error(in->log, in->t->at, "'%s': expected an option", in->t->text);
			in_next(in);
			continue;
		}
		if (statement(in, scope, target) < 0)
			skip_statement(in);
	}
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
