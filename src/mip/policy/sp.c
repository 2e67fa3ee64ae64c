#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/names.h"
#include "kernel/xfrm_sa.h"
#include "mip/policy/sp.h"

enum { PROTO_MH = 135 };

static const struct prefix anywhere = { { { { 0 } } }, 0 };

/* A template: which protocol and mode, optional or not, between whom, with which reqid. */
static const struct tmpl_row {
	uint8_t proto;
	enum xfrm_mode_ mode;
	bool optional;
	enum { ENDS_NONE, ENDS_PAIR, ENDS_TO_HA, ENDS_TO_MN } ends;
	enum { REQID_NONE, REQID_TO_HA, REQID_TO_MN } reqid;
} tmpl_rows[] = {
	[ST_HAO_ANY] = { XP_HAO, XM_RO, true, ENDS_NONE, REQID_NONE },
	[ST_ROUTE2_ANY] = { XP_ROUTE2, XM_RO, true, ENDS_NONE, REQID_NONE },
	[ST_HAO] = { XP_HAO, XM_RO, true, ENDS_PAIR, REQID_NONE },
	[ST_ESP_TO_HA] = { XP_ESP, XM_TRANSPORT, false, ENDS_NONE, REQID_TO_HA },
	[ST_ESP_TO_MN] = { XP_ESP, XM_TRANSPORT, false, ENDS_NONE, REQID_TO_MN },
	[ST_TUN_TO_HA] = { XP_ESP, XM_TUNNEL, false, ENDS_TO_HA, REQID_TO_HA },
	[ST_TUN_TO_MN] = { XP_ESP, XM_TUNNEL, false, ENDS_TO_MN, REQID_TO_MN },
};

static struct prefix host(enum sp_host which, const struct sp_pair *pair)
{
	switch (which) {
	case SH_HOA:
		return (struct prefix){ pair->hoa, 128 };
	case SH_HA:
		return (struct prefix){ pair->ha, 128 };
	case SH_ANY:
		break;
	}
	return anywhere;
}

static struct sel selector(const struct sp_row *row, const struct sp_pair *pair)
{
	struct sel s = SEL(host(row->src, pair), host(row->dst, pair), row->proto);

	s.type = row->type;
	s.type_mask = row->type_mask;
	return s;
}

static struct xfrm_tmpl_ template(
	enum sp_tmpl which, const struct sp_pair *pair, const struct mip_policy *policy)
{
	const struct tmpl_row *row = &tmpl_rows[which];
	struct xfrm_tmpl_ t = { .proto = row->proto, .mode = row->mode, .optional = row->optional };

	switch (row->ends) {
	case ENDS_PAIR:
		t.src = pair->hoa;
		t.dst = pair->ha;
		break;
	case ENDS_TO_HA:
		t.src = pair->end;
		t.dst = pair->ha;
		break;
	case ENDS_TO_MN:
		t.src = pair->ha;
		t.dst = pair->end;
		break;
	case ENDS_NONE:
		break;
	}
	if (row->reqid != REQID_NONE)
		t.reqid = row->reqid == REQID_TO_HA ? policy->reqid_to_ha : policy->reqid_to_mn;
	return t;
}

static const struct mip_policy *configured(
	const struct mip_env *env, const struct sp_row *row, const struct sp_pair *pair)
{
	const struct mip_policy *found = NULL;

	if (!env->conf->use_mn_ha_ipsec)
		return NULL;
	for (unsigned kind = 0; !found && row->kinds >> kind; kind++) {
		if (row->kinds >> kind & 1)
			found = mip_conf_policy(
				env->conf, &pair->hoa, &pair->ha, (enum mip_policy_kind)kind);
	}
	return found;
}

bool sp_make(const struct mip_env *env, const struct sp_row *row, const struct sp_pair *pair,
	struct xfrm_policy *out)
{
	const struct mip_policy *policy = NULL;
	struct xfrm_policy p = { .sel = selector(row, pair),
		.dir = row->dir,
		.sub = row->sub,
		.block = row->group == SP_BLOCK,
		.priority = row->priority };

	if (row->role != pair->role)
		return false;
	if (row->kinds && !(policy = configured(env, row, pair)))
		return false;
	for (size_t i = 0; i < 2 && row->tmpl[i] != ST_NONE; i++)
		p.tmpl[p.n_tmpl++] = template(row->tmpl[i], pair, policy);
	*out = p;
	return true;
}

static int complain(int rc, const char *what, const struct xfrm_policy *p)
{
	log_mip(0, "%s policy %s === %s %s ptype %s failed: %s", what, sel_src_str(&p->sel),
		sel_dst_str(&p->sel), xdir_str(p->dir), p->sub ? "sub" : "main", strerror(-rc));
	return rc;
}

/* Create or replace: what an earlier run left behind does not stop us. */
int sp_install(struct mip_env *env, const struct sp_pair *pair, enum sp_group group)
{
	struct xfrm_policy p;
	int first = 0;

	for (size_t i = 0; i < sp_n_rows; i++) {
		int rc = 0;

		if (sp_rows[i].group == group && sp_make(env, &sp_rows[i], pair, &p))
			rc = xfrm_policy_update(env->xfrm, &p);
		if (rc < 0)
			complain(rc, "installing", &p);
		first = first ? first : rc;
	}
	return first;
}

int sp_remove(struct mip_env *env, const struct sp_pair *pair, enum sp_group group)
{
	struct xfrm_policy p;
	int first = 0;

	for (size_t i = sp_n_rows; i-- > 0;) {
		int rc = 0;

		if (sp_rows[i].group == group && sp_make(env, &sp_rows[i], pair, &p))
			rc = xfrm_policy_del(env->xfrm, &p.sel, p.dir, p.sub);
		if (rc == -ENOENT)
			rc = 0; /* it is gone: all that was asked */
		if (rc < 0)
			complain(rc, "removing", &p);
		first = first ? first : rc;
	}
	return first;
}

static int state_set(struct mip_env *env, const struct xfrm_sa *sa)
{
	int rc = xfrm_sa_update(env->xfrm, sa);

	return rc == -ESRCH ? xfrm_sa_add(env->xfrm, sa) : rc;
}

static int state_del(struct mip_env *env, const struct xfrm_sa *sa)
{
	struct xfrm_sa_key key = { .src = sa->src, .dst = sa->dst, .proto = sa->proto };
	int rc = xfrm_sa_del(env->xfrm, &key);

	return rc == -ESRCH ? 0 : rc;
}

static struct xfrm_sa wildcard(uint8_t proto)
{
	return (struct xfrm_sa){
		.proto = proto, .mode = XM_RO, .wildrecv = true, .sel = SEL(anywhere, anywhere, 0)
	};
}

/* Every role accepts HAO; only a mobile node is sent type 2 routing headers. */
static const struct {
	enum mip_role role;
	uint8_t proto;
} wildcards[] = {
	{ MIP_CN, XP_HAO },
	{ MIP_HA, XP_HAO },
	{ MIP_MN, XP_HAO },
	{ MIP_MN, XP_ROUTE2 },
};

static int each_wildcard(struct mip_env *env, enum mip_role role,
	int (*fn)(struct mip_env *env, const struct xfrm_sa *sa))
{
	int first = 0;

	for (size_t i = 0; i < sizeof(wildcards) / sizeof(wildcards[0]); i++) {
		struct xfrm_sa sa = wildcard(wildcards[i].proto);
		int rc = wildcards[i].role == role ? fn(env, &sa) : 0;

		if (rc < 0)
			log_mip(0, "wildcard %s state: %s", sa.proto == XP_HAO ? "hao" : "route2",
				strerror(-rc));
		first = first ? first : rc;
	}
	return first;
}

int sp_base_install(struct mip_env *env, const struct sp_pair *pair)
{
	int rc = sp_install(env, pair, SP_BASE);
	int states = each_wildcard(env, pair->role, state_set);

	return rc ? rc : states;
}

int sp_base_remove(struct mip_env *env, const struct sp_pair *pair)
{
	int rc = sp_remove(env, pair, SP_BASE);
	int states = each_wildcard(env, pair->role, state_del);

	return rc ? rc : states;
}

static struct xfrm_sa header_state(uint8_t proto, const struct in6_addr *src,
	const struct in6_addr *dst, const struct in6_addr *coa)
{
	struct prefix s = { *src, 128 }, d = { *dst, 128 };

	return (struct xfrm_sa){ .src = *src,
		.dst = *dst,
		.proto = proto,
		.mode = XM_RO,
		.sel = SEL(s, d, 0),
		.coa = *coa };
}

int sp_hao_set(struct mip_env *env, const struct sp_pair *pair, const struct in6_addr *coa)
{
	struct xfrm_sa sa = header_state(XP_HAO, &pair->hoa, &pair->ha, coa);

	return env_said(state_set(env, &sa), "hao state", &pair->hoa);
}

int sp_hao_del(struct mip_env *env, const struct sp_pair *pair)
{
	struct xfrm_sa sa = header_state(XP_HAO, &pair->hoa, &pair->ha, &addr_any);

	return env_said(state_del(env, &sa), "hao state", &pair->hoa);
}

int sp_route2_set(struct mip_env *env, const struct sp_pair *pair, const struct in6_addr *coa)
{
	struct xfrm_sa sa = header_state(XP_ROUTE2, &pair->ha, &pair->hoa, coa);

	return env_said(state_set(env, &sa), "route2 state", &pair->hoa);
}

int sp_route2_del(struct mip_env *env, const struct sp_pair *pair)
{
	struct xfrm_sa sa = header_state(XP_ROUTE2, &pair->ha, &pair->hoa, &addr_any);

	return env_said(state_del(env, &sa), "route2 state", &pair->hoa);
}

bool sp_protected(struct mip_env *env, const struct sp_pair *pair)
{
	struct prefix hoa = { pair->hoa, 128 }, ha = { pair->ha, 128 };
	struct sel sel = SEL(hoa, ha, PROTO_MH);
	struct xfrm_policy p;

	return xfrm_policy_get(env->xfrm, &sel, XD_IN, false, &p) == 0 && !p.block &&
		p.n_tmpl == 1 && p.tmpl[0].proto == XP_ESP && !p.tmpl[0].optional;
}
