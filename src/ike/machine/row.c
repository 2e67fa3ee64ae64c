#include "ike/machine/row.h"

static const uint8_t exchanges[TASK_KINDS] = {
	[TASK_INIT] = X_IKE_SA_INIT,
	[TASK_AUTH] = X_IKE_AUTH,
	[TASK_CHILD] = X_CREATE_CHILD_SA,
	[TASK_REKEY_CHILD] = X_CREATE_CHILD_SA,
	[TASK_REKEY_SA] = X_CREATE_CHILD_SA,
	[TASK_INFO] = X_INFORMATIONAL,
	[TASK_DELETE_SA] = X_INFORMATIONAL,
};

uint8_t x_exchange(enum task_kind kind)
{
	return exchanges[kind];
}

const struct x_step *x_step_find(const struct sa *sa, enum task_kind kind, enum x_role role)
{
	for (const struct x_table *const *t = sa->d->rows; *t; t++)
		for (size_t k = 0; k < (*t)->n; k++) {
			const struct x_step *s = &(*t)->steps[k];

			if (s->kind == kind && s->role == role && (s->states & IN(sa->state)))
				return s;
		}
	return NULL;
}

/* Begin the answer anew: without what was written, and without an SPI if none is promised. */
static void restart_answer(struct x *x)
{
	struct msg_out *o = x->out;
	struct sa *sa = x->sa;

	if (x->in->exchange == X_IKE_SA_INIT)
		msg_begin(o, o->w.p, o->w.cap, sa->spi_i, 0, X_IKE_SA_INIT, F_RESPONSE, 0);
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
