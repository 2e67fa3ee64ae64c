/*
 * A peer that has proved who it is and keeps no rule: what it says hurts nobody, and what it may
 * cost has a limit.
 */
#include <errno.h>

#include "ike/machine/ask.h"
#include "ike/machine/notify.h"
#include "unit/ike/peer.h"

/* moon or carol with both CHILD_SAs, and the other end says what it wants. */
static struct peer *against(bool carol, bool tunnel)
{
	struct peer *e = calloc(1, sizeof(*e));
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	assert_non_null(e);
	pair_establish(p, tunnel);
	peer_takes_over(e, p, carol ? p->carol : p->moon);
	return e;
}

static void end(struct peer *e)
{
	struct pair *p = e->p;

	peer_free(e);
	pair_free(p);
	free(e);
}

/* The refusal in the answer that came, 0: none. */
static int refusal(const struct peer *e)
{
	const struct notify *n = msg_error(&e->in);

	return n ? n->type : 0;
}

static int wants_new_sa(struct peer *e, struct sa *sa)
{
	peer_wants_new_sa(e, sa);
	assert_true(peer_asks(e, sa, XCHG_CREATE_CHILD_SA));
	return refusal(e);
}

/* Two rekeys of the IKE_SA while ours is out: one is answered, and nothing points to it later. */
static void an_ike_sa_is_replaced_by_one_of_the_peers_only(void **state)
{
	struct peer *e = against(false, true);
	struct sa *sa = pair_sa(e->node);

	(void)state;
	assert_int_equal(iked_rekey_sa(sa), 0);
	assert_int_equal(wants_new_sa(e, sa), 0);
	assert_int_equal(wants_new_sa(e, sa), N_TEMPORARY_FAILURE);
	assert_int_equal(pair_n_sa(e->node), 2);
	peer_agrees(e, sa);
	assert_true(peer_answers(e, sa));
	loop_advance(120000);
	end(e);
}

static const uint16_t names[] = { 0, N_INVALID_SPI, N_REKEY_SA }; /* 0: DELETE */

/* By each of the ways that name a CHILD_SA by its SPI. */
static void name_it(struct peer *e, struct sa *sa, uint16_t how, uint32_t spi)
{
	struct trap *t = trap_by_name(e->node->d, "tunnel");

	peer_begin(e);
	if (how == N_REKEY_SA) {
		const struct child named = { .spi_out = spi };

		peer_wants_child(e, sa, t, &named);
	} else if (how) {
		peer_put_spi_notify(e, how, spi);
	} else {
		peer_deletes(e, PROTO_ESP, &spi, 1);
	}
	assert_true(
		peer_asks(e, sa, how == N_REKEY_SA ? XCHG_CREATE_CHILD_SA : XCHG_INFORMATIONAL));
	assert_int_equal(refusal(e), how == N_REKEY_SA ? N_CHILD_SA_NOT_FOUND : 0);
}

/* Another CHILD_SA, or one for an old one: in either case one is being made then. */
static struct peer *making(bool rekey)
{
	struct peer *e = against(true, rekey);
	struct trap *t = trap_by_name(e->node->d, "tunnel");

	if (rekey)
		assert_int_equal(iked_rekey_child(child_of_trap(t)), 0);
	else
		assert_int_equal(iked_want_child(e->node->d, t, NULL), 0);
	assert_non_null(pair_sa(e->node)->task);
	return e;
}

/* Its SPI is not yet (0), or is known to us alone: nobody else can mean it. */
static void a_child_sa_that_is_being_made_is_not_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3 * 2 * 2; i++) {
		struct peer *e = making(i & 1);
		struct sa *sa = pair_sa(e->node);
		struct child *c = sa->task->child.to;

		assert_int_equal(c->state, CHILD_NEW);
		name_it(e, sa, names[i / 4], i & 2 ? c->spi_in : 0);
		assert_ptr_equal(sa->task->child.to, c);
		assert_null(child_by_spi_in(e->node->d, c->spi_in));
		assert_true(child_has_spi(e->node->d, c->spi_in));
		peer_agrees(e, sa);
		assert_true(peer_answers(e, sa));
		assert_ptr_equal(pair_child(e->node, "tunnel"), c);
		end(e);
	}
}

/* What we may be asking when an answer comes. */
static struct peer *asking(enum task_kind kind)
{
	struct peer *e = against(true, kind != TASK_CHILD);
	struct sa *sa = pair_sa(e->node);
	struct trap *t = trap_by_name(e->node->d, "tunnel");

	if (kind == TASK_CHILD)
		assert_int_equal(iked_want_child(e->node->d, t, NULL), 0);
	else if (kind == TASK_REKEY_CHILD)
		assert_int_equal(iked_rekey_child(child_of_trap(t)), 0);
	else if (kind == TASK_REKEY_SA)
		assert_int_equal(iked_rekey_sa(sa), 0);
	else if (kind == TASK_INFO)
		iked_close_child(child_of_trap(t));
	assert_non_null(sa->task);
	assert_int_equal(sa->task->kind, kind);
	return e;
}

/* What has become of it, as one number; the notify alone, or behind all that was hoped for. */
static unsigned outcome(enum task_kind kind, bool whole, uint16_t type)
{
	const uint8_t data[] = { 0, 14 };
	struct peer *e = asking(kind);
	struct sa *sa = pair_sa(e->node);
	unsigned n_sa, n_children, asks, waits;

	if (whole)
		peer_agrees(e, sa);
	else
		peer_begin(e);
	if (type)
		put_notify(&e->out, 0, BYTES_NONE, type, BYTES_OF(data));
	assert_true(peer_answers(e, sa));
	n_sa = (unsigned)pair_n_sa(e->node);
	n_children = (unsigned)peer_n_children(e->node);
	sa = pair_sa(e->node);
	asks = sa && sa->task ? sa->task->kind + 1u : 0;
	waits = sa && !TAILQ_EMPTY(&sa->later);
	loop_advance(200000);
	end(e);
	return n_sa << 12 | n_children << 8 | asks << 4 | waits;
}

static const uint16_t deciders[] = { N_COOKIE, N_INVALID_KE, N_AUTHENTICATION_FAILED, N_INVALID_SPI,
	N_REKEY_SA, N_INITIAL_CONTACT, N_CHILD_SA_NOT_FOUND, N_TEMPORARY_FAILURE,
	N_NO_ADDITIONAL_SAS, N_USE_TRANSPORT_MODE, N_INVALID_MAJOR_VERSION };

static void try_deciders(enum task_kind kind, bool whole)
{
	unsigned unknown_error = outcome(kind, whole, 8191);
	unsigned unknown_status = outcome(kind, whole, 40000);

	if (whole) /* so that it is an answer, and what stands in it would count */
		assert_int_equal(unknown_status, outcome(kind, whole, 0));
	for (size_t i = 0; i < sizeof(deciders) / sizeof(deciders[0]); i++) {
		bool error = deciders[i] < N_INITIAL_CONTACT;
		unsigned got = outcome(kind, whole, deciders[i]);

		if (notify_belongs(deciders[i], kind, true))
			continue;
		if (got != (error ? unknown_error : unknown_status))
			fail_msg("%s in an answer of kind %d", notify_long_str(deciders[i]),
				(int)kind);
	}
}

/* In an answer where it does not belong each is as one that nobody knows. */
static void an_answer_of_another_exchange_is_none(void **state)
{
	static const enum task_kind kinds[] = { TASK_CHILD, TASK_REKEY_CHILD, TASK_REKEY_SA,
		TASK_INFO };

	(void)state;
	for (size_t k = 0; k < 2 * 4; k++)
		try_deciders(kinds[k / 2], k & 1);
}

static int wants_child(struct peer *e, struct sa *sa, const char *conn, const struct child *old)
{
	peer_wants_child(e, sa, trap_by_name(e->node->d, conn), old);
	assert_true(peer_asks(e, sa, XCHG_CREATE_CHILD_SA));
	return refusal(e);
}

static void an_ike_sa_has_so_many_child_sas_and_no_more(void **state)
{
	struct peer *e = against(false, true);
	struct sa *sa = pair_sa(e->node);

	(void)state;
	while (sa->n_children < CHILD_MAX)
		assert_int_equal(wants_child(e, sa, "carol-tunnel", NULL), 0);
	assert_int_equal(wants_child(e, sa, "carol-tunnel", NULL), N_NO_ADDITIONAL_SAS);
	assert_int_equal(wants_child(e, sa, "carol-mh", pair_child(e->node, "carol-mh")), 0);
	assert_int_equal(peer_n_children(e->node), CHILD_MAX + 1);
	assert_int_equal(fake_xfrm_n_larval(e->node->kernel), 0);
	end(e);
}

/* And none of those that are rekeyed for ever without a DELETE. */
static void a_chain_of_rekeys_ends(void **state)
{
	struct peer *e = against(false, false);
	struct sa *sa = pair_sa(e->node);
	int refused = 0;

	(void)state;
	for (int i = 0; i < CHILD_ALL_MAX + 4 && !refused; i++)
		refused = wants_child(e, sa, "carol-mh", pair_child(e->node, "carol-mh"));
	assert_int_equal(refused, N_NO_ADDITIONAL_SAS);
	assert_int_equal(sa->n_children, CHILD_ALL_MAX);
	end(e);
}

static void one_child_sa_is_replaced_by_one(void **state)
{
	struct peer *e = against(false, false);
	struct sa *sa = pair_sa(e->node);
	struct child *old = pair_child(e->node, "carol-mh"), *fresh;

	(void)state;
	assert_int_equal(wants_child(e, sa, "carol-mh", old), 0);
	assert_int_equal(wants_child(e, sa, "carol-mh", old), N_TEMPORARY_FAILURE);
	fresh = pair_child(e->node, "carol-mh");
	assert_ptr_not_equal(fresh, old);
	peer_begin(e);
	peer_deletes(e, PROTO_ESP, &fresh->spi_out, 1); /* it could not install it */
	assert_true(peer_asks(e, sa, XCHG_INFORMATIONAL));
	assert_int_equal(wants_child(e, sa, "carol-mh", old), 0);
	end(e);
}

static void a_chain_of_ike_sas_ends(void **state)
{
	struct peer *e = against(false, true);
	int refused = 0;

	(void)state;
	for (int i = 0; i < SAME_IDS_MAX + 4 && !refused; i++)
		refused = wants_new_sa(e, pair_sa(e->node));
	assert_int_equal(refused, N_TEMPORARY_FAILURE);
	assert_int_equal(pair_n_sa(e->node), SAME_IDS_MAX);
	loop_advance(61000); /* the old ones are gone, there is room */
	assert_int_equal(wants_new_sa(e, pair_sa(e->node)), 0);
	end(e);
}

/* The same configuration, and each IKE_SA stays. */
static const char *never_unique(const char *conf)
{
	static char ring[2][8192];
	static unsigned next;
	char *out = ring[next++ % 2];
	const size_t head = strlen("config setup\n");

	snprintf(out, sizeof(ring[0]), "%.*s\tuniqueids=never\n%s", (int)head, conf, conf + head);
	return out;
}

/* carol forgets hers each time and comes again. */
static void one_identity_has_so_many_ike_sas(void **state)
{
	struct pair *p = pair_new(never_unique(PAIR_CAROL), never_unique(PAIR_MOON));

	(void)state;
	for (int i = 0; i < SAME_IDS_MAX + 1; i++) {
		assert_int_equal(
			iked_want_child(p->carol->d, trap_by_name(p->carol->d, "mh"), NULL), 0);
		pair_run(p);
		if (pair_sa(p->carol))
			end_sa(pair_sa(p->carol));
	}
	assert_int_equal(pair_n_sa(p->moon), SAME_IDS_MAX);
	assert_int_equal(pair_said(p, "are enough, another one is refused"), 1);
	pair_free(p);
}

/* One is out and not answered; so many wait behind it. */
static void so_many_exchanges_wait_and_no_more(void **state)
{
	struct peer *e = against(false, true);
	struct sa *sa = pair_sa(e->node);
	struct trap *t = trap_by_name(e->node->d, "carol-tunnel");
	struct task *late = task_new(TASK_CHILD);

	(void)state;
	for (unsigned i = 0; i < TASKS_MAX + 1; i++)
		assert_int_equal(x_push(sa, task_new(TASK_INFO)), 0);
	assert_non_null(late);
	late->trap = t;
	trap_ref(t);
	t->wanted = true;
	assert_int_equal(x_push(sa, late), -EBUSY);
	assert_false(t->wanted);
	assert_int_equal(sa->n_tasks, TASKS_MAX);
	end(e);
}

enum { NUM_AT = 8 }; /* behind the header of the payload, in the first proposal */

/* A whole request that could be granted, but for the number that its offer begins with. */
static int offer_numbered(struct peer *e, uint8_t proto, uint8_t num)
{
	struct sa *sa = pair_sa(e->node);

	if (proto == PROTO_IKE)
		peer_wants_new_sa(e, sa);
	else
		peer_wants_child(e, sa, trap_by_name(e->node->d, "carol-tunnel"), NULL);
	assert_int_equal(e->buf[NUM_AT], 1);
	e->buf[NUM_AT] = num;
	assert_true(peer_asks(e, sa, XCHG_CREATE_CHILD_SA));
	return refusal(e);
}

/* 3.3.1: an offer begins with proposal 1, whatever it is for, and the number alone decides. */
static void an_offer_begins_with_proposal_1(void **state)
{
	static const uint8_t others[] = { 0, 2, 3, 128, 255 };
	static const uint8_t protos[] = { PROTO_ESP, PROTO_IKE };
	struct peer *e = against(false, true);

	(void)state;
	for (size_t k = 0; k < sizeof(protos); k++) {
		for (size_t i = 0; i < sizeof(others); i++) {
			pair_forget(e->p);
			assert_int_equal(offer_numbered(e, protos[k], others[i]), N_INVALID_SYNTAX);
			assert_int_equal(pair_said(e->p, "N(INVAL_SYN)") > 0, 1);
		}
		assert_int_equal(offer_numbered(e, protos[k], 1), 0);
	}
	assert_int_equal(pair_n_sa(e->node), 2);
	end(e);
}

/* Protocols of the two ends that meet in no packet. */
static const struct {
	uint8_t i, r;
	int refusal;
} protocols[] = {
	{ IPPROTO_TCP, IPPROTO_UDP, N_TS_UNACCEPTABLE },
	{ IPPROTO_ICMPV6, IPPROTO_MH, N_TS_UNACCEPTABLE },
	{ IPPROTO_TCP, IPPROTO_TCP, 0 },
	{ IPPROTO_TCP, 0, 0 },
	{ 0, 0, 0 },
};

static void want_protocols(struct peer *e, struct sa *sa, struct trap *t, size_t i)
{
	struct ts_list local, remote;

	peer_begin(e);
	peer_put_sa(e, &t->conn->esp, PROTO_ESP);
	peer_put_nonce(e, NONCE_LEN);
	peer_put_ke(e, 14);
	nego_conn_ts(sa, t, &local, &remote);
	remote.ts[0].proto = protocols[i].i;
	local.ts[0].proto = protocols[i].r;
	put_ts(&e->out, PLD_TSI, &remote);
	put_ts(&e->out, PLD_TSR, &local);
}

static void selectors_of_two_protocols_are_none(void **state)
{
	struct peer *e = against(false, true);
	struct sa *sa = pair_sa(e->node);
	struct trap *t = trap_by_name(e->node->d, "carol-tunnel");

	(void)state;
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		want_protocols(e, sa, t, i);
		assert_true(peer_asks(e, sa, XCHG_CREATE_CHILD_SA));
		assert_int_equal(refusal(e), protocols[i].refusal);
	}
	end(e);
}

/* Answers that agree to something else than what was asked; the peer has an SA by them. */
enum wrong {
	RIGHT,
	WRONG_SUITE,
	WRONG_NUMBER,
	WRONG_TS,
	WRONG_PROTOCOLS,
	WRONG_MODE,
	WRONG_KE,
	WRONGS
};

static void answer_wrongly(struct peer *e, struct sa *sa, enum wrong how)
{
	struct prop_list list = { 0 };
	struct ts_list i, r;

	peer_begin(e);
	assert_true(peer_reads(e, sa));
	list.p[0] = e->in.sa.p[0];
	list.n = 1;
	i = e->in.tsi;
	r = e->in.tsr;
	if (how == WRONG_SUITE)
		list.p[0].tf[0].key_bits = 256;
	if (how == WRONG_NUMBER)
		list.p[0].num = 9;
	if (how == WRONG_TS)
		i.ts[0].hi.s6_addr[15] ^= 0xf;
	i.ts[0].proto = how == WRONG_PROTOCOLS ? IPPROTO_TCP : i.ts[0].proto;
	r.ts[0].proto = how == WRONG_PROTOCOLS ? IPPROTO_UDP : r.ts[0].proto;
	if (how == WRONG_MODE)
		put_notify(&e->out, 0, BYTES_NONE, N_USE_TRANSPORT_MODE, BYTES_NONE);
	put_sa(&e->out, &list);
	peer_put_nonce(e, NONCE_LEN);
	peer_put_ke(e, how == WRONG_KE ? 19 : 14);
	put_ts(&e->out, PLD_TSI, &i);
	put_ts(&e->out, PLD_TSR, &r);
}

static void what_is_not_taken_is_taken_back(void **state)
{
	(void)state;
	for (int how = 0; how < WRONGS; how++) {
		struct peer *e = making(false);
		struct sa *sa = pair_sa(e->node);
		uint32_t spi = sa->task->child.to->spi_in;
		struct rd named;

		answer_wrongly(e, sa, (enum wrong)how);
		assert_true(peer_answers(e, sa));
		assert_int_equal(pair_child(e->node, "tunnel") != NULL, how == RIGHT);
		assert_int_equal(peer_reads(e, sa), how != RIGHT); /* the DELETE of it */
		if (how != RIGHT) {
			assert_int_equal(e->in.n_delete, 1);
			named = rd_of(e->in.delete[0].spis);
			assert_int_equal(rd_u32(&named), spi);
		}
		end(e);
	}
}

/* What a peer sealed with the right keys is its fault, not a forger's. */
static void a_padding_beyond_the_data_is_a_syntax_error(void **state)
{
	struct peer *e = against(false, false);
	struct sa *sa = pair_sa(e->node);

	(void)state;
	peer_begin(e);
	assert_true(peer_asks(e, sa, XCHG_INFORMATIONAL));
	assert_int_equal(refusal(e), 0);
	peer_begin(e);
	e->padding = 200;
	assert_true(peer_asks(e, sa, XCHG_INFORMATIONAL));
	assert_int_equal(refusal(e), N_INVALID_SYNTAX);
	assert_int_equal(e->node->d->counts.bad_icv, 0);
	assert_int_equal(pair_said(e->p, "integrity check failed"), 0);
	end(e);
}

/* What was said once more, from elsewhere too, is done once, and what comes late is nothing. */
static void what_is_repeated_or_late_changes_nothing(void **state)
{
	struct peer *e = making(true);
	struct sa *sa = pair_sa(e->node);
	uint32_t mid = sa->mid_in;
	size_t n;

	(void)state;
	assert_int_equal(wants_child(e, sa, "tunnel", NULL), 0);
	loop_advance(5000); /* our request goes out again */
	peer_agrees(e, sa);
	assert_true(peer_answers(e, sa));
	n = peer_n_children(e->node);
	for (unsigned i = 0; i < 2 * PEER_KEPT; i++)
		peer_repeats(e, i, i & 1);
	assert_int_equal(peer_n_children(e->node), n);
	assert_int_equal(sa->mid_in, mid + 1);
	assert_int_equal(fake_xfrm_n_larval(e->node->kernel), 0);
	end(e);
}

/* The IKE_SA is replaced by then: the last id is 0x7fffffff, and none comes behind it. */
static void a_request_behind_the_last_message_id_is_dropped(void **state)
{
	struct peer *e = against(false, true);
	struct sa *sa = pair_sa(e->node);

	(void)state;
	sa->mid_in = 0x7fffffff;
	peer_begin(e);
	assert_true(peer_asks(e, sa, XCHG_INFORMATIONAL));
	peer_begin(e);
	assert_false(peer_asks(e, sa, XCHG_INFORMATIONAL));
	assert_true(sa->mid_in == 0x80000000);
	end(e);
}

UNIT_MAIN(T(a_request_behind_the_last_message_id_is_dropped, "A-020!"),
	T(what_is_repeated_or_late_changes_nothing, "A-236 A-021!"),
	T(an_offer_begins_with_proposal_1, "A-043 A-234"),
	T(selectors_of_two_protocols_are_none, "A-234"),
	T(what_is_not_taken_is_taken_back, "A-235"),
	T(a_padding_beyond_the_data_is_a_syntax_error, "A-234"),
	T(so_many_exchanges_wait_and_no_more, "A-233"),
	T(an_ike_sa_has_so_many_child_sas_and_no_more, "A-222 A-233"),
	T(a_chain_of_rekeys_ends, "A-222 A-233"), T(one_child_sa_is_replaced_by_one, "A-172 A-233"),
	T(a_chain_of_ike_sas_ends, "A-222 A-233"),
	T(one_identity_has_so_many_ike_sas, "A-222 A-233"),
	T(an_answer_of_another_exchange_is_none, "A-232 A-027"),
	T(a_child_sa_that_is_being_made_is_not_found, "A-231"),
	T(an_ike_sa_is_replaced_by_one_of_the_peers_only, "A-173 A-230"))
