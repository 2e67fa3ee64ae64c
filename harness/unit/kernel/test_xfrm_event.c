#include <arpa/inet.h>
#include <errno.h>
#include <linux/xfrm.h>
#include <string.h>

#include "kernel/xfrm_event.h"
#include "unit/kernel/make.h"
#include "unit/kernel/record.h"
#include "unit/unit.h"

static const struct xfrm_userpolicy_type main_type;

static struct xfrm_selector selector(const char *src, const char *dst, uint8_t proto, uint16_t type)
{
	struct sel s = SEL(P(src), P(dst), proto);
	struct xfrm_selector k;

	s.type = type ? type : SEL_ANY;
	sel_to_kernel(&s, &k);
	return k;
}

/* The ACQUIRE of the first BU, as captured: 376 octets, attributes TMPL and POLICY_TYPE. */
static void acquire_of_a_bu(struct nl_req *rq)
{
	struct xfrm_user_tmpl tmpl = { .id.proto = 50, .family = AF_INET6, .reqid = 1 };
	struct xfrm_user_acquire *a = nl_begin(rq, XFRM_MSG_ACQUIRE, 0, sizeof(*a));

	a->id.daddr.in6 = A(HA);
	a->id.proto = 50;
	a->saddr.in6 = A(HOA);
	a->sel = selector(HOA, HA, 135, 5);
	a->sel.dport_mask = 0xffff;
	a->sel.ifindex = 3;
	a->policy.sel = selector(HOA, HA, 135, 0);
	a->policy.dir = XFRM_POLICY_OUT;
	a->policy.priority = 2;
	a->policy.index = 121;
	a->seq = 1;
	nl_put(rq, XFRMA_TMPL, &tmpl, sizeof(tmpl));
	nl_put(rq, XFRMA_POLICY_TYPE, &main_type, sizeof(main_type));
}

static void an_acquire_names_packet_policy_and_reqid(void **state)
{
	struct nl_req rq;
	struct xfrm_event ev;
	struct in6_addr hoa = A(HOA), ha = A(HA);

	(void)state;
	acquire_of_a_bu(&rq);
	assert_int_equal(record_msg(&rq)->nlmsg_len, 376);
	assert_int_equal(xfrm_event_parse(record_msg(&rq), &ev), 0);
	assert_int_equal(ev.kind, XE_ACQUIRE);
	assert_true(addr_eq(&ev.acquire.src, &hoa));
	assert_true(addr_eq(&ev.acquire.dst, &ha));
	assert_int_equal(ev.acquire.reqid, 1);
	assert_int_equal(ev.acquire.seq, 1);
	assert_int_equal(ev.acquire.policy_index, 121);
	assert_int_equal(ev.acquire.proto, XP_ESP);
	assert_int_equal(ev.acquire.mode, XM_TRANSPORT);
	assert_string_equal(sel_src_str(&ev.acquire.sel), "2001:1::10/128[135/5]");
	assert_string_equal(sel_dst_str(&ev.acquire.sel), "2001:1::1/128[135]");
	assert_int_equal(ev.n_attrs, 2);
	assert_string_equal(xfrm_attr_str(ev.attrs[0]), "XFRMA_TMPL");
	assert_string_equal(xfrm_attr_str(ev.attrs[1]), "XFRMA_POLICY_TYPE");
}

/* A policy may carry a hao or route2 template beside the one that is asked for. */
static void the_template_of_the_wanted_protocol_counts(void **state)
{
	struct xfrm_user_tmpl two[2] = { { .id.proto = IPPROTO_DSTOPTS,
						 .mode = XFRM_MODE_ROUTEOPTIMIZATION },
		{ .id.proto = 50, .reqid = 8, .mode = XFRM_MODE_TUNNEL } };
	struct xfrm_event ev;
	struct nl_req rq;
	struct xfrm_user_acquire *a = nl_begin(&rq, XFRM_MSG_ACQUIRE, 0, sizeof(*a));

	(void)state;
	a->id.proto = 50;
	nl_put(&rq, XFRMA_TMPL, two, sizeof(two));
	assert_int_equal(xfrm_event_parse(record_msg(&rq), &ev), 0);
	assert_int_equal(ev.acquire.reqid, 8);
	assert_int_equal(ev.acquire.mode, XM_TUNNEL);
}

/* The attributes come in the order KMADDRESS, POLICY_TYPE, MIGRATE. */
static void migrate_of_the_page(struct nl_req *rq)
{
	struct xfrm_user_kmaddress km = {
		.local.in6 = A(COA2), .remote.in6 = A(HA), .family = AF_INET6
	};
	struct xfrm_user_migrate m = { .old_saddr.in6 = A(COA),
		.old_daddr.in6 = A(HA),
		.new_saddr.in6 = A(COA2),
		.new_daddr.in6 = A(HA),
		.proto = 50,
		.mode = XFRM_MODE_TUNNEL,
		.reqid = 2,
		.old_family = AF_INET6,
		.new_family = AF_INET6 };
	struct xfrm_userpolicy_id *id = nl_begin(rq, XFRM_MSG_MIGRATE, 0, sizeof(*id));

	id->sel = selector(HOA, "::/0", 0, 0);
	id->dir = XFRM_POLICY_OUT;
	nl_put(rq, XFRMA_KMADDRESS, &km, sizeof(km));
	nl_put(rq, XFRMA_POLICY_TYPE, &main_type, sizeof(main_type));
	nl_put(rq, XFRMA_MIGRATE, &m, sizeof(m));
}

static void a_migrate_carries_policy_ends_and_kmaddress(void **state)
{
	struct nl_req rq;
	struct xfrm_event ev;
	const struct xfrm_migrate *m = &ev.migrate.m[0];
	struct in6_addr coa = A(COA), coa2 = A(COA2), ha = A(HA);

	(void)state;
	migrate_of_the_page(&rq);
	assert_int_equal(xfrm_event_parse(record_msg(&rq), &ev), 0);
	assert_int_equal(ev.kind, XE_MIGRATE);
	assert_int_equal(ev.migrate.n, 1);
	assert_string_equal(sel_src_str(&m->sel), "2001:1::10/128");
	assert_string_equal(sel_dst_str(&m->sel), "::/0");
	assert_int_equal(m->dir, XD_OUT);
	assert_false(m->sub);
	assert_int_equal(m->reqid, 2);
	assert_int_equal(m->mode, XM_TUNNEL);
	assert_true(addr_eq(&m->old_src, &coa) && addr_eq(&m->old_dst, &ha));
	assert_true(addr_eq(&m->new_src, &coa2) && addr_eq(&m->new_dst, &ha));
	assert_true(m->has_km && addr_eq(&m->km_local, &coa2) && addr_eq(&m->km_remote, &ha));
	assert_string_equal(xfrm_attr_str(ev.attrs[0]), "XFRMA_KMADDRESS");
	assert_string_equal(xfrm_attr_str(ev.attrs[1]), "XFRMA_POLICY_TYPE");
	assert_string_equal(xfrm_attr_str(ev.attrs[2]), "XFRMA_MIGRATE");
}

static int parse_entries(size_t n, size_t odd, uint16_t family, uint8_t mode)
{
	struct xfrm_user_migrate m[8];
	struct xfrm_event ev;
	struct nl_req rq;

	memset(m, 0, sizeof(m));
	for (size_t i = 0; i < 8; i++)
		m[i] = (struct xfrm_user_migrate){
			.mode = mode, .old_family = AF_INET6, .new_family = family
		};
	nl_begin(&rq, XFRM_MSG_MIGRATE, 0, sizeof(struct xfrm_userpolicy_id));
	nl_put(&rq, XFRMA_MIGRATE, m, n * sizeof(m[0]) + odd);
	return xfrm_event_parse(record_msg(&rq), &ev);
}

static void a_migrate_has_one_to_six_whole_entries(void **state)
{
	(void)state;
	assert_int_equal(parse_entries(1, 0, AF_INET6, 1), 0);
	assert_int_equal(parse_entries(6, 0, AF_INET6, 1), 0);
	assert_int_equal(parse_entries(0, 0, AF_INET6, 1), -EBADMSG);
	assert_int_equal(parse_entries(7, 0, AF_INET6, 1), -EBADMSG);
	assert_int_equal(parse_entries(1, 1, AF_INET6, 1), -EBADMSG);
	assert_int_equal(parse_entries(1, 0, AF_UNIX, 1), -EBADMSG);
	assert_int_equal(parse_entries(1, 0, AF_INET6, 9), -EBADMSG);
}

static void an_expire_tells_hard_from_soft_and_larval_from_filled(void **state)
{
	static const struct {
		uint32_t spi, reqid;
		uint8_t hard;
		bool larval;
	} rows[] = { { 0xca64ae98, 1, 0, false }, { 0xca64ae98, 1, 1, false }, { 0, 1, 1, true },
		{ 0xc0000001, 0, 1, true } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct nl_req rq;
		struct xfrm_event ev;
		struct xfrm_user_expire *x = nl_begin(&rq, XFRM_MSG_EXPIRE, 0, sizeof(*x));

		x->state.id.spi = htonl(rows[i].spi);
		x->state.id.proto = 50;
		x->state.id.daddr.in6 = A(HA);
		x->state.saddr.in6 = A(HOA);
		x->state.family = AF_INET6;
		x->state.reqid = rows[i].reqid;
		x->hard = rows[i].hard;
		assert_int_equal(xfrm_event_parse(record_msg(&rq), &ev), 0);
		assert_int_equal(ev.kind, XE_EXPIRE);
		assert_int_equal(ev.expire.key.spi, rows[i].spi);
		assert_int_equal(ev.expire.reqid, rows[i].reqid);
		assert_int_equal(ev.expire.hard, rows[i].hard);
		assert_int_equal(ev.expire.larval, rows[i].larval);
	}
}

static void a_deleted_policy_and_a_deleted_sa_are_named_by_their_attribute(void **state)
{
	struct xfrm_userpolicy_info info = { .priority = 10, .index = 88, .dir = XFRM_POLICY_IN };
	struct xfrm_usersa_info sa = { .saddr.in6 = A(HOA), .family = AF_INET6, .reqid = 2 };
	struct xfrm_event ev;
	struct nl_req rq;
	struct xfrm_userpolicy_id *id = nl_begin(&rq, XFRM_MSG_DELPOLICY, 0, sizeof(*id));
	struct xfrm_usersa_flush *flush;
	struct xfrm_usersa_id *said;
	struct in6_addr hoa = A(HOA);

	(void)state;
	id->dir = XFRM_POLICY_IN;
	info.sel = selector(HA, HOA, 135, 0);
	nl_put(&rq, XFRMA_POLICY, &info, sizeof(info));
	nl_put(&rq, XFRMA_POLICY_TYPE, &main_type, sizeof(main_type));
	assert_int_equal(xfrm_event_parse(record_msg(&rq), &ev), 0);
	assert_int_equal(ev.kind, XE_POLICY_DEL);
	assert_string_equal(sel_src_str(&ev.policy.sel), "2001:1::1/128[135]");
	assert_int_equal(ev.policy.dir, XD_IN);
	said = nl_begin(&rq, XFRM_MSG_DELSA, 0, sizeof(*said));
	said->daddr.in6 = A(HA);
	said->spi = htonl(0xca64ae98);
	said->family = AF_INET6;
	said->proto = 50;
	nl_put(&rq, XFRMA_SA, &sa, sizeof(sa));
	assert_int_equal(xfrm_event_parse(record_msg(&rq), &ev), 0);
	assert_int_equal(ev.kind, XE_SA_DEL);
	assert_int_equal(ev.sa.spi, 0xca64ae98);
	assert_true(addr_eq(&ev.sa.src, &hoa));
	flush = nl_begin(&rq, XFRM_MSG_FLUSHSA, 0, sizeof(*flush));
	flush->proto = 50;
	assert_int_equal(xfrm_event_parse(record_msg(&rq), &ev), 0);
	assert_int_equal(ev.kind, XE_SA_FLUSH);
	assert_int_equal(ev.sa.proto, 50);
}

static void new_policies_and_sas_are_told(void **state)
{
	struct xfrm_event ev;
	struct nl_req rq;

	(void)state;
	nl_begin(&rq, XFRM_MSG_UPDPOLICY, 0, sizeof(struct xfrm_userpolicy_info));
	assert_int_equal(xfrm_event_parse(record_msg(&rq), &ev), 0);
	assert_int_equal(ev.kind, XE_POLICY);
	nl_begin(&rq, XFRM_MSG_NEWSA, 0, sizeof(struct xfrm_usersa_info));
	assert_int_equal(xfrm_event_parse(record_msg(&rq), &ev), 0);
	assert_int_equal(ev.kind, XE_SA);
	nl_begin(&rq, XFRM_MSG_POLEXPIRE, 0, sizeof(struct xfrm_user_polexpire));
	assert_int_equal(xfrm_event_parse(record_msg(&rq), &ev), -ENOMSG);
}

/* A home address option without a binding: the kernel tells both addresses. */
static void report_of_an_option(struct nl_req *rq)
{
	struct xfrm_user_report *r = nl_begin(rq, XFRM_MSG_REPORT, 0, sizeof(*r));
	struct in6_addr coa = A(COA);

	r->proto = IPPROTO_DSTOPTS;
	r->sel = selector(HOA, HA, 58, 128);
	nl_put(rq, XFRMA_COADDR, &coa, sizeof(coa));
}

static void a_report_names_home_and_care_of_address(void **state)
{
	struct in6_addr hoa = A(HOA), ha = A(HA), coa = A(COA);
	struct xfrm_event ev;
	struct nl_req rq;

	(void)state;
	report_of_an_option(&rq);
	assert_int_equal(xfrm_event_parse(record_msg(&rq), &ev), 0);
	assert_int_equal(ev.kind, XE_REPORT);
	assert_int_equal(ev.report.proto, XP_HAO);
	assert_int_equal(ev.report.sel.proto, 58);
	assert_true(addr_eq(&ev.report.sel.src.addr, &hoa));
	assert_true(addr_eq(&ev.report.sel.dst.addr, &ha));
	assert_true(addr_eq(&ev.report.coa, &coa));
}

/* Where an attribute ends the shorter message is a message of its own. */
static void cut_everywhere(struct nl_req *rq, size_t body, const size_t *ends, size_t n_ends)
{
	uint32_t whole = record_msg(rq)->nlmsg_len;

	for (uint32_t cut = NLMSG_HDRLEN; cut < whole; cut++) {
		struct xfrm_event ev;
		bool fits = false;

		for (size_t i = 0; i < n_ends; i++)
			fits |= cut >= NLMSG_HDRLEN + body + ends[i] &&
				cut <= NLMSG_HDRLEN + body + NLMSG_ALIGN(ends[i]);
		((struct nlmsghdr *)rq->buf)->nlmsg_len = cut;
		if (!fits)
			assert_int_equal(xfrm_event_parse(record_msg(rq), &ev), -EBADMSG);
	}
}

static void every_cut_is_refused(void **state)
{
	const size_t acquire_ends[] = { 0, 68, 78 }, migrate_ends[] = { 44, 54, 134 };
	struct nl_req rq;

	(void)state;
	acquire_of_a_bu(&rq);
	cut_everywhere(&rq, sizeof(struct xfrm_user_acquire), acquire_ends, 3);
	migrate_of_the_page(&rq);
	cut_everywhere(&rq, sizeof(struct xfrm_userpolicy_id), migrate_ends + 2, 1);
}

static void attributes_nobody_knows_print_as_numbers(void **state)
{
	(void)state;
	assert_string_equal(xfrm_attr_str(19), "XFRMA_KMADDRESS");
	assert_string_equal(xfrm_attr_str(200), "(200)");
}

/* clang-format off */
UNIT_MAIN(T(an_acquire_names_packet_policy_and_reqid, "B-040 B-047"),
	T(the_template_of_the_wanted_protocol_counts, "B-040"),
	T(a_migrate_carries_policy_ends_and_kmaddress, "B-050 B-051"),
	T(a_migrate_has_one_to_six_whole_entries, "B-050"),
	T(an_expire_tells_hard_from_soft_and_larval_from_filled, "B-045"),
	T(a_deleted_policy_and_a_deleted_sa_are_named_by_their_attribute, ""),
	T(new_policies_and_sas_are_told, "B-050"),
	T(a_report_names_home_and_care_of_address, "C-010"),
	T(every_cut_is_refused, "B-050!"),
	T(attributes_nobody_knows_print_as_numbers, ""))
