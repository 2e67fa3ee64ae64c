#include <arpa/inet.h>
#include <errno.h>
#include <linux/xfrm.h>
#include <string.h>

#include "unit/fake/fake_xfrm.h"
#include "unit/kernel/make.h"
#include "unit/kernel/record.h"
#include "unit/unit.h"

enum { ID = sizeof(struct xfrm_userpolicy_id) };

/* UMIP's order: MIGRATE, KMADDRESS, no POLICY_TYPE for main; old addresses :: in transport mode.
 */
static void the_request_is_the_one_of_the_reference(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct xfrm_migrate m = { .sel = SEL(P(HOA), P(HA), 135),
		.dir = XD_OUT,
		.proto = XP_ESP,
		.mode = XM_TRANSPORT,
		.reqid = 1,
		.new_src = A(COA),
		.new_dst = A(HA),
		.has_km = true,
		.km_local = A(COA),
		.km_remote = A(HA) };
	struct xfrm_user_migrate entry = { .new_daddr.in6 = A(HA),
		.new_saddr.in6 = A(COA),
		.proto = 50,
		.reqid = 1,
		.old_family = AF_INET6,
		.new_family = AF_INET6 };
	struct xfrm_user_kmaddress km = {
		.local.in6 = A(COA), .remote.in6 = A(HA), .family = AF_INET6
	};
	const struct xfrm_userpolicy_id *id = record_body(&r);
	struct record_attr list[RECORD_MAX];

	(void)state;
	assert_int_equal(xfrm_migrate(nl, &m), 0);
	assert_int_equal(record_head(&r)->nlmsg_type, XFRM_MSG_MIGRATE);
	assert_int_equal(record_head(&r)->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
	assert_int_equal(id->dir, XFRM_POLICY_OUT);
	assert_int_equal(id->sel.ifindex, 0);
	assert_int_equal(record_attrs(&r, ID, list), 2);
	assert_int_equal(list[0].type, XFRMA_MIGRATE);
	assert_int_equal(list[0].n, 76);
	assert_memory_equal(list[0].data, &entry, sizeof(entry));
	assert_int_equal(list[1].type, XFRMA_KMADDRESS);
	assert_int_equal(list[1].n, 40);
	assert_memory_equal(list[1].data, &km, sizeof(km));
	nl_free(nl);
}

static void a_sub_policy_is_named_as_such(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct xfrm_migrate m = make_tunnel_move();
	struct record_attr list[RECORD_MAX];

	(void)state;
	m.sub = true;
	m.has_km = false;
	assert_int_equal(xfrm_migrate(nl, &m), 0);
	assert_int_equal(record_attrs(&r, ID, list), 2);
	assert_int_equal(list[1].type, XFRMA_POLICY_TYPE);
	nl_free(nl);
}

static void a_move_to_nowhere_is_never_sent(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct xfrm_migrate m = make_tunnel_move();

	(void)state;
	m.new_src = addr_any;
	assert_int_equal(xfrm_migrate(nl, &m), -EINVAL);
	assert_int_equal(r.n_calls, 0);
	nl_free(nl);
}

/* A kernel with carol's outbound tunnel. */
struct bench {
	struct fake_xfrm *k;
	struct nl *nl;
	enum migrate_how how;
};

static struct bench bench_new(void)
{
	struct bench b = { .k = fake_xfrm_new(), .how = -1 };
	struct xfrm_policy p = make_tunnel_policy();
	struct xfrm_sa sa = make_tunnel_sa(0xc190d5ba);

	assert_int_equal(nl_open_peer(fake_xfrm_peer, b.k, &b.nl), 0);
	assert_int_equal(xfrm_policy_add(b.nl, &p), 0);
	assert_int_equal(xfrm_sa_add(b.nl, &sa), 0);
	return b;
}

static void bench_free(struct bench *b)
{
	nl_free(b->nl);
	fake_xfrm_free(b->k);
}

static bool sa_stands(struct bench *b, const char *src, uint32_t spi)
{
	struct xfrm_sa_key key = { .dst = A(HA), .proto = XP_ESP, .spi = spi };
	struct in6_addr want = A(src);
	struct xfrm_sa sa;

	return xfrm_sa_get(b->nl, &key, &sa) == 0 && addr_eq(&sa.src, &want);
}

static bool policy_points_to(struct bench *b, const char *src)
{
	struct xfrm_policy want = make_tunnel_policy(), p;
	struct in6_addr a = A(src);

	return xfrm_policy_get(b->nl, &want.sel, XD_OUT, false, &p) == 0 &&
		addr_eq(&p.tmpl[0].src, &a);
}

static void a_good_move_is_done(void **state)
{
	struct bench b = bench_new();
	struct xfrm_migrate m = make_tunnel_move();

	(void)state;
	assert_int_equal(xfrm_migrate_sure(b.nl, &m, &b.how), 0);
	assert_int_equal(b.how, MIGRATE_DONE);
	assert_true(sa_stands(&b, COA2, 0xc190d5ba));
	assert_true(policy_points_to(&b, COA2));
	bench_free(&b);
}

/* In transport mode nothing moves, and that is right. */
static void a_transport_policy_needs_only_the_acknowledgement(void **state)
{
	struct bench b = bench_new();
	struct xfrm_policy p = { .sel = SEL(P(HOA), P(HA), 135),
		.dir = XD_OUT,
		.priority = 2,
		.tmpl = { { .proto = XP_ESP, .reqid = 1 } },
		.n_tmpl = 1 };
	struct xfrm_migrate m = make_tunnel_move();

	(void)state;
	m.sel = p.sel;
	m.mode = XM_TRANSPORT;
	m.reqid = 1;
	m.old_src = m.old_dst = addr_any;
	assert_int_equal(xfrm_policy_add(b.nl, &p), 0);
	assert_int_equal(xfrm_migrate_sure(b.nl, &m, &b.how), 0);
	assert_int_equal(b.how, MIGRATE_DONE);
	assert_int_equal(fake_xfrm_count(b.k, XFRM_MSG_UPDPOLICY), 0);
	bench_free(&b);
}

static void a_move_that_was_done_before_is_no_error(void **state)
{
	struct bench b = bench_new();
	struct xfrm_migrate m = make_tunnel_move();

	(void)state;
	assert_int_equal(xfrm_migrate(b.nl, &m), 0);
	assert_int_equal(xfrm_migrate(b.nl, &m), -ENODATA);
	assert_int_equal(xfrm_migrate_sure(b.nl, &m, &b.how), 0);
	assert_int_equal(b.how, MIGRATE_WAS_DONE);
	bench_free(&b);
}

/* The larval state of an ACQUIRE stands in the way: baseline 7.3, a permanent black hole there. */
static void a_larval_state_in_the_way_is_replaced(void **state)
{
	struct bench b = bench_new();
	struct xfrm_migrate m = make_tunnel_move();
	struct xfrm_sa_key key = { .dst = A(HA), .proto = XP_ESP, .spi = 0xc190d5ba };
	struct sel packet = SEL(P(HOA), P("2001:9::9"), 58);

	(void)state;
	packet.type = 128;
	assert_int_equal(xfrm_sa_del(b.nl, &key), 0);
	assert_int_equal(fake_xfrm_packet(b.k, &packet), 1);
	assert_int_equal(fake_xfrm_n_larval(b.k), 1);
	assert_int_equal(xfrm_migrate(b.nl, &m), -ENODATA);
	assert_int_equal(xfrm_migrate_sure(b.nl, &m, &b.how), 0);
	assert_int_equal(b.how, MIGRATE_LARVAL_REPLACED);
	assert_int_equal(fake_xfrm_n_larval(b.k), 0);
	assert_int_equal(fake_xfrm_n_sa(b.k), 0);
	assert_true(policy_points_to(&b, COA2));
	bench_free(&b);
}

/* An SPI that another daemon reserved under the policy's own reqid: newer than the SA, found
 * first. */
static void reserve_spi(struct bench *b, const char *src, const char *dst, uint32_t reqid)
{
	struct nl_req rq;
	struct xfrm_userspi_info *body = nl_begin(&rq, XFRM_MSG_ALLOCSPI, 0, sizeof(*body));

	body->info.saddr.in6 = A(src);
	body->info.id.daddr.in6 = A(dst);
	body->info.id.proto = 50;
	body->info.family = AF_INET6;
	body->info.mode = XFRM_MODE_TUNNEL;
	body->info.reqid = reqid;
	body->min = 0xc0000000;
	body->max = 0xcfffffff;
	assert_int_equal(nl_call(b->nl, &rq), 0);
}

static void a_larval_state_beside_a_good_sa_does_not_keep_it_back(void **state)
{
	struct bench b = bench_new();
	struct xfrm_migrate m = make_tunnel_move();

	(void)state;
	reserve_spi(&b, COA, HA, 2);
	assert_int_equal(xfrm_migrate(b.nl, &m), -ENODATA);
	assert_int_equal(xfrm_migrate_sure(b.nl, &m, &b.how), 0);
	assert_int_equal(b.how, MIGRATE_LARVAL_REPLACED);
	assert_true(sa_stands(&b, COA2, 0xc190d5ba));
	assert_int_equal(fake_xfrm_n_larval(b.k), 0);
	bench_free(&b);
}

/* One that comes between our look and the MIGRATE: the first answer is -ENODATA, then it goes too.
 */
static void a_larval_state_that_comes_late_is_removed_as_well(void **state)
{
	struct bench b = bench_new();
	struct xfrm_migrate m = make_tunnel_move();

	(void)state;
	reserve_spi(&b, COA, HA, 2);
	fake_xfrm_fail(b.k, XFRM_MSG_GETSA, 1, -EBUSY);
	assert_int_equal(xfrm_migrate_sure(b.nl, &m, &b.how), 0);
	assert_int_equal(b.how, MIGRATE_LARVAL_REPLACED);
	assert_int_equal(fake_xfrm_count(b.k, XFRM_MSG_MIGRATE), 2);
	assert_true(sa_stands(&b, COA2, 0xc190d5ba));
	bench_free(&b);
}

/* The kernel warns with a backtrace when a MIGRATE meets a larval state: it never does. */
static void the_first_migrate_succeeds_with_a_larval_state_around(void **state)
{
	struct bench b = bench_new();
	struct xfrm_migrate m = make_tunnel_move();

	(void)state;
	reserve_spi(&b, COA, HA, 2);
	assert_int_equal(xfrm_migrate_sure(b.nl, &m, &b.how), 0);
	assert_int_equal(fake_xfrm_count(b.k, XFRM_MSG_MIGRATE), 1);
	bench_free(&b);
}

/* Rule P9: that is why our own reservations have reqid 0. */
static void a_reservation_under_reqid_0_is_not_in_the_way(void **state)
{
	struct bench b = bench_new();
	struct xfrm_migrate m = make_tunnel_move();
	struct in6_addr src = A(COA), dst = A(HA);
	uint32_t spi;

	(void)state;
	assert_int_equal(xfrm_spi_alloc(b.nl, &src, &dst, XM_TUNNEL, &spi), 0);
	assert_int_equal(xfrm_migrate_sure(b.nl, &m, &b.how), 0);
	assert_int_equal(b.how, MIGRATE_DONE);
	assert_int_equal(fake_xfrm_n_larval(b.k), 1);
	bench_free(&b);
}

/* Wrong old ends, nothing larval: what is left is to write the template. */
static void an_unknown_old_end_rewrites_the_policy(void **state)
{
	struct bench b = bench_new();
	struct xfrm_migrate m = make_tunnel_move();

	(void)state;
	m.old_src = A("2001::99");
	assert_int_equal(xfrm_migrate_sure(b.nl, &m, &b.how), 0);
	assert_int_equal(b.how, MIGRATE_POLICY_REWRITTEN);
	assert_true(policy_points_to(&b, COA2));
	assert_true(sa_stands(&b, COA, 0xc190d5ba));
	assert_int_equal(fake_xfrm_count(b.k, XFRM_MSG_UPDPOLICY), 1);
	bench_free(&b);
}

/* Newer kernels look the policy up as a packet would: acknowledged, and another one moved. */
static void an_acknowledgement_for_another_policy_is_not_believed(void **state)
{
	struct bench b = bench_new();
	struct xfrm_migrate m = make_tunnel_move();

	(void)state;
	fake_xfrm_fail(b.k, XFRM_MSG_MIGRATE, 1, 0);
	assert_int_equal(xfrm_migrate_sure(b.nl, &m, &b.how), 0);
	assert_int_equal(b.how, MIGRATE_POLICY_REWRITTEN);
	assert_true(policy_points_to(&b, COA2));
	bench_free(&b);
}

static void enoent_for_a_policy_that_is_there_is_repaired(void **state)
{
	struct bench b = bench_new();
	struct xfrm_migrate m = make_tunnel_move();

	(void)state;
	fake_xfrm_fail(b.k, XFRM_MSG_MIGRATE, 1, -ENOENT);
	assert_int_equal(xfrm_migrate_sure(b.nl, &m, &b.how), 0);
	assert_int_equal(b.how, MIGRATE_POLICY_REWRITTEN);
	bench_free(&b);
}

static void a_policy_that_is_missing_stays_missing(void **state)
{
	struct bench b = bench_new();
	struct xfrm_migrate m = make_tunnel_move();

	(void)state;
	m.sel = SEL(P("2001:1::20"), P("::/0"), 0);
	assert_int_equal(xfrm_migrate_sure(b.nl, &m, &b.how), -ENOENT);
	m = make_tunnel_move();
	m.reqid = 9;
	assert_int_equal(xfrm_migrate_sure(b.nl, &m, &b.how), -ENODATA);
	assert_int_equal(b.how, (enum migrate_how) - 1);
	assert_int_equal(fake_xfrm_count(b.k, XFRM_MSG_UPDPOLICY), 0);
	bench_free(&b);
}

static void other_errors_are_handed_on(void **state)
{
	struct bench b = bench_new();
	struct xfrm_migrate m = make_tunnel_move();

	(void)state;
	fake_xfrm_fail(b.k, XFRM_MSG_MIGRATE, 1, -EPERM);
	assert_int_equal(xfrm_migrate_sure(b.nl, &m, &b.how), -EPERM);
	assert_int_equal(fake_xfrm_count(b.k, XFRM_MSG_GETPOLICY), 0);
	bench_free(&b);
}

/* A target that another SA holds already: nothing of it moves, the policy does. */
static void a_taken_spi_leaves_the_sas_alone(void **state)
{
	struct bench b = bench_new();
	struct xfrm_migrate m = make_tunnel_move();
	struct xfrm_sa taken = make_tunnel_sa(0xc190d5ba);

	(void)state;
	taken.dst = A("2001:1::2");
	taken.reqid = 7;
	m.new_dst = taken.dst;
	assert_int_equal(xfrm_sa_add(b.nl, &taken), 0);
	assert_int_equal(xfrm_migrate_sure(b.nl, &m, &b.how), 0);
	assert_int_equal(b.how, MIGRATE_POLICY_REWRITTEN);
	assert_true(sa_stands(&b, COA, 0xc190d5ba));
	bench_free(&b);
}

/* clang-format off */
UNIT_MAIN(T(the_request_is_the_one_of_the_reference, ""),
	T(a_sub_policy_is_named_as_such, ""),
	T(a_move_to_nowhere_is_never_sent, ""),
	T(a_good_move_is_done, ""),
	T(a_transport_policy_needs_only_the_acknowledgement, "B-023"),
	T(a_move_that_was_done_before_is_no_error, ""),
	T(a_larval_state_in_the_way_is_replaced, ""),
	T(a_larval_state_beside_a_good_sa_does_not_keep_it_back, ""),
	T(a_larval_state_that_comes_late_is_removed_as_well, ""),
	T(the_first_migrate_succeeds_with_a_larval_state_around, ""),
	T(a_reservation_under_reqid_0_is_not_in_the_way, ""),
	T(an_unknown_old_end_rewrites_the_policy, ""),
	T(an_acknowledgement_for_another_policy_is_not_believed, ""),
	T(enoent_for_a_policy_that_is_there_is_repaired, ""),
	T(a_policy_that_is_missing_stays_missing, ""),
	T(other_errors_are_handed_on, ""),
	T(a_taken_spi_leaves_the_sas_alone, ""))
