#include "kernel/neigh.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/loop.h"
#include "base/mem.h"
#include "kernel/rt_event.h"
#include "unit/kernel/make.h"
#include "unit/kernel/netns.h"
#include "unit/kernel/record.h"
#include "unit/unit.h"

static const uint8_t mac_of_ha[6] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t mac_of_other[6] = { 2, 0, 0, 0, 0, 2 };

static void a_proxy_neighbour_is_marked_as_such(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct in6_addr hoa = A(HOA);
	const struct ndmsg *body = record_body(&r);

	(void)state;
	assert_int_equal(neigh_proxy_add(nl, 3, &hoa), 0);
	assert_int_equal(record_head(&r)->nlmsg_type, RTM_NEWNEIGH);
	assert_int_equal(body->ndm_flags, NTF_PROXY);
	assert_int_equal(body->ndm_family, AF_INET6);
	assert_int_equal(body->ndm_ifindex, 3);
	assert_memory_equal(record_attr(&r, sizeof(*body), NDA_DST).data, &hoa, 16);
	assert_int_equal(neigh_proxy_del(nl, 3, &hoa), 0);
	assert_int_equal(record_head(&r)->nlmsg_type, RTM_DELNEIGH);
	r.error = -ENOENT;
	assert_int_equal(neigh_flush(nl, 3, &hoa), 0);
	assert_int_equal(neigh_proxy_del(nl, 3, &hoa), -ENOENT);
	nl_free(nl);
}

/* What the reader says of everything that arrives until it is quiet: 1 somebody claims the target.
 */
static int heard(int fd, const struct in6_addr *target)
{
	struct pollfd p = { fd, POLLIN, 0 };
	int r = 0;

	while (r != 1 && poll(&p, 1, 100) > 0)
		while (r != 1 && (r = neigh_dad_read(fd, mac_of_ha, target)) >= 0)
			;
	return r == 1;
}

static void another_nodes_probe_is_a_collision_and_ones_own_is_not(void **state)
{
	struct in6_addr target = A(HOA), other = A("2001:1::11");
	own_fd here = -1;
	own_fd there = -1;

	(void)state;
	NEED_NETNS();
	assert_int_equal(neigh_dad_open(netns_d0, &target, &here), 0);
	assert_int_equal(neigh_dad_open(netns_d1, &target, &there), 0);
	assert_int_equal(neigh_dad_probe(there, netns_d1, mac_of_ha, &target), 0);
	assert_false(heard(here, &target));
	assert_int_equal(neigh_dad_probe(there, netns_d1, mac_of_other, &other), 0);
	assert_false(heard(here, &target));
	assert_int_equal(neigh_dad_probe(there, netns_d1, mac_of_other, &target), 0);
	assert_true(heard(here, &target));
	assert_int_equal(neigh_dad_read(here, mac_of_ha, &target), -EAGAIN);
}

static void an_advertisement_is_a_collision(void **state)
{
	struct in6_addr target = A(HOA);
	own_fd here = -1;

	(void)state;
	NEED_NETNS();
	assert_int_equal(neigh_dad_open(netns_d0, &target, &here), 0);
	assert_int_equal(neigh_announce(netns_d1, mac_of_other, &target, true, false), 0);
	assert_true(heard(here, &target));
}

static bool has_failed;

static void see(const struct rt_event *ev, void *arg)
{
	struct in6_addr hoa = A(HOA);

	(void)arg;
	if (ev->kind != RE_ADDR || !addr_eq(&ev->addr.prefix.addr, &hoa))
		return;
	has_failed |= ev->addr.flags & IFA_F_DADFAILED;
	if (has_failed)
		loop_stop();
}

static void overrun(void *arg)
{
	(void)arg;
}

static void give_up(void *arg)
{
	(void)arg;
	loop_stop();
}

/* The kernel understands our advertisement: its own detection of the same address fails. */
static void the_kernel_believes_our_advertisement(void **state)
{
	struct rt_addr a = { .prefix = P("2001:1::10/64") };
	struct in6_addr hoa = A(HOA);
	struct nl *nl = NULL, *events = NULL;
	own_fd probe = -1;
	struct pollfd p;
	struct timer limit;

	(void)state;
	NEED_NETNS();
	assert_int_equal(nl_open(NETLINK_ROUTE, &nl), 0);
	assert_int_equal(rt_listen(see, overrun, NULL, &events), 0);
	assert_int_equal(neigh_dad_open(netns_d0, &hoa, &probe), 0);
	a.ifindex = netns_d1;
	assert_int_equal(rt_addr_add(nl, &a), 0);
	p = (struct pollfd){ probe, POLLIN, 0 };
	assert_int_equal(poll(&p, 1, 3000), 1); /* the kernel's probe on the cable */
	assert_int_equal(neigh_announce(netns_d0, mac_of_ha, &hoa, true, false), 0);
	timer_init(&limit, give_up, NULL);
	timer_set(&limit, 3000);
	loop_run();
	timer_stop(&limit);
	assert_true(has_failed);
	assert_int_equal(rt_addr_del(nl, &a), 0);
	nl_free(events);
	nl_free(nl);
	loop_end();
}

/* clang-format off */
UNIT_MAIN(T(a_proxy_neighbour_is_marked_as_such, "D-044"),
	T(another_nodes_probe_is_a_collision_and_ones_own_is_not, "D-052!"),
	T(an_advertisement_is_a_collision, "D-052"),
	T(the_kernel_believes_our_advertisement, "D-044 D-052"))
