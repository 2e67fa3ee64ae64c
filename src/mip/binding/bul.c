#include "mip/binding/bul.h"

#include <errno.h>

#include "base/loop.h"
#include "crypto/rand.h"
#include "mip/message/mh.h"

static struct bul_entry *entry(struct tlink *l)
{
	return l ? LINKED(l, struct bul_entry, link) : NULL;
}

struct bul_entry *bul_find(const struct bul *bul, const struct binding_key *key)
{
	uint32_t hash = addr_hash(&key->hoa);

	for (struct tlink *l = table_find(&bul->table, hash); l; l = table_next(l)) {
		if (binding_is(&entry(l)->key, key))
			return entry(l);
	}
	return NULL;
}

struct bul_entry *bul_find_hoa(const struct bul *bul, const struct in6_addr *hoa)
{
	for (struct tlink *l = table_find(&bul->table, addr_hash(hoa)); l; l = table_next(l)) {
		if (addr_eq(&entry(l)->key.hoa, hoa))
			return entry(l);
	}
	return NULL;
}

int bul_add(struct bul *bul, struct bul_entry *e)
{
	if (bul_find(bul, &e->key))
		return -EEXIST;
	e->seq = (uint16_t)rand_below(0x10000);
	return table_add(&bul->table, &e->link, addr_hash(&e->key.hoa));
}

void bul_del(struct bul *bul, struct bul_entry *e)
{
	table_del(&bul->table, &e->link);
}

struct bul_entry *bul_next(const struct bul *bul, const struct bul_entry *e)
{
	return entry(table_walk(&bul->table, e ? &e->link : NULL));
}

void bul_free(struct bul *bul)
{
	table_free(&bul->table);
}

uint32_t bul_left(const struct bul_entry *e)
{
	uint64_t passed = (loop_now() - e->since_ms) / 1000;

	return e->bound && passed < e->lifetime ? e->lifetime - (uint32_t)passed : 0;
}

uint32_t bul_backoff(uint32_t delay_ms)
{
	return delay_ms >= BUL_MAX_DELAY_MS / 2 ? BUL_MAX_DELAY_MS : delay_ms * 2;
}

/* RFC 6275 section 11.7.3: remain = max(remain - (asked - granted), 0); more than asked is not ours
 * to use. */
uint32_t bul_granted(uint32_t asked, uint32_t granted)
{
	return granted < asked ? granted : asked;
}

uint32_t bul_refresh_after(uint32_t lifetime, uint32_t advice)
{
	uint32_t after = (uint32_t)((uint64_t)lifetime * 95 / 100);

	if (lifetime <= BUL_MIN_LIFETIME)
		return lifetime / 2;
	if (lifetime - after < 4)
		after = lifetime - 4;
	if (advice && advice < after)
		after = advice;
	return after ? after : 1;
}

uint32_t bul_ask(uint32_t limit, uint32_t hoa_valid, uint32_t coa_valid)
{
	uint32_t least = limit < MH_LIFETIME_MAX ? limit : MH_LIFETIME_MAX;

	if (hoa_valid < least)
		least = hoa_valid;
	if (coa_valid < least)
		least = coa_valid;
	least -= least % 4;
	return least < BUL_MIN_LIFETIME ? BUL_MIN_LIFETIME : least;
}
