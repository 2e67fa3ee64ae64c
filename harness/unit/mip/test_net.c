#include <errno.h>
#include <sys/socket.h>

#include "base/loop.h"
#include "mip/message/icmp6.h"
#include "mip/message/net_in.h"
#include "mip/net/net.h"
#include "unit/mip/loopback.h"
#include "unit/mip/mh_sample.h"

static const struct in6_addr self = { .s6_addr = { [15] = 1 } };

/* What the callbacks saw. */
struct seen {
	unsigned n_mh, n_icmp6;
	struct mip_packet last;
	uint8_t data[256];
	size_t n;
	struct timer limit;
};

static void keep(struct seen *s, const struct mip_packet *p)
{
	s->last = *p;
	s->n = p->data.n < sizeof(s->data) ? p->data.n : sizeof(s->data);
	memcpy(s->data, p->data.p, s->n);
	loop_stop();
}

static void on_mh(const struct mip_packet *p, void *arg)
{
	struct seen *s = arg;

	s->n_mh++;
	keep(s, p);
}

static void on_icmp6(const struct mip_packet *p, void *arg)
{
	struct seen *s = arg;

	s->n_icmp6++;
	keep(s, p);
}

static void too_late(void *arg)
{
	(void)arg;
	loop_stop();
}

static struct mip_net *open_net(struct seen *s)
{
	struct mip_net *net;

	loopback_own();
	*s = (struct seen){ 0 };
	assert_int_equal(mip_net_open(on_mh, on_icmp6, s, &net), 0);
	timer_init(&s->limit, too_late, NULL);
	return net;
}

static void run(struct seen *s)
{
	timer_set(&s->limit, 5000);
	loop_run();
	timer_stop(&s->limit);
}

static void close_net(struct mip_net *net)
{
	mip_net_free(net);
	loop_end();
}

static void a_message_arrives_as_it_was_sent(void **state)
{
	const struct mh bu = { .type = MH_BU, .bu = { 7, BU_ACK | BU_HOME, 60 } };
	struct seen s;
	struct mip_net *net = open_net(&s);
	uint8_t buf[64];
	ssize_t n = mh_write(&bu, &self, &self, buf, sizeof(buf));
	struct mip_packet p = {
		.src = self, .dst = self, .hop_limit = -1, .data = BYTES(buf, (size_t)n)
	};
	struct mh got;

	(void)state;
	assert_int_equal(mip_net_send_mh(net, &p), 0);
	run(&s);
	assert_int_equal(s.n_mh, 1);
	assert_true(addr_eq(&s.last.src, &self) && addr_eq(&s.last.dst, &self));
	assert_int_equal(s.last.ifindex, loopback_own());
	assert_false(s.last.has_hao || s.last.has_rh2);
	assert_int_equal(mh_parse(BYTES(s.data, s.n), &self, &self, &got), 0);
	assert_int_equal(got.bu.seq, 7);
	close_net(net);
}

/* Beside a packet: one control message of that type. */
static struct mip_packet told(int type, const void *data, size_t n)
{
	_Alignas(struct cmsghdr) uint8_t control[256] = { 0 };
	struct msghdr msg = { .msg_control = control, .msg_controllen = CMSG_SPACE(n) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	struct mip_packet p = { .hop_limit = -1 };

	*c = (struct cmsghdr){ CMSG_LEN(n), IPPROTO_IPV6, type };
	memcpy(CMSG_DATA(c), data, n);
	net_control_read(&msg, &p);
	return p;
}

static void a_home_address_option_tells_the_care_of_address(void **state)
{
	/* next header, length, PadN, home address option */
	uint8_t header[24] = { IPPROTO_MH, 2, 1, 2, 0, 0, 0xc9, 16 };
	struct mip_packet p;

	(void)state;
	memcpy(header + 8, &coa, sizeof(coa));
	p = told(IPV6_DSTOPTS, header, sizeof(header));
	assert_true(p.has_hao && !p.has_rh2);
	assert_true(addr_eq(&p.hao, &coa));
	for (size_t cut = 0; cut < sizeof(header); cut++)
		assert_false(told(IPV6_DSTOPTS, header, cut).has_hao);
	header[7] = 15;
	assert_false(told(IPV6_DSTOPTS, header, sizeof(header)).has_hao);
}

static void a_routing_header_of_type_2_tells_the_care_of_address(void **state)
{
	uint8_t header[24] = { IPPROTO_MH, 2, 2, 0 };
	struct mip_packet p;

	(void)state;
	memcpy(header + 8, &coa, sizeof(coa));
	p = told(IPV6_RTHDR, header, sizeof(header));
	assert_true(p.has_rh2 && !p.has_hao);
	assert_true(addr_eq(&p.rh2, &coa));
	for (size_t cut = 0; cut < sizeof(header); cut++)
		assert_false(told(IPV6_RTHDR, header, cut).has_rh2);
	header[2] = 0; /* type 0 is of no use (RFC 5095) */
	assert_false(told(IPV6_RTHDR, header, sizeof(header)).has_rh2);
}

static void only_the_types_of_mobility_pass(void **state)
{
	static const uint8_t echo[8] = { 128 }, group[24] = { 131 };
	struct seen s;
	struct mip_net *net = open_net(&s);
	struct mip_packet p = { .src = self, .dst = self, .hop_limit = 255 };
	uint8_t buf[8];
	struct wr w = WR_OF(buf);

	(void)state;
	p.data = BYTES_OF(echo);
	assert_int_equal(mip_net_send_icmp6(net, &p), 0);
	p.data = BYTES_OF(group);
	assert_int_equal(mip_net_send_icmp6(net, &p), 0);
	icmp6_mps_write(&w, 9);
	p.data = wr_view(&w);
	assert_int_equal(mip_net_send_icmp6(net, &p), 0);
	run(&s);
	assert_int_equal(s.n_icmp6, 1);
	assert_int_equal(s.data[0], ICMP6_MOB_PREFIX_SOLICIT);
	assert_int_equal(s.last.hop_limit, 255);
	close_net(net);
}

/* What is sent to ourselves comes back too, so it is heard twice; other types once. */
static void the_node_s_own_router_advertisement_is_heard(void **state)
{
	static const uint8_t advert[16] = { ICMP6_ROUTER_ADVERT, [4] = 64, [7] = 7 },
			     solicit[24] = { ICMP6_NEIGH_SOLICIT };
	struct mip_packet p = { .src = self,
		.dst = self,
		.ifindex = loopback_own(),
		.hop_limit = 255,
		.own = true,
		.data = BYTES_OF(solicit) };
	struct seen s;
	struct mip_net *net = open_net(&s);

	(void)state;
	assert_int_equal(mip_net_hear_own(net), 0);
	assert_int_equal(mip_net_send_icmp6(net, &p), 0);
	run(&s);
	assert_int_equal(s.data[0], ICMP6_NEIGH_SOLICIT);
	p.data = BYTES_OF(advert);
	assert_int_equal(mip_net_send_icmp6(net, &p), 0);
	run(&s);
	if (s.n_icmp6 < 3)
		run(&s);
	assert_int_equal(s.n_icmp6, 3);
	assert_int_equal(s.last.ifindex, p.ifindex);
	assert_int_equal(s.last.hop_limit, 255);
	assert_true(addr_eq(&s.last.src, &self) && addr_eq(&s.last.dst, &self));
	assert_int_equal(s.n, sizeof(advert));
	assert_int_equal(s.data[0], ICMP6_ROUTER_ADVERT);
	assert_int_equal(s.data[7], 7);
	close_net(net);
}

static void a_packet_of_ours_that_is_cut_is_none(void **state)
{
	uint8_t ip[48] = {
		0x60, [5] = 8, [6] = IPPROTO_ICMPV6, [7] = 255, [40] = ICMP6_ROUTER_ADVERT
	};
	struct mip_packet p;

	(void)state;
	assert_int_equal(net_own_read(BYTES_OF(ip), &p), 0);
	assert_int_equal(p.data.n, 8);
	for (size_t n = 0; n < sizeof(ip); n++)
		assert_int_equal(net_own_read(BYTES(ip, n), &p), -EBADMSG);
	ip[6] = IPPROTO_UDP;
	assert_int_equal(net_own_read(BYTES_OF(ip), &p), -EBADMSG);
}

/* Stops the loop as soon as it turns: what one wake-up read is read by then. */
static void turn(void *arg)
{
	(void)arg;
	loop_stop();
}

static void on_each(const struct mip_packet *p, void *arg)
{
	unsigned *n = arg;

	(void)p;
	if (!(*n)++)
		loop_stop();
}

static void one_wake_up_reads_a_bounded_number(void **state)
{
	const struct mh brr = { .type = MH_BRR };
	struct mip_net *net;
	struct timer guard;
	unsigned n = 0;
	uint8_t buf[8];
	struct mip_packet p = { .src = self, .dst = self, .hop_limit = -1, .data = BYTES_OF(buf) };

	(void)state;
	loopback_own();
	assert_int_equal(mip_net_open(on_each, on_each, &n, &net), 0);
	mh_write(&brr, &self, &self, buf, sizeof(buf));
	for (int i = 0; i < 100; i++)
		assert_int_equal(mip_net_send_mh(net, &p), 0);
	timer_init(&guard, turn, NULL);
	timer_set(&guard, 5000);
	loop_run();
	timer_stop(&guard);
	assert_in_range(n, 1, 64);
	close_net(net);
}

static int refuse(void *ctx, int proto, const struct mip_packet *p)
{
	int *seen_proto = ctx;

	(void)p;
	*seen_proto = proto;
	return -EPERM;
}

static void a_test_may_stand_in_for_the_network(void **state)
{
	const struct mip_packet p = { .src = self, .dst = self };
	struct mip_net *net;
	int proto = 0;

	(void)state;
	assert_int_equal(mip_net_open_peer(refuse, &proto, &net), 0);
	assert_int_equal(mip_net_send_mh(net, &p), -EPERM);
	assert_int_equal(proto, IPPROTO_MH);
	assert_int_equal(mip_net_send_rs(net, 1, &self, NULL), -EPERM);
	assert_int_equal(proto, IPPROTO_ICMPV6);
	assert_int_equal(mip_net_anycast(net, 1, &self, true), 0);
	mip_net_free(net);
}

UNIT_MAIN(T(a_message_arrives_as_it_was_sent, "D-050"),
	T(the_node_s_own_router_advertisement_is_heard, "C-125"),
	T(a_packet_of_ours_that_is_cut_is_none, "C-125!"),
	T(a_home_address_option_tells_the_care_of_address, "D-050 C-010"),
	T(a_routing_header_of_type_2_tells_the_care_of_address, "D-050 C-011"),
	T(only_the_types_of_mobility_pass, "D-051"),
	T(one_wake_up_reads_a_bounded_number, "D-050!"), T(a_test_may_stand_in_for_the_network, ""))
