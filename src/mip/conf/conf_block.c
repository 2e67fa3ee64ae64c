/* Statements of mip6d.conf that build lists, and what they need of each other. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mip/conf/conf_in.h"
#include "mip/message/mh.h"

int stmt_set(struct conf_in *in, const char *name, void *target)
{
	struct mip_conf *conf = target;
	struct mip_policy_set *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->at = in->at;
	CONF_APPEND(conf->policy_sets, s);
	return in_block(in, name, &conf_scope_set, s);
}

/* HomeAddress ADDRESS/LENGTH ; */
static int set_hoa(struct conf_in *in, const char *name, void *target)
{
	struct mip_policy_set *s = target;

	if (s->n_hoas == MIP_SET_HOAS_MAX) {
		conf_error(in->log, in->at, "%s: expected at most %d in a block", name,
			MIP_SET_HOAS_MAX);
		return -EINVAL;
	}
	if (in_set(in, name, conf_prefix, "a home address", &s->hoas[s->n_hoas]) < 0)
		return -EINVAL;
	s->n_hoas++;
	return in_end(in, name);
}

static const struct name kind_words[] = {
	{ MP_HOME_REG_BINDING, "HomeRegBinding" },
	{ MP_MH, "Mh" },
	{ MP_MOB_PFX_DISC, "MobPfxDisc" },
	{ MP_ICMP, "ICMP" },
	{ MP_ANY, "any" },
	{ MP_TUNNEL_HOME_TESTING, "TunnelHomeTesting" },
	{ MP_TUNNEL_MH, "TunnelMh" },
	{ MP_TUNNEL_PAYLOAD, "TunnelPayload" },
};

const char *mip_policy_str(enum mip_policy_kind kind)
{
	return names_str(NAMES(kind_words), (int)kind);
}

static int kind_set(const struct conf_key *key, const char *value, void *target, const char **why)
{
	const struct conf_key words = { .name = key->name,
		.words = kind_words,
		.n_words = sizeof(kind_words) / sizeof(kind_words[0]) };

	return conf_word(&words, value, target, why);
}

static int only_esp(const struct conf_key *key, const char *value, void *target, const char **why)
{
	(void)key;
	(void)target;
	*why = "UseESP (UseAH and UseIPComp are not supported)";
	return strcmp(value, "UseESP") ? -EINVAL : 0;
}

static int only_allow(const struct conf_key *key, const char *value, void *target, const char **why)
{
	bool allow = false;

	(void)target;
	if (conf_bool(key, value, &allow, why) == 0 && allow)
		return 0;
	*why = "';' or allow (no other action is supported)";
	return -EINVAL;
}

static bool is_number(const struct conf_in *in)
{
	return in_is(in, LEX_WORD) && in->t->text[strspn(in->t->text, "0123456789")] == '\0';
}

/* KIND UseESP [REQID [REQID-TO-MN]] [allow] ; */
static int set_policy(struct conf_in *in, const char *name, void *target)
{
	struct mip_policy_set *s = target;
	struct mip_policy p = { .at = in->at };
	int kind = 0;

	if (s->n_policies == MIP_SET_POLICIES_MAX) {
		conf_error(in->log, in->at, "%s: expected at most %d in a block", name,
			MIP_SET_POLICIES_MAX);
		return -EINVAL;
	}
	if (in_set(in, name, kind_set, "what to protect", &kind) < 0 ||
		in_set(in, name, only_esp, "UseESP", NULL) < 0)
		return -EINVAL;
	if (is_number(in) && in_set(in, name, conf_uint, "a reqid", &p.reqid_to_ha) < 0)
		return -EINVAL;
	p.reqid_to_mn = p.reqid_to_ha;
	if (is_number(in) && in_set(in, name, conf_uint, "a reqid", &p.reqid_to_mn) < 0)
		return -EINVAL;
	if (in_is(in, LEX_WORD) && in_set(in, name, only_allow, "';'", NULL) < 0)
		return -EINVAL;
	p.kind = (enum mip_policy_kind)kind;
	s->policies[s->n_policies++] = p;
	return in_end(in, name);
}

static const struct conf_key set_keys[] = {
	{ .name = "HomeAgentAddress",
		.set = conf_in6,
		.at = offsetof(struct mip_policy_set, ha),
		.doc = "address of the home agent" },
};

static const struct conf_stmt set_stmts[] = {
	{ "HomeAddress", set_hoa, "a home address with the prefix length of its link; one or more",
		true, 0 },
	{ "IPsecPolicy", set_policy, "what is protected, and the reqids; one or more", true, 0 },
};

const struct conf_scope conf_scope_set = { set_keys, sizeof(set_keys) / sizeof(set_keys[0]),
	set_stmts, sizeof(set_stmts) / sizeof(set_stmts[0]), "in an IPsecPolicySet block" };

/* allow, deny, or the status of the binding acknowledgement */
static int status_set(const struct conf_key *key, const char *value, void *target, const char **why)
{
	const struct conf_key range = { .name = key->name, .max = UINT8_MAX };
	uint32_t number;
	bool allow = false;
	uint8_t status;

	if (conf_uint(&range, value, &number, why) == 0) {
		status = (uint8_t)number;
	} else if (conf_bool(key, value, &allow, why) == 0) {
		status = allow ? BA_ACCEPTED : BA_PROHIBITED;
	} else {
		*why = "allow, deny or a status 0 to 255";
		return -EINVAL;
	}
	memcpy(target, &status, sizeof(status));
	return 0;
}

/* HOME-ADDRESS allow|deny|STATUS ; */
int stmt_acl(struct conf_in *in, const char *name, void *target)
{
	struct mip_conf *conf = target;
	struct mip_acl acl = { .at = in->at }, *kept;

	if (in_set(in, name, conf_in6, "a home address", &acl.hoa) < 0)
		return -EINVAL;
	if (in_has_networks(in, name))
		return -EINVAL;
	if (in_set(in, name, status_set, "allow, deny or a status", &acl.status) < 0 ||
		in_end(in, name) < 0)
		return -EINVAL;
	kept = malloc(sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	*kept = acl;
	CONF_APPEND(conf->acls, kept);
	return 0;
}

int stmt_default_acl(struct conf_in *in, const char *name, void *target)
{
	struct mip_conf *conf = target;

	if (in_set(in, name, status_set, "allow, deny or a status", &conf->default_acl) < 0)
		return -EINVAL;
	return in_end(in, name);
}
