#include "kernel/xfrm_move.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "kernel/wire.h"

/* Linux 7.2; the headers that we are built with may be older. */
enum { MSG_MIGRATE_STATE = 0x29 };
enum { SPI_NOBODY = 1 }; /* IANA keeps 1 to 255, so no SA has it */

struct migrate_state {
	struct xfrm_usersa_id id;
	xfrm_address_t new_daddr, new_saddr;
	struct xfrm_mark old_mark;
	struct xfrm_selector new_sel;
	uint32_t new_reqid, flags;
	uint16_t new_family, reserved;
};

/* An SA as the kernel tells it: its body, and the attributes that make it anew. Holds keys. */
struct whole {
	struct nl_req rq;
	struct xfrm_usersa_info info;
	struct xfrm_mark mark;
	struct xfrm_replay_state replay;
	struct xfrm_lifetime_cur age;
	alignas(8) uint8_t esn[NL_REQ_MAX];
	size_t n_esn;
	bool found, deleted;
};

/* clang-format off */
/* What another attribute says, or what is added with what the kernel says at last. */
static const uint16_t left_out[] = {
	XFRMA_SA, XFRMA_SRCADDR, XFRMA_PAD, XFRMA_LASTUSED, XFRMA_LTIME_VAL, XFRMA_REPLAY_VAL,
	XFRMA_REPLAY_ESN_VAL,
};
/* clang-format on */

static bool is_left_out(uint16_t type)
{
	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
		if (left_out[i] == type)
			return true;
	return false;
}

static int take_numbers(uint16_t type, const void *data, size_t n, struct whole *w)
{
	switch (type) {
	case XFRMA_SA: {
		struct xfrm_usersa_info info;
		int r = wire_attr(data, n, &info, sizeof(info));

		w->age = r ? w->age : info.curlft;
		return r;
	}
	case XFRMA_REPLAY_VAL:
		return wire_attr(data, n, &w->replay, sizeof(w->replay));
	case XFRMA_REPLAY_ESN_VAL:
		if (n < sizeof(struct xfrm_replay_state_esn) || n > sizeof(w->esn))
			return -EBADMSG;
		memcpy(w->esn, data, n);
		w->n_esn = n;
		return 0;
	case XFRMA_MARK:
		return wire_attr(data, n, &w->mark, sizeof(w->mark));
	}
	return 0;
}

static int take_attr(uint16_t type, const void *data, size_t n, void *arg)
{
	struct whole *w = arg;

	if (!w->deleted && !is_left_out(type))
		nl_put(&w->rq, type, data, n);
	return take_numbers(type, data, n, w);
}

static int on_sa(const struct nlmsghdr *msg, void *arg)
{
	struct whole *w = arg;
	int r = wire_body(msg, &w->info, sizeof(w->info));

	if (r < 0 || w->found)
		return r;
	w->found = true;
	w->age = w->info.curlft;
	nl_begin(&w->rq, XFRM_MSG_NEWSA, NLM_F_CREATE | NLM_F_EXCL, sizeof(w->info));
	return nl_attrs(msg, sizeof(w->info), take_attr, w);
}

/* The kernel's word on our delete: no number is used after it. */
static int on_gone(const struct nlmsghdr *msg, void *arg)
{
	struct xfrm_usersa_id id;
	struct whole *w = arg;

	if (msg->nlmsg_type != XFRM_MSG_DELSA || wire_body(msg, &id, sizeof(id)) < 0 ||
		id.spi != w->info.id.spi || id.proto != w->info.id.proto ||
		memcmp(&id.daddr, &w->info.id.daddr, sizeof(id.daddr)) != 0)
		return 0;
	w->deleted = true;
	return nl_attrs(msg, sizeof(id), take_attr, w);
}

static struct xfrm_usersa_id id_of(const struct xfrm_sa_key *key)
{
	return (struct xfrm_usersa_id){
		.daddr.in6 = key->dst,
		.spi = htonl(key->spi),
		.family = AF_INET6,
		.proto = key->proto,
	};
}

static int read_whole(struct nl *nl, const struct xfrm_sa_key *key, struct whole *w)
{
	struct nl_req rq;
	struct xfrm_usersa_id *id = nl_begin(&rq, XFRM_MSG_GETSA, 0, sizeof(*id));
	int r;

	*id = id_of(key);
	r = nl_get(nl, &rq, on_sa, w);
	return r < 0 ? r : w->found ? 0 : -ESRCH;
}

static int migrate_state(
	struct nl *nl, const struct xfrm_move *m, const struct whole *w, uint32_t spi)
{
	struct nl_req rq;
	struct migrate_state *body = nl_begin(&rq, MSG_MIGRATE_STATE, 0, sizeof(*body));

	body->id = id_of(&m->key);
	body->id.spi = spi;
	body->new_daddr.in6 = m->dst;
	body->new_saddr.in6 = m->src;
	body->old_mark = w->mark;
	body->new_sel = w->info.sel;
	body->new_reqid = w->info.reqid;
	body->new_family = AF_INET6;
	return nl_call(nl, &rq);
}

enum xfrm_move_way xfrm_move_probe(struct nl *nl)
{
	const struct in6_addr nowhere = IN6ADDR_LOOPBACK_INIT;
	const struct xfrm_move m = {
		.key = { .dst = nowhere, .proto = XP_ESP },
		.src = nowhere,
		.dst = nowhere,
	};
	const struct whole none = { .info.sel.family = AF_INET6 };

	return migrate_state(nl, &m, &none, htonl(SPI_NOBODY)) == -ESRCH ? XW_STATE : XW_AGAIN;
}

/*
 * A larval state between the new ends: while it waits a packet is dropped and no SA asked for.
 * Gives its SPI, 0 none.
 */
static uint32_t block(struct nl *nl, const struct xfrm_move *m, const struct whole *w)
{
	struct xfrm_sa_key key = { .dst = m->dst, .proto = m->key.proto };
	int r = xfrm_spi_reserve(nl, &m->src, &m->dst, w->info.mode, w->info.reqid, &key.spi);

	return r < 0 ? 0 : key.spi;
}

static void unblock(struct nl *nl, const struct xfrm_move *m, uint32_t spi)
{
	if (spi)
		xfrm_sa_del(nl, &(struct xfrm_sa_key){ m->src, m->dst, m->key.proto, spi });
}

/* Deletes it. That it is gone counts, also where the kernel's word on it has no room. */
static int take_away(struct nl *nl, const struct xfrm_move *m, struct whole *w)
{
	struct nl *beside = NULL;
	struct nl_req rq;
	struct xfrm_usersa_id *id;
	int r;

	if (nl_open_beside(nl, XFRMNLGRP_SA, &beside) < 0)
		return xfrm_sa_del(nl, &m->key);
	id = nl_begin(&rq, XFRM_MSG_DELSA, 0, sizeof(*id));
	*id = id_of(&m->key);
	r = nl_get(beside, &rq, on_gone, w);
	nl_free(beside);
	if (r == -ENOBUFS || r == -EMSGSIZE || r == -ETIMEDOUT) {
		r = xfrm_sa_del(nl, &m->key);
		r = r == -ESRCH ? 0 : r;
	}
	return r;
}

/* Numbers that may have been used since they were read are left out, up to the last of all. */
static void leave_out(struct whole *w)
{
	struct xfrm_replay_state_esn esn;
	uint64_t next;

	w->replay.oseq = w->replay.oseq > UINT32_MAX - XFRM_MOVE_MARGIN
		? UINT32_MAX
		: w->replay.oseq + XFRM_MOVE_MARGIN;
	if (!w->n_esn)
		return;
	memcpy(&esn, w->esn, sizeof(esn));
	next = (uint64_t)esn.oseq_hi << 32 | esn.oseq;
	next = next > UINT64_MAX - XFRM_MOVE_MARGIN ? UINT64_MAX : next + XFRM_MOVE_MARGIN;
	esn.oseq_hi = (uint32_t)(next >> 32);
	esn.oseq = (uint32_t)next;
	memcpy(w->esn, &esn, sizeof(esn));
}

static int add_again(struct nl *nl, const struct xfrm_move *m, struct whole *w)
{
	struct xfrm_usersa_info *info = (struct xfrm_usersa_info *)(w->rq.buf + NLMSG_HDRLEN);

	if (m->out && !w->deleted)
		leave_out(w);
	*info = w->info;
	info->saddr.in6 = m->src;
	info->id.daddr.in6 = m->dst;
	info->seq = 0;
	if (w->n_esn)
		nl_put(&w->rq, XFRMA_REPLAY_ESN_VAL, w->esn, w->n_esn);
	else
		nl_put(&w->rq, XFRMA_REPLAY_VAL, &w->replay, sizeof(w->replay));
	nl_put(&w->rq, XFRMA_LTIME_VAL, &w->age, sizeof(w->age));
	return nl_call(nl, &w->rq);
}

static bool is_taken(struct nl *nl, const struct xfrm_move *m)
{
	struct xfrm_sa_key there = m->key;
	struct xfrm_sa sa;

	there.dst = m->dst;
	return !addr_eq(&m->dst, &m->key.dst) && xfrm_sa_get(nl, &there, &sa) == 0;
}

static int move_again(struct nl *nl, const struct xfrm_move *m, struct whole *w)
{
	uint32_t blocked;
	int r;

	if (is_taken(nl, m))
		return -EEXIST;
	blocked = m->out ? block(nl, m, w) : 0;
	r = take_away(nl, m, w);
	if (r == 0)
		r = add_again(nl, m, w);
	unblock(nl, m, blocked);
	return r;
}

int xfrm_move(struct nl *nl, enum xfrm_move_way way, const struct xfrm_move *m)
{
	struct whole w = { 0 };
	int r = read_whole(nl, &m->key, &w);

	if (r == 0 && w.rq.bad)
		r = -EMSGSIZE;
	if (r == 0 && way == XW_STATE)
		r = migrate_state(nl, m, &w, w.info.id.spi);
	else if (r == 0)
		r = move_again(nl, m, &w);
	mem_wipe(&w, sizeof(w));
	return r;
}
