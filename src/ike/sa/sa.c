#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "ike/message/packet.h"
#include "ike/sa/books.h"
#include "ike/sa/child_state.h"
#include "ike/sa/task.h"

static const struct name states[] = {
	{ SA_NEW, "CREATED" },
	{ SA_INIT_SENT, "CONNECTING" },
	{ SA_INIT_DONE, "CONNECTING" },
	{ SA_AUTH_SENT, "CONNECTING" },
	{ SA_UP, "ESTABLISHED" },
	{ SA_REKEYED, "REKEYING" },
	{ SA_DELETING, "DELETING" },
	{ SA_GONE, "DESTROYING" },
};

const char *sa_state_str(enum sa_state s)
{
	return names_str(NAMES(states), (int)s);
}

static uint32_t hash_init(uint64_t spi_i, const struct in6_addr *from)
{
	return hash_u64(spi_i) ^ addr_hash(from);
}

static uint32_t hash_ids(const struct ident *a, const struct ident *b)
{
	return hash_u64((uint64_t)trap_id_hash(a) << 32 | trap_id_hash(b));
}

static void timers_init(struct sa *sa)
{
	const struct iked_hooks *h = sa->d->hooks;

	timer_init(&sa->t_resend, h->on_resend, sa);
	timer_init(&sa->t_later, h->on_later, sa);
	timer_init(&sa->t_half_open, h->on_half_open, sa);
	timer_init(&sa->t_rekey, h->on_rekey, sa);
	timer_init(&sa->t_expire, h->on_expire, sa);
	timer_init(&sa->t_dpd, h->on_dpd, sa);
}

int sa_new(struct iked *d, bool initiator, struct sa **out)
{
	struct sa *sa = calloc(1, sizeof(*sa));
	uint64_t spi;

	if (!sa || !(sa->init = calloc(1, sizeof(*sa->init)))) {
		free(sa);
		return -ENOMEM;
	}
	do
		spi = iked_draw_spi(d);
	while (sa_by_spi(d, spi));
	*(initiator ? &sa->spi_i : &sa->spi_r) = spi;
	if (table_add(&d->sa_by_spi, &sa->by_spi, hash_u64(spi)) < 0) {
		free(sa->init);
		free(sa);
		return -ENOMEM;
	}
	sa->d = d;
	sa->initiator = initiator;
	sa->local_port = sa->remote_port = IKE_PORT;
	LIST_INIT(&sa->children);
	LIST_INIT(&sa->refs);
	TAILQ_INIT(&sa->tasks);
	TAILQ_INIT(&sa->later);
	timers_init(sa);
	LIST_INSERT_HEAD(&d->sas, sa, all);
	*out = sa;
	return 0;
}

void sa_new_spi(struct sa *sa)
{
	struct iked *d = sa->d;

	table_del(&d->sa_by_spi, &sa->by_spi);
	do
		sa->spi_i = iked_draw_spi(d);
	while (sa_by_spi(d, sa->spi_i));
	table_add(&d->sa_by_spi, &sa->by_spi, hash_u64(sa->spi_i));
}

/* The peer will ask for this SPI with its own: an IKE_SA_INIT that comes again finds its answer. */
int sa_remember_init(struct sa *sa)
{
	return table_add(&sa->d->sa_by_init, &sa->by_init, hash_init(sa->spi_i, &sa->init_from));
}

void sa_init_free(struct sa *sa)
{
	struct sa_init *init = sa->init;

	if (!init)
		return;
	blob_free(&init->sent);
	blob_free(&init->received);
	blob_free(&init->ni);
	blob_free(&init->nr);
	blob_free(&init->cookie);
	dh_free(init->dh);
	free(init);
	sa->init = NULL;
}

void sa_point(struct sa_ref *r, struct sa *to)
{
	if (r->to)
		LIST_REMOVE(r, link);
	r->to = to;
	if (to)
		LIST_INSERT_HEAD(&to->refs, r, link);
}

struct task *task_new(enum task_kind kind)
{
	struct task *t = calloc(1, sizeof(*t));

	if (t)
		t->kind = kind;
	return t;
}

void task_free(struct task *t)
{
	struct child *child, *old;
	struct sa *new_sa;

	if (!t)
		return;
	child = t->child.to;
	old = t->old.to;
	new_sa = t->new_sa.to;
	child_point(&t->child, NULL);
	child_point(&t->old, NULL);
	child_point(&t->their_child, NULL);
	sa_point(&t->new_sa, NULL);
	sa_point(&t->their_sa, NULL);
	if (child && child->state == CHILD_NEW)
		child_free(child);
	if (old) {
		child_do(old, CE_REKEY_OVER);
		old->lost = false; /* not replaced: what the kernel asks for is made beside it */
	}
	sa_free(new_sa); /* one that came up is no longer here */
	if (t->trap)
		trap_unref(t->trap);
	dh_free(t->dh);
	blob_free(&t->ni);
	blob_free(&t->their_nonce);
	free(t);
}

struct task *task_pop(struct sa *sa)
{
	struct task *t = sa->task;

	if (t) {
		sa->task = NULL;
		return t;
	}
	t = TAILQ_FIRST(&sa->tasks);
	if (t) {
		TAILQ_REMOVE(&sa->tasks, t, link);
		sa->n_tasks--;
		return t;
	}
	t = TAILQ_FIRST(&sa->later);
	if (t) {
		TAILQ_REMOVE(&sa->later, t, link);
		sa->n_tasks--;
	}
	return t;
}

void sa_stop(struct sa *sa)
{
	struct timer *timers[] = { &sa->t_resend, &sa->t_half_open, &sa->t_rekey, &sa->t_expire,
		&sa->t_dpd, &sa->t_later };
	struct task *t;

	for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++)
		timer_stop(timers[i]);
	while ((t = task_pop(sa)))
		task_free(t);
}

void sa_free(struct sa *sa)
{
	struct iked *d;

	if (!sa)
		return;
	d = sa->d;
	if (d->seams.sa_gone)
		d->seams.sa_gone(d->seams.arg, sa);
	sa_stop(sa);
	while (!LIST_EMPTY(&sa->refs))
		sa_point(LIST_FIRST(&sa->refs), NULL);
	while (!LIST_EMPTY(&sa->children))
		child_free(LIST_FIRST(&sa->children));
	sa_set_peer(sa, NULL);
	table_del(&d->sa_by_spi, &sa->by_spi);
	table_del(&d->sa_by_init, &sa->by_init);
	table_del(&d->sa_by_ids, &sa->by_ids);
	LIST_REMOVE(sa, all);
	if (sa->is_due)
		TAILQ_REMOVE(&d->due, sa, due);
	sa_init_free(sa);
	dgrams_free(&sa->request);
	dgrams_free(&sa->response);
	ident_free(&sa->my_id);
	ident_free(&sa->peer_id);
	ike_keys_wipe(&sa->keys);
	free(sa);
	d->hooks->freed(d);
}

const char *sa_name(const struct sa *sa)
{
	static char ring[4][80];
	static unsigned next;
	char *out = ring[next++ % 4];

	snprintf(out, sizeof(ring[0]), "%.60s[%u]", sa->peer ? sa->peer->conn->name : "(unnamed)",
		sa->number);
	return out;
}

struct sa *sa_by_spi(const struct iked *d, uint64_t own_spi)
{
	struct tlink *l;

	for (l = table_find(&d->sa_by_spi, hash_u64(own_spi)); l; l = table_next(l)) {
		struct sa *sa = LINKED(l, struct sa, by_spi);

		if (SPI_OWN(sa) == own_spi)
			return sa;
	}
	return NULL;
}

struct sa *sa_by_init(
	const struct iked *d, uint64_t spi_i, const struct in6_addr *from, const uint8_t sha1[20])
{
	struct tlink *l;

	for (l = table_find(&d->sa_by_init, hash_init(spi_i, from)); l; l = table_next(l)) {
		struct sa *sa = LINKED(l, struct sa, by_init);

		if (sa->spi_i == spi_i && addr_eq(&sa->init_from, from) &&
			!memcmp(sa->init_sha1, sha1, sizeof(sa->init_sha1)))
			return sa;
	}
	return NULL;
}

size_t sa_n_same_ids(const struct sa *sa)
{
	const struct sa *other = NULL;
	size_t n = 1;

	while ((other = sa_next_same_ids(sa, other)))
		n++;
	return n;
}

bool sa_usable(const struct sa *sa)
{
	return sa->state == SA_UP && !sa->yielding;
}

static bool sa_connecting(const struct sa *sa)
{
	return sa->initiator && sa->state < SA_UP;
}

struct sa *sa_of_peer(const struct trap *peer)
{
	struct sa *sa, *found = NULL;

	LIST_FOREACH (sa, &peer->sas, of_peer) {
		if (sa_usable(sa))
			return sa;
		if (sa_connecting(sa))
			found = sa;
	}
	return found;
}

void sa_set_peer(struct sa *sa, struct trap *peer)
{
	struct trap *old = sa->peer;

	if (old)
		LIST_REMOVE(sa, of_peer);
	if (old && sa->hands_over)
		LIST_REMOVE(sa, handing);
	sa->hands_over &= peer != NULL;
	sa->peer = peer;
	if (peer) {
		trap_ref(peer);
		LIST_INSERT_HEAD(&peer->sas, sa, of_peer);
	}
	if (sa->hands_over)
		LIST_INSERT_HEAD(&peer->handing, sa, handing);
	if (old)
		trap_unref(old);
}

int sa_set_ids(struct sa *sa)
{
	table_del(&sa->d->sa_by_ids, &sa->by_ids);
	return table_add(&sa->d->sa_by_ids, &sa->by_ids, hash_ids(&sa->my_id, &sa->peer_id));
}

struct sa *sa_by_ids(const struct iked *d, const struct ident *mine, const struct ident *peer,
	const struct sa *after)
{
	struct tlink *l = after ? table_next(&after->by_ids)
				: table_find(&d->sa_by_ids, hash_ids(mine, peer));

	for (; l; l = table_next(l)) {
		struct sa *sa = LINKED(l, struct sa, by_ids);

		if (ident_eq(&sa->my_id, mine) && ident_eq(&sa->peer_id, peer))
			return sa;
	}
	return NULL;
}

struct sa *sa_next_same_ids(const struct sa *sa, const struct sa *after)
{
	struct sa *other = sa_by_ids(sa->d, &sa->my_id, &sa->peer_id, after);

	return other == sa ? sa_by_ids(sa->d, &sa->my_id, &sa->peer_id, other) : other;
}

void sa_enter(struct sa *sa)
{
	sa->busy++;
}

void sa_leave(struct sa *sa)
{
	if (!--sa->busy && sa->state == SA_GONE)
		sa_free(sa);
}
