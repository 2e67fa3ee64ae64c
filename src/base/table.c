#include <errno.h>
#include <stdlib.h>

#include "base/table.h"

enum { ROWS_FIRST = 64 };

static void link_in(struct table *t, struct tlink *l)
{
	struct tlink **row = &t->rows[l->hash & (t->n_rows - 1)];

	l->next = *row;
	l->prev = row;
	if (l->next)
		l->next->prev = &l->next;
	*row = l;
}

/* Twice the rows. Without memory the table stays as it is. */
static void grow(struct table *t)
{
	struct table bigger = { .n_rows = t->n_rows ? t->n_rows * 2 : ROWS_FIRST, .n = t->n };

	bigger.rows = calloc(bigger.n_rows, sizeof(*bigger.rows));
	if (!bigger.rows)
		return;
	for (size_t i = 0; i < t->n_rows; i++) {
		struct tlink *next;

		for (struct tlink *l = t->rows[i]; l; l = next) {
			next = l->next;
			link_in(&bigger, l);
		}
	}
	free(t->rows);
	*t = bigger;
}

int table_add(struct table *t, struct tlink *l, uint32_t hash)
{
	if (t->n >= t->n_rows)
		grow(t);
	if (!t->n_rows)
		return -ENOMEM;
	l->hash = hash;
	link_in(t, l);
	t->n++;
	return 0;
}

void table_del(struct table *t, struct tlink *l)
{
	if (!l->prev)
		return;
	*l->prev = l->next;
	if (l->next)
		l->next->prev = l->prev;
	*l = (struct tlink){ 0 };
	t->n--;
}

/* From l on, the first with this hash: rows are shared by several. */
static struct tlink *same(struct tlink *l, uint32_t hash)
{
	while (l && l->hash != hash)
		l = l->next;
	return l;
}

struct tlink *table_find(const struct table *t, uint32_t hash)
{
	return t->n_rows ? same(t->rows[hash & (t->n_rows - 1)], hash) : NULL;
}

struct tlink *table_next(const struct tlink *l)
{
	return same(l->next, l->hash);
}

struct tlink *table_walk(const struct table *t, const struct tlink *l)
{
	size_t row = l ? (l->hash & (t->n_rows - 1)) + 1 : 0;

	if (l && l->next)
		return l->next;
	while (row < t->n_rows && !t->rows[row])
		row++;
	return row < t->n_rows ? t->rows[row] : NULL;
}

void table_free(struct table *t)
{
	free(t->rows);
	*t = (struct table){ 0 };
}

uint32_t hash_u64(uint64_t v)
{
	v ^= v >> 33;
	v *= 0xff51afd7ed558ccdULL; /* the finaliser of MurmurHash3 */
	v ^= v >> 33;
	return (uint32_t)v ^ (uint32_t)(v >> 32);
}

/* FNV-1a. */
uint32_t hash_bytes(uint32_t seed, struct bytes v)
{
	uint32_t h = 2166136261u ^ seed;

	for (size_t i = 0; i < v.n; i++)
		h = (h ^ v.p[i]) * 16777619u;
	return h;
}
