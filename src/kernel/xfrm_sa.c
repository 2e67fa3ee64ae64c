#include "kernel/xfrm_sa.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "kernel/wire.h"

enum { SPI_MIN = 0xc0000000, SPI_MAX = 0xcfffffff };
enum { SPI_TRIES = 4 };

static bool is_ipsec(uint8_t proto)
{
	return proto == XP_ESP || proto == XP_AH;
}

/* An algorithm and its key, which an SA that nobody uses may lack. */
static void put_algo(
	struct nl_req *rq, uint16_t attribute, const void *head, size_t n, struct bytes key)
{
	uint8_t buf[sizeof(struct xfrm_algo_auth) + XFRM_KEY_MAX];

	memcpy(buf, head, n);
	if (key.n)
		memcpy(buf + n, key.p, key.n);
	nl_put(rq, attribute, buf, n + key.n);
	mem_wipe(buf, sizeof(buf));
}

static void put_auth(struct nl_req *rq, const struct xfrm_sa *sa)
{
	struct xfrm_algo_auth head = {
		.alg_key_len = (unsigned)sa->auth_key.n * 8,
		.alg_trunc_len = sa->auth_trunc,
	};

	memcpy(head.alg_name, sa->auth_name, sizeof(head.alg_name));
	put_algo(rq, XFRMA_ALG_AUTH_TRUNC, &head, sizeof(head), sa->auth_key);
}

static void put_enc(struct nl_req *rq, const struct xfrm_sa *sa)
{
	struct xfrm_algo head = { .alg_key_len = (unsigned)sa->enc_key.n * 8 };

	memcpy(head.alg_name, sa->enc_name, sizeof(head.alg_name));
	put_algo(rq, XFRMA_ALG_CRYPT, &head, sizeof(head), sa->enc_key);
}

static void put_attrs(struct nl_req *rq, const struct xfrm_sa *sa)
{
	struct xfrm_replay_state replay = {
		.oseq = sa->oseq,
		.seq = sa->iseq,
		.bitmap = sa->bitmap,
	};

	if (sa->auth_name[0])
		put_auth(rq, sa);
	if (sa->enc_name[0])
		put_enc(rq, sa);
	if (sa->oseq || sa->iseq || sa->bitmap)
		nl_put(rq, XFRMA_REPLAY_VAL, &replay, sizeof(replay));
	if (sa->mode == XM_RO)
		nl_put(rq, XFRMA_COADDR, &sa->coa, sizeof(sa->coa));
}

/* A tunnel for any inner family must have a selector without family: D-010. */
static void put_info(struct xfrm_usersa_info *info, const struct xfrm_sa *sa)
{
	if (!sa->af_unspec)
		sel_to_kernel(&sa->sel, &info->sel);
	info->id.daddr.in6 = sa->dst;
	info->id.spi = htonl(sa->spi);
	info->id.proto = sa->proto;
	info->saddr.in6 = sa->src;
	info->lft = xfrm_unlimited();
	info->lft.soft_add_expires_seconds = sa->soft_add_s;
	info->lft.hard_add_expires_seconds = sa->hard_add_s;
	if (sa->soft_packets)
		info->lft.soft_packet_limit = sa->soft_packets;
	if (sa->hard_packets)
		info->lft.hard_packet_limit = sa->hard_packets;
	info->seq = sa->seq;
	info->reqid = sa->reqid;
	info->family = AF_INET6;
	info->mode = (uint8_t)sa->mode;
	info->replay_window = sa->replay_window;
	info->flags = (sa->af_unspec ? XFRM_STATE_AF_UNSPEC : 0) |
		(sa->wildrecv ? XFRM_STATE_WILDRECV : 0);
}

static int sa_put(struct nl *nl, uint16_t type, uint16_t flags, const struct xfrm_sa *sa)
{
	struct nl_req rq;
	int r;

	if (sa->auth_key.n > XFRM_KEY_MAX || sa->enc_key.n > XFRM_KEY_MAX)
		return -EINVAL;
	put_info(nl_begin(&rq, type, flags, sizeof(struct xfrm_usersa_info)), sa);
	put_attrs(&rq, sa);
	r = nl_call(nl, &rq);
	mem_wipe(&rq, sizeof(rq));
	return r;
}

int xfrm_sa_add(struct nl *nl, const struct xfrm_sa *sa)
{
	return sa_put(nl, XFRM_MSG_NEWSA, NLM_F_CREATE | NLM_F_EXCL, sa);
}

int xfrm_sa_update(struct nl *nl, const struct xfrm_sa *sa)
{
	return sa_put(nl, XFRM_MSG_UPDSA, NLM_F_REPLACE, sa);
}

/* hao and route2 have no SPI: the source address is part of their key. */
static void put_key(struct nl_req *rq, uint16_t type, const struct xfrm_sa_key *key)
{
	struct xfrm_usersa_id *id = nl_begin(rq, type, 0, sizeof(*id));

	id->daddr.in6 = key->dst;
	id->spi = htonl(key->spi);
	id->family = AF_INET6;
	id->proto = key->proto;
	if (!is_ipsec(key->proto))
		nl_put(rq, XFRMA_SRCADDR, &key->src, sizeof(key->src));
}

static int sa_take(const struct nlmsghdr *msg, void *arg)
{
	return xfrm_sa_parse(msg, arg);
}

int xfrm_sa_get(struct nl *nl, const struct xfrm_sa_key *key, struct xfrm_sa *out)
{
	struct xfrm_sa sa = { 0 };
	struct nl_req rq;
	int r;

	put_key(&rq, XFRM_MSG_GETSA, key);
	r = nl_get(nl, &rq, sa_take, &sa);
	if (r < 0)
		return r;
	if (!sa.proto)
		return -ESRCH;
	*out = sa;
	return 0;
}

int xfrm_sa_del(struct nl *nl, const struct xfrm_sa_key *key)
{
	struct nl_req rq;

	put_key(&rq, XFRM_MSG_DELSA, key);
	return nl_call(nl, &rq);
}

/*
 * The kernel draws the SPI. Kernels that know "unique over all destinations" check it here and
 * answer -ENOENT when they meet a used one too often; the next try draws anew.
 */
int xfrm_spi_reserve(struct nl *nl, const struct in6_addr *src, const struct in6_addr *dst,
	enum xfrm_mode_ mode, uint32_t reqid, uint32_t *spi)
{
	int r = -ENOENT;

	for (int i = 0; i < SPI_TRIES && r == -ENOENT; i++) {
		struct nl_req rq;
		struct xfrm_sa sa = { 0 };
		struct xfrm_userspi_info *body = nl_begin(&rq, XFRM_MSG_ALLOCSPI, 0, sizeof(*body));

		body->info.saddr.in6 = *src;
		body->info.id.daddr.in6 = *dst;
		body->info.id.proto = XP_ESP;
		body->info.family = AF_INET6;
		body->info.mode = (uint8_t)mode;
		body->info.reqid = reqid;
		body->min = SPI_MIN;
		body->max = SPI_MAX;
		r = nl_get(nl, &rq, sa_take, &sa);
		if (r == 0 && !sa.spi)
			r = -ENOENT;
		if (r == 0)
			*spi = sa.spi;
	}
	return r;
}

int xfrm_spi_alloc(struct nl *nl, const struct in6_addr *src, const struct in6_addr *dst,
	enum xfrm_mode_ mode, uint32_t *spi)
{
	return xfrm_spi_reserve(nl, src, dst, mode, 0, spi);
}

struct dump {
	int (*fn)(const struct xfrm_sa *sa, void *arg);
	void *arg;
};

static int sa_hand_out(const struct nlmsghdr *msg, void *arg)
{
	const struct dump *d = arg;
	struct xfrm_sa sa;
	int r = xfrm_sa_parse(msg, &sa);

	if (r == 0)
		r = d->fn(&sa, d->arg);
	return r;
}

int xfrm_sa_dump(struct nl *nl, int (*fn)(const struct xfrm_sa *sa, void *arg), void *arg)
{
	struct dump d = { fn, arg };
	struct nl_req rq;

	nl_begin(&rq, XFRM_MSG_GETSA, NLM_F_DUMP, 0);
	return nl_get(nl, &rq, sa_hand_out, &d);
}

int xfrm_sa_dump_between(struct nl *nl, const struct in6_addr *src, const struct in6_addr *dst,
	int (*fn)(const struct xfrm_sa *sa, void *arg), void *arg)
{
	struct xfrm_address_filter ends = {
		.saddr.in6 = *src,
		.daddr.in6 = *dst,
		.family = AF_INET6,
		.splen = 128,
		.dplen = 128,
	};
	struct dump d = { fn, arg };
	struct nl_req rq;

	nl_begin(&rq, XFRM_MSG_GETSA, NLM_F_DUMP, 0);
	nl_put(&rq, XFRMA_ADDRESS_FILTER, &ends, sizeof(ends));
	return nl_get(nl, &rq, sa_hand_out, &d);
}

/* One attribute of an SA; `min` octets must be there. */
struct sa_attr {
	uint16_t type;
	size_t min;
	int (*read)(const void *data, size_t n, struct xfrm_sa *sa);
};

/* A key of so many bits stands behind the head, where it stays. */
static int skip_key(size_t n, size_t head, unsigned bits)
{
	return n - head < bits / 8 + (bits % 8 != 0) ? -EBADMSG : 0;
}

static void take_name(char out[64], const char name[64])
{
	memcpy(out, name, 63);
	out[63] = '\0';
}

static int take_auth(const void *data, size_t n, struct xfrm_sa *sa)
{
	struct xfrm_algo_auth a;

	memcpy(&a, data, sizeof(a));
	take_name(sa->auth_name, a.alg_name);
	sa->auth_trunc = (uint16_t)a.alg_trunc_len;
	return skip_key(n, sizeof(a), a.alg_key_len);
}

/* The kernel also repeats a truncated algorithm in the old attribute; the new one says more. */
static int take_auth_old(const void *data, size_t n, struct xfrm_sa *sa)
{
	struct xfrm_algo a;

	if (sa->auth_name[0])
		return 0;
	memcpy(&a, data, sizeof(a));
	take_name(sa->auth_name, a.alg_name);
	return skip_key(n, sizeof(a), a.alg_key_len);
}

static int take_enc(const void *data, size_t n, struct xfrm_sa *sa)
{
	struct xfrm_algo a;

	memcpy(&a, data, sizeof(a));
	take_name(sa->enc_name, a.alg_name);
	return skip_key(n, sizeof(a), a.alg_key_len);
}

static int take_aead(const void *data, size_t n, struct xfrm_sa *sa)
{
	struct xfrm_algo_aead a;

	memcpy(&a, data, sizeof(a));
	take_name(sa->enc_name, a.alg_name);
	return skip_key(n, sizeof(a), a.alg_key_len);
}

static int take_replay(const void *data, size_t n, struct xfrm_sa *sa)
{
	struct xfrm_replay_state r;

	(void)n;
	memcpy(&r, data, sizeof(r));
	sa->oseq = r.oseq;
	sa->iseq = r.seq;
	sa->bitmap = r.bitmap;
	return 0;
}

static int take_coa(const void *data, size_t n, struct xfrm_sa *sa)
{
	(void)n;
	memcpy(&sa->coa, data, sizeof(sa->coa));
	return 0;
}

static int take_last_used(const void *data, size_t n, struct xfrm_sa *sa)
{
	(void)n;
	memcpy(&sa->use_time, data, sizeof(sa->use_time));
	return 0;
}

/* clang-format off */
static const struct sa_attr sa_attrs[] = {
	{ XFRMA_ALG_AUTH_TRUNC, sizeof(struct xfrm_algo_auth), take_auth },
	{ XFRMA_ALG_AUTH, sizeof(struct xfrm_algo), take_auth_old },
	{ XFRMA_ALG_CRYPT, sizeof(struct xfrm_algo), take_enc },
	{ XFRMA_ALG_AEAD, sizeof(struct xfrm_algo_aead), take_aead },
	{ XFRMA_REPLAY_VAL, sizeof(struct xfrm_replay_state), take_replay },
	{ XFRMA_COADDR, sizeof(struct in6_addr), take_coa },
	{ XFRMA_LASTUSED, sizeof(uint64_t), take_last_used },
};
/* clang-format on */

static int sa_attr(uint16_t type, const void *data, size_t n, void *arg)
{
	for (size_t i = 0; i < sizeof(sa_attrs) / sizeof(sa_attrs[0]); i++)
		if (sa_attrs[i].type == type)
			return n < sa_attrs[i].min ? -EBADMSG : sa_attrs[i].read(data, n, arg);
	return 0;
}

/* The kernel's "never" is ours. */
static uint64_t limit_of(uint64_t packets)
{
	return packets == XFRM_INF ? 0 : packets;
}

void xfrm_sa_from_kernel(const struct xfrm_usersa_info *info, struct xfrm_sa *out)
{
	out->src = wire_addr(&info->saddr, info->family);
	out->dst = wire_addr(&info->id.daddr, info->family);
	out->proto = info->id.proto;
	out->spi = ntohl(info->id.spi);
	out->reqid = info->reqid;
	out->seq = info->seq;
	out->mode = info->mode;
	out->replay_window = info->replay_window;
	out->af_unspec = info->flags & XFRM_STATE_AF_UNSPEC;
	out->wildrecv = info->flags & XFRM_STATE_WILDRECV;
	sel_from_kernel(&info->sel, &out->sel);
	out->soft_add_s = info->lft.soft_add_expires_seconds;
	out->hard_add_s = info->lft.hard_add_expires_seconds;
	out->soft_packets = limit_of(info->lft.soft_packet_limit);
	out->hard_packets = limit_of(info->lft.hard_packet_limit);
	out->bytes = info->curlft.bytes;
	out->packets = info->curlft.packets;
	out->add_time = info->curlft.add_time;
	out->use_time = info->curlft.use_time;
}

int xfrm_sa_parse(const struct nlmsghdr *msg, struct xfrm_sa *out)
{
	struct xfrm_usersa_info info;
	struct xfrm_sa sa = { 0 };
	int r = wire_body(msg, &info, sizeof(info));

	if (r < 0)
		return r;
	xfrm_sa_from_kernel(&info, &sa);
	r = nl_attrs(msg, sizeof(info), sa_attr, &sa);
	if (r < 0)
		return r;
	sa.larval = is_ipsec(sa.proto) && (!sa.spi || (!sa.auth_name[0] && !sa.enc_name[0]));
	*out = sa;
	return 0;
}
