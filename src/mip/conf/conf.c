#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mip/conf/conf_in.h"

#define FREE_LIST(list)                                                                            \
	while (list) {                                                                             \
		void *head = (list);                                                               \
		(list) = (list)->next;                                                             \
		free(head);                                                                        \
	}

void mip_conf_free(struct mip_conf *c)
{
	if (!c)
		return;
	FREE_LIST(c->policy_sets);
	FREE_LIST(c->ifaces);
	FREE_LIST(c->acls);
	FREE_LIST(c->home_links);
	free(c->debug_log_file);
	if (c->text)
		lex_free(c->text);
	free(c->text);
	free(c);
}

static int read_file(const char *path, struct conf_log *log, struct mip_conf *c)
{
	const struct lex_limits limits = { .depth = MIP_INCLUDE_DEPTH };
	struct lex *text = calloc(1, sizeof(*text));
	static const struct conf_scope *const scopes[] = { &conf_scope_file, &conf_scope_iface,
		&conf_scope_home, &conf_scope_set, NULL };
	struct conf_in in = { .at = { path, 0 }, .log = log, .conf = c, .scopes = scopes };
	int rc = text ? lex_tokens(path, limits, log, text) : -ENOMEM;

	if (rc < 0) {
		free(text);
		return rc;
	}
	c->text = text;
	in.t = text->tokens;
	in.left = text->n_tokens;
	in_statements(&in, &conf_scope_file, c);
	in_say_unread(&in);
	conf_complete(c);
	if (!log->n_errors) /* what a broken line leaves out would be said twice */
		conf_check(&in);
	return 0;
}

int mip_conf_load(const char *path, struct conf_log *log, struct mip_conf **out)
{
	own(mip_conf) *c = calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return -ENOMEM;
	conf_defaults(conf_scope_file.keys, conf_scope_file.n_keys, c);
	rc = path ? read_file(path, log, c) : 0;
	if (rc < 0)
		return rc;
	*out = take(c);
	return 0;
}
