#include <errno.h>
#include <linux/xfrm.h>
#include <string.h>

#include "unit/fake/fake_xfrm.h"
#include "unit/kernel/make.h"
#include "unit/fake/fake_keys.h"
#include "unit/unit.h"

struct heard {
	struct xfrm_event last;
	unsigned n;
};

static void hear(const struct xfrm_event *ev, void *arg)
{
	struct heard *h = arg;

	h->last = *ev;
	h->n++;
}

static struct nl *open_kernel(struct fake_xfrm *k)
{
	struct nl *nl = NULL;

	assert_int_equal(nl_open_peer(fake_xfrm_peer, k, &nl), 0);
	return nl;
}

/* A packet without an SA: larval state, one ACQUIRE, silence for the next packet, then the SA. */
static void a_packet_without_an_sa_raises_one_acquire(void **state)
{
	struct fake_xfrm *k = fake_xfrm_new();
	struct nl *nl = open_kernel(k);
	struct xfrm_policy p = make_tunnel_policy();
	struct sel packet = SEL(P(HOA), P(HA), 58);
	struct xfrm_sa sa = make_tunnel_sa(0xc190d5ba);
	struct heard h = { 0 };

	(void)state;
	packet.type = 146;
	fake_xfrm_events(k, hear, &h);
	assert_int_equal(xfrm_policy_add(nl, &p), 0);
	assert_int_equal(fake_xfrm_packet(k, &packet), 1);
	assert_int_equal(fake_xfrm_packet(k, &packet), -EAGAIN);
	assert_int_equal(fake_xfrm_deliver(k), 2);
	assert_int_equal(h.last.kind, XE_ACQUIRE);
	assert_int_equal(h.last.acquire.reqid, 2);
	assert_true(addr_eq(&h.last.acquire.src, &sa.src));
	assert_string_equal(sel_src_str(&h.last.acquire.sel), "2001:1::10/128[ipv6-icmp/146]");
	sa.seq = h.last.acquire.seq;
	assert_int_equal(xfrm_sa_add(nl, &sa), 0);
	assert_int_equal(fake_xfrm_n_larval(k), 0);
	assert_int_equal(fake_xfrm_packet(k, &packet), 0);
	nl_free(nl);
	fake_xfrm_free(k);
}

static void a_reserved_spi_is_filled_by_an_update(void **state)
{
	struct fake_xfrm *k = fake_xfrm_new();
	struct nl *nl = open_kernel(k);
	struct xfrm_sa sa = make_mh_sa();
	uint32_t spi, other;

	(void)state;
	assert_int_equal(xfrm_spi_alloc(nl, &sa.src, &sa.dst, sa.mode, &spi), 0);
	assert_int_equal(xfrm_spi_alloc(nl, &sa.src, &sa.dst, sa.mode, &other), 0);
	assert_int_not_equal(spi, other);
	assert_int_equal(fake_xfrm_n_larval(k), 2);
	sa.spi = spi;
	assert_int_equal(xfrm_sa_add(nl, &sa), -EEXIST);
	assert_int_equal(xfrm_sa_update(nl, &sa), 0);
	assert_int_equal(fake_xfrm_n_larval(k), 1);
	fake_xfrm_drop_larvals(k);
	sa.spi = other;
	assert_int_equal(xfrm_sa_update(nl, &sa), -ESRCH);
	assert_int_equal(fake_xfrm_n_sa(k), 1);
	nl_free(nl);
	fake_xfrm_free(k);
}

/* kernels.md: of two SAs with the same pair and reqid one MIGRATE moves the newest, and the
 * template. */
static void of_a_rekey_overlap_only_one_sa_moves(void **state)
{
	struct fake_xfrm *k = fake_xfrm_new();
	struct nl *nl = open_kernel(k);
	struct xfrm_policy p = make_tunnel_policy();
	struct xfrm_sa old = make_tunnel_sa(0xc0000001), new = make_tunnel_sa(0xc0000002), got;
	struct xfrm_migrate m = make_tunnel_move();
	struct xfrm_sa_key key = { .dst = A(HA), .proto = XP_ESP, .spi = 0xc0000001 };
	struct fake_keys keys;
	struct heard h = { 0 };

	(void)state;
	assert_int_equal(xfrm_policy_add(nl, &p), 0);
	assert_int_equal(xfrm_sa_add(nl, &old), 0);
	assert_int_equal(xfrm_sa_add(nl, &new), 0);
	fake_xfrm_events(k, hear, &h);
	assert_int_equal(xfrm_migrate(nl, &m), 0);
	assert_int_equal(fake_xfrm_deliver(k), 1);
	assert_int_equal(h.last.kind, XE_MIGRATE);
	assert_true(h.last.migrate.m[0].has_km);
	assert_string_equal(xfrm_attr_str(h.last.attrs[0]), "XFRMA_KMADDRESS");
	assert_int_equal(xfrm_sa_get(nl, &key, &got), 0);
	assert_true(addr_eq(&got.src, &old.src));
	key.spi = 0xc0000002;
	assert_int_equal(xfrm_sa_get(nl, &key, &got), 0);
	assert_true(addr_eq(&got.src, &m.new_src));
	assert_int_equal(fake_keys(nl, &key, &keys), 0);
	assert_memory_equal(keys.enc, make_keys + 20, 16);
	assert_int_equal(xfrm_migrate(nl, &m), -ENODATA);
	nl_free(nl);
	fake_xfrm_free(k);
}

static void a_larval_state_without_spi_cannot_be_deleted(void **state)
{
	struct fake_xfrm *k = fake_xfrm_new();
	struct nl *nl = open_kernel(k);
	struct xfrm_policy p = make_tunnel_policy();
	struct sel packet = SEL(P(HOA), P(HA), 58);
	struct xfrm_sa_key key = { .src = A(COA), .dst = A(HA), .proto = XP_ESP };

	(void)state;
	assert_int_equal(xfrm_policy_add(nl, &p), 0);
	assert_int_equal(fake_xfrm_packet(k, &packet), 1);
	assert_int_equal(xfrm_sa_del(nl, &key), -ESRCH);
	assert_int_equal(fake_xfrm_n_larval(k), 1);
	nl_free(nl);
	fake_xfrm_free(k);
}

static void lifetimes_end_when_the_test_says_so(void **state)
{
	struct fake_xfrm *k = fake_xfrm_new();
	struct nl *nl = open_kernel(k);
	struct xfrm_sa sa = make_mh_sa();
	struct xfrm_sa_key key = { .dst = sa.dst, .proto = XP_ESP, .spi = sa.spi };
	struct heard h = { 0 };

	(void)state;
	assert_int_equal(xfrm_sa_add(nl, &sa), 0);
	fake_xfrm_events(k, hear, &h);
	assert_int_equal(fake_xfrm_expire(k, &key, false), 0);
	assert_int_equal(fake_xfrm_expire(k, &key, true), 0);
	assert_int_equal(fake_xfrm_expire(k, &key, true), -ESRCH);
	assert_int_equal(fake_xfrm_deliver(k), 2);
	assert_true(h.last.expire.hard);
	assert_int_equal(fake_xfrm_n_sa(k), 0);
	nl_free(nl);
	fake_xfrm_free(k);
}

/* clang-format off */
UNIT_MAIN(T(a_packet_without_an_sa_raises_one_acquire, ""),
	T(a_reserved_spi_is_filled_by_an_update, ""),
	T(of_a_rekey_overlap_only_one_sa_moves, ""),
	T(a_larval_state_without_spi_cannot_be_deleted, ""),
	T(lifetimes_end_when_the_test_says_so, ""))
