#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/nl.h"
#include "unit/unit.h"

struct seen {
	unsigned n, stop_at;
	int rc;
	uint16_t types[16];
	struct nlmsghdr last;
};

static int note(const struct nlmsghdr *msg, void *arg)
{
	struct seen *s = arg;

	s->types[s->n % 16] = msg->nlmsg_type;
	s->last = *msg;
	return ++s->n == s->stop_at ? -ECANCELED : 0;
}

/* Plays the kernel: two messages and an error, as the test wishes. */
static int peer(void *ctx, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	struct seen *s = ctx;
	struct nlmsghdr answer = {
		.nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = 100, .nlmsg_seq = req->nlmsg_seq
	};

	note(req, s);
	assert_int_equal(reply(&answer, arg), 0);
	answer.nlmsg_type = 101;
	assert_int_equal(reply(&answer, arg), 0);
	return s->rc;
}

static void a_call_reaches_the_peer_and_gives_its_verdict(void **state)
{
	struct seen s = { .rc = -ESRCH };
	struct nl *nl;
	struct nl_req rq;

	(void)state;
	assert_int_equal(nl_open_peer(peer, &s, &nl), 0);
	nl_begin(&rq, 42, NLM_F_REPLACE, 5);
	assert_int_equal(nl_call(nl, &rq), -ESRCH);
	assert_int_equal(s.last.nlmsg_type, 42);
	assert_int_equal(s.last.nlmsg_flags, NLM_F_REQUEST | NLM_F_REPLACE | NLM_F_ACK);
	assert_int_equal(s.last.nlmsg_len, NLMSG_HDRLEN + 8); /* padded */
	assert_int_equal(s.last.nlmsg_seq, 1);
	s.rc = 0;
	assert_int_equal(nl_call(nl, &rq), 0);
	assert_int_equal(s.last.nlmsg_seq, 2);
	assert_string_equal(nl_error(nl), "");
	nl_free(nl);
	nl_free(NULL);
}

static void every_answer_is_handed_on_until_told_to_stop(void **state)
{
	struct seen s = { 0 }, got = { 0 };
	struct nl *nl;
	struct nl_req rq;

	(void)state;
	assert_int_equal(nl_open_peer(peer, &s, &nl), 0);
	nl_begin(&rq, 42, NLM_F_DUMP, 0);
	assert_int_equal(nl_get(nl, &rq, note, &got), 0);
	assert_int_equal(s.last.nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
	assert_int_equal(got.n, 2);
	assert_int_equal(got.types[1], 101);
	got = (struct seen){ .stop_at = 1 };
	nl_begin(&rq, 42, NLM_F_DUMP, 0);
	assert_int_equal(nl_get(nl, &rq, note, &got), -ECANCELED);
	assert_int_equal(got.n, 1);
	s.rc = -EPERM; /* an error: no answer is shown */
	got = (struct seen){ 0 };
	nl_begin(&rq, 42, NLM_F_DUMP, 0);
	assert_int_equal(nl_get(nl, &rq, note, &got), -EPERM);
	assert_int_equal(got.n, 0);
	nl_free(nl);
}

static int nested(const struct nlmsghdr *msg, void *arg)
{
	struct nl_req rq;

	(void)msg;
	nl_begin(&rq, 43, 0, 0);
	return nl_call(arg, &rq);
}

static void a_callback_may_use_the_same_socket(void **state)
{
	struct seen s = { 0 };
	struct nl *nl;
	struct nl_req rq;

	(void)state;
	assert_int_equal(nl_open_peer(peer, &s, &nl), 0);
	nl_begin(&rq, 42, NLM_F_DUMP, 0);
	assert_int_equal(nl_get(nl, &rq, nested, nl), 0);
	assert_int_equal(s.n, 3);
	assert_int_equal(s.last.nlmsg_type, 43);
	nl_free(nl);
}

static int torn_twice(void *ctx, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	struct seen *s = ctx;

	peer(ctx, req, reply, arg);
	return s->n < 3 ? -EINTR : 0;
}

static void a_dump_that_changed_meanwhile_is_asked_for_again(void **state)
{
	struct seen s = { 0 }, got = { 0 };
	struct nl *nl;
	struct nl_req rq;

	(void)state;
	assert_int_equal(nl_open_peer(torn_twice, &s, &nl), 0);
	nl_begin(&rq, 42, NLM_F_DUMP, 0);
	assert_int_equal(nl_get(nl, &rq, note, &got), 0);
	assert_int_equal(s.n, 3);
	assert_int_equal(got.n, 2); /* of the last one only */
	nl_free(nl);
}

struct attrs {
	unsigned n;
	uint16_t type[8];
	size_t len[8];
	uint8_t first[8];
};

static int note_attr(uint16_t type, const void *data, size_t n, void *arg)
{
	struct attrs *a = arg;

	a->type[a->n] = type;
	a->len[a->n] = n;
	a->first[a->n] = n ? *(const uint8_t *)data : 0;
	a->n++;
	return type == 99 ? -ECANCELED : 0;
}

static const struct nlmsghdr *msg_of(const struct nl_req *rq)
{
	return (const struct nlmsghdr *)rq->buf;
}

static void attributes_come_back_in_order(void **state)
{
	struct nl_req rq;
	struct attrs a = { 0 };
	size_t nest;

	(void)state;
	nl_begin(&rq, 42, 0, 6);
	nl_put(&rq, 1, "\7", 1);
	nl_put(&rq, 2, NULL, 0);
	nest = nl_nest(&rq, 3);
	nl_put(&rq, 4, "abcd", 4);
	nl_nest_end(&rq, nest);
	nl_put(&rq, 5, "\11xyz", 4);
	assert_int_equal(nl_attrs(msg_of(&rq), 6, note_attr, &a), 0);
	assert_int_equal(a.n, 4);
	assert_int_equal(a.type[0], 1);
	assert_int_equal(a.len[0], 1);
	assert_int_equal(a.first[0], 7);
	assert_int_equal(a.len[1], 0);
	assert_int_equal(a.type[2], 3); /* without the nested bit */
	assert_int_equal(a.len[2], 8);
	assert_int_equal(a.first[3], 9);
	nl_put(&rq, 99, NULL, 0);
	nl_put(&rq, 100, NULL, 0);
	a.n = 0;
	assert_int_equal(nl_attrs(msg_of(&rq), 6, note_attr, &a), -ECANCELED);
	assert_int_equal(a.n, 5);
}

static void attributes_that_do_not_fit_are_refused(void **state)
{
	struct nl_req rq;
	struct nlmsghdr *msg = (struct nlmsghdr *)rq.buf;
	size_t whole;

	(void)state;
	nl_begin(&rq, 42, 0, 8);
	nl_put(&rq, 1, "abcd", 4);
	nl_put(&rq, 2, "abcdefg", 7); /* the last one is cut within, and before, its padding */
	whole = msg->nlmsg_len;
	for (size_t cut = NLMSG_HDRLEN; cut <= whole; cut++) {
		struct attrs a = { 0 };
		bool good = cut == NLMSG_HDRLEN + 8 || cut == NLMSG_HDRLEN + 16 || cut >= whole - 1;

		msg->nlmsg_len = (uint32_t)cut;
		assert_int_equal(nl_attrs(msg, 8, note_attr, &a), good ? 0 : -EBADMSG);
	}
	msg->nlmsg_len = (uint32_t)whole;
	((struct nlattr *)(void *)(rq.buf + NLMSG_HDRLEN + 8))->nla_len = 3;
	assert_int_equal(nl_attrs(msg, 8, note_attr, &(struct attrs){ 0 }), -EBADMSG);
	assert_int_equal(nl_attrs(msg, SIZE_MAX, note_attr, &(struct attrs){ 0 }), -EBADMSG);
}

static void what_does_not_fit_is_never_sent(void **state)
{
	static uint8_t big[NL_REQ_MAX];
	struct seen s = { 0 };
	struct nl *nl;
	struct nl_req rq;

	(void)state;
	assert_int_equal(nl_open_peer(peer, &s, &nl), 0);
	nl_begin(&rq, 42, 0, 0);
	nl_put(&rq, 1, big, NL_REQ_MAX - NLMSG_HDRLEN - NLA_HDRLEN); /* just fits */
	assert_false(rq.bad);
	nl_put(&rq, 2, NULL, 0);
	assert_true(rq.bad);
	nl_nest_end(&rq, nl_nest(&rq, 3));
	assert_int_equal(nl_call(nl, &rq), -EMSGSIZE);
	assert_int_equal(nl_get(nl, &rq, note, &s), -EMSGSIZE);
	nl_begin(&rq, 42, 0, 0);
	nl_put(&rq, 1, big, 70000);
	assert_int_equal(nl_call(nl, &rq), -EMSGSIZE);
	assert_int_equal(s.n, 0);
	nl_free(nl);
}

/* With the kernel of this machine. */

static void begin_getlink(struct nl_req *rq, uint16_t flags, int index)
{
	struct ifinfomsg *body = nl_begin(rq, RTM_GETLINK, flags, sizeof(*body));

	body->ifi_index = index;
}

static void the_kernel_dumps_and_answers(void **state)
{
	struct seen all = { 0 }, one = { 0 };
	struct nl *nl;
	struct nl_req rq;

	(void)state;
	assert_int_equal(nl_open(NETLINK_ROUTE, &nl), 0);
	begin_getlink(&rq, NLM_F_DUMP, 0);
	assert_int_equal(nl_get(nl, &rq, note, &all), 0);
	assert_true(all.n >= 1); /* lo */
	assert_int_equal(all.last.nlmsg_type, RTM_NEWLINK);
	begin_getlink(&rq, 0, 1);
	assert_int_equal(nl_get(nl, &rq, note, &one), 0);
	assert_int_equal(one.n, 1);
	nl_free(nl);
}

static void the_kernel_says_what_was_wrong(void **state)
{
	struct seen none = { 0 };
	struct nl *nl;
	struct nl_req rq;
	uint32_t bad = 7;

	(void)state;
	assert_int_equal(nl_open(NETLINK_ROUTE, &nl), 0);
	begin_getlink(&rq, 0, 0x7ffffff0);
	assert_int_equal(nl_get(nl, &rq, note, &none), -ENODEV);
	assert_int_equal(none.n, 0);
	begin_getlink(&rq, 0, 1);
	nl_put(&rq, IFLA_EXT_MASK, &bad, 1); /* four octets are expected */
	assert_true(nl_get(nl, &rq, note, &none) < 0);
	assert_true(strlen(nl_error(nl)) > 0);
	begin_getlink(&rq, 0, 1);
	assert_int_equal(nl_get(nl, &rq, note, &none), 0);
	assert_string_equal(nl_error(nl), "");
	nl_free(nl);
}

static int on_link(const struct nlmsghdr *msg, void *arg)
{
	note(msg, arg);
	loop_stop();
	return 0;
}

static void on_overrun(void *arg)
{
	(void)arg;
	fail();
}

static void give_up(void *arg)
{
	(void)arg;
	loop_stop();
}

/* A network of this test's own; false: no right to one. */
static bool own_network(void)
{
	static bool done;

	done = done || unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
	return done;
}

static void set_loopback(bool up)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = up ? IFF_UP | IFF_RUNNING : 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &ifr), 0);
	close(fd);
}

/* What a listener hears while the loopback comes up, after something else or nothing (NULL). */
static void hear_loopback(void (*first)(void), struct seen *s)
{
	static const unsigned groups[] = { RTNLGRP_LINK };
	struct timer limit;
	struct nl *nl;

	set_loopback(false);
	assert_int_equal(nl_listen(NETLINK_ROUTE, groups, 1, on_link, on_overrun, s, &nl), 0);
	if (first)
		first();
	set_loopback(true);
	timer_init(&limit, give_up, NULL);
	timer_set(&limit, 5000);
	assert_int_equal(loop_run(), 0);
	timer_stop(&limit);
	nl_free(nl);
	loop_end();
}

static void an_event_of_the_kernel_arrives(void **state)
{
	struct seen s = { 0 };

	(void)state;
	if (!own_network())
		skip();
	hear_loopback(NULL, &s);
	assert_int_equal(s.types[0], RTM_NEWLINK);
}

/* What a process of this network may say to the group, but not as the kernel. */
static void forge_event(void)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK, .nl_groups = 1u << (RTNLGRP_LINK - 1) };
	struct {
		struct nlmsghdr head;
		struct ifinfomsg body;
	} msg = { .head = { .nlmsg_len = sizeof(msg), .nlmsg_type = RTM_DELLINK },
		.body = { .ifi_index = 1 } };
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	assert_int_equal(
		sendto(fd, &msg, sizeof(msg), 0, (const void *)&to, sizeof(to)), sizeof(msg));
	close(fd);
}

static void an_event_of_another_process_is_dropped(void **state)
{
	struct seen s = { 0 };

	(void)state;
	if (!own_network())
		skip();
	hear_loopback(forge_event, &s);
	assert_true(s.n > 0);
	for (size_t i = 0; i < s.n; i++)
		assert_int_equal(s.types[i], RTM_NEWLINK); /* the kernel's, which came later */
}

static void an_unknown_group_is_an_error(void **state)
{
	static const unsigned groups[] = { 100000 };
	struct nl *nl = NULL;

	(void)state;
	assert_true(nl_listen(NETLINK_ROUTE, groups, 1, on_link, on_overrun, NULL, &nl) < 0);
	assert_null(nl);
	loop_end();
}

UNIT_MAIN(T(a_call_reaches_the_peer_and_gives_its_verdict, ""),
	T(every_answer_is_handed_on_until_told_to_stop, ""),
	T(a_callback_may_use_the_same_socket, ""),
	T(a_dump_that_changed_meanwhile_is_asked_for_again, ""),
	T(attributes_come_back_in_order, ""), T(attributes_that_do_not_fit_are_refused, ""),
	T(what_does_not_fit_is_never_sent, ""), T(the_kernel_dumps_and_answers, ""),
	T(the_kernel_says_what_was_wrong, ""), T(an_unknown_group_is_an_error, ""),
	T(an_event_of_the_kernel_arrives, ""), T(an_event_of_another_process_is_dropped, "F-010!"))
