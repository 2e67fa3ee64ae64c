#include <errno.h>

#include "base/log.h"
#include "ike/lifecycle/close.h"
#include "ike/lifecycle/yield.h"
#include "ike/lifecycle/lifetime.h"
#include "ike/lifecycle/want.h"
#include "ike/machine/ask.h"
#include "ike/sa/child.h"

enum { RETRY_MS = 30000, WAIT_MS = 10000 };

/* The same connection has a CHILD_SA elsewhere, or does not need one any more. */
static bool covered(const struct child *c)
{
	const struct trap *t = c->trap;
	const struct child *other;

	if (t->gone)
		return true;
	LIST_FOREACH (other, &t->children, of_trap)
		if (child_carries(other) && !other->sa->yielding)
			return true;
	return false;
}

static void want(struct trap *t)
{
	int rc = iked_want_child(t->d, t, NULL);

	if (rc < 0 && rc != -EALREADY)
		want_over(t->d, t, rc, "no IKE_SA can be begun");
}

/* What was still to be made in this IKE_SA is made in the other one; rekeys are pointless. */
static void move_tasks(struct sa *sa, struct task_head *head)
{
	struct task *t, *next;

	for (t = TAILQ_FIRST(head); t; t = next) {
		struct trap *trap = t->trap;

		next = TAILQ_NEXT(t, link);
		if (t->kind == TASK_INFO || t->kind == TASK_DELETE_SA)
			continue;
		TAILQ_REMOVE(head, t, link);
		sa->n_tasks--;
		if (trap)
			trap_ref(trap);
		task_free(t);
		if (!trap)
			continue;
		trap->wanted = false;
		want(trap);
		trap_unref(trap);
	}
}

/* Its DELETE comes from where we are now. */
static void depart(struct sa *sa)
{
	const struct sa *next = sa_of_peer(sa->peer);

	if (next)
		x_turn_to(sa, &next->local, &next->remote);
	close_worn(sa);
}

static void step(struct sa *sa)
{
	size_t n_open = 0;
	struct child *c;

	sa_enter(sa);
	LIST_FOREACH (c, &sa->children, of_sa) {
		if (!child_carries(c) || covered(c))
			continue;
		n_open++;
		if (!c->trap->wanted)
			want(c->trap);
	}
	if (!n_open && sa->state == SA_UP && !(sa->task && sa->task->trap))
		depart(sa);
	sa_leave(sa);
}

static bool can_begin(const struct sa *sa)
{
	struct in6_addr local, remote;

	if (sa->peer->gone || trap_is_shared(sa->peer)) /* another one there is another peer's */
		return false;
	return sa_of_peer(sa->peer) || !trap_addresses(sa->peer, &local, &remote);
}

int yield_begin(struct sa *sa)
{
	bool was = sa->yielding;

	if (sa->state != SA_UP)
		return -EBUSY;
	sa->yielding = true; /* so that it is not found as the other one */
	if (!can_begin(sa)) {
		sa->yielding = was;
		return -EOPNOTSUPP;
	}
	if (!sa->hands_over) {
		log_ike(1, "another IKE_SA takes the place of %s", sa_name(sa));
		LIST_INSERT_HEAD(&sa->peer->handing, sa, handing);
		sa->hands_over = true;
	}
	lifetime_rekey_in(sa, RETRY_MS);
	move_tasks(sa, &sa->tasks);
	move_tasks(sa, &sa->later);
	step(sa);
	return 0;
}

void yield_wait(struct sa *sa)
{
	if (sa->state != SA_UP || sa->hands_over)
		return;
	sa->yielding = true;
	lifetime_no_rekey(sa);
	lifetime_expire_in(sa, WAIT_MS);
}

/* Its rekey was under way: the IKE_SA that has its CHILD_SAs now yields in its place. */
static void inherit(const struct sa *from, struct sa *to)
{
	if (from->hands_over)
		yield_begin(to);
	else if (from->yielding)
		yield_wait(to);
}

void yield_to(struct sa *from, struct sa *to)
{
	struct task *t;

	while (!LIST_EMPTY(&from->children))
		child_to_sa(LIST_FIRST(&from->children), to);
	while ((t = TAILQ_FIRST(&from->later))) {
		TAILQ_REMOVE(&from->later, t, link);
		TAILQ_INSERT_TAIL(&from->tasks, t, link);
	}
	while ((t = TAILQ_FIRST(&from->tasks))) {
		TAILQ_REMOVE(&from->tasks, t, link);
		from->n_tasks--;
		if (t->kind == TASK_DELETE_SA && t->for_good) {
			x_push_front(to, t);
			continue;
		}
		if (t->kind == TASK_REKEY_SA || t->kind == TASK_DELETE_SA) {
			task_free(t);
			continue;
		}
		TAILQ_INSERT_TAIL(&to->tasks, t, link);
		to->n_tasks++;
	}
	if (from->d->seams.sa_inherited)
		from->d->seams.sa_inherited(from->d->seams.arg, from, to);
	x_run(to);
	inherit(from, to);
}

void yield_stranded(struct sa *sa)
{
	if (yield_begin(sa) == 0 || sa->yielding || sa->state != SA_UP)
		return;
	log_ike(1, "IKE_SA %s does not follow to the new address, the peer makes another",
		sa_name(sa));
	sa->yielding = true;
	lifetime_no_rekey(sa);
}

static bool has_successor(const struct sa *sa)
{
	const struct sa *other = NULL;

	while ((other = sa_next_same_ids(sa, other)))
		if (sa_usable(other))
			return true;
	return false;
}

bool yield_over(struct sa *sa)
{
	if (loop_now() >= sa->expire_at || has_successor(sa))
		return true;
	sa->yielding = false;
	lifetime_again(sa);
	return false;
}

/* One of its connections has other IKE parameters now: the successors have two peers. */
static struct sa *parted(const struct trap *t)
{
	struct child *c;

	LIST_FOREACH (c, &t->children, of_trap)
		if (c->sa->hands_over && c->sa->state == SA_UP && c->sa->peer != t->peer)
			return c->sa;
	return NULL;
}

void yield_look(struct trap *t)
{
	struct sa *sa, *next;

	for (sa = LIST_FIRST(&t->peer->handing); sa; sa = next) {
		next = LIST_NEXT(sa, handing);
		if (sa->state == SA_UP)
			step(sa);
	}
	sa = parted(t);
	if (sa)
		step(sa);
}
