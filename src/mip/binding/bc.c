#include <errno.h>
#include <stdlib.h>

#include "base/names.h"
#include "mip/binding/bc.h"

static const struct name states[] = {
	{ BC_DAD, "dad" },
	{ BC_VALID, "valid" },
	{ BC_DYING, "dying" },
	{ BC_NONE, "none" },
};

static size_t bucket(const struct in6_addr *hoa)
{
	return addr_hash(hoa) % BC_BUCKETS;
}

struct bc_entry *bc_find(struct bc *bc, const struct in6_addr *hoa)
{
	struct bc_entry *e;

	LIST_FOREACH (e, &bc->heads[bucket(hoa)], link) {
		if (addr_eq(&e->hoa, hoa))
			return e;
	}
	return NULL;
}

int bc_add(struct bc *bc, const struct in6_addr *hoa, struct bc_entry **out)
{
	struct bc_entry *e;

	if (bc_find(bc, hoa))
		return -EEXIST;
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->hoa = *hoa;
	e->sa_end = *hoa;
	e->probes[0].fd = e->probes[1].fd = -1;
	e->state = BC_NONE;
	LIST_INSERT_HEAD(&bc->heads[bucket(hoa)], e, link);
	bc->n++;
	*out = e;
	return 0;
}

void bc_del(struct bc *bc, struct bc_entry *e)
{
	if (!e)
		return;
	timer_stop(&e->timer);
	timer_stop(&e->announce);
	timer_stop(&e->dad_timer);
	LIST_REMOVE(e, link);
	bc->n--;
	free(e);
}

void bc_each(struct bc *bc, void (*fn)(struct bc_entry *e, void *arg), void *arg)
{
	struct bc_entry *e, *next;

	for (size_t i = 0; i < BC_BUCKETS; i++) {
		for (e = LIST_FIRST(&bc->heads[i]); e; e = next) {
			next = LIST_NEXT(e, link);
			fn(e, arg);
		}
	}
}

const char *bc_state_str(enum bc_state s)
{
	return names_str(NAMES(states), s);
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
