#include "kernel/xfrm_migrate.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/mem.h"
#include "kernel/wire.h"
#include "kernel/xfrm_sa.h"

enum { LARVAL_MAX = 4 };

int xfrm_migrate(struct nl *nl, const struct xfrm_migrate *m)
{
	struct xfrm_user_migrate entry = {
		.old_daddr.in6 = m->old_dst,
		.old_saddr.in6 = m->old_src,
		.new_daddr.in6 = m->new_dst,
		.new_saddr.in6 = m->new_src,
		.proto = m->proto,
		.mode = (uint8_t)m->mode,
		.reqid = m->reqid,
		.old_family = AF_INET6,
		.new_family = AF_INET6,
	};
	struct xfrm_user_kmaddress km = {
		.local.in6 = m->km_local,
		.remote.in6 = m->km_remote,
		.family = AF_INET6,
	};
	struct xfrm_userpolicy_type sub = { .type = XFRM_POLICY_TYPE_SUB };
	struct nl_req rq;
	struct xfrm_userpolicy_id *id;

	if (addr_is_any(&m->new_src) || addr_is_any(&m->new_dst))
		return -EINVAL;
	id = nl_begin(&rq, XFRM_MSG_MIGRATE, 0, sizeof(*id));
	sel_to_kernel(&m->sel, &id->sel);
	id->dir = (uint8_t)m->dir;
	nl_put(&rq, XFRMA_MIGRATE, &entry, sizeof(entry));
	if (m->has_km)
		nl_put(&rq, XFRMA_KMADDRESS, &km, sizeof(km));
	if (m->sub)
		nl_put(&rq, XFRMA_POLICY_TYPE, &sub, sizeof(sub));
	return nl_call(nl, &rq);
}

/* reqid 0 is "any" on either side, as in the kernel. */
static bool reqid_fits(uint32_t a, uint32_t b)
{
	return !a || !b || a == b;
}

static struct xfrm_tmpl_ *tmpl_of(struct xfrm_policy *p, const struct xfrm_migrate *m)
{
	for (size_t i = 0; i < p->n_tmpl; i++)
		if (p->tmpl[i].proto == m->proto && p->tmpl[i].mode == m->mode &&
			reqid_fits(p->tmpl[i].reqid, m->reqid))
			return &p->tmpl[i];
	return NULL;
}

/* Only a tunnel's template holds addresses: for transport mode there is nothing to move. */
static bool has_moved(const struct xfrm_tmpl_ *t, const struct xfrm_migrate *m)
{
	return m->mode != XM_TUNNEL ||
		(addr_eq(&t->src, &m->new_src) && addr_eq(&t->dst, &m->new_dst));
}

/* Larval states between the old ends: the kernel finds one of them before the SA that is meant. */
struct larvals {
	const struct xfrm_migrate *m;
	struct xfrm_sa sa[LARVAL_MAX];
	size_t n;
};

static int note_larval(const struct xfrm_sa *sa, void *arg)
{
	struct larvals *l = arg;
	const struct xfrm_migrate *m = l->m;

	if (sa->larval && l->n < LARVAL_MAX && sa->proto == m->proto && sa->mode == m->mode &&
		(!m->reqid || sa->reqid == m->reqid) && addr_eq(&sa->src, &m->old_src) &&
		addr_eq(&sa->dst, &m->old_dst))
		l->sa[l->n++] = *sa;
	return 0;
}

/*
 * A larval state without an SPI cannot be named in DELSA. An SA with the same ends, mode and reqid
 * takes its place; its keys are random and its selector matches no packet, and it is deleted at
 * once.
 */
static int replace_larval(struct nl *nl, const struct xfrm_sa *larval)
{
	struct prefix nobody = { IN6ADDR_LOOPBACK_INIT, 128 };
	uint8_t key[16 + 20];
	struct xfrm_sa sa = {
		.src = larval->src,
		.dst = larval->dst,
		.proto = larval->proto,
		.reqid = larval->reqid,
		.mode = larval->mode,
		.sel = SEL(nobody, nobody, 0),
		.enc_name = "cbc(aes)",
		.enc_key = BYTES(key, 16),
		.auth_name = "hmac(sha1)",
		.auth_key = BYTES(key + 16, 20),
		.auth_trunc = 96,
	};
	int r;

	if (getrandom(&sa.spi, sizeof(sa.spi), 0) < 0 || getrandom(key, sizeof(key), 0) < 0)
		return -EIO;
	sa.spi |= 0x100; /* SPIs under 256 are reserved */
	r = xfrm_sa_add(nl, &sa);
	mem_wipe(key, sizeof(key));
	if (r < 0)
		return r;
	return xfrm_sa_del(
		nl, &(struct xfrm_sa_key){ .dst = sa.dst, .proto = sa.proto, .spi = sa.spi });
}

static int remove_larval(struct nl *nl, const struct xfrm_sa *larval)
{
	struct xfrm_sa_key key = {
		.dst = larval->dst,
		.proto = larval->proto,
		.spi = larval->spi,
	};

	return larval->spi ? xfrm_sa_del(nl, &key) : replace_larval(nl, larval);
}

/* How many larval states were in the way and are gone now. */
static int clear_larvals(struct nl *nl, const struct xfrm_migrate *m)
{
	struct larvals l = { .m = m };
	int n = 0;

	if (xfrm_sa_dump_between(nl, &m->old_src, &m->old_dst, note_larval, &l) < 0)
		return 0;
	for (size_t i = 0; i < l.n; i++)
		n += remove_larval(nl, &l.sa[i]) == 0;
	return n;
}

static int rewrite(
	struct nl *nl, struct xfrm_policy *p, struct xfrm_tmpl_ *t, const struct xfrm_migrate *m)
{
	if (m->mode == XM_TUNNEL) {
		t->src = m->new_src;
		t->dst = m->new_dst;
	}
	return xfrm_policy_update(nl, p);
}

/* The policy as it stands, its template that `m` means and whether that has moved. */
static int look(
	struct nl *nl, const struct xfrm_migrate *m, struct xfrm_policy *p, struct xfrm_tmpl_ **t)
{
	int r = xfrm_policy_get(nl, &m->sel, m->dir, m->sub, p);

	if (r < 0)
		return r;
	*t = tmpl_of(p, m);
	if (!*t)
		return -ENODATA;
	return has_moved(*t, m);
}

/*
 * A MIGRATE that meets a larval state fails and makes the kernel warn with a backtrace: so they go
 * first. -ENOENT and -ENODATA do not tell a missing policy from one that another policy shadows,
 * and an acknowledgement does not tell which policy moved: the policy itself does (rules P6 and
 * P7).
 */
int xfrm_migrate_sure(struct nl *nl, const struct xfrm_migrate *m, enum migrate_how *how)
{
	bool tunnel = m->mode == XM_TUNNEL;
	int cleared = tunnel ? clear_larvals(nl, m) : 0;
	int acked = xfrm_migrate(nl, m), moved, r;
	struct xfrm_policy p;
	struct xfrm_tmpl_ *t;

	if (acked == -ENODATA && tunnel && clear_larvals(nl, m) > 0) { /* one came meanwhile */
		acked = xfrm_migrate(nl, m);
		cleared++;
	}
	if (acked < 0 && acked != -ENOENT && acked != -ENODATA)
		return acked;
	moved = look(nl, m, &p, &t);
	if (moved < 0)
		return moved;
	if (moved && (acked == 0 || tunnel)) {
		*how = acked ? MIGRATE_WAS_DONE : cleared ? MIGRATE_LARVAL_REPLACED : MIGRATE_DONE;
		return 0;
	}
	r = rewrite(nl, &p, t, m);
	if (r == 0)
		*how = MIGRATE_POLICY_REWRITTEN;
	return r;
}
