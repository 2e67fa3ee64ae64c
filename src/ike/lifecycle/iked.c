#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "ike/lifecycle/leave.h"
#include "ike/machine/limits.h"
#include "ike/machine/xchg.h"

enum { SHUTDOWN_MS = 2000 };
enum { TOLD_A_SECOND = 20, REFUSALS_A_SECOND = 20, UNSENT_A_SECOND = 5 };

static void on_shutdown(void *arg)
{
	struct iked *d = arg;

	if (d->down)
		take(d->down)(d->down_arg);
}

int iked_new(const struct iked_seams *seams, struct cert_store *certs, struct iked **out)
{
	own(iked) *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->seams = *seams;
	d->certs = certs;
	TAILQ_INIT(&d->traps);
	LIST_INIT(&d->sas);
	timer_init(&d->t_shutdown, on_shutdown, d);
	rate_init(
		&d->strangers, LOG_G_NET, "packets of strangers", TOLD_A_SECOND, REFUSALS_A_SECOND);
	rate_init(
		&d->answering, LOG_G_NET, "answers of strangers", TOLD_A_SECOND, REFUSALS_A_SECOND);
	rate_init(&d->unsent, LOG_G_NET, "packets that could not be sent", UNSENT_A_SECOND, 0);
	if (limits_new(&d->limits) < 0)
		return -ENOMEM;
	*out = take(d);
	return 0;
}

void iked_free(struct iked *d)
{
	struct sa *sa;

	if (!d)
		return;
	d->down = NULL;
	timer_stop(&d->t_shutdown);
	LIST_FOREACH (sa, &d->sas, all)
		x_sa_stop(sa); /* what it was still making stands before it in the list */
	while (!LIST_EMPTY(&d->sas))
		sa_free(LIST_FIRST(&d->sas));
	while (!TAILQ_EMPTY(&d->traps))
		trap_remove(TAILQ_FIRST(&d->traps));
	conf_unref(d->conf);
	limits_free(d->limits);
	rate_end(&d->strangers);
	rate_end(&d->answering);
	rate_end(&d->unsent);
	struct table *tables[] = { &d->sa_by_spi, &d->sa_by_init, &d->sa_by_ids,
		&d->child_by_spi_in, &d->child_by_spi_out, &d->child_by_reqid, &d->trap_by_name,
		&d->trap_by_reqid_out, &d->trap_by_reqid_in, &d->trap_by_id, &d->trap_by_addr };

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		table_free(tables[i]);
	free(d);
}

const struct ike_conf *iked_conf(const struct iked *d)
{
	return d->conf->conf;
}

static struct task *child_task(enum x_kind kind, struct trap *t)
{
	struct task *task = task_new(kind);

	if (!task)
		return NULL;
	trap_ref(t);
	task->trap = t;
	return task;
}

/* A new IKE_SA to this connection's peer: template 27, then IKE_SA_INIT, then IKE_AUTH. */
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
	init = task_new(X_INIT);
	auth = child_task(X_AUTH, t);
	if (!init || !auth) {
		task_free(init);
		task_free(auth);
		sa_free(sa);
		return -ENOMEM;
	}
	log_ike(0, "initiating IKE_SA %s to %s", sa_name(sa), addr_str(&remote));
	x_push_front(sa, auth);
	x_push_front(sa, init);
	sa->busy++;
	x_run(sa);
	if (!--sa->busy && sa->state == SA_GONE)
		sa_free(sa);
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
		task = child_task(X_CHILD, t);
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

void iked_close_sa(struct sa *sa)
{
	struct task *t;

	if (sa->state == SA_NEW || sa->state == SA_DELETING || sa->state == SA_GONE)
		return;
	t = sa->state == SA_UP || sa->state == SA_REKEYED ? task_new(X_DELETE_SA) : NULL;
	if (!t) {
		x_sa_gone(sa);
		return;
	}
	sa->busy++;
	x_push_front(sa, t);
	x_run(sa);
	if (!--sa->busy && sa->state == SA_GONE)
		sa_free(sa);
}

void iked_close_child(struct child *c)
{
	struct sa *sa = c->sa;
	struct task *t;
	bool can_tell;

	if (c->state == CHILD_DELETING)
		return;
	can_tell = (sa->state == SA_UP || sa->state == SA_AUTH_SENT) && c->state != CHILD_NEW;
	t = can_tell ? task_new(X_INFO) : NULL;
	if (!t) {
		child_free(c);
		return;
	}
	c->state = CHILD_DELETING;
	child_point(&t->child, c);
	if (x_push(sa, t) < 0)
		child_free(c);
}

/* RFC 7296 section 2.8.3, A-171: from the beginning, and the old one goes when all is made anew. */
static int reauthenticate(struct sa *sa)
{
	if (!sa->initiator)
		return -EOPNOTSUPP; /* the side that began it does */
	log_ike(1, "reauthenticating IKE_SA %s", sa_name(sa));
	return leave_begin(sa);
}

int iked_rekey_sa(struct sa *sa)
{
	struct task *t;

	if (sa->state != SA_UP)
		return -EBUSY;
	if (sa->leaving)
		return leave_begin(sa);
	if (sa->peer->conn->reauth)
		return reauthenticate(sa);
	t = task_new(X_REKEY_SA);
	return t ? x_push(sa, t) : -ENOMEM;
}

int iked_rekey_child(struct child *c)
{
	struct task *t;

	if (c->state != CHILD_UP || c->sa->state != SA_UP)
		return -EBUSY;
	if (c->sa->leaving)
		return iked_want_child(c->sa->d, c->trap, NULL);
	t = task_new(X_REKEY_CHILD);
	if (!t)
		return -ENOMEM;
	child_point(&t->old, c);
	return x_push(c->sa, t);
}

struct sa *iked_next_sa(const struct iked *d, const struct sa *after)
{
	struct sa *sa = after ? LIST_NEXT(after, all) : LIST_FIRST(&d->sas);

	while (sa && sa->state == SA_NEW)
		sa = LIST_NEXT(sa, all);
	return sa;
}

size_t iked_n_half_open(const struct iked *d)
{
	return limits_n_half_open(d->limits);
}

/* The last IKE_SA is gone: a shutdown need not wait longer. */
void iked_maybe_down(struct iked *d)
{
	if (d->down && LIST_EMPTY(&d->sas))
		timer_set(&d->t_shutdown, 0);
}

void iked_shutdown(struct iked *d, void (*done)(void *arg), void *arg)
{
	struct sa *sa, *next;

	d->stopping = true;
	d->down = done;
	d->down_arg = arg;
	for (sa = LIST_FIRST(&d->sas); sa; sa = next) {
		next = LIST_NEXT(sa, all);
		iked_close_sa(sa);
	}
	timer_set(&d->t_shutdown, LIST_EMPTY(&d->sas) ? 0 : SHUTDOWN_MS);
}
