#include <string.h>

#include "base/log.h"
#include "ike/exchange/fresh.h"
#include "ike/lifecycle/yield.h"

static const struct alg *group_of(const struct task *t, const struct prop_list *list)
{
	return t->group ? alg_find(ALG_DH, t->group, 0) : prop_first_group(list);
}

int fresh_nonce(const struct iked *d, struct blob *out)
{
	int rc = blob_alloc(out, NONCE_LEN);

	if (!rc)
		iked_draw(d, DRAW_NONCE, out->p, out->n);
	return rc;
}

int fresh_pair(const struct iked *d, struct task *t, const struct prop_list *list)
{
	const struct alg *group = group_of(t, list);
	int rc = t->ni.n ? 0 : fresh_nonce(d, &t->ni);

	if (!rc && group && (!t->dh || dh_group(t->dh) != group)) {
		dh_free(t->dh);
		t->dh = NULL;
		rc = dh_new(group, &t->dh);
	}
	return rc;
}

struct bytes fresh_lower(struct bytes a, struct bytes b)
{
	return bytes_cmp(a, b) < 0 ? a : b;
}

void fresh_note(struct child *c, struct bytes ni, struct bytes nr)
{
	struct bytes low = fresh_lower(ni, nr);

	c->n_nonce_min = low.n < sizeof(c->nonce_min) ? low.n : sizeof(c->nonce_min);
	memcpy(c->nonce_min, low.p, c->n_nonce_min);
}

uint16_t fresh_other_group(const struct msg *in, const struct prop_list *own, uint16_t now)
{
	const struct notify *n = msg_notify(in, N_INVALID_KE);
	uint16_t group;

	if (!n || n->data.n != 2)
		return 0;
	group = (uint16_t)(n->data.p[0] << 8 | n->data.p[1]);
	return group != now && prop_has_group(own, group) && alg_find(ALG_DH, group, 0) ? group : 0;
}

/* Is ours the SA with the lowest nonce, so that we have to close it? */
bool fresh_loses(const struct task *t, struct bytes ours)
{
	struct bytes theirs = blob_view(&t->their_nonce);
	size_t n = ours.n < theirs.n ? ours.n : theirs.n;

	return bytes_cmp(BYTES(ours.p, n), BYTES(theirs.p, n)) < 0;
}

/* this IKE_SA is full; the next one has room, if we can begin one. */
bool fresh_begin_anew(struct x *x)
{
	if (!msg_notify(x->in, N_NO_ADDITIONAL_SAS))
		return false;
	log_ike(1, "received NO_ADDITIONAL_SAS notify, a new IKE_SA is needed");
	return yield_begin(x->sa) == 0;
}
