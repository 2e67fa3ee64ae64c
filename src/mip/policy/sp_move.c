#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/names.h"
#include "mip/policy/sp.h"

static const struct name repairs[] = {
	{ MIGRATE_WAS_DONE, "it had moved already" },
	{ MIGRATE_LARVAL_REPLACED, "a larval state stood in the way and was replaced" },
	{ MIGRATE_POLICY_REWRITTEN, "the policy was rewritten" },
};

/* Transport mode has no addresses of its own: the old ones are ::, the new ones tell key
 * management. */
static struct xfrm_migrate request(
	const struct xfrm_policy *p, const struct sp_pair *pair, const struct in6_addr *to, bool km)
{
	const struct xfrm_tmpl_ *t = &p->tmpl[0];
	bool to_ha = addr_eq(&p->sel.src.addr, &pair->hoa);
	struct xfrm_migrate m = { .sel = p->sel,
		.dir = p->dir,
		.proto = t->proto,
		.mode = t->mode,
		.reqid = t->reqid,
		.old_src = t->src,
		.old_dst = t->dst,
		.new_src = to_ha ? *to : pair->ha,
		.new_dst = to_ha ? pair->ha : *to,
		.has_km = km };

	m.km_local = pair->role == MIP_MN ? *to : pair->ha;
	m.km_remote = pair->role == MIP_MN ? pair->ha : *to;
	return m;
}

static int move_one(struct mip_env *env, const struct xfrm_policy *p, const struct sp_pair *pair,
	const struct in6_addr *to, bool km)
{
	struct xfrm_migrate m = request(p, pair, to, km);
	enum migrate_how how = MIGRATE_DONE;
	int rc = xfrm_migrate_sure(env->xfrm, &m, &how);

	env_count(env, rc < 0 ? MC_MIGRATE_FAILED : MC_MIGRATE);
	if (rc < 0) {
		log_mip(0, "MIGRATE of policy %s === %s %s to %s failed: %s", sel_src_str(&p->sel),
			sel_dst_str(&p->sel), xdir_str(p->dir), addr_str(to), strerror(-rc));
	} else if (how != MIGRATE_DONE) {
		env_count(env, MC_MIGRATE_REPAIRED);
		log_mip(1, "MIGRATE of policy %s === %s %s to %s: %s", sel_src_str(&p->sel),
			sel_dst_str(&p->sel), xdir_str(p->dir), addr_str(to),
			names_str(NAMES(repairs), how));
	}
	return rc;
}

/* P4: what has a type is not found by a MIGRATE; it is rewritten where it stands. */
static int rewrite_one(struct mip_env *env, const struct xfrm_policy *p)
{
	struct xfrm_policy now;
	int rc = xfrm_policy_get(env->xfrm, &p->sel, p->dir, p->sub, &now);

	if (rc == -ENOENT)
		return 0;
	if (!rc)
		rc = xfrm_policy_update(env->xfrm, p);
	if (rc < 0)
		log_mip(0, "rewriting policy %s === %s %s failed: %s", sel_src_str(&p->sel),
			sel_dst_str(&p->sel), xdir_str(p->dir), strerror(-rc));
	return rc;
}

int sp_migrate(struct mip_env *env, struct sp_pair *pair, const struct in6_addr *to, bool km)
{
	struct xfrm_policy p;
	int n_failed = 0;

	for (size_t i = 0; i < sp_n_rows; i++) {
		if (sp_rows[i].migrate && sp_make(env, &sp_rows[i], pair, &p))
			n_failed += move_one(env, &p, pair, to, km) < 0;
	}
	pair->end = *to;
	for (size_t i = 0; i < sp_n_rows; i++) {
		if (!sp_rows[i].migrate && sp_make(env, &sp_rows[i], pair, &p) && p.n_tmpl &&
			p.tmpl[0].mode == XM_TUNNEL)
			n_failed += rewrite_one(env, &p) < 0;
	}
	return n_failed;
}

struct foreign {
	struct mip_env *env;
	const struct sp_pair *pair;
	int n;
};

static bool is_ours(const struct foreign *f, const struct xfrm_policy *p)
{
	struct xfrm_policy own;

	for (size_t i = 0; i < sp_n_rows; i++) {
		if (sp_make(f->env, &sp_rows[i], f->pair, &own) && own.dir == p->dir &&
			own.sub == p->sub && sel_eq(&own.sel, &p->sel))
			return true;
	}
	return false;
}

static bool covers(const struct sel *wide, const struct sel *s)
{
	return prefix_within(&wide->src, &s->src) && prefix_within(&wide->dst, &s->dst) &&
		(!wide->proto || wide->proto == s->proto) && wide->type == SEL_ANY;
}

static int look(const struct xfrm_policy *p, void *arg)
{
	struct foreign *f = arg;
	struct xfrm_policy own;

	if (p->sub || is_ours(f, p))
		return 0;
	for (size_t i = 0; i < sp_n_rows; i++) {
		if (!sp_rows[i].migrate || !sp_make(f->env, &sp_rows[i], f->pair, &own) ||
			own.dir != p->dir || own.priority < p->priority ||
			!covers(&p->sel, &own.sel))
			continue;
		log_mip(0, "foreign policy %s === %s %s priority %u shadows ours for %s, remove it",
			sel_src_str(&p->sel), sel_dst_str(&p->sel), xdir_str(p->dir), p->priority,
			addr_str(&f->pair->hoa));
		f->n++;
		break;
	}
	return 0;
}

int sp_find_foreign(struct mip_env *env, const struct sp_pair *pair)
{
	struct foreign f = { env, pair, 0 };

	xfrm_policy_dump(env->xfrm, look, &f);
	return f.n;
}
