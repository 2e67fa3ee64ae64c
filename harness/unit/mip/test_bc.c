#include <errno.h>

#include "base/loop.h"
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
		assert_int_equal(
			bc_lifetime(rows[i].asked, rows[i].limit, rows[i].prefix), rows[i].granted);
}

static void a_binding_is_found_by_all_of_its_key(void **state)
{
	static struct bc bc;
	struct bc_entry e = { .key = { hoa(1), hoa(9), 0 } }, again = { .key = e.key };
	struct bc_entry second = { .key = { hoa(1), hoa(9), 2 } };
	struct bc_entry peer = { .key = { hoa(1), hoa(8), 0 } };
	struct in6_addr one = hoa(1), other = hoa(9);

	(void)state;
	assert_null(bc_find(&bc, &e.key));
	assert_int_equal(bc_add(&bc, &e), 0);
	assert_ptr_equal(bc_find(&bc, &e.key), &e);
	assert_ptr_equal(bc_find_hoa(&bc, &one), &e);
	assert_null(bc_find_hoa(&bc, &other));
	assert_int_equal(bc_add(&bc, &again), -EEXIST);
	assert_int_equal(bc_add(&bc, &second), 0);
	assert_int_equal(bc_add(&bc, &peer), 0);
	assert_ptr_equal(bc_find(&bc, &e.key), &e);
	assert_ptr_equal(bc_find(&bc, &second.key), &second);
	assert_ptr_equal(bc_find(&bc, &peer.key), &peer);
	bc_del(&bc, &e);
	bc_del(&bc, &e); /* fine twice */
	assert_null(bc_find(&bc, &e.key));
	bc_del(&bc, &second);
	bc_del(&bc, &peer);
	assert_null(bc_next(&bc, NULL));
	bc_free(&bc);
}

/* Ten thousand cost no more rows than they need, and each is visited once. */
static void a_cache_grows_with_what_is_in_it(void **state)
{
	static struct bc_entry all[10000];
	static struct bc bc;
	struct bc_entry *e = NULL, *next;
	unsigned n = 0;

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		all[i].key = (struct binding_key){ .hoa = hoa(i) };
		assert_int_equal(bc_add(&bc, &all[i]), 0);
	}
	assert_true(bc.table.n_rows >= 10000);
	while ((e = bc_next(&bc, e))) {
		assert_int_equal(e->seq++, 0);
		n++;
	}
	assert_int_equal(n, 10000);
	for (e = bc_next(&bc, NULL); e; e = next) {
		next = bc_next(&bc, e);
		bc_del(&bc, e);
	}
	assert_int_equal(bc.table.n, 0);
	bc_free(&bc);
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
	loop_end();
}

UNIT_MAIN(T(a_sequence_number_is_new_for_half_of_all_numbers, "C-025 C-040!"),
	T(a_lifetime_is_the_least_of_three_in_units_of_4_s, "C-040"),
	T(a_binding_is_found_by_all_of_its_key, "C-040 C-100"),
	T(a_cache_grows_with_what_is_in_it, "C-100"),
	T(what_is_left_runs_down_to_nothing, "C-049!"))
