#include <errno.h>
#include <stdlib.h>

#include "base/loop.h"
#include "crypto/rand.h"
#include "mip/binding/bul.h"
#include "mip/message/mh.h"

static size_t bucket(const struct in6_addr *hoa)
{
	return addr_hash(hoa) % BUL_BUCKETS;
}

struct bul_entry *bul_find(struct bul *bul, const struct in6_addr *hoa)
{
	struct bul_entry *e;

	LIST_FOREACH (e, &bul->heads[bucket(hoa)], link) {
		if (addr_eq(&e->hoa, hoa))
			return e;
	}
	return NULL;
}

int bul_add(struct bul *bul, const struct in6_addr *hoa, const struct in6_addr *ha,
	struct bul_entry **out)
{
	struct bul_entry *e;

	if (bul_find(bul, hoa))
		return -EEXIST;
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->hoa = *hoa;
	e->ha = *ha;
	e->seq = (uint16_t)rand_below(0x10000);
	e->state = "";
	LIST_INSERT_HEAD(&bul->heads[bucket(hoa)], e, link);
	bul->n++;
	*out = e;
	return 0;
}

void bul_del(struct bul *bul, struct bul_entry *e)
{
	if (!e)
		return;
	LIST_REMOVE(e, link);
	bul->n--;
	free(e);
}

void bul_each(struct bul *bul, void (*fn)(struct bul_entry *e, void *arg), void *arg)
{
	struct bul_entry *e, *next;

	for (size_t i = 0; i < BUL_BUCKETS; i++) {
		for (e = LIST_FIRST(&bul->heads[i]); e; e = next) {
			next = LIST_NEXT(e, link);
			fn(e, arg);
		}
	}
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
