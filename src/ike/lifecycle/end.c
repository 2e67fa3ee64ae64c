#include <errno.h>
#include <time.h>

#include "base/log.h"
#include "crypto/rand.h"
#include "ike/lifecycle/leave.h"
#include "ike/machine/limits.h"
#include "ike/machine/xchg.h"

enum {
	LATER_MS = 10000,
	LATER_JITTER_MS = 5000,
	LATER_MAX = 5,
	HOLD_MS = 10000,
	REKEYED_MS = 60000
};

void x_inherit(struct sa *from, struct sa *to)
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
		if (t->kind == X_REKEY_SA || t->kind == X_DELETE_SA)
			task_free(t);
		else
			TAILQ_INSERT_TAIL(&to->later, t, link);
	}
	if (!TAILQ_EMPTY(&to->later)) /* behind the answer by which the peer learns of it */
		timer_set(&to->t_later, 0);
	leave_inherit(from, to);
}

struct task *task_new(enum x_kind kind)
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
	if (old && old->state == CHILD_REKEYING)
		old->state = CHILD_UP;
	if (old)
		old->lost = false; /* not replaced: what the kernel asks for is made beside it */
	sa_free(new_sa); /* one that came up is no longer here */
	if (t->trap)
		trap_unref(t->trap);
	dh_free(t->dh);
	blob_free(&t->ni);
	blob_free(&t->their_nonce);
	free(t);
}

static void half_open(struct sa *sa, bool is)
{
	if (sa->counted == is)
		return;
	sa->counted = is;
	(is ? limits_opened : limits_closed)(sa->d->limits, &sa->init_from);
}

static uint64_t dpd_ms(const struct sa *sa)
{
	const struct conn *c = sa->peer ? sa->peer->conn : NULL;

	return c && c->dpdaction != CLOSE_NONE ? (uint64_t)c->dpddelay * 1000 : 0;
}

void x_move(struct sa *sa, enum sa_state to)
{
	if (sa->state == to || sa->state == SA_GONE)
		return;
	sa->state = to;
	half_open(sa, to == SA_INIT_DONE);
	if (to == SA_INIT_DONE) {
		sa_remember_init(sa);
		timer_set(&sa->t_half_open, (uint64_t)iked_conf(sa->d)->half_open_timeout_s * 1000);
		return;
	}
	timer_stop(&sa->t_half_open);
	if (to == SA_REKEYED) {
		timer_stop(&sa->t_rekey);
		timer_set(&sa->t_expire, REKEYED_MS);
	}
	if (to != SA_UP)
		return;
	sa->newest = sa->d->sa_counter;
	sa_init_free(sa);
	if (dpd_ms(sa))
		timer_set(&sa->t_dpd, dpd_ms(sa));
}

/* Template 38. A-137: life - (margin + a random part of margin * fuzz); the rest is the reserve. */
void x_lifetimes(struct sa *sa)
{
	const struct conn *c = sa->peer->conn;
	uint32_t spread = (uint32_t)((uint64_t)c->margin * c->fuzz_percent / 100);
	uint32_t early = c->margin + rand_below(spread + 1);
	uint32_t soft = c->rekey && early < c->ike_lifetime ? c->ike_lifetime - early : 0;
	uint32_t hard = soft ? soft + c->margin : c->ike_lifetime;

	sa->up_at = loop_now();
	if (soft) {
		log_ike(1, "scheduling %s in %us", c->reauth ? "reauthentication" : "rekeying",
			soft);
		sa->rekey_at = sa->up_at + (uint64_t)soft * 1000;
		timer_set(&sa->t_rekey, (uint64_t)soft * 1000);
	}
	log_ike(1, "maximum IKE_SA lifetime %us", hard);
	sa->expire_at = sa->up_at + (uint64_t)hard * 1000;
	timer_set(&sa->t_expire, (uint64_t)hard * 1000);
}

static void on_half_open(void *arg)
{
	struct sa *sa = arg;

	log_job(1, "deleting half open IKE_SA with %s after timeout", addr_str(&sa->remote));
	x_sa_gone(sa);
}

static void on_rekey(void *arg)
{
	iked_rekey_sa(arg);
}

static void on_expire(void *arg)
{
	struct sa *sa = arg;

	if (sa->leaving && sa->state == SA_UP && !leave_over(sa))
		return;
	if (sa->state == SA_REKEYED) { /* the peer should have deleted it */
		x_sa_gone(sa);
		return;
	}
	log_job(1, "deleting IKE_SA %s %s", sa_name(sa),
		sa->leaving ? "that was replaced" : "after its maximum lifetime");
	iked_close_sa(sa);
}

/* When the kernel received last by one of its CHILD_SAs, as loop_now() milliseconds. */
static uint64_t heard_by_children(struct sa *sa)
{
	uint64_t newest = 0, now = (uint64_t)time(NULL);
	struct child *c;

	LIST_FOREACH (c, &sa->children, of_sa) {
		uint64_t at = child_last_in(c);

		newest = at > newest ? at : newest;
	}
	if (!newest || newest > now || (now - newest) * 1000 > loop_now())
		return 0;
	return loop_now() - (now - newest) * 1000;
}

/* only protected messages and received ESP count (2.4). */
static void on_dpd(void *arg)
{
	struct sa *sa = arg;
	uint64_t esp = heard_by_children(sa), heard = esp > sa->heard_at ? esp : sa->heard_at;
	uint64_t idle = loop_now() - heard, delay = dpd_ms(sa);
	struct task *t;

	if (!delay || sa->state != SA_UP || sa->leaving)
		return;
	if (idle < delay) {
		timer_set(&sa->t_dpd, delay - idle);
		return;
	}
	timer_set(&sa->t_dpd, delay);
	if (sa->task)
		return;
	t = task_new(X_INFO);
	if (!t)
		return;
	log_ike(1, "sending DPD request");
	x_push(sa, t);
}

/* Tasks that were told to come back. */
static void on_later(void *arg)
{
	struct sa *sa = arg;
	struct task *t;

	sa->busy++;
	while ((t = TAILQ_FIRST(&sa->later))) {
		TAILQ_REMOVE(&sa->later, t, link);
		TAILQ_INSERT_TAIL(&sa->tasks, t, link);
	}
	x_run(sa);
	if (!--sa->busy && sa->state == SA_GONE)
		sa_free(sa);
}

/* not at once, not for ever. */
void x_pause(struct sa *sa, struct task *t)
{
	if (sa->state == SA_GONE || ++t->n_later > LATER_MAX) {
		if (t->trap)
			x_child_done(sa->d, t->trap, -EAGAIN, "the peer is busy");
		task_free(t);
		return;
	}
	TAILQ_INSERT_TAIL(&sa->later, t, link);
	sa->n_tasks++;
	if (!sa->t_later.armed)
		timer_set(&sa->t_later, LATER_MS + rand_below(LATER_JITTER_MS));
}

void x_sa_timers(struct sa *sa)
{
	x_resend_init(sa);
	timer_init(&sa->t_half_open, on_half_open, sa);
	timer_init(&sa->t_rekey, on_rekey, sa);
	timer_init(&sa->t_expire, on_expire, sa);
	timer_init(&sa->t_dpd, on_dpd, sa);
	timer_init(&sa->t_later, on_later, sa);
}

static struct task *pop_task(struct sa *sa)
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

void x_sa_stop(struct sa *sa)
{
	struct timer *timers[] = { &sa->t_resend, &sa->t_half_open, &sa->t_rekey, &sa->t_expire,
		&sa->t_dpd, &sa->t_later };
	struct task *t;

	for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++)
		timer_stop(timers[i]);
	half_open(sa, false);
	while ((t = pop_task(sa)))
		task_free(t);
}

/* Those who wait for a CHILD_SA of this IKE_SA, referenced. */
static size_t waiting(struct sa *sa, struct trap **out, size_t cap)
{
	struct task *t;
	size_t n = 0;

	while ((t = pop_task(sa))) {
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
	x_sa_stop(sa);
	if (!sa->busy)
		sa_free(sa);
}

void x_sa_gone(struct sa *sa)
{
	struct trap *want[X_QUEUE_MAX + 2];
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
	n = waiting(sa, want, X_QUEUE_MAX + 2);
	bury(sa);
	for (size_t i = 0; i < n; i++) {
		want[i]->wanted = false;
		if (!again || iked_want_child(d, want[i], NULL) < 0)
			x_child_done(d, want[i], rc, why);
		trap_unref(want[i]);
	}
}

void x_sa_join(struct sa *from, struct sa *to)
{
	struct trap *want[X_QUEUE_MAX + 2];
	struct iked *d = to->d;
	size_t n = waiting(from, want, X_QUEUE_MAX + 2);

	bury(from);
	for (size_t i = 0; i < n; i++) {
		want[i]->wanted = false;
		if (iked_want_child(d, want[i], NULL) < 0)
			x_child_done(d, want[i], -EAGAIN, "no room in the IKE_SA");
		trap_unref(want[i]);
	}
}

/* the CHILD_SAs that are wanted go to a new IKE_SA, keyingtries times. */
static void try_again(struct iked *d, struct trap *t, unsigned tries, unsigned attempt)
{
	t->wanted = false;
	if (t->gone || d->stopping || (tries && attempt >= tries)) {
		x_child_done(d, t, -ETIMEDOUT, "the peer does not answer");
		return;
	}
	log_ike(1, "peer not responding, trying again (%u/%u)", attempt + 1, tries);
	if (iked_want_child(d, t, NULL) < 0)
		x_child_done(d, t, -EADDRNOTAVAIL, "no address to send from");
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

void x_sa_timeout(struct sa *sa)
{
	struct trap *want[X_QUEUE_MAX + 2], *peer = sa->peer;
	struct iked *d = sa->d;
	unsigned tries = peer ? peer->conn->keyingtries : 1;
	unsigned attempt = peer && sa->state < SA_UP ? peer->attempt : 0;
	size_t n = waiting(sa, want, X_QUEUE_MAX + 2);

	n = to_restart(sa, want, n, X_QUEUE_MAX + 2);
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

void x_child_done(struct iked *d, struct trap *t, int rc, const char *why)
{
	t->wanted = false;
	if (!rc)
		t->want_seq = 0;
	if (d->seams.child_done)
		d->seams.child_done(d->seams.arg, t, rc, why);
	if (!rc)
		leave_look(t->peer);
}
