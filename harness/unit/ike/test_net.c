/* The UDP sockets: the marker on 4500, answers from where the question went to. */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/ipv6_route.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ike/events/net.h"
#include "kernel/rt_addr.h"
#include "kernel/rt_link.h"
#include "kernel/xfrm_policy.h"
#include "base/loop.h"
#include "unit/unit.h"

static void a_marker_stands_before_ike_on_4500(void **state)
{
	static const uint8_t marked[] = { 0, 0, 0, 0, 'i', 'k', 'e' }, esp[] = { 0xc0, 0, 0, 1, 9 };
	static const uint8_t keepalive[] = { 0xff };
	struct bytes out;

	(void)state;
	assert_int_equal(net_strip(4500, BYTES_OF(marked), &out), 0);
	assert_int_equal(out.n, 3);
	assert_int_equal(net_strip(4500, BYTES_OF(esp), &out), -ENOMSG);
	assert_int_equal(net_strip(4500, BYTES_OF(keepalive), &out), -ENOMSG);
	assert_int_equal(net_strip(4500, BYTES(marked, 3), &out), -ENOMSG);
	assert_int_equal(net_strip(4500, BYTES_NONE, &out), -ENOMSG);
	assert_int_equal(net_strip(500, BYTES_OF(esp), &out), 0);
	assert_int_equal(out.n, sizeof(esp));
}

static struct {
	struct packet p;
	uint8_t data[64];
	unsigned n;
} got;

static void on_packet(void *arg, const struct packet *p)
{
	(void)arg;
	got.p = *p;
	memcpy(got.data, p->data.p, p->data.n);
	got.n++;
	loop_stop();
}

enum { ROUTE_TRIES = 1000, ROUTE_WAIT_MS = 5 };

/* How many of our addresses have their local route. */
static unsigned n_local_routes(void)
{
	FILE *f = fopen("/proc/self/net/ipv6_route", "r");
	char line[256];
	unsigned flags, n = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		n += !strncmp(line, "20010db8", 8) &&
			sscanf(line, "%*s %*s %*s %*s %*s %*s %*s %*s %x", &flags) == 1 &&
			(flags & RTF_LOCAL);
	fclose(f);
	return n;
}

/* The kernel makes it in its own time; a packet that comes before is lost. */
static void wait_for_local_routes(unsigned n)
{
	for (unsigned i = 0; n_local_routes() < n; i++) {
		assert_int_not_equal(i, ROUTE_TRIES);
		poll(NULL, 0, ROUTE_WAIT_MS);
	}
}

/* A network of our own with two addresses, or the test is skipped. */
static void own_network(void)
{
	static const char *const addrs[] = { "2001:db8::1", "2001:db8::2" };
	struct nl *nl;
	struct rt_addr a = {
		.ifindex = 1, .flags = IFA_F_NODAD, .valid_s = UINT32_MAX, .preferred_s = UINT32_MAX
	};

	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		skip();
	assert_int_equal(nl_open(NETLINK_ROUTE, &nl), 0);
	assert_int_equal(rt_link_set_up(nl, 1, true), 0);
	for (size_t i = 0; i < 2; i++) {
		a.prefix.len = 128;
		assert_int_equal(addr_parse(addrs[i], &a.prefix.addr), 0);
		assert_int_equal(rt_addr_add(nl, &a), 0);
	}
	nl_free(nl);
	wait_for_local_routes(2);
}

static struct packet packet(const char *from, const char *to, uint16_t port, const char *text)
{
	struct packet p = { .local_port = port, .remote_port = port, .data = BYTES_STR(text) };

	assert_int_equal(addr_parse(from, &p.local), 0);
	assert_int_equal(addr_parse(to, &p.remote), 0);
	return p;
}

static void packets_leave_from_the_address_that_is_asked_for(void **state)
{
	static const uint16_t ports[] = { 500, 4500 };
	struct net *n;
	struct packet p;

	(void)state;
	own_network();
	assert_int_equal(net_open(on_packet, NULL, &n), 0);
	for (size_t i = 0; i < 2; i++) {
		p = packet("2001:db8::1", "2001:db8::2", ports[i], "a message");
		assert_int_equal(net_send(n, &p), 0);
		assert_int_equal(loop_run(), 0);
		assert_string_equal(addr_str(&got.p.local), "2001:db8::2");
		assert_string_equal(addr_str(&got.p.remote), "2001:db8::1");
		assert_int_equal(got.p.remote_port, ports[i]);
		assert_int_equal(got.p.local_port, ports[i]);
		assert_int_equal(got.p.data.n, strlen("a message"));
		assert_memory_equal(got.data, "a message", strlen("a message"));
	}
	assert_int_equal(net_counts(n).in, 2);
	assert_int_equal(net_counts(n).out, 2);
	p = packet("2001:db8::77", "2001:db8::2", 500, "not ours to send from");
	assert_int_equal(net_send(n, &p), -EADDRNOTAVAIL);
	assert_int_equal(net_counts(n).failed, 1);
	p.local_port = 77;
	assert_int_equal(net_send(n, &p), -EADDRNOTAVAIL);
	net_free(n);
	loop_end();
}

/* B-027: the mobile node blocks everything that leaves while it registers. */
static void no_policy_catches_ike_itself(void **state)
{
	static const struct prefix any;
	struct xfrm_policy block = { .sel = SEL(any, any, 0), .dir = XD_OUT, .block = true };
	struct nl *nl = NULL;
	struct net *n;
	struct packet p;

	(void)state;
	own_network();
	if (nl_open(NETLINK_XFRM, &nl) < 0 || xfrm_policy_add(nl, &block) < 0) {
		nl_free(nl);
		skip();
	}
	block.dir = XD_IN;
	assert_int_equal(xfrm_policy_add(nl, &block), 0);
	nl_free(nl);
	assert_int_equal(net_open(on_packet, NULL, &n), 0);
	got.n = 0;
	p = packet("2001:db8::1", "2001:db8::2", 500, "through");
	assert_int_equal(net_send(n, &p), 0);
	assert_int_equal(loop_run(), 0);
	assert_int_equal(got.n, 1);
	net_free(n);
	loop_end();
}

UNIT_MAIN(T(a_marker_stands_before_ike_on_4500, "A-002"),
	T(packets_leave_from_the_address_that_is_asked_for, "A-001 D-053"),
	T(no_policy_catches_ike_itself, "B-027 D-053!"))
