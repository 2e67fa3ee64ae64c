/*
 * The hash table: what was put in is found, what was taken out is not, thousands cost no more than
 * one.
 */
#include "base/table.h"
#include "unit/unit.h"

struct thing {
	uint32_t value;
	struct tlink link;
};

static struct thing *find(const struct table *t, uint32_t value)
{
	for (struct tlink *l = table_find(t, hash_u64(value)); l; l = table_next(l))
		if (LINKED(l, struct thing, link)->value == value)
			return LINKED(l, struct thing, link);
	return NULL;
}

static void thousands_come_and_go(void **state)
{
	enum { N = 5000 };
	struct thing *things = calloc(N, sizeof(*things));
	struct table t = { 0 };

	(void)state;
	assert_null(find(&t, 0));
	for (uint32_t i = 0; i < N; i++) {
		things[i].value = i;
		assert_int_equal(table_add(&t, &things[i].link, hash_u64(i)), 0);
	}
	for (uint32_t i = 0; i < N; i += 2)
		table_del(&t, &things[i].link);
	table_del(&t, &things[0].link); /* fine twice */
	for (uint32_t i = 0; i < N; i++)
		assert_ptr_equal(find(&t, i), i % 2 ? &things[i] : NULL);
	assert_int_equal(t.n, N / 2);
	assert_true(t.n_rows >= N / 2);
	table_free(&t);
	free(things);
}

static void all_of_one_hash_are_given(void **state)
{
	struct thing things[5] = { { 0 } };
	struct table t = { 0 };
	unsigned n = 0;

	(void)state;
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(table_add(&t, &things[i].link, i < 3 ? 7 : 7 + 64), 0);
	for (struct tlink *l = table_find(&t, 7); l; l = table_next(l))
		n++;
	assert_int_equal(n, 3);
	table_free(&t);
}

static void a_walk_comes_by_each_once_and_may_take_it_out(void **state)
{
	struct thing things[300] = { { 0 } };
	struct table t = { 0 };
	struct tlink *l, *next;
	unsigned n = 0;

	(void)state;
	assert_null(table_walk(&t, NULL));
	for (uint32_t i = 0; i < 300; i++)
		assert_int_equal(table_add(&t, &things[i].link, hash_u64(i / 2)), 0);
	for (l = table_walk(&t, NULL); l; l = next) {
		next = table_walk(&t, l);
		assert_int_equal(LINKED(l, struct thing, link)->value++, 0);
		if (n++ % 3)
			table_del(&t, l);
	}
	assert_int_equal(n, 300);
	assert_int_equal(t.n, 100);
	table_free(&t);
}

UNIT_MAIN(T(thousands_come_and_go, ""), T(all_of_one_hash_are_given, ""),
	T(a_walk_comes_by_each_once_and_may_take_it_out, ""))
