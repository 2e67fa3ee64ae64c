#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mip/conf/conf_in.h"

enum { INCLUDE_DEPTH = 5 };

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
	const struct lex_limits limits = { .depth = INCLUDE_DEPTH, .no_match_is_ok = true };
	struct lex *text = calloc(1, sizeof(*text));
	struct conf_in in = { .at = { path, 0 }, .log = log, .conf = c };
	int rc = text ? lex_tokens(path, limits, log, text) : -ENOMEM;

	if (rc < 0) {
		free(text);
		return rc;
	}
	c->text = text;
	in.t = text->tokens;
	in.left = text->n_tokens;
	in_statements(&in, &conf_scope_file, c);
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

const struct mip_iface *mip_conf_iface(const struct mip_conf *c, const char *name)
{
	for (const struct mip_iface *i = c->ifaces; i; i = i->next)
		if (!strcmp(i->name, name))
			return i;
	return NULL;
}

static bool set_has(
	const struct mip_policy_set *s, const struct in6_addr *hoa, const struct in6_addr *ha)
{
	for (size_t i = 0; i < s->n_hoas; i++)
		if (addr_eq(&s->ha, ha) && addr_eq(&s->hoas[i].addr, hoa))
			return true;
	return false;
}

const struct mip_policy *mip_conf_policy(const struct mip_conf *c, const struct in6_addr *hoa,
	const struct in6_addr *ha, enum mip_policy_kind kind)
{
	for (const struct mip_policy_set *s = c->policy_sets; s; s = s->next)
		for (size_t i = 0; i < s->n_policies && set_has(s, hoa, ha); i++)
			if (s->policies[i].kind == kind)
				return &s->policies[i];
	return NULL;
}

const struct mip_policy *mip_conf_signalling(
	const struct mip_conf *c, const struct in6_addr *hoa, const struct in6_addr *ha)
{
	static const enum mip_policy_kind kinds[] = { MP_MH, MP_HOME_REG_BINDING, MP_ANY };
	const struct mip_policy *p = NULL;

	for (size_t i = 0; !p && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		p = mip_conf_policy(c, hoa, ha, kinds[i]);
	return p;
}

const char *mip_role_str(int role)
{
	static const struct name names[] = {
		{ MIP_CN, "Correspondent Node" },
		{ MIP_HA, "Home Agent" },
		{ MIP_MN, "Mobile Node" },
	};

	return names_str(NAMES(names), role);
}
