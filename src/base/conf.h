/*
 * conf - keyword rows, values and findings of configuration files.
 *
 * Both daemons describe their keywords as rows; parser, default, range and manual page read
 * the same row. Every finding names file, line, the value and what was expected, e.g.
 *	/etc/ipsec.conf:12: ikelifetime=12x: expected a time such as 30, 30s, 20m, 3h or 1d
 * Shapes:  a row sets one field of one struct: `at` is its offset. Strings are copied (free
 *          with free()).
 * Units:   times are seconds; percent is a whole number.
 * Errors:  setters return 0 or -EINVAL with *why set to what was expected; the target is then
 *          untouched.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/names.h"

struct conf_pos {
	/* owned by the reader of the file, lives as long as the configuration */
	const char *file;
	unsigned line; /* 0: the whole file */
};

/* Findings: counted, and handed on one line each, as long as somebody may read them. */
enum { CONF_FINDINGS_MAX = 1000 };
struct conf_log {
	unsigned n_errors, n_warnings;
	size_t n_looked; /* what was compared on the way: it grows as the file does, no faster */
	/* NULL: the log, group CFG, level 0 or 1 */
	void (*emit)(void *arg, bool error, const char *line);
	void *arg;
};

void conf_error(struct conf_log *log, struct conf_pos at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void conf_warn(struct conf_log *log, struct conf_pos at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

struct conf_key;
typedef int conf_set(const struct conf_key *key, const char *value, void *target, const char **why);

struct conf_key {
	const char *name;
	conf_set *set; /* NULL: accepted without effect, one warning */
	size_t at; /* offsetof the field in the struct given to conf_apply() */
	const char *def; /* default as text, NULL: zero */
	const char *strict; /* what a bad value is taken for where reading goes on, NULL: def */
	int64_t min, max; /* for numbers and times */
	const struct name *words; /* for conf_word: the accepted words */
	size_t n_words;
	const char *doc; /* one line of the manual page */
	unsigned roles; /* who reads it, of a program with several, 1 << role each; 0: all */
};

conf_set conf_secs; /* uint32_t seconds: N, Ns, Nm, Nh, Nd */
conf_set conf_uint; /* uint32_t */
conf_set conf_bool; /* bool: yes|no|true|false|enabled|disabled|allow|deny|block */
conf_set conf_percent; /* uint32_t */
conf_set conf_string; /* char * */
conf_set conf_word; /* int, from words */
conf_set conf_ms; /* uint32_t milliseconds from decimal seconds "1.5" */
conf_set conf_in6; /* struct in6_addr */
conf_set conf_prefix; /* struct prefix */

const struct conf_key *conf_find(const struct conf_key *keys, size_t n, const char *name);

/*
 * Set one keyword in target; logs the finding and returns -EINVAL (bad value, an error) or
 * -ENOENT (unknown keyword, a warning).
 */
int conf_apply(const struct conf_key *keys, size_t n, void *target, const char *name,
	const char *value, struct conf_pos at, struct conf_log *log);

/* Write every row's default into target. */
void conf_defaults(const struct conf_key *keys, size_t n, void *target);

/* Print the rows as an mdoc list for the manual page. */
void conf_print_mdoc(const struct conf_key *keys, size_t n);
