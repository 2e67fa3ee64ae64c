#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/loop.h"
#include "unit/fake/fake_int.h"

bool fake_same(const xfrm_address_t *a, const xfrm_address_t *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* FNV-1a. */
unsigned fake_hash(const void *p, size_t n, unsigned seed)
{
	const uint8_t *octets = p;
	uint32_t h = 2166136261u ^ seed;

	for (size_t i = 0; i < n; i++)
		h = (h ^ octets[i]) * 16777619u;
	return h ^ h >> 15;
}

struct nlmsghdr *fake_copy(const struct nlmsghdr *msg)
{
	struct nlmsghdr *copy = malloc(NLMSG_ALIGN(msg->nlmsg_len));

	if (!copy)
		abort();
	memcpy(copy, msg, msg->nlmsg_len);
	return copy;
}

void *fake_attr(const struct nlmsghdr *msg, size_t body, uint16_t type, size_t *n)
{
	size_t at = NLMSG_HDRLEN + NLMSG_ALIGN(body);

	*n = 0;
	while (at + NLA_HDRLEN <= msg->nlmsg_len) {
		struct nlattr *a = (struct nlattr *)((uintptr_t)msg + at);

		if (a->nla_len < NLA_HDRLEN)
			return NULL;
		if (a->nla_type == type) {
			*n = a->nla_len - (size_t)NLA_HDRLEN;
			return (uint8_t *)a + NLA_HDRLEN;
		}
		at += NLA_ALIGN((size_t)a->nla_len);
	}
	return NULL;
}

void fake_emit_copy(struct fake_xfrm *k, uint16_t type, const struct nlmsghdr *msg)
{
	struct fevent *e;

	if (!k->fn)
		return;
	e = calloc(1, sizeof(*e));
	if (!e)
		abort();
	e->msg = fake_copy(msg);
	e->msg->nlmsg_type = type;
	TAILQ_INSERT_TAIL(&k->events, e, next);
}

void fake_emit(struct fake_xfrm *k, const struct nl_req *rq)
{
	const struct nlmsghdr *msg = (const struct nlmsghdr *)rq->buf;

	fake_emit_copy(k, msg->nlmsg_type, msg);
}

struct fake_xfrm *fake_xfrm_new(void)
{
	static uint32_t n_kernels;
	struct fake_xfrm *k = calloc(1, sizeof(*k));

	if (!k)
		abort();
	k->next_spi = 0xc0000000 + 0x100000 * n_kernels++; /* two nodes never draw the same */
	TAILQ_INIT(&k->sas);
	TAILQ_INIT(&k->policies);
	TAILQ_INIT(&k->events);
	return k;
}

static void drop_events(struct fake_xfrm *k)
{
	struct fevent *e;

	while ((e = TAILQ_FIRST(&k->events))) {
		TAILQ_REMOVE(&k->events, e, next);
		free(e->msg);
		free(e);
	}
}

void fake_xfrm_free(struct fake_xfrm *k)
{
	struct fnumber *n;
	struct fsa *sa;
	struct fpolicy *p;

	if (!k)
		return;
	while ((sa = TAILQ_FIRST(&k->sas)))
		fsa_drop(k, sa);
	while ((p = TAILQ_FIRST(&k->policies))) {
		TAILQ_REMOVE(&k->policies, p, all);
		free(p->msg);
		free(p);
	}
	drop_events(k);
	while ((n = LIST_FIRST(&k->numbers))) {
		LIST_REMOVE(n, next);
		free(n);
	}
	free(k);
}

void fake_xfrm_fail(struct fake_xfrm *k, uint16_t msg_type, unsigned n, int error)
{
	k->fail_type = msg_type;
	k->n_fail = n;
	k->fail_error = error;
}

static bool must_fail(struct fake_xfrm *k, uint16_t type)
{
	if (!k->n_fail || type != k->fail_type)
		return false;
	k->n_fail--;
	return true;
}

int fake_xfrm_peer(void *ctx, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	struct fake_xfrm *k = ctx;

	if (k->before) {
		fake_xfrm_before_fn *before = k->before;

		k->before = NULL; /* not for what it does itself */
		before(req->nlmsg_type, k->before_arg);
		k->before = before;
	}
	if (req->nlmsg_type == FAKE_MIGRATE_STATE && k->moves_states)
		return fsa_migrate_state(k, req);
	if (req->nlmsg_type < XFRM_MSG_BASE || req->nlmsg_type > XFRM_MSG_MAX)
		return -EINVAL;
	k->counts[req->nlmsg_type - XFRM_MSG_BASE]++;
	if (must_fail(k, req->nlmsg_type))
		return k->fail_error;
	switch (req->nlmsg_type) {
	case XFRM_MSG_NEWSA:
	case XFRM_MSG_UPDSA:
	case XFRM_MSG_DELSA:
	case XFRM_MSG_GETSA:
	case XFRM_MSG_ALLOCSPI:
		return fsa_request(k, req, reply, arg);
	case XFRM_MSG_NEWPOLICY:
	case XFRM_MSG_UPDPOLICY:
	case XFRM_MSG_DELPOLICY:
	case XFRM_MSG_GETPOLICY:
		return fpolicy_request(k, req, reply, arg);
	case XFRM_MSG_MIGRATE:
		return fake_migrate(k, req);
	}
	return -EINVAL;
}

void fake_xfrm_events(struct fake_xfrm *k, xfrm_event_fn *fn, void *arg)
{
	k->fn = fn;
	k->arg = arg;
	if (!fn)
		drop_events(k);
}

unsigned fake_xfrm_deliver(struct fake_xfrm *k)
{
	struct xfrm_event ev;
	struct fevent *e;
	unsigned n = 0;

	for (; (e = TAILQ_FIRST(&k->events)); n++) {
		TAILQ_REMOVE(&k->events, e, next);
		if (xfrm_event_parse(e->msg, &ev) == 0 && k->fn)
			k->fn(&ev, k->arg);
		free(e->msg);
		free(e);
	}
	return n;
}

static bool covers(const struct sel *policy, const struct sel *packet)
{
	bool type = policy->type == SEL_ANY || policy->type == packet->type;

	return type && (!policy->proto || policy->proto == packet->proto) &&
		prefix_within(&policy->src, &packet->src) &&
		prefix_within(&policy->dst, &packet->dst);
}

/* The main policy out of best priority that covers the packet. */
static struct fpolicy *policy_for(struct fake_xfrm *k, const struct sel *packet)
{
	struct fpolicy *p, *best = NULL;

	TAILQ_FOREACH (p, &k->policies, all) {
		const struct xfrm_userpolicy_info *i = fpolicy_info(p);
		struct sel sel;

		sel_from_kernel(&i->sel, &sel);
		if (p->type == XFRM_POLICY_TYPE_MAIN && i->dir == XFRM_POLICY_OUT &&
			covers(&sel, packet) &&
			(!best || i->priority < fpolicy_info(best)->priority))
			best = p;
	}
	return best;
}

static void emit_acquire(struct fake_xfrm *k, const struct fpolicy *p, const struct fsa *larval)
{
	const struct xfrm_usersa_info *i = fsa_info(larval);
	struct xfrm_userpolicy_type type = { .type = p->type };
	struct nl_req rq;
	struct xfrm_user_acquire *a = nl_begin(&rq, XFRM_MSG_ACQUIRE, 0, sizeof(*a));
	size_t n;
	const struct xfrm_user_tmpl *t = fpolicy_tmpls(p, &n);

	a->id = i->id;
	a->saddr = i->saddr;
	a->sel = i->sel;
	a->policy = *fpolicy_info(p);
	a->aalgos = a->ealgos = a->calgos = ~0u;
	a->seq = i->seq;
	nl_put(&rq, XFRMA_TMPL, t, n * sizeof(*t));
	nl_put(&rq, XFRMA_POLICY_TYPE, &type, sizeof(type));
	fake_emit(k, &rq);
}

static void number(struct fake_xfrm *k, struct fsa *sa)
{
	uint32_t spi = fsa_info(sa)->id.spi;
	struct fnumber *n = LIST_FIRST(&k->numbers);

	while (n && n->spi != spi)
		n = LIST_NEXT(n, next);
	if (!n) {
		n = calloc(1, sizeof(*n));
		if (!n)
			abort();
		n->spi = spi;
		LIST_INSERT_HEAD(&k->numbers, n, next);
	}
	k->n_reused += ++sa->replay.oseq <= n->last;
	n->last = sa->replay.oseq > n->last ? sa->replay.oseq : n->last;
	fsa_info(sa)->curlft.packets++;
}

/* A valid one before one that is waited for. */
static struct fsa *fsa_to_send(struct fake_xfrm *k, const xfrm_address_t *src,
	const xfrm_address_t *dst, const struct xfrm_user_tmpl *t)
{
	struct fsa *sa;

	TAILQ_FOREACH (sa, &k->sas, all) {
		const struct xfrm_usersa_info *i = fsa_info(sa);

		if (!sa->larval && i->id.proto == t->id.proto && i->mode == t->mode &&
			(!t->reqid || i->reqid == t->reqid) && fake_same(&i->saddr, src) &&
			fake_same(&i->id.daddr, dst))
			return sa;
	}
	return fsa_by_ends(k, src, dst, t->reqid, t->id.proto, t->mode);
}

int fake_xfrm_heard(struct fake_xfrm *k, const struct xfrm_sa_key *key, uint32_t seq)
{
	xfrm_address_t src = { .in6 = key->src }, dst = { .in6 = key->dst };
	struct fsa *sa = fsa_locate(k, &src, &dst, htonl(key->spi), key->proto);

	if (!sa || sa->larval)
		return -ESRCH;
	fsa_info(sa)->curlft.bytes += 100;
	fsa_info(sa)->curlft.use_time = loop_now() / 1000 + 1;
	if (seq > sa->replay.seq) {
		uint32_t by = seq - sa->replay.seq;

		sa->replay.bitmap = by < 32 ? sa->replay.bitmap << by | 1 : 1;
		sa->replay.seq = seq;
	} else if (sa->replay.seq - seq < 32) {
		sa->replay.bitmap |= 1u << (sa->replay.seq - seq);
	}
	return 0;
}

void fake_xfrm_moves_states(struct fake_xfrm *k)
{
	k->moves_states = true;
}

void fake_xfrm_before(struct fake_xfrm *k, fake_xfrm_before_fn *fn, void *arg)
{
	k->before = fn;
	k->before_arg = arg;
}

unsigned fake_xfrm_n_reused(const struct fake_xfrm *k)
{
	return k->n_reused;
}

/* Transport mode takes the packet's own ends, a tunnel those of its template. */
int fake_xfrm_packet(struct fake_xfrm *k, const struct sel *packet)
{
	struct fpolicy *p = policy_for(k, packet);
	struct xfrm_selector sel;
	xfrm_address_t src, dst;
	size_t n = 0;
	const struct xfrm_user_tmpl *t = p ? fpolicy_tmpls(p, &n) : NULL;
	struct fsa *sa;

	if (p && fpolicy_info(p)->action == XFRM_POLICY_BLOCK)
		return -EPERM;
	if (!n)
		return 0;
	sel_to_kernel(packet, &sel);
	src = t->mode == XFRM_MODE_TUNNEL ? t->saddr : sel.saddr;
	dst = t->mode == XFRM_MODE_TUNNEL ? t->id.daddr : sel.daddr;
	sa = fsa_to_send(k, &src, &dst, t);
	if (sa && !sa->larval)
		number(k, sa);
	if (sa)
		return sa->larval ? -EAGAIN : 0;
	sa = fsa_larval(k, &src, &dst, t->reqid, t->id.proto, t->mode, &sel);
	fsa_info(sa)->seq = ++k->next_seq;
	emit_acquire(k, p, sa);
	return 1;
}

int fake_xfrm_expire(struct fake_xfrm *k, const struct xfrm_sa_key *key, bool hard)
{
	xfrm_address_t src = { .in6 = key->src }, dst = { .in6 = key->dst };
	struct fsa *sa = fsa_locate(k, &src, &dst, htonl(key->spi), key->proto);
	struct nl_req rq;
	struct xfrm_user_expire *x;

	if (!sa)
		return -ESRCH;
	x = nl_begin(&rq, XFRM_MSG_EXPIRE, 0, sizeof(*x));
	x->state = *fsa_info(sa);
	x->hard = hard;
	fake_emit(k, &rq);
	if (hard)
		fsa_drop(k, sa);
	return 0;
}

void fake_xfrm_drop_larvals(struct fake_xfrm *k)
{
	struct fsa *sa;

	while ((sa = LIST_FIRST(&k->larvals)))
		fsa_drop(k, sa);
}

static size_t count_sas(const struct fake_xfrm *k, bool larval)
{
	const struct fsa *sa;
	size_t n = 0;

	TAILQ_FOREACH (sa, &k->sas, all)
		n += sa->larval == larval;
	return n;
}

size_t fake_xfrm_n_sa(const struct fake_xfrm *k)
{
	return count_sas(k, false);
}

size_t fake_xfrm_n_larval(const struct fake_xfrm *k)
{
	return count_sas(k, true);
}

size_t fake_xfrm_n_policy(const struct fake_xfrm *k)
{
	const struct fpolicy *p;
	size_t n = 0;

	TAILQ_FOREACH (p, &k->policies, all)
		n++;
	return n;
}

unsigned fake_xfrm_count(const struct fake_xfrm *k, uint16_t msg_type)
{
	if (msg_type == FAKE_MIGRATE_STATE)
		return k->n_migrate_state;
	return k->counts[msg_type - XFRM_MSG_BASE];
}
