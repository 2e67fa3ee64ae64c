#include "mip/binding/bc.h"

#include <errno.h>

#include "base/loop.h"

static struct bc_entry *entry(struct tlink *l)
{
	return l ? LINKED(l, struct bc_entry, link) : NULL;
}

struct bc_entry *bc_find(const struct bc *bc, const struct binding_key *key)
{
	uint32_t hash = addr_hash(&key->hoa);

	for (struct tlink *l = table_find(&bc->table, hash); l; l = table_next(l)) {
		if (binding_is(&entry(l)->key, key))
			return entry(l);
	}
	return NULL;
}

struct bc_entry *bc_find_hoa(const struct bc *bc, const struct in6_addr *hoa)
{
	for (struct tlink *l = table_find(&bc->table, addr_hash(hoa)); l; l = table_next(l)) {
		if (addr_eq(&entry(l)->key.hoa, hoa))
			return entry(l);
	}
	return NULL;
}

int bc_add(struct bc *bc, struct bc_entry *e)
{
	if (bc_find(bc, &e->key))
		return -EEXIST;
	return table_add(&bc->table, &e->link, addr_hash(&e->key.hoa));
}

void bc_del(struct bc *bc, struct bc_entry *e)
{
	table_del(&bc->table, &e->link);
}

struct bc_entry *bc_next(const struct bc *bc, const struct bc_entry *e)
{
	return entry(table_walk(&bc->table, e ? &e->link : NULL));
}

void bc_free(struct bc *bc)
{
	table_free(&bc->table);
}

uint32_t bc_left(const struct bc_entry *e)
{
	uint64_t passed = (loop_now() - e->since_ms) / 1000;

	return passed < e->lifetime ? e->lifetime - (uint32_t)passed : 0;
}

/* RFC 6275 section 9.5.1 */
bool bc_seq_newer(uint16_t last, uint16_t seq)
{
	uint16_t ahead = (uint16_t)(seq - last);

	return ahead != 0 && ahead < 0x8000;
}

uint32_t bc_lifetime(uint32_t asked, uint32_t limit, uint32_t prefix_valid)
{
	uint32_t least = asked < limit ? asked : limit;

	if (prefix_valid < least)
		least = prefix_valid;
	return least - least % 4;
}
