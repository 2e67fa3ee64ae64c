#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/loop.h"
#include "unit/fake/fake_int.h"

struct xfrm_usersa_info *fsa_info(const struct fsa *sa)
{
	return NLMSG_DATA(sa->msg);
}

static bool is_ipsec(uint8_t proto)
{
	return proto == IPPROTO_ESP || proto == IPPROTO_AH;
}

static struct fsa_list *id_bucket(struct fake_xfrm *k, const xfrm_address_t *dst, uint32_t spi)
{
	return &k->by_id[fake_hash(dst, sizeof(*dst), spi) % N_BUCKETS];
}

static struct fsa_list *ends_bucket(
	struct fake_xfrm *k, const xfrm_address_t *src, const xfrm_address_t *dst)
{
	return &k->by_ends[fake_hash(dst, sizeof(*dst), fake_hash(src, sizeof(*src), 1)) %
		N_BUCKETS];
}

static void put_in(struct fake_xfrm *k, struct fsa *sa)
{
	struct xfrm_usersa_info *i = fsa_info(sa);

	TAILQ_INSERT_HEAD(&k->sas, sa, all);
	LIST_INSERT_HEAD(id_bucket(k, &i->id.daddr, i->id.spi), sa, by_id);
	LIST_INSERT_HEAD(ends_bucket(k, &i->saddr, &i->id.daddr), sa, by_ends);
}

static void take_out(struct fake_xfrm *k, struct fsa *sa)
{
	TAILQ_REMOVE(&k->sas, sa, all);
	LIST_REMOVE(sa, by_id);
	LIST_REMOVE(sa, by_ends);
}

void fsa_drop(struct fake_xfrm *k, struct fsa *sa)
{
	take_out(k, sa);
	if (sa->larval)
		LIST_REMOVE(sa, among_larvals);
	free(sa->msg);
	free(sa);
}

void fsa_move(
	struct fake_xfrm *k, struct fsa *sa, const xfrm_address_t *src, const xfrm_address_t *dst)
{
	take_out(k, sa);
	fsa_info(sa)->saddr = *src;
	fsa_info(sa)->id.daddr = *dst;
	put_in(k, sa);
}

/* Numbers and age that the message brings along; else it begins now. */
static void begin(struct fsa *sa)
{
	size_t n, body = sizeof(struct xfrm_usersa_info);
	const void *replay = fake_attr(sa->msg, body, XFRMA_REPLAY_VAL, &n), *age;

	if (n >= sizeof(sa->replay))
		memcpy(&sa->replay, replay, sizeof(sa->replay));
	age = fake_attr(sa->msg, body, XFRMA_LTIME_VAL, &n);
	fsa_info(sa)->curlft = (struct xfrm_lifetime_cur){ .add_time = loop_now() / 1000 };
	if (n >= sizeof(fsa_info(sa)->curlft))
		memcpy(&fsa_info(sa)->curlft, age, sizeof(fsa_info(sa)->curlft));
}

struct copying {
	struct nl_req *rq;
	const struct xfrm_replay_state *replay;
};

static int copy_attr(uint16_t type, const void *data, size_t n, void *arg)
{
	const struct copying *c = arg;

	if (type != XFRMA_REPLAY_VAL && type != XFRMA_LTIME_VAL)
		nl_put(c->rq, type, data, n);
	return 0;
}

/* The attributes as the kernel tells them. */
static void put_attrs(const struct fsa *sa, struct nl_req *rq)
{
	struct copying c = { rq, &sa->replay };

	nl_attrs(sa->msg, sizeof(struct xfrm_usersa_info), copy_attr, &c);
	nl_put(rq, XFRMA_REPLAY_VAL, &sa->replay, sizeof(sa->replay));
}

static int tell(const struct fsa *sa, nl_fn *reply, void *arg)
{
	struct nl_req rq;
	struct xfrm_usersa_info *info = nl_begin(&rq, XFRM_MSG_NEWSA, 0, sizeof(*info));

	*info = *fsa_info(sa);
	put_attrs(sa, &rq);
	return reply((const struct nlmsghdr *)rq.buf, arg);
}

static struct fsa *add(struct fake_xfrm *k, const struct nlmsghdr *msg, bool larval)
{
	struct fsa *sa = calloc(1, sizeof(*sa));

	if (!sa)
		abort();
	sa->msg = fake_copy(msg);
	sa->msg->nlmsg_type = XFRM_MSG_NEWSA;
	sa->larval = larval;
	begin(sa);
	if (larval)
		LIST_INSERT_HEAD(&k->larvals, sa, among_larvals);
	put_in(k, sa);
	return sa;
}

/* IPsec SAs by destination, SPI and protocol; hao and route2 by both ends and protocol. */
struct fsa *fsa_locate(struct fake_xfrm *k, const xfrm_address_t *src, const xfrm_address_t *dst,
	uint32_t spi, uint8_t proto)
{
	struct fsa *sa;

	LIST_FOREACH (sa, id_bucket(k, dst, is_ipsec(proto) ? spi : 0), by_id) {
		const struct xfrm_usersa_info *i = fsa_info(sa);

		if (i->id.proto != proto || !fake_same(&i->id.daddr, dst))
			continue;
		if (is_ipsec(proto) ? spi && i->id.spi == spi : fake_same(&i->saddr, src))
			return sa;
	}
	return NULL;
}

struct fsa *fsa_by_ends(struct fake_xfrm *k, const xfrm_address_t *src, const xfrm_address_t *dst,
	uint32_t reqid, uint8_t proto, uint8_t mode)
{
	struct fsa *sa;

	LIST_FOREACH (sa, ends_bucket(k, src, dst), by_ends) {
		const struct xfrm_usersa_info *i = fsa_info(sa);

		if (i->id.proto == proto && i->mode == mode && (!reqid || i->reqid == reqid) &&
			fake_same(&i->saddr, src) && fake_same(&i->id.daddr, dst))
			return sa;
	}
	return NULL;
}

struct fsa *fsa_for_migrate(struct fake_xfrm *k, const struct xfrm_user_migrate *m)
{
	return fsa_by_ends(k, &m->old_saddr, &m->old_daddr, m->reqid, m->proto, m->mode);
}

/* A larval state without an SPI that stands for exactly this SA. */
static struct fsa *find_larval(struct fake_xfrm *k, const struct xfrm_usersa_info *want)
{
	struct fsa *sa;

	LIST_FOREACH (sa, ends_bucket(k, &want->saddr, &want->id.daddr), by_ends) {
		const struct xfrm_usersa_info *i = fsa_info(sa);

		if (sa->larval && !i->id.spi && i->id.proto == want->id.proto &&
			i->mode == want->mode && i->reqid == want->reqid &&
			fake_same(&i->saddr, &want->saddr) &&
			fake_same(&i->id.daddr, &want->id.daddr))
			return sa;
	}
	return NULL;
}

static struct fsa *find_seq(struct fake_xfrm *k, const struct xfrm_usersa_info *want)
{
	struct fsa *sa;

	LIST_FOREACH (sa, &k->larvals, among_larvals)
		if (fsa_info(sa)->seq == want->seq &&
			fake_same(&fsa_info(sa)->id.daddr, &want->id.daddr))
			return sa;
	return NULL;
}

struct fsa *fsa_larval(struct fake_xfrm *k, const xfrm_address_t *src, const xfrm_address_t *dst,
	uint32_t reqid, uint8_t proto, uint8_t mode, const struct xfrm_selector *sel)
{
	struct nl_req rq;
	struct xfrm_usersa_info *i = nl_begin(&rq, XFRM_MSG_NEWSA, 0, sizeof(*i));

	i->saddr = *src;
	i->id.daddr = *dst;
	i->id.proto = proto;
	i->family = AF_INET6;
	i->mode = mode;
	i->reqid = reqid;
	i->sel = *sel;
	return add(k, (const struct nlmsghdr *)rq.buf, true);
}

/* Counted up: never one twice, without a look at every SA. */
static uint32_t draw_spi(struct fake_xfrm *k, uint32_t min, uint32_t max)
{
	if (k->next_spi < min || k->next_spi > max)
		k->next_spi = min;
	return htonl(k->next_spi++);
}

void fake_xfrm_next_spi(struct fake_xfrm *k, uint32_t spi)
{
	k->next_spi = spi;
}

static int alloc_spi(struct fake_xfrm *k, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	struct xfrm_userspi_info want;
	struct fsa *sa;

	memcpy(&want, nl_data(req), sizeof(want));
	sa = find_larval(k, &want.info);
	if (!sa)
		sa = fsa_larval(k, &want.info.saddr, &want.info.id.daddr, want.info.reqid,
			want.info.id.proto, want.info.mode, &want.info.sel);
	take_out(k, sa);
	fsa_info(sa)->id.spi = draw_spi(k, want.min, want.max);
	put_in(k, sa);
	return tell(sa, reply, arg);
}

static bool is_complete(const struct nlmsghdr *req, const struct xfrm_usersa_info *i)
{
	size_t n;

	if (i->id.proto != IPPROTO_ESP)
		return true;
	return i->id.spi && (fake_attr(req, sizeof(*i), XFRMA_ALG_CRYPT, &n) ||
				    fake_attr(req, sizeof(*i), XFRMA_ALG_AEAD, &n));
}

static int new_sa(struct fake_xfrm *k, const struct nlmsghdr *req)
{
	struct xfrm_usersa_info i;
	struct fsa *old = NULL;

	memcpy(&i, nl_data(req), sizeof(i));
	if (!is_complete(req, &i))
		return -EINVAL;
	if (fsa_locate(k, &i.saddr, &i.id.daddr, i.id.spi, i.id.proto))
		return -EEXIST;
	if (is_ipsec(i.id.proto))
		old = i.seq ? find_seq(k, &i) : NULL;
	if (is_ipsec(i.id.proto) && !old)
		old = find_larval(k, &i);
	add(k, req, false);
	if (old)
		fsa_drop(k, old);
	fake_emit_copy(k, XFRM_MSG_NEWSA, req);
	return 0;
}

/* A filled SA keeps its keys: an update changes lifetimes, and address and selector of hao,
 * route2. */
static int update_sa(struct fake_xfrm *k, const struct nlmsghdr *req)
{
	struct xfrm_usersa_info i;
	struct fsa *sa;

	memcpy(&i, nl_data(req), sizeof(i));
	if (!is_complete(req, &i))
		return -EINVAL;
	sa = fsa_locate(k, &i.saddr, &i.id.daddr, i.id.spi, i.id.proto);
	if (!sa)
		return -ESRCH;
	if (sa->larval || !is_ipsec(i.id.proto)) {
		fsa_drop(k, sa);
		add(k, req, false);
	} else {
		fsa_info(sa)->lft = i.lft;
	}
	fake_emit_copy(k, XFRM_MSG_UPDSA, req);
	return 0;
}

static struct fsa *by_id_msg(struct fake_xfrm *k, const struct nlmsghdr *req)
{
	struct xfrm_usersa_id id;
	size_t n = 0;
	const xfrm_address_t *src;

	memcpy(&id, nl_data(req), sizeof(id));
	src = fake_attr(req, sizeof(id), XFRMA_SRCADDR, &n);
	if (!is_ipsec(id.proto) && n != sizeof(*src))
		return NULL;
	return fsa_locate(k, src, &id.daddr, id.spi, id.proto);
}

/* Who asked hears it too, if he joined the group; else his call leaves it out. */
static void emit_del(struct fake_xfrm *k, const struct fsa *sa, nl_fn *reply, void *arg)
{
	const struct xfrm_usersa_info *i = fsa_info(sa);
	struct nl_req rq;
	struct xfrm_usersa_id *id = nl_begin(&rq, XFRM_MSG_DELSA, 0, sizeof(*id));

	id->daddr = i->id.daddr;
	id->spi = i->id.spi;
	id->proto = i->id.proto;
	id->family = i->family;
	nl_put(&rq, XFRMA_SA, i, sizeof(*i));
	put_attrs(sa, &rq);
	fake_emit(k, &rq);
	reply((const struct nlmsghdr *)rq.buf, arg);
}

static int del_sa(struct fake_xfrm *k, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	struct fsa *sa = by_id_msg(k, req);

	if (!sa)
		return -ESRCH;
	emit_del(k, sa, reply, arg);
	fsa_drop(k, sa);
	return 0;
}

int fsa_migrate_state(struct fake_xfrm *k, const struct nlmsghdr *req)
{
	struct fake_migrate_state m;
	struct fsa *sa;

	memcpy(&m, nl_data(req), sizeof(m));
	k->n_migrate_state++;
	if (!m.id.spi || m.reserved || m.flags)
		return -EINVAL;
	sa = fsa_locate(k, NULL, &m.id.daddr, m.id.spi, m.id.proto);
	if (!sa || sa->larval)
		return -ESRCH;
	if (!fake_same(&m.id.daddr, &m.new_daddr) &&
		fsa_locate(k, NULL, &m.new_daddr, m.id.spi, m.id.proto))
		return -EEXIST;
	fsa_info(sa)->reqid = m.new_reqid;
	fsa_info(sa)->sel = m.new_sel;
	fsa_move(k, sa, &m.new_saddr, &m.new_daddr);
	fake_emit_copy(k, FAKE_MIGRATE_STATE, req);
	return 0;
}

/* XFRMA_ADDRESS_FILTER behind an empty body, with whole addresses: only the SAs between two ends.
 */
static int get_between(
	struct fake_xfrm *k, const struct xfrm_address_filter *f, nl_fn *reply, void *arg)
{
	struct fsa *sa;
	int r = 0;

	LIST_FOREACH (sa, ends_bucket(k, &f->saddr, &f->daddr), by_ends)
		if (r == 0 && fake_same(&fsa_info(sa)->saddr, &f->saddr) &&
			fake_same(&fsa_info(sa)->id.daddr, &f->daddr))
			r = tell(sa, reply, arg);
	return r;
}

static int get_sa(struct fake_xfrm *k, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	const struct xfrm_address_filter *f;
	struct fsa *sa;
	size_t n;
	int r = 0;

	if (!(req->nlmsg_flags & NLM_F_DUMP)) {
		sa = by_id_msg(k, req);
		return sa ? tell(sa, reply, arg) : -ESRCH;
	}
	f = fake_attr(req, 0, XFRMA_ADDRESS_FILTER, &n);
	if (f)
		return get_between(k, f, reply, arg);
	TAILQ_FOREACH (sa, &k->sas, all)
		if (r == 0)
			r = tell(sa, reply, arg);
	return r;
}

int fsa_request(struct fake_xfrm *k, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	switch (req->nlmsg_type) {
	case XFRM_MSG_ALLOCSPI:
		return alloc_spi(k, req, reply, arg);
	case XFRM_MSG_NEWSA:
		return new_sa(k, req);
	case XFRM_MSG_UPDSA:
		return update_sa(k, req);
	case XFRM_MSG_DELSA:
		return del_sa(k, req, reply, arg);
	}
	return get_sa(k, req, reply, arg);
}
