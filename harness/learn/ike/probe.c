#include "learn/ike/probe.h"

#include <errno.h>

#include "crypto/dh.h"
#include "ike/machine/row.h"
#include "ike/machine/state.h"
#include "ike/sa/child_state.h"
#include "learn/learn.h"
#include "unit/ike/tables.h"

enum { BOOKS_MAX = 256 };

/* What is known of an IKE_SA. */
struct watched {
	struct sa *sa;
	enum sa_state state; /* as it was left */
	bool row, gone; /* a row ran in it, and where it led is not known yet; it is over */
	unsigned event;
	const char *when, *past;
};

static struct watched sas[BOOKS_MAX];
static struct {
	const struct child *c;
	enum child_state state;
} children[BOOKS_MAX];
static size_t n_sas, n_children;
static bool listening;
static unsigned count;

static struct watched *of(struct sa *sa)
{
	for (size_t i = n_sas; i-- > 0;)
		if (sas[i].sa == sa)
			return &sas[i];
	if (n_sas == BOOKS_MAX)
		abort();
	sas[n_sas] = (struct watched){ .sa = sa, .state = SA_NEW };
	return &sas[n_sas++];
}

/* Where the last row, or somebody past the rows, has led. */
static void settle(struct watched *w, enum sa_state now)
{
	if (now == SA_GONE && w->state == SA_NEW && !w->row && !w->past)
		w->past = PROBE_NEVER;
	if (w->row)
		learn_arrow(PROBE_SA, w->state, w->event, w->when, now, w->past);
	else if (w->state != now)
		learn_past(PROBE_SA, w->state, now, w->past);
	w->row = false;
	w->past = NULL;
	w->state = now;
}

static void is_past(struct sa *sa, const char *why)
{
	if (listening && !of(sa)->past)
		of(sa)->past = why;
}

int __real_sa_new(struct iked *d, bool initiator, struct sa **out);
int __wrap_sa_new(struct iked *d, bool initiator, struct sa **out);

/* The memory of one that is gone may be another's now. */
int __wrap_sa_new(struct iked *d, bool initiator, struct sa **out)
{
	int rc = __real_sa_new(d, initiator, out);

	if (rc || !listening)
		return rc;
	for (size_t i = 0; i < n_sas; i++)
		if (sas[i].sa == *out) {
			settle(&sas[i], SA_GONE);
			sas[i].sa = NULL;
		}
	of(*out);
	return rc;
}

enum x_verdict __real_x_do(const struct x_row *row, struct x *x);
enum x_verdict __wrap_x_do(const struct x_row *row, struct x *x);

enum x_verdict __wrap_x_do(const struct x_row *row, struct x *x)
{
	struct watched *w = of(x->sa);
	struct sa *sa = x->sa;
	enum x_verdict v;

	if (!listening)
		return __real_x_do(row, x);
	settle(w, sa->state);
	w->row = true;
	w->event = sa_event_of(row->kind, row->role);
	count++;
	v = __real_x_do(row, x);
	if (sa->state != w->state && !w->past)
		learn_fault("'%s' moved the state itself", row->story);
	w->when = x_verdict_str(v);
	if (x->up)
		is_past(x->up, PROBE_BROUGHT_UP);
	if (x->replaced)
		is_past(x->replaced, PROBE_LOST);
	return v;
}

void __real_x_move(struct sa *sa, enum sa_state to);
void __wrap_x_move(struct sa *sa, enum sa_state to);

/* By another one's row: what stood before it is settled, and so is where it led. */
static void by_another(struct sa *sa, enum sa_state to)
{
	struct watched *w = of(sa);
	const char *past = w->past;

	w->past = NULL;
	settle(w, sa->state);
	__real_x_move(sa, to);
	w->past = past;
	settle(w, sa->state);
}

void __wrap_x_move(struct sa *sa, enum sa_state to)
{
	struct watched *w = listening ? of(sa) : NULL;

	if (w && w->past && (to == SA_UP || to == SA_REKEYED)) {
		by_another(sa, to);
		return;
	}
	if (w && sa->state != w->state && !w->row)
		settle(w, sa->state);
	__real_x_move(sa, to);
}

void __real_end_sa(struct sa *sa);
void __wrap_end_sa(struct sa *sa);
void __real_end_joined(struct sa *from, struct sa *to);
void __wrap_end_joined(struct sa *from, struct sa *to);
void __real_end_timed_out(struct sa *sa);
void __wrap_end_timed_out(struct sa *sa);

void __wrap_end_sa(struct sa *sa)
{
	is_past(sa, PROBE_ENDED);
	count++;
	__real_end_sa(sa);
}

void __wrap_end_joined(struct sa *from, struct sa *to)
{
	is_past(from, PROBE_JOINED);
	count++;
	__real_end_joined(from, to);
}

void __wrap_end_timed_out(struct sa *sa)
{
	is_past(sa, PROBE_SILENT);
	count++;
	__real_end_timed_out(sa);
}

/* OpenSSL may fail at any time; and it is the only thing here that has to be told to. */
bool probe_no_key_pair;

int __real_dh_new(const struct alg *group, struct dh **out);
int __wrap_dh_new(const struct alg *group, struct dh **out);

int __wrap_dh_new(const struct alg *group, struct dh **out)
{
	if (!probe_no_key_pair)
		return __real_dh_new(group, out);
	probe_no_key_pair = false;
	return -ENOMEM;
}

/* CHILD_SAs. */

static enum child_state *state_of(const struct child *c)
{
	for (size_t i = 0; i < n_children; i++)
		if (children[i].c == c)
			return &children[i].state;
	if (n_children == BOOKS_MAX)
		abort();
	children[n_children].c = c;
	children[n_children].state = CHILD_NEW;
	return &children[n_children++].state;
}

int __real_child_new(struct sa *sa, struct trap *trap, struct child **out);
int __wrap_child_new(struct sa *sa, struct trap *trap, struct child **out);

int __wrap_child_new(struct sa *sa, struct trap *trap, struct child **out)
{
	int rc = __real_child_new(sa, trap, out);

	if (!rc)
		*state_of(*out) = CHILD_NEW;
	return rc;
}

static void left_as_it_was(const struct child *c)
{
	enum child_state *s = state_of(c);

	if (c->state != *s)
		learn_past(PROBE_CHILD, *s, c->state, NULL);
	*s = c->state;
}

bool __real_child_do(struct child *c, enum child_event e);
bool __wrap_child_do(struct child *c, enum child_event e);

bool __wrap_child_do(struct child *c, enum child_event e)
{
	const struct machine *m = child_machine();
	enum child_state from;
	bool rc;

	if (!listening)
		return __real_child_do(c, e);
	left_as_it_was(c);
	from = c->state;
	rc = __real_child_do(c, e);
	if (m->impossible(from, e))
		learn_fault("CHILD_SA: \"%s\" in %s, where it is impossible", m->event(e),
			m->state(from));
	else if (!m->ignored(from, e))
		learn_arrow(PROBE_CHILD, from, e, NULL, c->state, NULL);
	else if (c->state != from)
		learn_past(PROBE_CHILD, from, c->state, NULL);
	*state_of(c) = c->state;
	return rc;
}

/* Both daemons' books. */

static void each_child(struct sa *sa, void (*fn)(const struct child *c))
{
	struct child *c;

	LIST_FOREACH (c, &sa->children, of_sa)
		fn(c);
}

static void know(const struct child *c)
{
	*state_of(c) = c->state;
}

void probe_begin(struct pair *p)
{
	struct node *const nodes[] = { p->carol, p->moon };
	struct sa *sa;

	sa_machine(); /* numbers its events */
	n_sas = n_children = 0;
	count = 0;
	for (size_t i = 0; i < 2; i++) {
		if (!nodes[i]->d)
			continue;
		LIST_FOREACH (sa, &nodes[i]->d->sas, all) {
			of(sa)->state = sa->state;
			each_child(sa, know);
			if (sa->task && sa->task->child.to)
				know(sa->task->child.to);
		}
	}
	listening = true;
}

static bool stands(const struct node *n, const struct sa *one)
{
	struct sa *sa;

	if (n->d)
		LIST_FOREACH (sa, &n->d->sas, all)
			if (sa == one)
				return true;
	return false;
}

void probe_end(struct pair *p)
{
	listening = false;
	for (size_t i = 0; i < n_sas; i++) {
		struct sa *sa = sas[i].sa;

		if (!sa)
			continue;
		if (!stands(p->carol, sa) && !stands(p->moon, sa)) {
			settle(&sas[i], SA_GONE);
			continue;
		}
		settle(&sas[i], sa->state);
		each_child(sa, left_as_it_was);
	}
}

unsigned probe_count(void)
{
	return count;
}
