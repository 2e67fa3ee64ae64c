#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ike/events/reqid.h"

enum { ODD_A_SECOND = 5 };

/* A connection under its selectors. */
struct row {
	struct tlink by_sel, by_name;
	char *name;
	struct ts local, remote;
	enum xfrm_mode_ mode;
};

struct reqids {
	struct iked *d;
	struct table by_sel, by_name;
	struct km_early early;
	struct strangers odd; /* packets of others make the kernel ask, and it cannot be placed */
};

int reqids_new(struct iked *d, struct reqids **out)
{
	struct reqids *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->d = d;
	rate_init(&r->odd, LOG_G_KNL, "policies and packets without a place", ODD_A_SECOND, 0);
	*out = r;
	return 0;
}

struct iked *reqids_iked(const struct reqids *r)
{
	return r->d;
}

struct km_early *reqids_early(struct reqids *r)
{
	return &r->early;
}

static void row_free(struct reqids *r, struct row *row)
{
	table_del(&r->by_sel, &row->by_sel);
	table_del(&r->by_name, &row->by_name);
	free(row->name);
	free(row);
}

void reqids_free(struct reqids *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->by_name.n_rows; i++)
		while (r->by_name.rows[i])
			row_free(r, LINKED(r->by_name.rows[i], struct row, by_name));
	table_free(&r->by_sel);
	table_free(&r->by_name);
	rate_end(&r->odd);
	free(r);
}

static uint32_t hash_ts(uint32_t seed, const struct ts *t)
{
	uint32_t h = hash_bytes(seed, BYTES(&t->lo, sizeof(t->lo)));

	h = hash_bytes(h, BYTES(&t->hi, sizeof(t->hi)));
	return hash_bytes(h, BYTES(&t->proto, sizeof(t->proto)));
}

static uint32_t hash_sel(const struct ts *local, const struct ts *remote, enum xfrm_mode_ mode)
{
	return hash_ts(hash_ts((uint32_t)mode, local), remote);
}

static uint32_t hash_name(const char *name)
{
	return hash_bytes(0, BYTES_STR(name));
}

static struct row *row_by_name(const struct reqids *r, const char *name)
{
	for (struct tlink *l = table_find(&r->by_name, hash_name(name)); l; l = table_next(l))
		if (!strcmp(LINKED(l, struct row, by_name)->name, name))
			return LINKED(l, struct row, by_name);
	return NULL;
}

static enum xfrm_mode_ conn_mode(const struct conn *c)
{
	return c->type == CONN_TUNNEL ? XM_TUNNEL : XM_TRANSPORT;
}

void reqids_halves(const struct sel *sel, enum xdir dir, struct ts *local, struct ts *remote)
{
	struct ts src = ts_of_sel_src(sel), dst = ts_of_sel_dst(sel);

	*local = dir == XD_OUT ? src : dst;
	*remote = dir == XD_OUT ? dst : src;
}

static int row_add(struct reqids *r, const struct trap *t)
{
	const struct conn *c = t->conn;
	struct row *row = row_by_name(r, c->name);

	if (row)
		row_free(r, row);
	if (c->local.ts.n != 1 || c->remote.ts.n != 1)
		return 0; /* no single policy says the same */
	row = calloc(1, sizeof(*row));
	if (!row)
		return -ENOMEM;
	row->name = strdup(c->name);
	row->local = c->local.ts.ts[0];
	row->remote = c->remote.ts.ts[0];
	row->mode = conn_mode(c);
	if (!row->name || table_add(&r->by_name, &row->by_name, hash_name(c->name)) < 0 ||
		table_add(&r->by_sel, &row->by_sel,
			hash_sel(&row->local, &row->remote, row->mode)) < 0) {
		row_free(r, row);
		return -ENOMEM;
	}
	return 0;
}

static struct trap *row_trap(const struct reqids *r, const struct row *row)
{
	struct trap *t = trap_by_name(r->d, row->name);

	if (!t || t->conn->local.ts.n != 1 || t->conn->remote.ts.n != 1)
		return NULL;
	if (!ts_eq(&t->conn->local.ts.ts[0], &row->local) ||
		!ts_eq(&t->conn->remote.ts.ts[0], &row->remote))
		return NULL;
	return t;
}

size_t reqids_all_by_sel(const struct reqids *r, const struct sel *sel, enum xdir dir,
	enum xfrm_mode_ mode, struct trap *out[SAME_SEL_MAX])
{
	struct ts local, remote;
	size_t n = 0;

	reqids_halves(sel, dir, &local, &remote);
	for (struct tlink *l = table_find(&r->by_sel, hash_sel(&local, &remote, mode));
		l && n < SAME_SEL_MAX; l = table_next(l)) {
		const struct row *row = LINKED(l, struct row, by_sel);
		struct trap *t = NULL;

		if (row->mode == mode && ts_eq(&row->local, &local) && ts_eq(&row->remote, &remote))
			t = row_trap(r, row);
		if (!t)
			continue;
		out[n++] = t;
		if (out[0]->gone && !t->gone) { /* what is configured comes first */
			out[n - 1] = out[0];
			out[0] = t;
		}
	}
	return n;
}

struct trap *reqids_by_sel(
	struct reqids *r, const struct sel *sel, enum xdir dir, enum xfrm_mode_ mode)
{
	struct trap *all[SAME_SEL_MAX];

	return reqids_all_by_sel(r, sel, dir, mode, all) ? all[0] : NULL;
}

/* The template that asks for ESP, or NULL. */
static const struct xfrm_tmpl_ *esp_of(const struct xfrm_policy *p)
{
	for (size_t i = 0; i < p->n_tmpl; i++)
		if (p->tmpl[i].proto == XP_ESP)
			return &p->tmpl[i];
	return NULL;
}

/* B-092, B-094: each direction has the reqid of its own policy. */
static void learn(struct trap *t, const struct xfrm_policy *p, uint32_t reqid)
{
	uint32_t out = p->dir == XD_OUT ? reqid : t->reqid_out;
	uint32_t in = p->dir == XD_OUT ? t->reqid_in : reqid;

	/*
	 * One direction of a counted pair is known: the other one will not keep the counter's
	 * number.
	 */
	if (t->how == REQID_COUNTER || !out)
		out = reqid;
	if (t->how == REQID_COUNTER || !in)
		in = reqid;
	if (t->how != REQID_COUNTER && t->reqid_out == out && t->reqid_in == in)
		return;
	log_knl(1, "conn '%s' uses reqid {%u} of kernel policy %s === %s %s", t->conn->name, reqid,
		sel_src_str(&p->sel), sel_dst_str(&p->sel), xdir_str(p->dir));
	trap_set_reqid(t, out, in, REQID_LEARNED);
}

void reqids_policy(struct reqids *r, const struct xfrm_policy *p)
{
	const struct xfrm_tmpl_ *esp = esp_of(p);
	struct strangers *before;
	struct trap *t;

	if (p->sub || p->block || p->dir == XD_FWD || !esp || !esp->reqid)
		return;
	t = reqids_by_sel(r, &p->sel, p->dir, esp->mode);
	if (!t || t->conn->installpolicy)
		return;
	if (t->how != REQID_EXPLICIT) {
		learn(t, p, esp->reqid);
		return;
	}
	before = rate_enter(&r->odd);
	if (esp->reqid != t->reqid_out) /* B-093 */
		log_knl(1, "conn '%s' has reqid=%u, the kernel policy %s === %s %s wants {%u}",
			t->conn->name, t->reqid_out, sel_src_str(&p->sel), sel_dst_str(&p->sel),
			xdir_str(p->dir), esp->reqid);
	rate_leave(before);
}

static int on_policy(const struct xfrm_policy *p, void *arg)
{
	reqids_policy(arg, p);
	return 0;
}

int reqids_learn(struct reqids *r)
{
	return xfrm_policy_dump(r->d->seams.xfrm, on_policy, r);
}

/* The policy of one direction, if the kernel has it. */
static void ask_policy(struct reqids *r, const struct conn *c, enum xdir dir)
{
	const struct ts *local = &c->local.ts.ts[0], *remote = &c->remote.ts.ts[0];
	const struct ts *src = dir == XD_OUT ? local : remote,
			*dst = dir == XD_OUT ? remote : local;
	struct xfrm_policy p;
	struct sel sel;

	if (ts_sel(src, dst, &sel) && xfrm_policy_get(r->d->seams.xfrm, &sel, dir, false, &p) == 0)
		reqids_policy(r, &p);
}

void reqids_trap(struct reqids *r, struct trap *t)
{
	const struct conn *c = t->conn;

	if (row_add(r, t) < 0 || c->local.ts.n != 1 || c->remote.ts.n != 1)
		return;
	if (!c->installpolicy) {
		ask_policy(r, c, XD_OUT);
		ask_policy(r, c, XD_IN);
	}
}

/*
 * An end without selectors of its own is its address. A packet has one type of mobility header or
 * ICMPv6, its sender's; of what the peer may send it says nothing, so there any type is fine.
 */
static bool end_has(const struct conn_end *e, const struct ts *ts, bool typed)
{
	const struct ts_list list = { .ts = { *ts }, .n = 1 };
	struct ts_list both;
	struct in6_addr host;

	if (!e->ts.n)
		return ts_is_host(ts, &host) && addr_eq(&host, &e->addr);
	if (typed)
		return ts_list_within(&e->ts, &list);
	ts_narrow(&e->ts, &list, &both);
	return both.n > 0;
}

static bool takes(
	const struct trap *t, const struct ts *src, const struct ts *dst, enum xfrm_mode_ mode)
{
	return !t->gone && conn_mode(t->conn) == mode && end_has(&t->conn->local, src, true) &&
		end_has(&t->conn->remote, dst, false);
}

static struct trap *packet_by_reqid(struct reqids *r, const struct ts *src, const struct ts *dst,
	uint32_t reqid, enum xfrm_mode_ mode)
{
	struct trap *t = reqid ? trap_by_reqid(r->d, reqid, NULL) : NULL;

	while (t && !takes(t, src, dst, mode))
		t = trap_by_reqid(r->d, reqid, t);
	return t;
}

struct trap *reqids_for_packet(
	struct reqids *r, const struct sel *packet, uint32_t reqid, enum xfrm_mode_ mode)
{
	struct ts src = ts_of_sel_src(packet), dst = ts_of_sel_dst(packet);
	struct trap *t = packet_by_reqid(r, &src, &dst, reqid, mode);
	struct strangers *before;

	if (t)
		return t;
	/* A policy came that was not heard of yet; after that, only the selector can tell. */
	reqids_learn(r);
	t = packet_by_reqid(r, &src, &dst, reqid, mode);
	if (t)
		return t;
	TAILQ_FOREACH (t, &r->d->traps, all)
		if (takes(t, &src, &dst, mode))
			break;
	before = rate_enter(&r->odd);
	if (t && reqid)
		log_knl(1, "reqid {%u} is not known, conn '%s' has the selector", reqid,
			t->conn->name);
	rate_leave(before);
	return t;
}
