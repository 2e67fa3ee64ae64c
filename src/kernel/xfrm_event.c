#include "kernel/xfrm_event.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/names.h"
#include "kernel/wire.h"

#define N_OF(table) (sizeof(table) / sizeof((table)[0]))

/* clang-format off */
static const struct name attrs[] = {
	{ XFRMA_ALG_AUTH, "XFRMA_ALG_AUTH" },
	{ XFRMA_ALG_CRYPT, "XFRMA_ALG_CRYPT" },
	{ XFRMA_ALG_COMP, "XFRMA_ALG_COMP" },
	{ XFRMA_ENCAP, "XFRMA_ENCAP" },
	{ XFRMA_TMPL, "XFRMA_TMPL" },
	{ XFRMA_SA, "XFRMA_SA" },
	{ XFRMA_POLICY, "XFRMA_POLICY" },
	{ XFRMA_SEC_CTX, "XFRMA_SEC_CTX" },
	{ XFRMA_LTIME_VAL, "XFRMA_LTIME_VAL" },
	{ XFRMA_REPLAY_VAL, "XFRMA_REPLAY_VAL" },
	{ XFRMA_REPLAY_THRESH, "XFRMA_REPLAY_THRESH" },
	{ XFRMA_ETIMER_THRESH, "XFRMA_ETIMER_THRESH" },
	{ XFRMA_SRCADDR, "XFRMA_SRCADDR" },
	{ XFRMA_COADDR, "XFRMA_COADDR" },
	{ XFRMA_LASTUSED, "XFRMA_LASTUSED" },
	{ XFRMA_POLICY_TYPE, "XFRMA_POLICY_TYPE" },
	{ XFRMA_MIGRATE, "XFRMA_MIGRATE" },
	{ XFRMA_ALG_AEAD, "XFRMA_ALG_AEAD" },
	{ XFRMA_KMADDRESS, "XFRMA_KMADDRESS" },
	{ XFRMA_ALG_AUTH_TRUNC, "XFRMA_ALG_AUTH_TRUNC" },
	{ XFRMA_MARK, "XFRMA_MARK" },
	{ XFRMA_TFCPAD, "XFRMA_TFCPAD" },
	{ XFRMA_REPLAY_ESN_VAL, "XFRMA_REPLAY_ESN_VAL" },
	{ XFRMA_SA_EXTRA_FLAGS, "XFRMA_SA_EXTRA_FLAGS" },
	{ XFRMA_PROTO, "XFRMA_PROTO" },
	{ XFRMA_ADDRESS_FILTER, "XFRMA_ADDRESS_FILTER" },
	{ XFRMA_OFFLOAD_DEV, "XFRMA_OFFLOAD_DEV" },
	{ XFRMA_SET_MARK, "XFRMA_SET_MARK" },
	{ XFRMA_SET_MARK_MASK, "XFRMA_SET_MARK_MASK" },
	{ XFRMA_IF_ID, "XFRMA_IF_ID" },
};
/* clang-format on */

const char *xfrm_attr_str(uint16_t type)
{
	return names_str(NAMES(attrs), type);
}

/* What the attributes of one message add up to; each event takes what it knows. */
struct seen {
	struct xfrm_event *ev;
	struct xfrm_user_tmpl tmpl[XFRM_TMPL_MAX];
	struct xfrm_user_migrate migrate[XE_MIGRATE_MAX];
	size_t n_tmpl, n_migrate;
	struct xfrm_user_kmaddress km;
	bool has_km, sub, has_sa, has_policy;
	struct xfrm_usersa_info sa;
	struct xfrm_userpolicy_info policy;
	struct in6_addr coa;
};

/* A list of equal structs: whole ones only, and no more than there is room for. */
static int take_list(const void *data, size_t n, void *out, size_t size, size_t max, size_t *count)
{
	if (n % size || n / size > max)
		return -EBADMSG;
	memcpy(out, data, n);
	*count = n / size;
	return 0;
}

static int take_tmpl(const void *data, size_t n, struct seen *s)
{
	return take_list(data, n, s->tmpl, sizeof(s->tmpl[0]), XFRM_TMPL_MAX, &s->n_tmpl);
}

static int take_migrate(const void *data, size_t n, struct seen *s)
{
	return take_list(data, n, s->migrate, sizeof(s->migrate[0]), XE_MIGRATE_MAX, &s->n_migrate);
}

static int take_km(const void *data, size_t n, struct seen *s)
{
	s->has_km = true;
	return wire_attr(data, n, &s->km, sizeof(s->km));
}

static int take_type(const void *data, size_t n, struct seen *s)
{
	struct xfrm_userpolicy_type type = { 0 };
	int r = wire_attr(data, n, &type, sizeof(type));

	s->sub = type.type == XFRM_POLICY_TYPE_SUB;
	return r;
}

static int take_sa(const void *data, size_t n, struct seen *s)
{
	s->has_sa = true;
	return wire_attr(data, n, &s->sa, sizeof(s->sa));
}

static int take_policy(const void *data, size_t n, struct seen *s)
{
	s->has_policy = true;
	return wire_attr(data, n, &s->policy, sizeof(s->policy));
}

static int take_coa(const void *data, size_t n, struct seen *s)
{
	return wire_attr(data, n, &s->coa, sizeof(s->coa));
}

static const struct {
	uint16_t type;
	int (*take)(const void *data, size_t n, struct seen *s);
} takers[] = {
	{ XFRMA_TMPL, take_tmpl },
	{ XFRMA_MIGRATE, take_migrate },
	{ XFRMA_KMADDRESS, take_km },
	{ XFRMA_POLICY_TYPE, take_type },
	{ XFRMA_SA, take_sa },
	{ XFRMA_POLICY, take_policy },
	{ XFRMA_COADDR, take_coa },
};

static int note_attr(uint16_t type, const void *data, size_t n, void *arg)
{
	struct seen *s = arg;

	if (s->ev->n_attrs < XE_ATTRS_MAX)
		s->ev->attrs[s->ev->n_attrs++] = type;
	for (size_t i = 0; i < N_OF(takers); i++)
		if (takers[i].type == type)
			return takers[i].take(data, n, s);
	return 0;
}

/* The template that wants this SA: a policy may carry a hao or route2 beside it. */
static const struct xfrm_user_tmpl *wanted_tmpl(const struct seen *s, uint8_t proto)
{
	for (size_t i = 0; i < s->n_tmpl; i++)
		if (s->tmpl[i].id.proto == proto)
			return &s->tmpl[i];
	return NULL;
}

static int acquire(const struct nlmsghdr *msg, const struct seen *s, struct xfrm_event *ev)
{
	struct xfrm_user_acquire a;
	const struct xfrm_user_tmpl *t;

	if (wire_body(msg, &a, sizeof(a)) < 0)
		return -EBADMSG;
	sel_from_kernel(&a.sel, &ev->acquire.sel);
	ev->acquire.src = wire_addr(&a.saddr, a.sel.family);
	ev->acquire.dst = wire_addr(&a.id.daddr, a.sel.family);
	ev->acquire.seq = a.seq;
	ev->acquire.policy_index = a.policy.index;
	ev->acquire.proto = a.id.proto;
	t = wanted_tmpl(s, a.id.proto);
	if (t) {
		ev->acquire.reqid = t->reqid;
		ev->acquire.mode = t->mode;
	}
	return 0;
}

static int expire(const struct nlmsghdr *msg, const struct seen *s, struct xfrm_event *ev)
{
	struct xfrm_user_expire x;
	struct xfrm_sa sa = { 0 };

	(void)s;
	if (wire_body(msg, &x, sizeof(x)) < 0)
		return -EBADMSG;
	xfrm_sa_from_kernel(&x.state, &sa);
	ev->expire.key.src = sa.src;
	ev->expire.key.dst = sa.dst;
	ev->expire.key.proto = sa.proto;
	ev->expire.key.spi = sa.spi;
	ev->expire.src = sa.src;
	ev->expire.reqid = sa.reqid;
	ev->expire.hard = x.hard;
	/* No algorithms are shown here: of an SPI that was never filled the reqid is 0 (P9). */
	ev->expire.larval = !sa.spi || (!sa.reqid && !x.state.replay_window);
	return 0;
}

static int migrate_entry(const struct xfrm_user_migrate *k, struct xfrm_migrate *out)
{
	if (k->mode > XM_RO || (k->new_family != AF_INET6 && k->new_family != AF_INET))
		return -EBADMSG;
	out->proto = k->proto;
	out->mode = k->mode;
	out->reqid = k->reqid;
	out->old_src = wire_addr(&k->old_saddr, k->old_family);
	out->old_dst = wire_addr(&k->old_daddr, k->old_family);
	out->new_src = wire_addr(&k->new_saddr, k->new_family);
	out->new_dst = wire_addr(&k->new_daddr, k->new_family);
	return 0;
}

/* Each entry carries what is common to all, so that whoever acts needs nothing else. */
static int migrate(const struct nlmsghdr *msg, const struct seen *s, struct xfrm_event *ev)
{
	struct xfrm_userpolicy_id id;
	struct xfrm_migrate common = { 0 };

	if (wire_body(msg, &id, sizeof(id)) < 0 || !s->n_migrate || id.dir > XD_FWD)
		return -EBADMSG;
	sel_from_kernel(&id.sel, &common.sel);
	common.dir = id.dir;
	common.sub = s->sub;
	common.has_km = s->has_km;
	common.km_local = wire_addr(&s->km.local, s->km.family);
	common.km_remote = wire_addr(&s->km.remote, s->km.family);
	ev->migrate.n = s->n_migrate;
	for (size_t i = 0; i < s->n_migrate; i++) {
		ev->migrate.m[i] = common;
		if (migrate_entry(&s->migrate[i], &ev->migrate.m[i]) < 0)
			return -EBADMSG;
	}
	return 0;
}

static int policy(const struct nlmsghdr *msg, const struct seen *s, struct xfrm_event *ev)
{
	(void)s;
	return xfrm_policy_parse(msg, &ev->policy);
}

/* A deletion by index names the policy only in the attribute. */
static int policy_del(const struct nlmsghdr *msg, const struct seen *s, struct xfrm_event *ev)
{
	struct xfrm_userpolicy_id id;

	if (wire_body(msg, &id, sizeof(id)) < 0)
		return -EBADMSG;
	ev->policy.index = id.index;
	sel_from_kernel(&id.sel, &ev->policy.sel);
	if (s->has_policy)
		xfrm_policy_from_kernel(&s->policy, &ev->policy);
	ev->policy.dir = id.dir;
	ev->policy.sub = s->sub;
	return 0;
}

static int sa_new(const struct nlmsghdr *msg, const struct seen *s, struct xfrm_event *ev)
{
	(void)s;
	return xfrm_sa_parse(msg, &ev->sa);
}

static int sa_del(const struct nlmsghdr *msg, const struct seen *s, struct xfrm_event *ev)
{
	struct xfrm_usersa_id id;

	if (wire_body(msg, &id, sizeof(id)) < 0)
		return -EBADMSG;
	if (s->has_sa)
		xfrm_sa_from_kernel(&s->sa, &ev->sa);
	ev->sa.dst = wire_addr(&id.daddr, id.family);
	ev->sa.proto = id.proto;
	ev->sa.spi = ntohl(id.spi);
	return 0;
}

static int sa_flush(const struct nlmsghdr *msg, const struct seen *s, struct xfrm_event *ev)
{
	struct xfrm_usersa_flush flush;

	(void)s;
	if (wire_body(msg, &flush, sizeof(flush)) < 0)
		return -EBADMSG;
	ev->sa.proto = flush.proto;
	return 0;
}

static int report(const struct nlmsghdr *msg, const struct seen *s, struct xfrm_event *ev)
{
	struct xfrm_user_report r;

	if (wire_body(msg, &r, sizeof(r)) < 0)
		return -EBADMSG;
	sel_from_kernel(&r.sel, &ev->report.sel);
	ev->report.proto = r.proto;
	ev->report.coa = s->coa;
	return 0;
}

/* clang-format off */
static const struct {
	uint16_t type;
	enum xfrm_event_kind kind;
	size_t body;
	int (*parse)(const struct nlmsghdr *msg, const struct seen *s, struct xfrm_event *ev);
} rows[] = {
	{ XFRM_MSG_ACQUIRE, XE_ACQUIRE, sizeof(struct xfrm_user_acquire), acquire },
	{ XFRM_MSG_EXPIRE, XE_EXPIRE, sizeof(struct xfrm_user_expire), expire },
	{ XFRM_MSG_MIGRATE, XE_MIGRATE, sizeof(struct xfrm_userpolicy_id), migrate },
	{ XFRM_MSG_NEWPOLICY, XE_POLICY, sizeof(struct xfrm_userpolicy_info), policy },
	{ XFRM_MSG_UPDPOLICY, XE_POLICY, sizeof(struct xfrm_userpolicy_info), policy },
	{ XFRM_MSG_DELPOLICY, XE_POLICY_DEL, sizeof(struct xfrm_userpolicy_id), policy_del },
	{ XFRM_MSG_NEWSA, XE_SA, sizeof(struct xfrm_usersa_info), sa_new },
	{ XFRM_MSG_UPDSA, XE_SA, sizeof(struct xfrm_usersa_info), sa_new },
	{ XFRM_MSG_DELSA, XE_SA_DEL, sizeof(struct xfrm_usersa_id), sa_del },
	{ XFRM_MSG_FLUSHSA, XE_SA_FLUSH, sizeof(struct xfrm_usersa_flush), sa_flush },
	{ XFRM_MSG_REPORT, XE_REPORT, sizeof(struct xfrm_user_report), report },
};
/* clang-format on */

int xfrm_event_parse(const struct nlmsghdr *msg, struct xfrm_event *out)
{
	struct xfrm_event ev = { 0 };
	struct seen s = { .ev = &ev };
	size_t i = 0;
	int r;

	while (i < N_OF(rows) && rows[i].type != msg->nlmsg_type)
		i++;
	if (i == N_OF(rows))
		return -ENOMSG;
	ev.kind = rows[i].kind;
	r = nl_attrs(msg, rows[i].body, note_attr, &s);
	if (r == 0)
		r = rows[i].parse(msg, &s, &ev);
	if (r == 0)
		*out = ev;
	return r;
}

/* Goes with the socket behind it. */
struct listener {
	xfrm_event_fn *fn;
	void (*overrun)(void *arg);
	void *arg;
};

static int on_message(const struct nlmsghdr *msg, void *arg)
{
	const struct listener *l = arg;
	struct xfrm_event ev;

	if (xfrm_event_parse(msg, &ev) == 0)
		l->fn(&ev, l->arg);
	return 0;
}

static void on_overrun(void *arg)
{
	const struct listener *l = arg;

	l->overrun(l->arg);
}

int xfrm_listen(
	unsigned groups, xfrm_event_fn *fn, void (*overrun)(void *arg), void *arg, struct nl **out)
{
	struct listener *l = malloc(sizeof(*l));
	unsigned list[32];
	size_t n = 0;
	int r;

	if (!l)
		return -ENOMEM;
	*l = (struct listener){ fn, overrun, arg };
	for (unsigned g = 1; g < 32; g++)
		if (groups & 1u << g)
			list[n++] = g;
	r = nl_listen(NETLINK_XFRM, list, n, on_message, on_overrun, l, out);
	if (r < 0)
		free(l);
	else
		nl_keep(*out, l);
	return r;
}
