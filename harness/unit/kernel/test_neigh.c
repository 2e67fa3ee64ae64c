#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <unistd.h>

#include "kernel/neigh.h"
#include "unit/kernel/netns.h"

static const struct in6_addr hoa = { .s6_addr = { 0x20, 0x01, 0, 1, [15] = 0x10 } };
static const struct in6_addr other = { .s6_addr = { 0x20, 0x01, 0, 1, [15] = 0x20 } };
static const uint8_t ours[6] = { 2, 0, 0, 0, 0, 1 }, theirs[6] = { 2, 0, 0, 0, 0, 2 };

struct asked {
	uint16_t type;
	struct ndmsg body;
	struct in6_addr dst;
	int answer;
};

static int dst_attr(uint16_t type, const void *data, size_t n, void *arg)
{
	if (type == NDA_DST && n == sizeof(struct in6_addr))
		memcpy(arg, data, n);
	return 0;
}

static int play(void *ctx, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	struct asked *a = ctx;

	(void)reply, (void)arg;
	a->type = req->nlmsg_type;
	memcpy(&a->body, NLMSG_DATA(req), sizeof(a->body));
	nl_attrs(req, sizeof(a->body), dst_attr, &a->dst);
	return a->answer;
}

static void a_proxied_neighbour_is_marked_as_such(void **state)
{
	struct asked a = { 0 };
	struct nl *nl;

	(void)state;
	assert_int_equal(nl_open_peer(play, &a, &nl), 0);
	assert_int_equal(neigh_proxy_add(nl, 5, &hoa), 0);
	assert_int_equal(a.type, RTM_NEWNEIGH);
	assert_int_equal(a.body.ndm_ifindex, 5);
	assert_int_equal(a.body.ndm_flags, NTF_PROXY);
	assert_true(addr_eq(&a.dst, &hoa));
	assert_int_equal(neigh_proxy_del(nl, 5, &hoa), 0);
	assert_int_equal(a.type, RTM_DELNEIGH);
	assert_int_equal(a.body.ndm_flags, NTF_PROXY);
	nl_free(nl);
}

static void to_forget_what_is_not_known_is_no_error(void **state)
{
	struct asked a = { .answer = -ENOENT };
	struct nl *nl;

	(void)state;
	assert_int_equal(nl_open_peer(play, &a, &nl), 0);
	assert_int_equal(neigh_flush(nl, 5, &hoa), 0);
	assert_int_equal(a.body.ndm_flags, 0);
	a.answer = -EPERM;
	assert_int_equal(neigh_flush(nl, 5, &hoa), -EPERM);
	nl_free(nl);
}

/* What the frames that are waiting say together: 1 in use, 0 free; the loopback shows our own. */
static int verdict(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int said = 0;

	assert_int_equal(poll(&p, 1, 5000), 1);
	for (int rc = 0; rc != -EAGAIN; rc = neigh_dad_read(fd, ours, &hoa))
		said |= rc == 1;
	return said;
}

static void our_own_probe_says_nothing(void **state)
{
	int lo = netns_loopback(), fd;

	(void)state;
	assert_int_equal(neigh_dad_open(lo, &hoa, &fd), 0);
	assert_int_equal(neigh_dad_probe(fd, lo, ours, &hoa), 0);
	assert_int_equal(verdict(fd), 0);
	close(fd);
}

static void the_probe_of_another_node_says_in_use(void **state)
{
	int lo = netns_loopback(), fd;

	(void)state;
	assert_int_equal(neigh_dad_open(lo, &hoa, &fd), 0);
	assert_int_equal(neigh_dad_probe(fd, lo, theirs, &other), 0);
	assert_int_equal(verdict(fd), 0); /* for another address */
	assert_int_equal(neigh_dad_probe(fd, lo, theirs, &hoa), 0);
	assert_int_equal(verdict(fd), 1);
	close(fd);
}

static void the_advertisement_of_another_node_says_in_use(void **state)
{
	int lo = netns_loopback(), fd;

	(void)state;
	assert_int_equal(neigh_dad_open(lo, &hoa, &fd), 0);
	assert_int_equal(neigh_announce(lo, theirs, &other, true, false), 0);
	assert_int_equal(verdict(fd), 0);
	assert_int_equal(neigh_announce(lo, theirs, &hoa, true, false), 0);
	assert_int_equal(verdict(fd), 1);
	close(fd);
}

static void without_an_answer_there_is_nothing_to_read(void **state)
{
	int lo = netns_loopback(), fd;

	(void)state;
	assert_int_equal(neigh_dad_open(lo, &hoa, &fd), 0);
	assert_int_equal(neigh_dad_read(fd, ours, &hoa), -EAGAIN);
	close(fd);
}

UNIT_MAIN(T(a_proxied_neighbour_is_marked_as_such, "C-044 D-044"),
	T(to_forget_what_is_not_known_is_no_error, "C-071"),
	T(our_own_probe_says_nothing, "C-041"), T(the_probe_of_another_node_says_in_use, "C-041"),
	T(the_advertisement_of_another_node_says_in_use, "C-041 C-044"),
	T(without_an_answer_there_is_nothing_to_read, "C-041"))
