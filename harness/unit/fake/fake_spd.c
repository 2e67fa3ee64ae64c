#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "unit/fake/fake_int.h"

struct xfrm_userpolicy_info *fpolicy_info(const struct fpolicy *p)
{
	return NLMSG_DATA(p->msg);
}

struct xfrm_user_tmpl *fpolicy_tmpls(const struct fpolicy *p, size_t *n)
{
	struct xfrm_user_tmpl *t =
		fake_attr(p->msg, sizeof(struct xfrm_userpolicy_info), XFRMA_TMPL, n);

	*n /= sizeof(*t);
	return t;
}

uint8_t fake_policy_type(const struct nlmsghdr *req, size_t body)
{
	size_t n = 0;
	const struct xfrm_userpolicy_type *t = fake_attr(req, body, XFRMA_POLICY_TYPE, &n);

	return n >= sizeof(*t) ? t->type : XFRM_POLICY_TYPE_MAIN;
}

static struct fpolicy_list *bucket(struct fake_xfrm *k, const struct xfrm_selector *sel)
{
	return &k->by_sel[fake_hash(sel, sizeof(*sel), 2) % N_BUCKETS];
}

struct fpolicy *fpolicy_find(
	struct fake_xfrm *k, const struct xfrm_selector *sel, uint8_t dir, uint8_t type)
{
	struct fpolicy *p;

	LIST_FOREACH (p, bucket(k, sel), by_sel)
		if (p->type == type && fpolicy_info(p)->dir == dir &&
			!memcmp(&fpolicy_info(p)->sel, sel, sizeof(*sel)))
			return p;
	return NULL;
}

static void drop(struct fpolicy *p, struct fake_xfrm *k)
{
	TAILQ_REMOVE(&k->policies, p, all);
	LIST_REMOVE(p, by_sel);
	free(p->msg);
	free(p);
}

static int put(struct fake_xfrm *k, const struct nlmsghdr *req, bool replace)
{
	const struct xfrm_userpolicy_info *i = nl_data(req);
	uint8_t type = fake_policy_type(req, sizeof(*i));
	struct fpolicy *old = fpolicy_find(k, &i->sel, i->dir, type), *p;

	if (old && !replace)
		return -EEXIST;
	p = calloc(1, sizeof(*p));
	if (!p)
		abort();
	p->msg = fake_copy(req);
	p->msg->nlmsg_type = XFRM_MSG_NEWPOLICY;
	p->type = type;
	k->next_index += 8;
	fpolicy_info(p)->index = k->next_index + i->dir;
	TAILQ_INSERT_HEAD(&k->policies, p, all);
	LIST_INSERT_HEAD(bucket(k, &i->sel), p, by_sel);
	fake_emit_copy(k, replace ? XFRM_MSG_UPDPOLICY : XFRM_MSG_NEWPOLICY, p->msg);
	if (old)
		drop(old, k);
	return 0;
}

static void emit_del(struct fake_xfrm *k, const struct fpolicy *p)
{
	const struct xfrm_userpolicy_info *i = fpolicy_info(p);
	struct xfrm_userpolicy_type type = { .type = p->type };
	struct nl_req rq;
	struct xfrm_userpolicy_id *id = nl_begin(&rq, XFRM_MSG_DELPOLICY, 0, sizeof(*id));

	id->sel = i->sel;
	id->dir = i->dir;
	nl_put(&rq, XFRMA_POLICY, i, sizeof(*i));
	nl_put(&rq, XFRMA_POLICY_TYPE, &type, sizeof(type));
	fake_emit(k, &rq);
}

int fpolicy_request(struct fake_xfrm *k, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	const struct xfrm_userpolicy_id *id = nl_data(req);
	struct fpolicy *p;
	int r = 0;

	if (req->nlmsg_type == XFRM_MSG_NEWPOLICY || req->nlmsg_type == XFRM_MSG_UPDPOLICY)
		return put(k, req, req->nlmsg_type == XFRM_MSG_UPDPOLICY);
	if (req->nlmsg_flags & NLM_F_DUMP) {
		TAILQ_FOREACH (p, &k->policies, all)
			if (r == 0)
				r = reply(p->msg, arg);
		return r;
	}
	p = fpolicy_find(k, &id->sel, id->dir, fake_policy_type(req, sizeof(*id)));
	if (!p)
		return -ENOENT;
	if (req->nlmsg_type == XFRM_MSG_GETPOLICY)
		return reply(p->msg, arg);
	emit_del(k, p);
	drop(p, k);
	return 0;
}

static bool is_any(const xfrm_address_t *a)
{
	static const xfrm_address_t any;

	return fake_same(a, &any);
}

/* Only a tunnel's template has addresses to compare and to change. */
static bool tmpl_fits(const struct xfrm_user_tmpl *t, const struct xfrm_user_migrate *m)
{
	if (t->mode != m->mode || t->id.proto != m->proto || (m->reqid && t->reqid != m->reqid))
		return false;
	return t->mode != XFRM_MODE_TUNNEL ||
		(fake_same(&t->saddr, &m->old_saddr) && fake_same(&t->id.daddr, &m->old_daddr));
}

static void emit_migrate(struct fake_xfrm *k, const struct nlmsghdr *req)
{
	const struct xfrm_userpolicy_id *from = nl_data(req);
	struct xfrm_userpolicy_type type = { .type = fake_policy_type(req, sizeof(*from)) };
	size_t n_km = 0, n = 0;
	const void *km = fake_attr(req, sizeof(*from), XFRMA_KMADDRESS, &n_km);
	const void *entries = fake_attr(req, sizeof(*from), XFRMA_MIGRATE, &n);
	struct nl_req rq;
	struct xfrm_userpolicy_id *id = nl_begin(&rq, XFRM_MSG_MIGRATE, 0, sizeof(*id));

	*id = *from;
	if (km)
		nl_put(&rq, XFRMA_KMADDRESS, km, n_km);
	nl_put(&rq, XFRMA_POLICY_TYPE, &type, sizeof(type));
	nl_put(&rq, XFRMA_MIGRATE, entries, n);
	fake_emit(k, &rq);
}

/* 0 the entry can be done (*sa: what moves, NULL nothing), else -ENODATA. */
static int check_entry(struct fake_xfrm *k, const struct fpolicy *p,
	const struct xfrm_user_migrate *m, struct fsa **sa)
{
	size_t n, fits = 0;
	struct xfrm_user_tmpl *t = fpolicy_tmpls(p, &n);
	struct fsa *taken;

	for (size_t i = 0; i < n; i++)
		fits += tmpl_fits(&t[i], m);
	*sa = fsa_for_migrate(k, m);
	if (!fits || (*sa && (*sa)->larval))
		return -ENODATA;
	if (*sa && !fake_same(&m->old_daddr, &m->new_daddr)) {
		taken = fsa_locate(
			k, &m->new_saddr, &m->new_daddr, fsa_info(*sa)->id.spi, m->proto);
		if (taken)
			return -ENODATA;
	}
	return 0;
}

static int migrate_one(struct fake_xfrm *k, struct fpolicy *p, const struct xfrm_user_migrate *m)
{
	struct fsa *sa;
	size_t n;
	struct xfrm_user_tmpl *t = fpolicy_tmpls(p, &n);
	int r = check_entry(k, p, m, &sa);

	if (r < 0)
		return r;
	if (sa)
		fsa_move(k, sa, &m->new_saddr, &m->new_daddr);
	for (size_t i = 0; i < n; i++) {
		if (m->mode != XFRM_MODE_TUNNEL || !tmpl_fits(&t[i], m))
			continue;
		t[i].saddr = m->new_saddr;
		t[i].id.daddr = m->new_daddr;
	}
	return 0;
}

int fake_migrate(struct fake_xfrm *k, const struct nlmsghdr *req)
{
	const struct xfrm_userpolicy_id *id = nl_data(req);
	size_t n = 0;
	const struct xfrm_user_migrate *m = fake_attr(req, sizeof(*id), XFRMA_MIGRATE, &n);
	struct fpolicy *p;
	int r = 0;

	n /= sizeof(*m);
	if (!m || n > XE_MIGRATE_MAX || id->dir > XFRM_POLICY_FWD)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		if (is_any(&m[i].new_saddr) || is_any(&m[i].new_daddr))
			return -EINVAL;
	p = fpolicy_find(k, &id->sel, id->dir, fake_policy_type(req, sizeof(*id)));
	if (!p)
		return -ENOENT;
	for (size_t i = 0; i < n && r == 0; i++)
		r = migrate_one(k, p, &m[i]);
	if (r == 0)
		emit_migrate(k, req);
	return r;
}
