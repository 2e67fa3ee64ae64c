#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/log.h"
#include "base/mem.h"

static void hand_on(struct conf_log *log, bool error, const char *line)
{
	if (log->emit)
		log->emit(log->arg, error, line);
	else
		log_cfg(error ? 0 : 1, "%s", line);
}

__attribute__((format(printf, 4, 0))) static void finding(
	struct conf_log *log, bool error, struct conf_pos at, const char *fmt, va_list ap)
{
	own_mem char *text = NULL, *line = NULL;
	const char *what;
	unsigned before = log->n_errors + log->n_warnings;

	if (error)
		log->n_errors++;
	else
		log->n_warnings++;
	if (before > CONF_FINDINGS_MAX || vasprintf(&text, fmt, ap) < 0)
		return;
	what = before < CONF_FINDINGS_MAX ? text : "there is more, which is not told";
	if ((at.line ? asprintf(&line, "%s:%u: %s", at.file, at.line, what)
		     : asprintf(&line, "%s: %s", at.file, what)) < 0)
		return;
	hand_on(log, error, line);
}

void conf_error(struct conf_log *log, struct conf_pos at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	finding(log, true, at, fmt, ap);
	va_end(ap);
}

void conf_warn(struct conf_log *log, struct conf_pos at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	finding(log, false, at, fmt, ap);
	va_end(ap);
}

const struct conf_key *conf_find(const struct conf_key *keys, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

int conf_apply(const struct conf_key *keys, size_t n, void *target, const char *name,
	const char *value, struct conf_pos at, struct conf_log *log)
{
	const struct conf_key *key = conf_find(keys, n, name);
	const char *why = "something else";

	if (!key) {
		conf_warn(log, at, "%s=%s: unknown keyword, ignored", name, value);
		return -ENOENT;
	}
	if (!key->set) {
		conf_warn(log, at, "%s=%s: keyword has no effect, ignored", name, value);
		return 0;
	}
	if (key->set(key, value, target, &why) < 0) {
		conf_error(log, at, "%s=%s: expected %s", name, value, why);
		return -EINVAL;
	}
	return 0;
}

void conf_defaults(const struct conf_key *keys, size_t n, void *target)
{
	const char *why;

	for (size_t i = 0; i < n; i++)
		if (keys[i].set && keys[i].def)
			keys[i].set(&keys[i], keys[i].def, target, &why);
}

/* mdoc: a backslash is written \e, and a dot or quote in column 0 would be a request. */
static void mdoc_text(const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", stdout);
	for (; *text; text++)
		fputs(*text == '\\' ? "\\e" : (char[]){ *text, '\0' }, stdout);
	putchar('\n');
}

void conf_print_mdoc(const struct conf_key *keys, size_t n)
{
	puts(".Bl -tag -width Ds");
	for (size_t i = 0; i < n; i++) {
		printf(".It Cm %s\n", keys[i].name);
		mdoc_text(keys[i].doc ? keys[i].doc : "accepted without effect");
		if (keys[i].def) {
			printf(".Pq default\n.Ql ");
			mdoc_text(keys[i].def);
		}
	}
	puts(".El");
}
