#include <errno.h>

#include "base/log.h"
#include "ike/machine/ask.h"
#include "ike/machine/limits.h"
#include "ike/machine/send.h"
#include "ike/machine/state.h"

enum { LATER_MS = 10000, LATER_JITTER_MS = 5000, LATER_MAX = 5 };

/* 2.4: wait longer each time. */
static uint64_t wait_ms(const struct sa *sa)
{
	const struct ike_conf *c = iked_conf(sa->d);
	double ms = c->retransmit_timeout_ms;

	for (unsigned i = 0; i < sa->tries; i++)
		ms *= c->retransmit_base;
	return (uint64_t)ms;
}

static void send_request(struct sa *sa)
{
	sa->tries = 0;
	sa->sent_at = loop_now();
	x_transmit_sa(sa, &sa->request);
	timer_set(&sa->t_resend, wait_ms(sa));
}

/* */
void x_on_resend(void *arg)
{
	struct sa *sa = arg;

	if (sa->tries >= iked_conf(sa->d)->retransmit_tries) {
		log_ike(1, "giving up after %u retransmits", sa->tries);
		sa->d->hooks->timed_out(sa);
		return;
	}
	sa->tries++;
	sa->d->counts.retransmits++;
	log_ike(1, "retransmit %u of request with message ID %u", sa->tries, sa->mid_out);
	x_transmit_sa(sa, &sa->request);
	timer_set(&sa->t_resend, wait_ms(sa));
}

/*
 * B-056: the same octets from the new address. Only IKE_SA_INIT is made anew, with a new SPI: its
 * NAT detection names the address it is sent from.
 */
static void resend_now(struct sa *sa)
{
	sa->turned = false;
	if (!sa->request.n)
		return;
	if (sa->state == SA_INIT_SENT) {
		sa_new_spi(sa);
		x_ask(sa);
		return;
	}
	x_transmit_sa(sa, &sa->request);
	timer_set(&sa->t_resend, wait_ms(sa));
}

void x_request_over(struct sa *sa)
{
	timer_stop(&sa->t_resend);
	dgrams_free(&sa->request);
	if (sa->state != SA_INIT_SENT || sa->spi_r)
		sa->mid_out++; /* an IKE_SA_INIT that must be repeated has the same id (2.6) */
	x_watch_ids(sa);
}

static void ask_verdict(
	struct sa *sa, const struct x_row *row, enum x_verdict v, struct msg_out *out)
{
	struct task *task = sa->task;

	if (v == X_SEND && x_keep_request(sa, out, x_exchange(row->kind)) == 0) {
		x_move(sa, row->to);
		send_request(sa);
		return;
	}
	sa->task = NULL;
	if (v == X_LATER)
		x_pause(sa, task);
	else
		task_free(task);
	if (v == X_FAIL || v == X_END)
		sa->d->hooks->ended(sa);
}

void x_ask(struct sa *sa)
{
	enum task_kind kind = sa->task->kind;
	const struct x_row *row = x_row_find(sa, kind, ROLE_ASK, 0);
	uint8_t buf[MSG_CAP];
	struct msg_out out;
	struct x x = { .d = sa->d, .sa = sa, .out = &out, .task = sa->task };

	if (!row) {
		struct task *task = take(sa->task);

		x_no_row(sa, kind, ROLE_ASK);
		if (task->trap)
			sa->d->hooks->task_over(
				sa->d, task->trap, -ESHUTDOWN, "the IKE_SA is closing");
		task_free(task);
		return;
	}
	if (kind == TASK_INIT)
		msg_begin(&out, buf, sizeof(buf), sa->spi_i, 0, XCHG_IKE_SA_INIT, F_INITIATOR, 0);
	else
		msg_begin_inner(&out, buf, sizeof(buf));
	ask_verdict(sa, row, x_do(row, &x), &out);
}

static void run(struct sa *sa)
{
	struct task *t;

	sa_enter(sa);
	if (sa->turned)
		resend_now(sa);
	while (sa->state != SA_GONE && !sa->task && (t = TAILQ_FIRST(&sa->tasks))) {
		TAILQ_REMOVE(&sa->tasks, t, link);
		sa->n_tasks--;
		sa->task = t;
		x_ask(sa);
	}
	sa_leave(sa);
}

void x_run(struct sa *sa)
{
	struct iked *d = sa->d;

	if (!sa->is_due)
		TAILQ_INSERT_TAIL(&d->due, sa, due);
	sa->is_due = true;
	if (d->at_work)
		return;
	x_work_begin(d);
	x_work_end(d);
}

void x_work_begin(struct iked *d)
{
	d->at_work++;
}

void x_work_end(struct iked *d)
{
	struct sa *sa;

	while (d->at_work == 1 && (sa = TAILQ_FIRST(&d->due))) {
		TAILQ_REMOVE(&d->due, sa, due);
		sa->is_due = false;
		run(sa);
	}
	d->at_work--;
}

int x_push(struct sa *sa, struct task *t)
{
	if (sa->n_tasks >= TASKS_MAX) {
		if (t->trap)
			t->trap->wanted = false;
		task_free(t);
		return -EBUSY;
	}
	TAILQ_INSERT_TAIL(&sa->tasks, t, link);
	sa->n_tasks++;
	x_run(sa);
	return 0;
}

void x_push_front(struct sa *sa, struct task *t)
{
	if (!t)
		return;
	TAILQ_INSERT_HEAD(&sa->tasks, t, link);
	sa->n_tasks++;
}

/* not at once, not for ever. */
void x_pause(struct sa *sa, struct task *t)
{
	if (sa->state == SA_GONE || ++t->n_later > LATER_MAX) {
		if (t->trap)
			sa->d->hooks->task_over(sa->d, t->trap, -EAGAIN, "the peer is busy");
		task_free(t);
		return;
	}
	TAILQ_INSERT_TAIL(&sa->later, t, link);
	sa->n_tasks++;
	if (!sa->t_later.armed)
		timer_set(&sa->t_later, LATER_MS + iked_draw_below(sa->d, LATER_JITTER_MS));
}

/* Tasks that were told to come back. */
void x_on_later(void *arg)
{
	struct sa *sa = arg;
	struct task *t;

	while ((t = TAILQ_FIRST(&sa->later))) {
		TAILQ_REMOVE(&sa->later, t, link);
		TAILQ_INSERT_TAIL(&sa->tasks, t, link);
	}
	x_run(sa);
}

bool x_turn_to(struct sa *sa, const struct in6_addr *local, const struct in6_addr *remote)
{
	if (addr_eq(&sa->local, local) && addr_eq(&sa->remote, remote))
		return false;
	sa->local = *local;
	sa->remote = *remote;
	sa->turned = true;
	x_run(sa);
	return true;
}
