#include <arpa/inet.h>
#include <errno.h>
#include <linux/xfrm.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "unit/kernel/make.h"
#include "unit/kernel/record.h"
#include "unit/unit.h"

enum { BODY = sizeof(struct xfrm_userpolicy_info), ID = sizeof(struct xfrm_userpolicy_id) };

/* D.3, D-013: the page's outbound policy for the mobility header. */
static void an_ipsec_policy_is_written_as_the_page_has_it(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct xfrm_policy p = { .sel = SEL(P(HOA), P(HA), 135),
		.dir = XD_OUT,
		.priority = 2,
		.tmpl = { { .proto = XP_ESP, .mode = XM_TRANSPORT, .reqid = 1 } },
		.n_tmpl = 1 };
	struct xfrm_userpolicy_info want;
	struct xfrm_user_tmpl tmpl;
	struct record_attr list[RECORD_MAX];

	(void)state;
	memset(&tmpl, 0, sizeof(tmpl));
	tmpl.id.proto = 50;
	tmpl.family = AF_INET6;
	tmpl.reqid = 1;
	tmpl.aalgos = tmpl.ealgos = tmpl.calgos = ~0u;
	memset(&want, 0, sizeof(want));
	want.sel.daddr.in6 = A(HA);
	want.sel.saddr.in6 = A(HOA);
	want.sel.family = AF_INET6;
	want.sel.prefixlen_d = want.sel.prefixlen_s = 128;
	want.sel.proto = 135;
	want.lft = (struct xfrm_lifetime_cfg){ XFRM_INF, XFRM_INF, XFRM_INF, XFRM_INF, 0, 0, 0, 0 };
	want.priority = 2;
	want.dir = XFRM_POLICY_OUT;
	want.action = XFRM_POLICY_ALLOW;
	want.share = XFRM_SHARE_ANY;
	assert_int_equal(xfrm_policy_add(nl, &p), 0);
	assert_int_equal(record_head(&r)->nlmsg_type, XFRM_MSG_NEWPOLICY);
	assert_int_equal(record_head(&r)->nlmsg_flags,
		NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
	assert_memory_equal(record_body(&r), &want, BODY);
	assert_int_equal(record_attrs(&r, BODY, list), 2);
	assert_int_equal(list[0].type, XFRMA_POLICY_TYPE);
	assert_memory_equal(list[0].data, "\0\0\0\0", 4);
	assert_int_equal(list[1].type, XFRMA_TMPL);
	assert_int_equal(list[1].n, sizeof(tmpl));
	assert_memory_equal(list[1].data, &tmpl, sizeof(tmpl));
	nl_free(nl);
}

/* kernels.md P2: the wildcard of a mobile node carries both optional templates. */
static void a_sub_policy_may_carry_two_optional_templates(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct xfrm_policy p = { .sel = SEL(P("::/0"), P("::/0"), 135),
		.dir = XD_IN,
		.sub = true,
		.priority = 9,
		.tmpl = { { .proto = XP_HAO, .mode = XM_RO, .optional = true },
			{ .proto = XP_ROUTE2, .mode = XM_RO, .optional = true } },
		.n_tmpl = 2 };
	struct xfrm_user_tmpl got[2];
	const struct xfrm_userpolicy_type *type;

	(void)state;
	assert_int_equal(xfrm_policy_update(nl, &p), 0);
	assert_int_equal(record_head(&r)->nlmsg_type, XFRM_MSG_UPDPOLICY);
	assert_int_equal(record_attr(&r, BODY, XFRMA_TMPL).n, sizeof(got));
	memcpy(got, record_attr(&r, BODY, XFRMA_TMPL).data, sizeof(got));
	assert_int_equal(got[0].id.proto, IPPROTO_DSTOPTS);
	assert_int_equal(got[1].id.proto, IPPROTO_ROUTING);
	assert_int_equal(got[0].mode, XFRM_MODE_ROUTEOPTIMIZATION);
	assert_true(got[0].optional && got[1].optional);
	type = record_attr(&r, BODY, XFRMA_POLICY_TYPE).data;
	assert_int_equal(type->type, XFRM_POLICY_TYPE_SUB);
	nl_free(nl);
}

static void a_block_policy_has_no_template(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct xfrm_policy p = { .sel = SEL(P("::/0"), P("::/0"), 0),
		.dir = XD_OUT,
		.sub = true,
		.priority = 4,
		.block = true };
	const struct xfrm_userpolicy_info *body = record_body(&r);

	(void)state;
	assert_int_equal(xfrm_policy_add(nl, &p), 0);
	assert_int_equal(body->action, XFRM_POLICY_BLOCK);
	assert_null(record_attr(&r, BODY, XFRMA_TMPL).data);
	nl_free(nl);
}

static void a_policy_is_named_by_selector_direction_and_type(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct sel sel = SEL(P(HOA), P(HA), 135);
	const struct xfrm_userpolicy_id *id = record_body(&r);
	const struct xfrm_userpolicy_type *type;

	(void)state;
	assert_int_equal(xfrm_policy_del(nl, &sel, XD_FWD, true), 0);
	assert_int_equal(record_head(&r)->nlmsg_type, XFRM_MSG_DELPOLICY);
	assert_int_equal(id->dir, XFRM_POLICY_FWD);
	assert_int_equal(id->index, 0);
	assert_int_equal(id->sel.proto, 135);
	type = record_attr(&r, ID, XFRMA_POLICY_TYPE).data;
	assert_int_equal(type->type, XFRM_POLICY_TYPE_SUB);
	r.error = -ENOENT;
	assert_int_equal(xfrm_policy_del(nl, &sel, XD_FWD, true), -ENOENT);
	nl_free(nl);
}

static void a_round_trip_keeps_every_field(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct xfrm_policy p = make_tunnel_policy(), back;

	(void)state;
	p.sub = true;
	p.tmpl[0].optional = true;
	assert_int_equal(xfrm_policy_add(nl, &p), 0);
	assert_int_equal(xfrm_policy_parse(record_head(&r), &back), 0);
	assert_true(sel_eq(&p.sel, &back.sel));
	assert_int_equal(back.dir, XD_OUT);
	assert_true(back.sub);
	assert_false(back.block);
	assert_int_equal(back.priority, 10);
	assert_int_equal(back.n_tmpl, 1);
	assert_memory_equal(&back.tmpl[0].src, &p.tmpl[0].src, 16);
	assert_memory_equal(&back.tmpl[0].dst, &p.tmpl[0].dst, 16);
	assert_int_equal(back.tmpl[0].reqid, 2);
	assert_int_equal(back.tmpl[0].mode, XM_TUNNEL);
	assert_true(back.tmpl[0].optional);
	nl_free(nl);
}

static void every_cut_is_refused(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct xfrm_policy p = make_tunnel_policy(), back;
	size_t first_attr = NLMSG_HDRLEN + BODY; /* POLICY_TYPE: ten octets and two of padding */
	uint32_t whole;

	(void)state;
	assert_int_equal(xfrm_policy_add(nl, &p), 0);
	whole = record_head(&r)->nlmsg_len;
	for (uint32_t cut = NLMSG_HDRLEN; cut < whole; cut++) {
		struct nlmsghdr *msg = (struct nlmsghdr *)r.msg;

		msg->nlmsg_len = cut;
		if (cut != first_attr && (cut < first_attr + 10 || cut > first_attr + 12))
			assert_int_equal(xfrm_policy_parse(msg, &back), -EBADMSG);
	}
	nl_free(nl);
}

static void seven_templates_are_too_many(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct xfrm_policy p = { .n_tmpl = 7 }, back;
	uint8_t seven[7 * sizeof(struct xfrm_user_tmpl)] = { 0 };

	(void)state;
	assert_int_equal(xfrm_policy_add(nl, &p), -EINVAL);
	nl_begin(record_answer(&r), XFRM_MSG_NEWPOLICY, 0, BODY);
	nl_put(&r.answers[0], XFRMA_TMPL, seven, sizeof(seven));
	assert_int_equal(xfrm_policy_parse(record_msg(&r.answers[0]), &back), -EBADMSG);
	nl_free(nl);
}

static int count(const struct xfrm_policy *p, void *arg)
{
	unsigned *n = arg;

	assert_true(p->dir <= XD_FWD);
	++*n;
	return 0;
}

/* The kernel dumps the policies of a socket with directions 3 and 4. */
static void policies_of_sockets_are_not_handed_out(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	unsigned n = 0;

	(void)state;
	for (uint8_t dir = 0; dir < 5; dir++) {
		struct xfrm_userpolicy_info *i =
			nl_begin(record_answer(&r), XFRM_MSG_NEWPOLICY, 0, sizeof(*i));

		i->dir = dir;
	}
	assert_int_equal(xfrm_policy_dump(nl, count, &n), 0);
	assert_int_equal(n, 3);
	nl_free(nl);
}

static void what_the_kernel_does_not_have_is_not_found(void **state)
{
	struct record r;
	struct nl *nl = record_new(&r);
	struct sel sel = SEL(P(HOA), P(HA), 0);
	struct xfrm_policy p;

	(void)state;
	assert_int_equal(xfrm_policy_get(nl, &sel, XD_IN, false, &p), -ENOENT);
	r.error = -ENOENT;
	assert_int_equal(xfrm_policy_get(nl, &sel, XD_IN, false, &p), -ENOENT);
	nl_free(nl);
}

static void a_socket_passes_without_ipsec(void **state)
{
	own_fd fd = socket(AF_INET6, SOCK_DGRAM, 0);
	int r = xfrm_socket_bypass(fd);

	(void)state;
	if (fd < 0 || r == -EPERM || r == -ENOPROTOOPT) {
		print_message("skipped: no IPv6, no xfrm or no CAP_NET_ADMIN here\n");
		skip();
	}
	assert_int_equal(r, 0);
	assert_int_equal(xfrm_socket_bypass(-1), -EBADF);
}

/* clang-format off */
UNIT_MAIN(T(an_ipsec_policy_is_written_as_the_page_has_it, "D-013"),
	T(a_sub_policy_may_carry_two_optional_templates, "D-013"),
	T(a_block_policy_has_no_template, ""),
	T(a_policy_is_named_by_selector_direction_and_type, ""),
	T(a_round_trip_keeps_every_field, "D-013"),
	T(every_cut_is_refused, ""),
	T(seven_templates_are_too_many, ""),
	T(policies_of_sockets_are_not_handed_out, ""),
	T(what_the_kernel_does_not_have_is_not_found, ""),
	T(a_socket_passes_without_ipsec, "B-027"))
