/* One SA to new ends, while packets come and go between any two of the requests. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/xfrm.h>
#include <string.h>

#include "base/loop.h"
#include "kernel/xfrm_move.h"
#include "unit/fake/fake_keys.h"
#include "unit/fake/fake_xfrm.h"
#include "unit/kernel/make.h"
#include "unit/unit.h"

enum { SPI = 0xc190d5ba, MIGRATE_STATE = 0x29 };

struct stand {
	struct fake_xfrm *k;
	struct nl *nl;
	struct xfrm_sa sa;
	struct xfrm_move m;
	unsigned acquires;
};

/* carol's outbound tunnel SA, of whose policy the template stands at one of both ends. */
static void begin(struct stand *s, bool moved)
{
	struct xfrm_policy p = make_tunnel_policy();

	*s = (struct stand){ .k = fake_xfrm_new(), .sa = make_tunnel_sa(SPI) };
	assert_int_equal(nl_open_peer(fake_xfrm_peer, s->k, &s->nl), 0);
	s->sa.soft_add_s = 1000;
	s->sa.hard_add_s = 1200;
	s->sa.oseq = 5;
	s->sa.iseq = 40;
	s->sa.bitmap = 0xf0f;
	if (moved)
		p.tmpl[0].src = A(COA2);
	assert_int_equal(xfrm_policy_add(s->nl, &p), 0);
	assert_int_equal(xfrm_sa_add(s->nl, &s->sa), 0);
	s->m = (struct xfrm_move){
		.key = { .dst = A(HA), .proto = XP_ESP, .spi = SPI },
		.src = A(COA2),
		.dst = A(HA),
		.out = true,
	};
}

static void end(struct stand *s)
{
	nl_free(s->nl);
	fake_xfrm_free(s->k);
}

static void packet_leaves(uint16_t type, void *arg)
{
	struct stand *s = arg;
	struct sel packet = SEL(P(HOA), P("2001:9::9"), 58);

	if (type == XFRM_MSG_GETSA || type == XFRM_MSG_ALLOCSPI)
		return; /* the SA is where it was: not yet the hole */
	s->acquires += fake_xfrm_packet(s->k, &packet) == 1;
}

static struct xfrm_sa at(struct stand *s, const char *dst)
{
	struct xfrm_sa_key key = { .dst = A(dst), .proto = XP_ESP, .spi = SPI };
	struct xfrm_sa sa = { 0 };

	assert_int_equal(xfrm_sa_get(s->nl, &key, &sa), 0);
	return sa;
}

static void move_while_packets_leave(bool moved, bool in_one_step)
{
	struct xfrm_sa now;
	struct stand s;

	begin(&s, moved);
	if (in_one_step)
		fake_xfrm_moves_states(s.k);
	packet_leaves(0, &s);
	fake_xfrm_drop_larvals(s.k);
	fake_xfrm_before(s.k, packet_leaves, &s);
	assert_int_equal(xfrm_move(s.nl, in_one_step ? XW_STATE : XW_AGAIN, &s.m), 0);
	fake_xfrm_before(s.k, NULL, NULL);
	now = at(&s, HA);
	assert_true(addr_eq(&now.src, &s.m.src));
	if (!moved) {
		struct xfrm_policy p = make_tunnel_policy();

		p.tmpl[0].src = A(COA2);
		assert_int_equal(xfrm_policy_update(s.nl, &p), 0);
	}
	packet_leaves(0, &s);
	assert_int_equal(fake_xfrm_n_reused(s.k), 0);
	assert_int_equal(fake_xfrm_n_sa(s.k), 1);
	end(&s);
}

static void no_number_is_used_twice_wherever_the_policy_stands(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		move_while_packets_leave(i & 1, i & 2);
}

static void a_packet_in_the_hole_asks_for_no_sa(void **state)
{
	struct stand s;

	(void)state;
	begin(&s, true);
	fake_xfrm_before(s.k, packet_leaves, &s);
	assert_int_equal(xfrm_move(s.nl, XW_AGAIN, &s.m), 0);
	assert_int_equal(s.acquires, 0);
	fake_xfrm_before(s.k, NULL, NULL);
	assert_int_equal(fake_xfrm_n_larval(s.k), 0);
	assert_int_equal(fake_xfrm_n_reused(s.k), 0);
	end(&s);
}

static void hears_one_more(uint16_t type, void *arg)
{
	struct stand *s = arg;
	struct xfrm_sa_key key = { .dst = A(HA), .proto = XP_ESP, .spi = SPI };

	if (type == XFRM_MSG_DELSA)
		fake_xfrm_heard(s->k, &key, 42);
}

static void window_limits_and_age_go_along(void **state)
{
	struct xfrm_sa now;
	struct stand s;

	(void)state;
	loop_virtual(1000 * 1000);
	begin(&s, true);
	s.m.out = false;
	loop_advance(600 * 1000);
	fake_xfrm_before(s.k, hears_one_more, &s);
	assert_int_equal(xfrm_move(s.nl, XW_AGAIN, &s.m), 0);
	fake_xfrm_before(s.k, NULL, NULL);
	now = at(&s, HA);
	assert_int_equal(now.iseq, 42);
	assert_int_equal(now.bitmap, 0xf0f << 2 | 1);
	assert_int_equal(now.oseq, 5);
	assert_int_equal(now.hard_add_s, 1200);
	assert_int_equal(now.add_time, 1000);
	end(&s);
}

static void without_the_kernel_s_word_numbers_are_left_out(void **state)
{
	struct stand s;

	(void)state;
	begin(&s, true);
	fake_xfrm_fail(s.k, XFRM_MSG_DELSA, 1, -ENOBUFS);
	assert_int_equal(xfrm_move(s.nl, XW_AGAIN, &s.m), 0);
	assert_int_equal(at(&s, HA).oseq, 5 + XFRM_MOVE_MARGIN);
	end(&s);
	begin(&s, true);
	s.sa.oseq = UINT32_MAX - 3;
	assert_int_equal(xfrm_sa_del(s.nl, &s.m.key), 0);
	assert_int_equal(xfrm_sa_add(s.nl, &s.sa), 0);
	fake_xfrm_fail(s.k, XFRM_MSG_DELSA, 1, -ENOBUFS);
	assert_int_equal(xfrm_move(s.nl, XW_AGAIN, &s.m), 0);
	assert_int_equal(at(&s, HA).oseq, UINT32_MAX); /* none left, and none twice */
	end(&s);
}

/* Attributes of an SA that somebody else has made: with ESN, AEAD and more. */
struct rich {
	uint8_t aead[sizeof(struct xfrm_algo_aead) + 20];
	uint32_t esn[6 + 4];
	struct xfrm_mark mark;
	uint32_t pad;
};

static int compare(uint16_t type, const void *data, size_t n, void *arg)
{
	struct rich *r = arg;

	switch (type) {
	case XFRMA_ALG_AEAD:
		assert_int_equal(n, sizeof(r->aead));
		assert_memory_equal(data, r->aead, n);
		r->aead[0] = 0;
		break;
	case XFRMA_REPLAY_ESN_VAL:
		assert_memory_equal(data, r->esn, n);
		r->esn[0] = 0;
		break;
	case XFRMA_MARK:
		assert_memory_equal(data, &r->mark, n);
		r->mark.m = 0;
		break;
	case XFRMA_TFCPAD:
		assert_memory_equal(data, &r->pad, n);
		r->pad = 0;
		break;
	}
	return 0;
}

static int compare_all(const struct nlmsghdr *msg, void *arg)
{
	return nl_attrs(msg, sizeof(struct xfrm_usersa_info), compare, arg);
}

static void add_rich(struct stand *s, struct rich *r)
{
	struct xfrm_algo_aead head = { "rfc4106(gcm(aes))", 160, 128 };
	struct nl_req rq;
	struct xfrm_usersa_info *i = nl_begin(&rq, XFRM_MSG_NEWSA, 0, sizeof(*i));

	*r = (struct rich){ .esn = { 4, 7, 9, 1, 2, 128, 0xf, 1, 2, 3 },
		.mark = { 1, 3 },
		.pad = 100 };
	memcpy(r->aead, &head, sizeof(head));
	memset(r->aead + sizeof(head), 0x5a, 20);
	i->saddr.in6 = A(COA);
	i->id.daddr.in6 = A(HA);
	i->id.spi = htonl(SPI);
	i->id.proto = XP_ESP;
	i->family = AF_INET6;
	i->mode = XFRM_MODE_TUNNEL;
	i->flags = XFRM_STATE_ESN;
	nl_put(&rq, XFRMA_ALG_AEAD, r->aead, sizeof(r->aead));
	nl_put(&rq, XFRMA_REPLAY_ESN_VAL, r->esn, sizeof(r->esn));
	nl_put(&rq, XFRMA_MARK, &r->mark, sizeof(r->mark));
	nl_put(&rq, XFRMA_TFCPAD, &r->pad, sizeof(r->pad));
	assert_int_equal(xfrm_sa_del(s->nl, &s->m.key), 0);
	assert_int_equal(nl_call(s->nl, &rq), 0);
}

static void every_attribute_goes_along(void **state)
{
	struct stand s;
	struct rich r;
	struct nl_req rq;
	struct xfrm_usersa_id *id;

	(void)state;
	begin(&s, true);
	add_rich(&s, &r);
	assert_int_equal(xfrm_move(s.nl, XW_AGAIN, &s.m), 0);
	id = nl_begin(&rq, XFRM_MSG_GETSA, 0, sizeof(*id));
	*id = (struct xfrm_usersa_id){
		.daddr.in6 = A(HA), .spi = htonl(SPI), .family = AF_INET6, .proto = XP_ESP
	};
	assert_int_equal(nl_get(s.nl, &rq, compare_all, &r), 0);
	assert_int_equal(r.aead[0] + r.esn[0] + r.mark.m + r.pad, 0); /* each was there */
	end(&s);
}

static void an_extended_number_is_left_out_with_its_upper_half(void **state)
{
	struct stand s;
	struct rich r;
	struct nl_req rq;
	struct xfrm_usersa_id *id;

	(void)state;
	begin(&s, true);
	add_rich(&s, &r);
	fake_xfrm_fail(s.k, XFRM_MSG_DELSA, 1, -ENOBUFS);
	assert_int_equal(xfrm_move(s.nl, XW_AGAIN, &s.m), 0);
	r.esn[1] += XFRM_MOVE_MARGIN;
	id = nl_begin(&rq, XFRM_MSG_GETSA, 0, sizeof(*id));
	*id = (struct xfrm_usersa_id){
		.daddr.in6 = A(HA), .spi = htonl(SPI), .family = AF_INET6, .proto = XP_ESP
	};
	assert_int_equal(nl_get(s.nl, &rq, compare_all, &r), 0);
	assert_int_equal(r.esn[0], 0);
	end(&s);
}

static void a_kernel_is_asked_whether_it_moves_in_one_step(void **state)
{
	struct stand s;

	(void)state;
	begin(&s, true);
	assert_int_equal(xfrm_move_probe(s.nl), XW_AGAIN);
	fake_xfrm_moves_states(s.k);
	assert_int_equal(xfrm_move_probe(s.nl), XW_STATE);
	assert_int_equal(xfrm_move(s.nl, XW_STATE, &s.m), 0);
	assert_int_equal(fake_xfrm_count(s.k, XFRM_MSG_DELSA), 0);
	assert_int_equal(fake_xfrm_count(s.k, XFRM_MSG_NEWSA), 1);
	assert_true(at(&s, HA).af_unspec);
	assert_int_equal(at(&s, HA).reqid, 2);
	end(&s);
}

static void where_its_spi_is_taken_it_stays(void **state)
{
	(void)state;
	for (int new_kernel = 0; new_kernel < 2; new_kernel++) {
		struct xfrm_sa other = make_tunnel_sa(SPI);
		struct stand s;

		begin(&s, true);
		if (new_kernel)
			fake_xfrm_moves_states(s.k);
		other.dst = s.m.dst = A("2001:1::2");
		assert_int_equal(xfrm_sa_add(s.nl, &other), 0);
		assert_int_equal(
			xfrm_move(s.nl, new_kernel ? XW_STATE : XW_AGAIN, &s.m), -EEXIST);
		assert_int_equal(at(&s, HA).oseq, 5);
		assert_int_equal(fake_xfrm_n_sa(s.k), 2);
		s.m.key.spi++;
		assert_int_equal(
			xfrm_move(s.nl, new_kernel ? XW_STATE : XW_AGAIN, &s.m), -ESRCH);
		end(&s);
	}
}

UNIT_MAIN(T(no_number_is_used_twice_wherever_the_policy_stands, "B-105"),
	T(a_packet_in_the_hole_asks_for_no_sa, "B-106"),
	T(window_limits_and_age_go_along, "B-107"),
	T(without_the_kernel_s_word_numbers_are_left_out, "B-105"),
	T(every_attribute_goes_along, "B-107"),
	T(an_extended_number_is_left_out_with_its_upper_half, "B-105 B-107"),
	T(a_kernel_is_asked_whether_it_moves_in_one_step, "B-104"),
	T(where_its_spi_is_taken_it_stays, "B-104"))
