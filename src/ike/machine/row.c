#include <errno.h>

#include "base/log.h"
#include "base/names.h"
#include "ike/machine/row.h"

static const struct name kinds[] = {
	{ TASK_INIT, "IKE_SA_INIT" },
	{ TASK_AUTH, "IKE_AUTH" },
	{ TASK_CHILD, "new CHILD_SA" },
	{ TASK_REKEY_CHILD, "rekey of a CHILD_SA" },
	{ TASK_REKEY_SA, "rekey of the IKE_SA" },
	{ TASK_INFO, "INFORMATIONAL" },
	{ TASK_DELETE_SA, "DELETE of the IKE_SA" },
};

static const struct name verdicts[] = {
	{ X_SEND, "sent" },
	{ X_STAY, "done" },
	{ X_REFUSE, "refused" },
	{ X_AGAIN, "asked again" },
	{ X_LATER, "asked later" },
	{ X_DROP, "dropped" },
	{ X_END, "ended" },
	{ X_FAIL, "failed" },
};

static const struct name roles[] = {
	{ ROLE_ASK, "ask" },
	{ ROLE_ANSWER, "answer" },
	{ ROLE_TAKE, "take" },
	{ ROLE_REFUSED, "refused" },
};

static const uint8_t exchanges[TASK_KINDS] = {
	[TASK_INIT] = XCHG_IKE_SA_INIT,
	[TASK_AUTH] = XCHG_IKE_AUTH,
	[TASK_CHILD] = XCHG_CREATE_CHILD_SA,
	[TASK_REKEY_CHILD] = XCHG_CREATE_CHILD_SA,
	[TASK_REKEY_SA] = XCHG_CREATE_CHILD_SA,
	[TASK_INFO] = XCHG_INFORMATIONAL,
	[TASK_DELETE_SA] = XCHG_INFORMATIONAL,
};

uint8_t x_exchange(enum task_kind kind)
{
	return exchanges[kind];
}

const char *x_kind_str(enum task_kind kind)
{
	return names_str(NAMES(kinds), (int)kind);
}

const char *x_verdict_str(enum x_verdict v)
{
	return names_str(NAMES(verdicts), (int)v);
}

const char *x_role_str(enum x_role role)
{
	return names_str(NAMES(roles), (int)role);
}

static bool is_for(
	const struct x_row *r, enum sa_state state, enum task_kind kind, enum x_role role)
{
	return r->kind == kind && r->role == role && r->states & BIT(state);
}

const struct x_row *x_row_find(
	const struct sa *sa, enum task_kind kind, enum x_role role, uint32_t has)
{
	for (const struct x_table *const *t = sa->d->machine->tables; *t; t++)
		for (size_t i = 0; i < (*t)->n; i++) {
			const struct x_row *r = &(*t)->rows[i];

			if (is_for(r, sa->state, kind, role) && (has & r->required) == r->required)
				return r;
		}
	return NULL;
}

enum x_verdict x_do(const struct x_row *row, struct x *x)
{
	enum x_verdict v = row->fn(x);

	if (row->says & BIT(v))
		return v;
	log_ike(0, "'%s' gave the verdict '%s', which is not in its row", row->story,
		x_verdict_str(v));
	return x_fail(x, -ENOTRECOVERABLE, "a fault of our own");
}

const struct x_gap *x_gap_find(
	const struct x_machine *m, enum sa_state state, enum task_kind kind, enum x_role role)
{
	for (size_t i = 0; i < m->n_gaps; i++) {
		const struct x_gap *g = &m->gaps[i];

		if (g->states & BIT(state) && g->kinds & BIT(kind) && g->roles & BIT(role))
			return g;
	}
	return NULL;
}

void x_no_row(const struct sa *sa, enum task_kind kind, enum x_role role)
{
	const struct x_gap *g = x_gap_find(sa->d->machine, sa->state, kind, role);

	if (!g || g->cell == CELL_IMPOSSIBLE)
		log_ike(0, "%s of %s should not be in state %s of IKE_SA %s", x_role_str(role),
			x_kind_str(kind), sa_state_str(sa->state), sa_name(sa));
}

/* Whatever message fits b fits a too, which stands before it. */
static bool hides(const struct x_row *a, const struct x_row *b)
{
	return a->kind == b->kind && a->role == b->role && a->states & b->states &&
		(a->required & b->required) == a->required;
}

static const char *row_fault(const struct x_machine *m, const struct x_row *row)
{
	if (!(row->says & BIT(X_SEND)) != (row->to == NOWHERE))
		return row->story;
	for (const struct x_table *const *t = m->tables; *t; t++)
		for (size_t i = 0; i < (*t)->n; i++) {
			if (&(*t)->rows[i] == row)
				return NULL;
			if (hides(&(*t)->rows[i], row))
				return row->story;
		}
	return NULL;
}

static bool has_row(
	const struct x_machine *m, enum sa_state state, enum task_kind kind, enum x_role role)
{
	for (const struct x_table *const *t = m->tables; *t; t++)
		for (size_t i = 0; i < (*t)->n; i++)
			if (is_for(&(*t)->rows[i], state, kind, role))
				return true;
	return false;
}

/* Nothing comes to an IKE_SA that is gone. */
static const char *cell_fault(const struct x_machine *m)
{
	for (enum sa_state s = SA_NEW; s < SA_GONE; s++)
		for (enum task_kind k = 0; k < TASK_KINDS; k++)
			for (enum x_role r = ROLE_ASK; r <= ROLE_REFUSED; r++)
				if (has_row(m, s, k, r) == (x_gap_find(m, s, k, r) != NULL))
					return x_kind_str(k);
	return NULL;
}

const char *x_machine_fault(const struct x_machine *m)
{
	for (const struct x_table *const *t = m->tables; *t; t++)
		for (size_t i = 0; i < (*t)->n; i++)
			if (row_fault(m, &(*t)->rows[i]))
				return (*t)->rows[i].story;
	return cell_fault(m);
}

/* Begin the answer anew: without what was written, and without an SPI if none is promised. */
static void restart_answer(struct x *x)
{
	struct msg_out *o = x->out;
	struct sa *sa = x->sa;

	if (x->in->exchange == XCHG_IKE_SA_INIT)
		msg_begin(o, o->w.p, o->w.cap, sa->spi_i, 0, XCHG_IKE_SA_INIT, F_RESPONSE, 0);
	else
		msg_begin_inner(o, o->w.p, o->w.cap);
}

enum x_verdict x_refuse_data(struct x *x, uint16_t type, struct bytes data)
{
	restart_answer(x);
	x->d->counts.refused++;
	put_notify(x->out, 0, BYTES_NONE, type, data);
	return X_REFUSE;
}

enum x_verdict x_refuse(struct x *x, uint16_t type)
{
	return x_refuse_data(x, type, BYTES_NONE);
}

enum x_verdict x_refuse_end(struct x *x, uint16_t type)
{
	x_refuse(x, type);
	return X_END;
}

enum x_verdict x_refuse_u16(struct x *x, uint16_t type, uint16_t value)
{
	const uint8_t data[] = { (uint8_t)(value >> 8), (uint8_t)value };

	return x_refuse_data(x, type, BYTES_OF(data));
}

enum x_verdict x_fail(struct x *x, int rc, const char *why)
{
	x->sa->fail_rc = rc;
	x->sa->fail_why = why;
	return X_FAIL;
}
