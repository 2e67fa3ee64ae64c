#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "ike/lifecycle/want.h"
#include "ike/machine/ask.h"
#include "ike/sa/child.h"

static struct task *child_task(enum task_kind kind, struct trap *t)
{
	struct task *task = task_new(kind);

	if (!task)
		return NULL;
	trap_ref(t);
	task->trap = t;
	return task;
}

/* A new IKE_SA to this connection's peer: IKE_SA_INIT, then IKE_AUTH. */
static int initiate(struct iked *d, struct trap *t)
{
	struct in6_addr local, remote;
	struct task *init, *auth;
	struct sa *sa;
	int rc = trap_addresses(t, &local, &remote);

	if (rc < 0 || (rc = sa_new(d, true, &sa)) < 0)
		return rc;
	sa->local = local;
	sa->remote = remote;
	sa->number = ++d->sa_counter;
	sa_set_peer(sa, t->peer);
	t->peer->attempt++;
	init = task_new(TASK_INIT);
	auth = child_task(TASK_AUTH, t);
	if (!init || !auth) {
		task_free(init);
		task_free(auth);
		sa_free(sa);
		return -ENOMEM;
	}
	log_ike(0, "initiating IKE_SA %s to %s", sa_name(sa), addr_str(&remote));
	x_push_front(sa, auth);
	x_push_front(sa, init);
	x_run(sa);
	return 0;
}

/* B-046: a peer that refuses is not asked again at once, unless a person does. */
static bool held_back(struct trap *t)
{
	uint64_t now = loop_now();

	if (now >= t->peer->not_before)
		return false;
	if (t->routed && !t->t_retry.armed)
		timer_set(&t->t_retry, t->peer->not_before - now);
	return true;
}

int iked_want_child(struct iked *d, struct trap *t, const struct acquire *acq)
{
	struct task *task;
	struct child *c;
	struct sa *sa;
	int rc;

	if (t->gone || d->stopping)
		return -ESHUTDOWN;
	if (trap_is_shared(t))
		return -EDESTADDRREQ;
	if (acq)
		t->want_seq = acq->seq; /* B-045: the larval state that stands now */
	c = acq ? child_of_trap(t) : NULL;
	if (t->wanted || (c && c->lost))
		return -EALREADY; /* B-044 */
	sa = sa_of_peer(t->peer);
	if (sa) {
		task = child_task(TASK_CHILD, t);
		if (!task)
			return -ENOMEM;
		t->wanted = true;
		return x_push(sa, task);
	}
	if (acq && held_back(t))
		return -EBUSY;
	timer_stop(&t->t_retry);
	t->wanted = true;
	rc = initiate(d, t);
	if (rc < 0) {
		t->wanted = false;
		log_ike(1, "unable to initiate %s: %s", t->conn->name, strerror(-rc));
	}
	return rc;
}

void want_on_retry(void *arg)
{
	struct trap *t = arg;

	t->not_before = 0;
	iked_want_child(t->d, t, NULL);
}

void want_over(struct iked *d, struct trap *t, int rc, const char *why)
{
	t->wanted = false;
	if (!rc)
		t->want_seq = 0;
	if (d->seams.child_done)
		d->seams.child_done(d->seams.arg, t, rc, why);
}
