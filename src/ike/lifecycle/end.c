#include <errno.h>

#include "base/log.h"
#include "ike/lifecycle/end.h"
#include "ike/lifecycle/want.h"
#include "ike/machine/limits.h"
#include "ike/machine/state.h"
#include "ike/sa/child.h"
#include "ike/sa/task.h"

enum { HOLD_MS = 10000 };

/* Those who wait for a CHILD_SA of this IKE_SA, referenced. */
static size_t waiting(struct sa *sa, struct trap **out, size_t cap)
{
	struct task *t;
	size_t n = 0;

	while ((t = task_pop(sa))) {
		if (t->trap && t->trap->wanted && n < cap) {
			trap_ref(t->trap);
			out[n++] = t->trap;
		}
		task_free(t);
	}
	return n;
}

static void bury(struct sa *sa)
{
	x_move(sa, SA_GONE);
	sa_stop(sa);
	if (!sa->busy)
		sa_free(sa);
}

void end_sa(struct sa *sa)
{
	struct trap *want[TASKS_MAX + 2];
	struct iked *d = sa->d;
	const char *why = sa->fail_why ? sa->fail_why : "the IKE_SA is gone";
	int rc = sa->fail_rc ? sa->fail_rc : -ECONNABORTED;
	bool again; /* it was good for a while: what is wanted goes to the next one */
	size_t n;

	if (sa->state == SA_GONE)
		return;
	if (sa->initiator && sa->peer && !sa->up_at) {
		sa->peer->not_before = loop_now() + HOLD_MS; /* B-046 */
		sa->peer->attempt = 0;
	}
	again = sa->up_at && !sa->fail_rc && loop_now() - sa->up_at > HOLD_MS;
	n = waiting(sa, want, TASKS_MAX + 2);
	bury(sa);
	for (size_t i = 0; i < n; i++) {
		want[i]->wanted = false;
		if (!again || iked_want_child(d, want[i], NULL) < 0)
			want_over(d, want[i], rc, why);
		trap_unref(want[i]);
	}
}

void end_joined(struct sa *from, struct sa *to)
{
	struct trap *want[TASKS_MAX + 2];
	struct iked *d = to->d;
	size_t n = waiting(from, want, TASKS_MAX + 2);

	bury(from);
	for (size_t i = 0; i < n; i++) {
		want[i]->wanted = false;
		if (iked_want_child(d, want[i], NULL) < 0)
			want_over(d, want[i], -EAGAIN, "no room in the IKE_SA");
		trap_unref(want[i]);
	}
}

/* the CHILD_SAs that are wanted go to a new IKE_SA, keyingtries times. */
static void try_again(struct iked *d, struct trap *t, unsigned tries, unsigned attempt)
{
	t->wanted = false;
	if (t->gone || d->stopping || (tries && attempt >= tries)) {
		want_over(d, t, -ETIMEDOUT, "the peer does not answer");
		return;
	}
	log_ike(1, "peer not responding, trying again (%u/%u)", attempt + 1, tries);
	if (iked_want_child(d, t, NULL) < 0)
		want_over(d, t, -EADDRNOTAVAIL, "no address to send from");
}

/* Traps with a CHILD_SA that must not stay without: dpdaction and closeaction restart. */
static size_t to_restart(struct sa *sa, struct trap **out, size_t n, size_t cap)
{
	struct child *c;

	LIST_FOREACH (c, &sa->children, of_sa) {
		if (c->trap->conn->dpdaction != CLOSE_RESTART || n == cap)
			continue;
		trap_ref(c->trap);
		out[n++] = c->trap;
	}
	return n;
}

void end_timed_out(struct sa *sa)
{
	struct trap *want[TASKS_MAX + 2], *peer = sa->peer;
	struct iked *d = sa->d;
	unsigned tries = peer ? peer->conn->keyingtries : 1;
	unsigned attempt = peer && sa->state < SA_UP ? peer->attempt : 0;
	size_t n = waiting(sa, want, TASKS_MAX + 2);

	n = to_restart(sa, want, n, TASKS_MAX + 2);
	if (peer)
		trap_ref(peer);
	bury(sa);
	for (size_t i = 0; i < n; i++) {
		try_again(d, want[i], tries, attempt);
		trap_unref(want[i]);
	}
	if (peer) {
		if (tries && attempt >= tries)
			peer->attempt = 0;
		trap_unref(peer);
	}
}
