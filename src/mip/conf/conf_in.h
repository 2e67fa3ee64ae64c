/*
 * conf_in - the tokens of mip6d.conf as statements: what conf, conf_block and conf_stmt share.
 *
 * Shapes:  NAME VALUE ;  from a row, or NAME and a grammar of its own from a statement. A scope is
 *          what may stand at one place: the file itself, or one kind of block.
 * Errors:  -EINVAL: a finding was logged, the rest of the statement is skipped.
 * Source:  UMIP's mip6d.conf(5).
 */
#pragma once

#include "base/lex.h"
#include "mip/conf/conf.h"

/* A statement that some roles read only; which one this node has may be told last. */
struct conf_limited {
	struct conf_limited *next;
	struct conf_pos at;
	const char *name;
	unsigned roles;
};

struct conf_in {
	const struct lex_token *t;
	size_t left;
	struct conf_pos at; /* of the last token taken */
	struct conf_log *log;
	struct mip_conf *conf;
	const struct conf_scope *const
		*scopes; /* all there are, for who is in the wrong one; NULL ends */
	struct conf_limited *limited; /* in file order, of blocks too */
};

/* Reads what follows the name; target is the struct of the scope. */
typedef int conf_stmt_fn(struct conf_in *in, const char *name, void *target);

struct conf_stmt {
	const char *name;
	conf_stmt_fn *read;
	const char *doc;
	bool again; /* it makes one more of a list; else it is given once, as what a row sets */
	unsigned roles; /* as of a row */
};

/* Who reads it. */
enum { FOR_HA = 1u << MIP_HA, FOR_MN = 1u << MIP_MN, FOR_BOTH = FOR_HA | FOR_MN };

struct conf_scope {
	const struct conf_key *keys; /* a row without setter: known, no effect */
	size_t n_keys;
	const struct conf_stmt *stmts;
	size_t n_stmts;
	const char *where; /* "in an Interface block"; NULL: the file itself */
};

#define CONF_LIST(array) array, sizeof(array) / sizeof((array)[0])

/* Lists stay in file order. */
#define CONF_APPEND(list, item)                                                                    \
	do {                                                                                       \
		__typeof__(list) *last = &(list);                                                  \
		while (*last)                                                                      \
			last = &(*last)->next;                                                     \
		*last = (item);                                                                    \
	} while (0)

extern const struct conf_scope conf_scope_file, conf_scope_iface, conf_scope_home, conf_scope_set;

bool in_is(const struct conf_in *in, enum lex_kind kind);
bool in_take(struct conf_in *in, enum lex_kind kind);

/* The word or string that comes now; NULL: there is none, `expected` was said. */
const char *in_value(struct conf_in *in, const char *name, const char *expected);

/* The end of a statement; anything else is said. */
int in_end(struct conf_in *in, const char *name);

/* Mobile network prefixes in parentheses come now, which is said: they are not supported. */
bool in_has_networks(struct conf_in *in, const char *name);

/* A value by its setter, its finding logged under the name. */
int in_set(struct conf_in *in, const char *name, conf_set *set, const char *expected, void *target);

/* All statements up to the end of the tokens, or up to the closing brace of a block. */
void in_statements(struct conf_in *in, const struct conf_scope *scope, void *target);
/* At the end: what stands there and this node does not read. */
void in_say_unread(struct conf_in *in);
int in_block(struct conf_in *in, const char *name, const struct conf_scope *scope, void *target);

/* Statements of the file that build lists. */
conf_stmt_fn stmt_iface, stmt_home, stmt_set, stmt_acl, stmt_default_acl;
conf_stmt_fn stmt_refuse_dsmip;

/* At the end: defaults that other statements give, and what the statements need of each other. */
void conf_complete(struct mip_conf *conf);
void conf_check(struct conf_in *in);
