#include <arpa/inet.h>
#include <errno.h>
#include <linux/xfrm.h>
#include <string.h>

#include "unit/kernel/make.h"
#include "unit/kernel/record.h"
#include "unit/unit.h"

enum { BODY = sizeof(struct xfrm_usersa_info) };

static const struct xfrm_usersa_info *info(const struct record *r)
{
	return record_body(r);
}

/* The page: transport mode, window 32, "sel src ::/0 dst ::/0", auth-trunc 96. */
static void an_esp_sa_in_transport_mode_is_written_as_the_page_has_it(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct xfrm_sa sa = make_mh_sa();
	struct xfrm_usersa_info want = {
		.sel.family = AF_INET6,
		.id = { .daddr.in6 = A(HA), .spi = htonl(0xca64ae98), .proto = 50 },
		.saddr.in6 = A(HOA),
		.lft = { XFRM_INF, XFRM_INF, 5000, 6000, 1000, 1200, 0, 0 },
		.seq = 7,
		.reqid = 1,
		.family = AF_INET6,
		.mode = XFRM_MODE_TRANSPORT,
		.replay_window = 32,
	};
	struct record_attr list[RECORD_MAX];
	struct xfrm_algo_auth auth = { "hmac(sha1)", 160, 96 };
	struct xfrm_algo enc = { "cbc(aes)", 128 };

	(void)state;
	sa.seq = 7;
	sa.soft_add_s = 1000;
	sa.hard_add_s = 1200;
	sa.soft_packets = 5000;
	sa.hard_packets = 6000;
	assert_int_equal(xfrm_sa_add(nl, &sa), 0);
	assert_int_equal(record_head(&r)->nlmsg_type, XFRM_MSG_NEWSA);
	assert_int_equal(record_head(&r)->nlmsg_flags,
		NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
	assert_memory_equal(record_body(&r), &want, BODY);
	assert_int_equal(record_attrs(&r, BODY, list), 2);
	assert_int_equal(list[0].type, XFRMA_ALG_AUTH_TRUNC);
	assert_int_equal(list[0].n, sizeof(auth) + 20);
	assert_memory_equal(list[0].data, &auth, sizeof(auth));
	assert_memory_equal((const uint8_t *)list[0].data + sizeof(auth), make_keys, 20);
	assert_int_equal(list[1].type, XFRMA_ALG_CRYPT);
	assert_int_equal(list[1].n, sizeof(enc) + 16);
	assert_memory_equal(list[1].data, &enc, sizeof(enc));
	assert_memory_equal((const uint8_t *)list[1].data + sizeof(enc), make_keys + 20, 16);
	nl_free(nl);
}

/* D-010: "flag 20" and no selector at all, so that none is displayed. */
static void a_tunnel_sa_takes_any_inner_family(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct xfrm_sa sa = make_tunnel_sa(0xc190d5ba);
	struct xfrm_selector none = { 0 };

	(void)state;
	assert_int_equal(xfrm_sa_update(nl, &sa), 0);
	assert_int_equal(record_head(&r)->nlmsg_type, XFRM_MSG_UPDSA);
	assert_int_equal(info(&r)->flags, XFRM_STATE_AF_UNSPEC);
	assert_int_equal(info(&r)->mode, XFRM_MODE_TUNNEL);
	assert_memory_equal(&info(&r)->sel, &none, sizeof(none));
	nl_free(nl);
}

/* D-011: hao HoA -> HA with the care-of address; the wildcard has flag 8 and :: everywhere. */
static void mobile_ipv6_states_carry_the_care_of_address(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct xfrm_sa hao = { .src = A(HOA),
		.dst = A(HA),
		.proto = XP_HAO,
		.mode = XM_RO,
		.sel = SEL(P(HOA), P(HA), 0),
		.coa = A(COA) };
	struct xfrm_sa wild = { .proto = XP_ROUTE2,
		.mode = XM_RO,
		.wildrecv = true,
		.sel = SEL(P("::/0"), P("::/0"), 0) };
	struct record_attr list[RECORD_MAX];

	(void)state;
	assert_int_equal(xfrm_sa_add(nl, &hao), 0);
	assert_int_equal(info(&r)->id.proto, IPPROTO_DSTOPTS);
	assert_int_equal(info(&r)->mode, XFRM_MODE_ROUTEOPTIMIZATION);
	assert_int_equal(info(&r)->sel.prefixlen_s, 128);
	assert_int_equal(record_attrs(&r, BODY, list), 1);
	assert_int_equal(list[0].type, XFRMA_COADDR);
	assert_memory_equal(list[0].data, &hao.coa, 16);
	assert_int_equal(xfrm_sa_add(nl, &wild), 0);
	assert_int_equal(info(&r)->flags, XFRM_STATE_WILDRECV);
	assert_int_equal(info(&r)->id.proto, IPPROTO_ROUTING);
	assert_memory_equal(record_attr(&r, BODY, XFRMA_COADDR).data, &addr_any, 16);
	nl_free(nl);
}

static void a_moved_sa_takes_its_sequence_numbers_along(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct xfrm_sa sa = make_tunnel_sa(0xc190d5ba);
	struct xfrm_replay_state want = { .oseq = 5, .seq = 9, .bitmap = 0x1ff };

	(void)state;
	sa.oseq = 5;
	sa.iseq = 9;
	sa.bitmap = 0x1ff;
	assert_int_equal(xfrm_sa_add(nl, &sa), 0);
	assert_memory_equal(record_attr(&r, BODY, XFRMA_REPLAY_VAL).data, &want, sizeof(want));
	nl_free(nl);
}

static void only_mobile_ipv6_states_are_named_with_their_source(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct xfrm_sa_key esp = {
		.src = A(HOA), .dst = A(HA), .proto = XP_ESP, .spi = 0xca64ae98
	};
	struct xfrm_sa_key hao = { .src = A(HOA), .dst = A(HA), .proto = XP_HAO };
	struct xfrm_usersa_id want = {
		.daddr.in6 = A(HA), .spi = htonl(0xca64ae98), .family = AF_INET6, .proto = 50
	};
	struct record_attr list[RECORD_MAX];

	(void)state;
	assert_int_equal(xfrm_sa_del(nl, &esp), 0);
	assert_int_equal(record_head(&r)->nlmsg_type, XFRM_MSG_DELSA);
	assert_memory_equal(record_body(&r), &want, sizeof(want));
	assert_int_equal(record_attrs(&r, sizeof(want), list), 0);
	assert_int_equal(xfrm_sa_del(nl, &hao), 0);
	assert_int_equal(record_attrs(&r, sizeof(want), list), 1);
	assert_int_equal(list[0].type, XFRMA_SRCADDR);
	assert_memory_equal(list[0].data, &hao.src, 16);
	r.error = -ESRCH;
	assert_int_equal(xfrm_sa_del(nl, &hao), -ESRCH);
	nl_free(nl);
}

static void answer_info(struct record *r, uint32_t spi)
{
	struct xfrm_usersa_info *i = nl_begin(record_answer(r), XFRM_MSG_NEWSA, 0, sizeof(*i));

	i->saddr.in6 = A(HA);
	i->id.daddr.in6 = A(HOA);
	i->id.spi = htonl(spi);
	i->id.proto = 50;
	i->family = AF_INET6;
}

/* 0xc0000000 to 0xcfffffff; P9: reqid 0. */
static void an_spi_is_reserved_under_reqid_0(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	const struct xfrm_userspi_info *body = record_body(&r);
	struct in6_addr src = A(HA), dst = A(HOA);
	uint32_t spi = 0;

	(void)state;
	answer_info(&r, 0xc5959ac2);
	assert_int_equal(xfrm_spi_alloc(nl, &src, &dst, XM_TRANSPORT, &spi), 0);
	assert_int_equal(spi, 0xc5959ac2);
	assert_int_equal(record_head(&r)->nlmsg_type, XFRM_MSG_ALLOCSPI);
	assert_int_equal(body->min, 0xc0000000);
	assert_int_equal(body->max, 0xcfffffff);
	assert_int_equal(body->info.reqid, 0);
	assert_int_equal(body->info.id.proto, 50);
	assert_int_equal(body->info.mode, XFRM_MODE_TRANSPORT);
	assert_memory_equal(&body->info.saddr, &src, 16);
	assert_memory_equal(&body->info.id.daddr, &dst, 16);
	nl_free(nl);
}

static void a_kernel_without_a_free_spi_is_asked_again(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct in6_addr src = A(HA), dst = A(HOA);
	uint32_t spi = 9;

	(void)state;
	r.error = -ENOENT;
	assert_int_equal(xfrm_spi_alloc(nl, &src, &dst, XM_TUNNEL, &spi), -ENOENT);
	assert_int_equal(r.n_calls, 4);
	assert_int_equal(spi, 9);
	r.error = -EPERM;
	assert_int_equal(xfrm_spi_alloc(nl, &src, &dst, XM_TUNNEL, &spi), -EPERM);
	assert_int_equal(r.n_calls, 5);
	nl_free(nl);
}

/* What we write is what we read. */
static void a_round_trip_keeps_every_field(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct xfrm_sa sa = make_mh_sa(), back;

	(void)state;
	sa.oseq = 3;
	sa.bitmap = 7;
	sa.soft_add_s = 11;
	sa.hard_add_s = 12;
	sa.soft_packets = 13;
	assert_int_equal(xfrm_sa_add(nl, &sa), 0);
	assert_int_equal(xfrm_sa_parse(record_head(&r), &back), 0);
	assert_memory_equal(&back.src, &sa.src, 16);
	assert_memory_equal(&back.dst, &sa.dst, 16);
	assert_int_equal(back.spi, sa.spi);
	assert_int_equal(back.reqid, 1);
	assert_true(sel_eq(&back.sel, &sa.sel));
	assert_string_equal(back.enc_name, "cbc(aes)");
	assert_string_equal(back.auth_name, "hmac(sha1)");
	assert_int_equal(back.enc_key.n + back.auth_key.n, 0); /* keys never come out */
	assert_int_equal(back.auth_trunc, 96);
	assert_int_equal(back.oseq, 3);
	assert_int_equal(back.bitmap, 7);
	assert_int_equal(back.soft_add_s, 11);
	assert_int_equal(back.soft_packets, 13);
	assert_int_equal(back.hard_packets, 0);
	assert_false(back.larval);
	nl_free(nl);
}

static void a_state_without_keys_is_larval_and_a_mobile_ipv6_state_is_not(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct xfrm_sa hao = { .src = A(HOA),
		.dst = A(HA),
		.proto = XP_HAO,
		.mode = XM_RO,
		.sel = SEL(P(HOA), P(HA), 0),
		.coa = A(COA) },
		       back;

	(void)state;
	assert_int_equal(xfrm_sa_add(nl, &hao), 0);
	assert_int_equal(xfrm_sa_parse(record_head(&r), &back), 0);
	assert_false(back.larval);
	assert_memory_equal(&back.coa, &hao.coa, 16);
	answer_info(&r, 0);
	assert_int_equal(xfrm_sa_parse(record_msg(&r.answers[0]), &back), 0);
	assert_true(back.larval);
	answer_info(&r, 0xc0000001);
	assert_int_equal(xfrm_sa_parse(record_msg(&r.answers[1]), &back), 0);
	assert_true(back.larval);
	nl_free(nl);
}

static void every_cut_is_refused(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct xfrm_sa sa = make_mh_sa(), back;
	size_t first_attr = NLMSG_HDRLEN + BODY;
	uint32_t whole;

	(void)state;
	assert_int_equal(xfrm_sa_add(nl, &sa), 0);
	whole = record_head(&r)->nlmsg_len;
	for (uint32_t cut = NLMSG_HDRLEN; cut < whole; cut++) {
		struct nlmsghdr *msg = (struct nlmsghdr *)r.msg;
		int rc;

		msg->nlmsg_len = cut;
		rc = xfrm_sa_parse(msg, &back);
		if (cut != first_attr && cut != first_attr + 4 + sizeof(struct xfrm_algo_auth) + 20)
			assert_int_equal(rc, -EBADMSG);
	}
	nl_free(nl);
}

static void keys_longer_than_any_are_refused(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct xfrm_sa sa = make_mh_sa(), back;
	struct xfrm_algo_auth auth = { "hmac(sha1)", 520, 96 };
	uint8_t big[sizeof(auth) + 65] = { 0 };

	(void)state;
	sa.auth_key = BYTES(big, 65);
	assert_int_equal(xfrm_sa_add(nl, &sa), -EINVAL);
	assert_int_equal(r.n_calls, 0);
	answer_info(&r, 0xc0000001);
	memcpy(big, &auth, sizeof(auth));
	nl_put(&r.answers[0], XFRMA_ALG_AUTH_TRUNC, big, sizeof(big));
	assert_int_equal(xfrm_sa_parse(record_msg(&r.answers[0]), &back), 0);
	auth.alg_key_len = UINT32_MAX;
	answer_info(&r, 0xc0000001);
	nl_put(&r.answers[1], XFRMA_ALG_AUTH_TRUNC, &auth, sizeof(auth));
	assert_int_equal(xfrm_sa_parse(record_msg(&r.answers[1]), &back), -EBADMSG);
	nl_free(nl);
}

static int count(const struct xfrm_sa *sa, void *arg)
{
	unsigned *n = arg;

	assert_int_equal(sa->proto, 50);
	return ++*n == 2 ? -ECANCELED : 0;
}

static void a_dump_goes_on_until_the_callback_ends_it(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	unsigned n = 0;

	(void)state;
	answer_info(&r, 1);
	answer_info(&r, 2);
	answer_info(&r, 3);
	assert_int_equal(xfrm_sa_dump(nl, count, &n), -ECANCELED);
	assert_int_equal(n, 2);
	assert_int_equal(record_head(&r)->nlmsg_flags & NLM_F_DUMP, NLM_F_DUMP);
	nl_free(nl);
}

/* clang-format off */
UNIT_MAIN(T(an_esp_sa_in_transport_mode_is_written_as_the_page_has_it, "D-010 B-022"),
	T(a_tunnel_sa_takes_any_inner_family, "D-010!"),
	T(mobile_ipv6_states_carry_the_care_of_address, "D-011 D-026"),
	T(a_moved_sa_takes_its_sequence_numbers_along, ""),
	T(only_mobile_ipv6_states_are_named_with_their_source, "D-011!"),
	T(an_spi_is_reserved_under_reqid_0, "A-122"),
	T(a_kernel_without_a_free_spi_is_asked_again, "A-122!"),
	T(a_round_trip_keeps_every_field, "D-010"),
	T(a_state_without_keys_is_larval_and_a_mobile_ipv6_state_is_not, "B-045"),
	T(every_cut_is_refused, ""),
	T(keys_longer_than_any_are_refused, ""),
	T(a_dump_goes_on_until_the_callback_ends_it, ""))
