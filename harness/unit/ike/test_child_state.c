/* The states of a CHILD_SA: every cell of the table is a row or says why not. */
#include "ike/sa/child_state.h"
#include "unit/unit.h"

static unsigned n_gaps(enum child_state s, enum child_event e)
{
	unsigned n = 0;

	for (size_t i = 0; i < child_n_gaps; i++)
		n += child_gaps[i].states >> s & child_gaps[i].events >> e & 1;
	return n;
}

static void every_cell_is_one_row_or_one_gap(void **state)
{
	(void)state;
	for (enum child_state s = 0; s <= CHILD_DELETING; s++)
		for (enum child_event e = 0; e < CE_EVENTS; e++) {
			unsigned n = n_gaps(s, e);

			for (size_t i = 0; i < child_n_rows; i++)
				n += child_rows[i].event == e && child_rows[i].states >> s & 1;
			assert_int_equal(n, 1);
		}
}

static void a_child_sa_that_goes_does_not_come_back(void **state)
{
	struct child c = { .state = CHILD_UP };

	(void)state;
	assert_true(child_do(&c, CE_REKEY_BEGUN));
	assert_true(child_do(&c, CE_CLOSE)); /* its lifetime ended while the request was out */
	assert_false(child_do(&c, CE_REKEY_OVER)); /* TEMPORARY_FAILURE */
	assert_false(child_do(&c, CE_REPLACED));
	assert_int_equal(c.state, CHILD_DELETING);
}

static void a_rekey_that_fails_leaves_it_as_it_was(void **state)
{
	struct child c = { .state = CHILD_UP };

	(void)state;
	assert_true(child_do(&c, CE_REKEY_BEGUN));
	assert_true(child_do(&c, CE_REKEY_BEGUN)); /* once more, after a pause */
	assert_true(child_do(&c, CE_REKEY_OVER));
	assert_int_equal(c.state, CHILD_UP);
}

UNIT_MAIN(T(every_cell_is_one_row_or_one_gap, "A-273"),
	T(a_child_sa_that_goes_does_not_come_back, "A-273"),
	T(a_rekey_that_fails_leaves_it_as_it_was, "A-273"))
