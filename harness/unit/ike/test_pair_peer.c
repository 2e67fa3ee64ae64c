/*
 * A peer that has proved who it is and keeps no rule: what it says hurts nobody, and what it may
 * cost has a limit.
 */
#include <errno.h>

#include "unit/ike/peer.h"

/* moon or carol with both CHILD_SAs, and the other end says what it wants. */
static struct peer *against(bool carol, bool tunnel)
{
	struct peer *e = calloc(1, sizeof(*e));
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	assert_non_null(e);
	pair_establish(p, tunnel);
	peer_takes_over(e, p, carol ? p->carol : p->moon);
	return e;
}

static void end(struct peer *e)
{
	struct pair *p = e->p;

	peer_free(e);
	pair_free(p);
	free(e);
}

/* The refusal in the answer that came, 0: none. */
static int refusal(const struct peer *e)
{
	const struct notify *n = msg_error(&e->in);

	return n ? n->type : 0;
}

static int wants_new_sa(struct peer *e, struct sa *sa)
{
	peer_wants_new_sa(e, sa);
	assert_true(peer_asks(e, sa, X_CREATE_CHILD_SA));
	return refusal(e);
}

/* Two rekeys of the IKE_SA while ours is out: one is answered, and nothing points to it later. */
static void an_ike_sa_is_replaced_by_one_of_the_peers_only(void **state)
{
	struct peer *e = against(false, true);
	struct sa *sa = pair_sa(e->node);

	(void)state;
	assert_int_equal(iked_rekey_sa(sa), 0);
	assert_int_equal(wants_new_sa(e, sa), 0);
	assert_int_equal(wants_new_sa(e, sa), N_TEMPORARY_FAILURE);
	assert_int_equal(pair_n_sa(e->node), 2);
	peer_agrees(e, sa);
	assert_true(peer_answers(e, sa));
	loop_advance(120000);
	end(e);
}

UNIT_MAIN(T(an_ike_sa_is_replaced_by_one_of_the_peers_only, "A-173 A-230"))
