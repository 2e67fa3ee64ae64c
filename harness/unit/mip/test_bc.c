#include <errno.h>

#include "mip/binding/bc.h"
#include "unit/unit.h"

static struct in6_addr hoa(unsigned n)
{
	return (struct in6_addr){ .s6_addr = { 0x20, 0x01, 0,
					  1, [14] = (uint8_t)(n >> 8), [15] = (uint8_t)n } };
}

static void a_sequence_number_is_new_for_half_of_all_numbers(void **state)
{
	static const struct {
		uint16_t last, seq;
		bool newer;
	} rows[] = {
		{ 10, 11, true },
		{ 10, 10, false }, /* sent again */
		{ 10, 9, false },
		{ 65535, 0, true }, /* wraps */
		{ 0, 65535, false },
		{ 0, 32767, true }, /* the edge of the window */
		{ 0, 32768, false },
		{ 40000, 7231, true },
		{ 40000, 7232, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(bc_seq_newer(rows[i].last, rows[i].seq), rows[i].newer);
}

static void a_lifetime_is_the_least_of_three_in_units_of_4_s(void **state)
{
	static const struct {
		uint32_t asked, limit, prefix, granted;
	} rows[] = {
		{ 600, 262140, UINT32_MAX, 600 },
		{ 262140, 420, UINT32_MAX, 420 },
		{ 262140, 262140, 11999, 11996 },
		{ 262140, 7, UINT32_MAX, 4 },
		{ 600, 262140, 3, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(bc_lifetime(rows[i].asked, rows[i].limit, rows[i].prefix),
			rows[i].granted);
}

static void a_binding_is_found_by_its_home_address(void **state)
{
	static struct bc bc;
	struct bc_entry *e, *again;
	struct in6_addr a = hoa(1), b = hoa(2);

	(void)state;
	assert_null(bc_find(&bc, &a));
	assert_int_equal(bc_add(&bc, &a, &e), 0);
	assert_ptr_equal(bc_find(&bc, &a), e);
	assert_null(bc_find(&bc, &b));
	assert_int_equal(bc_add(&bc, &a, &again), -EEXIST);
	assert_int_equal(e->state, BC_NONE);
	assert_true(addr_eq(&e->sa_end, &a)); /* SAs of a node at home end there */
	bc_del(&bc, e);
	bc_del(&bc, NULL);
	assert_null(bc_find(&bc, &a));
	assert_int_equal(bc.n, 0);
}

static void del_one(struct bc_entry *e, void *arg)
{
	bc_del(arg, e);
}

static void all_may_be_deleted_while_they_are_visited(void **state)
{
	static struct bc bc;
	struct bc_entry *e;

	(void)state;
	for (unsigned n = 0; n < 2000; n++) {
		struct in6_addr a = hoa(n);

		assert_int_equal(bc_add(&bc, &a, &e), 0);
	}
	assert_int_equal(bc.n, 2000);
	bc_each(&bc, del_one, &bc);
	assert_int_equal(bc.n, 0);
}

static void what_is_left_runs_down_to_nothing(void **state)
{
	struct bc_entry e = { .lifetime = 60 };

	(void)state;
	loop_virtual(1000);
	e.since_ms = loop_now();
	assert_int_equal(bc_left(&e), 60);
	loop_advance(59999);
	assert_int_equal(bc_left(&e), 1);
	loop_advance(100000);
	assert_int_equal(bc_left(&e), 0);
	assert_string_equal(bc_state_str(BC_DYING), "dying");
	loop_end();
}

UNIT_MAIN(T(a_sequence_number_is_new_for_half_of_all_numbers, "C-025 C-040"),
	T(a_lifetime_is_the_least_of_three_in_units_of_4_s, "C-040"),
	T(a_binding_is_found_by_its_home_address, "C-040"),
	T(all_may_be_deleted_while_they_are_visited, ""),
	T(what_is_left_runs_down_to_nothing, "C-049"))
