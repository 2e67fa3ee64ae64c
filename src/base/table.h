/*
 * table - a hash table whose links are embedded by their owner; it grows with what is in it.
 *
 *	for (struct tlink *l = table_find(&t, h); l; l = table_next(l))	// all that share the hash
 *		if (LINKED(l, struct sa, by_spi)->spi == spi) …
 *
 * Shapes:  a link belongs to at most one table and is unlinked before its owner goes away.
 * Errors:  -ENOMEM only for the first link of a table; a table that cannot grow stays correct
 *          and gets slower.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct tlink {
	struct tlink *next, **prev; /* prev NULL: not in a table */
	uint32_t hash;
};

struct table {
	struct tlink **rows;
	size_t n_rows, n;
};

#define LINKED(link, type, field) ((type *)(void *)((char *)(link)-offsetof(type, field)))

int table_add(struct table *t, struct tlink *l, uint32_t hash);
void table_del(struct table *t, struct tlink *l); /* fine when not linked */
struct tlink *table_find(const struct table *t, uint32_t hash);
struct tlink *table_next(const struct tlink *l);
/* The link behind l in no order, of all; l NULL: the first. Ask before you unlink l. */
struct tlink *table_walk(const struct table *t, const struct tlink *l);
void table_free(struct table *t); /* the rows; the links are the owner's */

uint32_t hash_u64(uint64_t v);
uint32_t hash_bytes(uint32_t seed, struct bytes v);
