#include <errno.h>

#include "base/log.h"
#include "ike/lifecycle/leave.h"

enum { RETRY_MS = 30000, WAIT_MS = 10000 };

static bool carries(const struct child *c)
{
	return c->state == CHILD_UP || c->state == CHILD_REKEYING;
}

/* The same connection has a CHILD_SA elsewhere, or does not need one any more. */
static bool covered(const struct child *c)
{
	const struct trap *t = c->trap;
	struct child *other = NULL;

	if (t->gone)
		return true;
	while ((other = child_by_reqid(t->d, t->reqid_out, other)))
		if (other->trap == t && carries(other) && !other->sa->leaving)
			return true;
	return false;
}

static void want(struct trap *t)
{
	int rc = iked_want_child(t->d, t, NULL);

	if (rc < 0 && rc != -EALREADY)
		x_child_done(t->d, t, rc, "no IKE_SA can be begun");
}

/* What was still to be made in this IKE_SA is made in the other one; rekeys are pointless. */
static void move_tasks(struct sa *sa, struct task_head *head)
{
	struct task *t, *next;

	for (t = TAILQ_FIRST(head); t; t = next) {
		struct trap *trap = t->trap;

		next = TAILQ_NEXT(t, link);
		if (t->kind == X_INFO || t->kind == X_DELETE_SA)
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
		sa_move(sa, &next->local, &next->remote);
	iked_close_sa(sa);
}

static void step(struct sa *sa)
{
	size_t n_open = 0;
	struct child *c;

	sa->busy++;
	LIST_FOREACH (c, &sa->children, of_sa) {
		if (!carries(c) || covered(c))
			continue;
		n_open++;
		if (!c->trap->wanted)
			want(c->trap);
	}
	if (!n_open && sa->state == SA_UP && !(sa->task && sa->task->trap))
		depart(sa);
	if (!--sa->busy && sa->state == SA_GONE)
		sa_free(sa);
}

static bool can_begin(const struct sa *sa)
{
	struct in6_addr local, remote;

	if (sa->peer->gone || trap_is_shared(sa->peer)) /* another one there is another peer's */
		return false;
	return sa_of_peer(sa->peer) || !trap_addresses(sa->peer, &local, &remote);
}

int leave_begin(struct sa *sa)
{
	bool was = sa->leaving;

	if (sa->state != SA_UP)
		return -EBUSY;
	sa->leaving = true; /* so that it is not found as the other one */
	if (!can_begin(sa)) {
		sa->leaving = was;
		return -EOPNOTSUPP;
	}
	if (!sa->hands_over) {
		log_ike(1, "another IKE_SA takes the place of %s", sa_name(sa));
		LIST_INSERT_HEAD(&sa->peer->handing, sa, handing);
		sa->hands_over = true;
	}
	timer_set(&sa->t_rekey, RETRY_MS);
	move_tasks(sa, &sa->tasks);
	move_tasks(sa, &sa->later);
	step(sa);
	return 0;
}

void leave_wait(struct sa *sa)
{
	if (sa->state != SA_UP || sa->hands_over)
		return;
	sa->leaving = true;
	timer_stop(&sa->t_rekey);
	timer_set(&sa->t_expire, WAIT_MS);
}

void leave_inherit(const struct sa *from, struct sa *to)
{
	if (from->hands_over)
		leave_begin(to);
	else if (from->leaving)
		leave_wait(to);
}

void leave_stranded(struct sa *sa)
{
	if (leave_begin(sa) == 0 || sa->leaving || sa->state != SA_UP)
		return;
	log_ike(1, "IKE_SA %s does not follow to the new address, the peer makes another",
		sa_name(sa));
	sa->leaving = true;
	timer_stop(&sa->t_rekey);
}

static bool has_successor(const struct sa *sa)
{
	const struct sa *other = NULL;

	while ((other = sa_next_same_ids(sa, other)))
		if (sa_usable(other))
			return true;
	return false;
}

static uint64_t left(uint64_t at)
{
	uint64_t now = loop_now();

	return at > now ? at - now : 0;
}

bool leave_over(struct sa *sa)
{
	if (!left(sa->expire_at) || has_successor(sa))
		return true;
	sa->leaving = false;
	timer_set(&sa->t_expire, left(sa->expire_at));
	if (sa->rekey_at)
		timer_set(&sa->t_rekey, left(sa->rekey_at));
	return false;
}

void leave_look(struct trap *peer)
{
	struct sa *sa, *next;

	for (sa = LIST_FIRST(&peer->handing); sa; sa = next) {
		next = LIST_NEXT(sa, handing);
		if (sa->state == SA_UP)
			step(sa);
	}
}
