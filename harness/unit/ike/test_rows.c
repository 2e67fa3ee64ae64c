/*
 * The rows of the exchanges: what is checked of them at start, and which one a message finds.
 */
#include <errno.h>

#include "ike/exchange/exchange.h"
#include "ike/iked.h"
#include "unit/unit.h"

static enum x_verdict sends(struct x *x)
{
	(void)x;
	return X_SEND;
}

static enum x_verdict stays(struct x *x)
{
	(void)x;
	return X_STAY;
}

enum { ALL = (1 << SA_GONE) - 1, ALL_KINDS = (1 << TASK_KINDS) - 1, ALL_ROLES = 15 };

/* Some rows, and all other cells named. */
struct machine {
	struct x_row rows[2];
	struct x_table table;
	const struct x_table *tables[2];
	struct x_gap gaps[4];
	struct x_machine m;
};

#define ROW(set, to)                                                                               \
	{                                                                                          \
		BIT(SA_UP), TASK_CHILD, ROLE_ANSWER, set, 0, sends, BIT(X_SEND), to, "a row"       \
	}

static void make(struct machine *k, struct x_row first, struct x_row second)
{
	*k = (struct machine){ .rows = { first, second },
		.gaps = { { ALL & ~BIT(SA_UP), ALL_KINDS, ALL_ROLES, CELL_IGNORED, "" },
			{ BIT(SA_UP), ALL_KINDS & ~BIT(TASK_CHILD), ALL_ROLES, CELL_IGNORED, "" },
			{ BIT(SA_UP), BIT(TASK_CHILD), ALL_ROLES & ~BIT(ROLE_ANSWER), CELL_IGNORED,
				"" } } };
	k->table = (struct x_table){ k->rows, 2 };
	k->tables[0] = &k->table;
	k->m = (struct x_machine){ k->tables, k->gaps, 3 };
}

static void the_rows_of_all_exchanges_are_true(void **state)
{
	(void)state;
	assert_null(x_machine_fault(&x_all));
}

static void two_rows_that_no_message_tells_apart_are_refused(void **state)
{
	struct x_row wide = ROW(P(SA), SA_UP), narrow = ROW(P(SA) | P(KE), SA_UP);
	struct machine k;

	(void)state;
	make(&k, narrow, wide);
	assert_null(x_machine_fault(&k.m));
	make(&k, wide, narrow);
	assert_non_null(x_machine_fault(&k.m));
	make(&k, wide, wide);
	assert_non_null(x_machine_fault(&k.m));
}

static void a_state_to_go_to_stands_where_it_happens(void **state)
{
	struct x_row other = ROW(P(KE), SA_UP), row = ROW(P(SA), NOWHERE);
	struct machine k;

	(void)state;
	make(&k, other, row); /* goes, and nobody knows where */
	assert_non_null(x_machine_fault(&k.m));
	row.says = BIT(X_STAY);
	make(&k, other, row);
	assert_null(x_machine_fault(&k.m));
	row.to = SA_REKEYED; /* never goes there */
	make(&k, other, row);
	assert_non_null(x_machine_fault(&k.m));
}

static void every_cell_has_a_row_or_says_why_not(void **state)
{
	struct x_row a = ROW(P(KE), SA_UP), b = ROW(P(SA), SA_UP);
	struct machine k;

	(void)state;
	make(&k, a, b);
	k.gaps[0].states &= ~BIT(SA_NEW); /* a cell of which nobody has thought */
	assert_non_null(x_machine_fault(&k.m));
	make(&k, a, b);
	k.gaps[2].roles = ALL_ROLES; /* a row, and yet named as empty */
	assert_non_null(x_machine_fault(&k.m));
}

static void the_first_row_whose_payloads_are_there_is_taken(void **state)
{
	struct machine k;
	struct iked d = { .machine = &k.m };
	struct sa sa = { .d = &d, .state = SA_UP };

	(void)state;
	make(&k, (struct x_row)ROW(P(SA) | P(KE), SA_UP), (struct x_row)ROW(P(SA), SA_UP));
	assert_ptr_equal(x_row_find(&sa, TASK_CHILD, ROLE_ANSWER, P(SA) | P(KE)), &k.rows[0]);
	assert_ptr_equal(x_row_find(&sa, TASK_CHILD, ROLE_ANSWER, P(SA) | P(NONCE)), &k.rows[1]);
	assert_null(x_row_find(&sa, TASK_CHILD, ROLE_ANSWER, P(KE)));
	assert_null(x_row_find(&sa, TASK_INFO, ROLE_ANSWER, P(SA)));
}

static void a_verdict_that_is_not_in_its_row_ends_the_ike_sa(void **state)
{
	struct sa sa = { .state = SA_UP };
	struct x x = { .sa = &sa };
	struct x_row row = ROW(P(SA), SA_UP);

	(void)state;
	assert_int_equal(x_do(&row, &x), X_SEND);
	row.fn = stays;
	assert_int_equal(x_do(&row, &x), X_FAIL);
	assert_int_equal(sa.fail_rc, -ENOTRECOVERABLE);
}

UNIT_MAIN(T(the_rows_of_all_exchanges_are_true, "A-270"),
	T(two_rows_that_no_message_tells_apart_are_refused, "A-270"),
	T(a_state_to_go_to_stands_where_it_happens, "A-270"),
	T(every_cell_has_a_row_or_says_why_not, "A-270"),
	T(the_first_row_whose_payloads_are_there_is_taken, "A-271"),
	T(a_verdict_that_is_not_in_its_row_ends_the_ike_sa, "A-270"))
