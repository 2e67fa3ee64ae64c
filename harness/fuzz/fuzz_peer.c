/*
 * Fuzz: a peer that has proved who it is and then says anything, answers anything, loses, repeats
 * and reorders, while time passes and this side's kernel and user want something now and then.
 *
 * The first octet chooses side and configuration; then come steps, an octet each with what it
 * takes. After each step the books must agree with the kernel and keep their limits.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/xfrm.h>

#include "fuzz/run_openssl.h"
#include "ike/lifecycle/yield.h"
#include "ike/events/km.h"
#include "unit/ike/peer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { STEPS_MAX = 48, PAYLOADS_MAX = 9 };

/*
 * What the node may do in a virtual second: a little, and so much for each IKE_SA, CHILD_SA and
 * waiting task that it has (timers), for each thing asked of it, and for each message that it
 * hears. An answer that it hears allows no request: those that follow one were waiting.
 */
enum { QUIET = 8, EACH = 3, QUIET_LINES = 32, LINES_EACH = 12 };

enum { IKE_FLAGS = 19 }; /* their place in the header, RFC 7296 section 3.1 */

struct second {
	uint64_t at;
	size_t stands; /* the most that it had */
	unsigned asked, heard, requests, packets, lines;
};

struct fuzz {
	struct run in;
	struct pair *p;
	struct node *node;
	struct peer e;
	unsigned conf;
	struct second now;
};

static void at_most(size_t most, unsigned n, const char *what, const struct second *s)
{
	if (n <= most)
		return;
	fprintf(stderr, "%u %s in second %" PRIu64 ": stands %zu, asked %u, heard %u\n", n, what,
		s->at, s->stands, s->asked, s->heard);
	abort();
}

static struct second *second(struct fuzz *f)
{
	const struct sa *sa;
	size_t n = 0;

	if (f->now.at != loop_now() / 1000)
		f->now = (struct second){ .at = loop_now() / 1000 };
	LIST_FOREACH (sa, &f->node->d->sas, all)
		n += 1 + sa->n_tasks + sa->n_children;
	f->now.stands = n > f->now.stands ? n : f->now.stands;
	return &f->now;
}

static void on_sent(void *arg, struct bytes data)
{
	struct second *s = second(arg);

	s->packets++;
	s->requests += data.n > IKE_FLAGS && !(data.p[IKE_FLAGS] & F_RESPONSE);
	at_most(QUIET + s->stands + s->asked, s->requests, "requests", s);
	at_most(QUIET + s->stands + EACH * (s->asked + s->heard), s->packets, "packets", s);
}

static void on_line(void *arg, const char *line)
{
	struct second *s = second(arg);

	(void)line;
	s->lines++;
	at_most(QUIET_LINES + LINES_EACH * (s->stands + s->asked + s->heard), s->lines, "lines", s);
}

static uint8_t u8(struct fuzz *f)
{
	return run_u8(&f->in);
}

static struct trap *trap(struct fuzz *f)
{
	struct trap *t;
	unsigned n = u8(f) % 4;

	TAILQ_FOREACH (t, &f->node->d->traps, all)
		if (!n--)
			return t;
	return TAILQ_FIRST(&f->node->d->traps);
}

/* Every SPI that may mean something, and some that mean nothing. */
static uint32_t spi(struct fuzz *f, const struct sa *sa)
{
	uint8_t pick = u8(f);
	const struct child *c = peer_child(sa, pick >> 3);

	switch (pick & 7) {
	case 0:
		return 0;
	case 1:
		return pick; /* reserved */
	case 2:
		return f->e.spi;
	case 3:
		return 0xfffffff0 | pick;
	case 4:
		return c ? c->spi_in : 1;
	}
	return c ? c->spi_out : 0;
}

static uint16_t notify_type(struct fuzz *f)
{
	static const uint16_t types[] = { 1, 4, 5, 7, 9, 11, 14, 17, 24, 34, 35, 36, 37, 38, 39, 40,
		41, 42, 43, 44, 45, 8192, 16383, 16384, 16385, 16386, 16387, 16388, 16389, 16390,
		16391, 16393, 16394, 16395, 16396, 16400, 16404, 16417, 16418, 16430, 16431, 16438,
		40960, 65535 };

	return types[u8(f) % (sizeof(types) / sizeof(types[0]))];
}

static void any_notify(struct fuzz *f, struct sa *sa)
{
	static const uint16_t groups[] = { 0, 2, 14, 19, 31, 65535 };
	uint16_t type = notify_type(f), group = groups[u8(f) % 6];
	uint8_t how = u8(f), data[64] = { (uint8_t)(group >> 8), (uint8_t)group };

	if (how & 1)
		peer_put_spi_notify(&f->e, type, spi(f, sa));
	else
		put_notify(&f->e.out, how >> 6, BYTES(data, (how >> 1 & 1) * 4), type,
			BYTES(data, type == N_INVALID_KE ? 2 : how >> 2 & 15));
}

/* A proposal of ours, another suite, two of them, or another protocol. */
static void any_sa(struct fuzz *f, struct trap *t)
{
	uint8_t how = u8(f);
	uint8_t proto = (how & 3) == 3 ? how >> 6 : (how & 3) == 2 ? PROTO_IKE : PROTO_ESP;
	struct prop_list list = proto == PROTO_IKE ? t->conn->ike : t->conn->esp;

	if (how & 4 && list.n > 1)
		list.p[0] = list.p[1];
	if (how & 8)
		list.p[0].n_tf -= list.p[0].n_tf > 1;
	if (how & 16)
		list.p[0].tf[0].id++;
	if (how & 32) {
		list.p[0].num = how;
		list.p[0].proto = proto;
		put_sa(&f->e.out, &list);
	} else {
		peer_put_sa(&f->e, &list, proto);
	}
}

static void any_ts(struct fuzz *f, struct sa *sa, struct trap *t, uint8_t type)
{
	struct ts_list ends[2], *list = &ends[u8(f) & 1];
	uint8_t how = u8(f);

	nego_conn_ts(sa, t, &ends[0], &ends[1]);
	if (how & 1)
		list->ts[0].proto = (uint8_t)(how & 2 ? IPPROTO_TCP : IPPROTO_UDP);
	if (how & 4)
		list->ts[0].hi.s6_addr[15] ^= how >> 5;
	if (how & 8)
		list->ts[list->n++ % TS_MAX] = list->ts[0];
	if (how & 16)
		list->ts[0].port_lo = u8(f);
	list->n = list->n > TS_MAX ? TS_MAX : list->n;
	put_ts(&f->e.out, type, list);
}

static void raw(struct fuzz *f, uint8_t type)
{
	size_t n = u8(f) % 80, mark = pld_open(&f->e.out, type);

	while (n--)
		wr_u8(&f->e.out.w, u8(f));
	pld_close(&f->e.out, mark);
}

static void any_delete(struct fuzz *f, struct sa *sa)
{
	uint32_t spis[16];
	uint8_t how = u8(f);
	size_t n = how % 16;

	for (size_t i = 0; i < n; i++)
		spis[i] = spi(f, sa);
	peer_deletes(&f->e, how >> 6, spis, n);
}

static void any_payload(struct fuzz *f, struct sa *sa)
{
	static const uint16_t groups[] = { 31, 19, 14, 0 };
	struct trap *t = sa->peer ? sa->peer : TAILQ_FIRST(&f->node->d->traps);
	uint8_t pick = u8(f);

	switch (pick % 12) {
	case 0:
		any_sa(f, t);
		break;
	case 1:
		peer_put_nonce(&f->e, pick & 0x80 ? u8(f) : NONCE_LEN);
		break;
	case 2:
		peer_put_ke(&f->e, groups[pick >> 6]);
		break;
	case 3:
	case 4:
		any_ts(f, sa, trap(f), pick % 12 == 3 ? PLD_TSI : PLD_TSR);
		break;
	case 5:
	case 6:
	case 7:
		any_notify(f, sa);
		break;
	case 8:
	case 9:
		any_delete(f, sa);
		break;
	case 10:
		raw(f, (uint8_t)(PLD_SA + (pick >> 4)));
		break;
	case 11:
		raw(f, u8(f));
		break;
	}
}

static void more_payloads(struct fuzz *f, struct sa *sa, unsigned n)
{
	while (n--)
		any_payload(f, sa);
}

/* What an honest peer may want now, with up to three payloads more. */
static void ask_well(struct fuzz *f)
{
	uint8_t how = u8(f);
	struct sa *sa = peer_sa(&f->e, u8(f));
	struct child *c = sa ? peer_child(sa, u8(f)) : NULL;
	uint8_t exchange = XCHG_INFORMATIONAL;

	second(f)->asked++;
	if (!sa || !sa->peer)
		return;
	peer_begin(&f->e);
	switch (how % 6) {
	case 0:
		exchange = XCHG_CREATE_CHILD_SA;
		peer_wants_child(&f->e, sa, trap(f), NULL);
		break;
	case 1:
		exchange = XCHG_CREATE_CHILD_SA;
		peer_wants_child(&f->e, sa, c ? c->trap : trap(f), c);
		break;
	case 2:
		exchange = XCHG_CREATE_CHILD_SA;
		peer_wants_new_sa(&f->e, sa);
		break;
	case 3:
		if (c)
			peer_deletes(&f->e, PROTO_ESP, &c->spi_out, 1);
		break;
	case 4:
		if (how & 0x80)
			peer_deletes(&f->e, PROTO_IKE, NULL, 0);
		break;
	case 5:
		break;
	}
	more_payloads(f, sa, how >> 5 & 3);
	peer_asks(&f->e, sa, exchange);
}

static void answer_well(struct fuzz *f)
{
	uint8_t how = u8(f);
	struct sa *sa = peer_sa(&f->e, how);

	second(f)->heard++;
	if (!sa)
		return;
	peer_agrees(&f->e, sa);
	more_payloads(f, sa, how >> 6);
	peer_answers(&f->e, sa);
}

static void ask_anything(struct fuzz *f)
{
	uint8_t how = u8(f);
	struct sa *sa = peer_sa(&f->e, u8(f));

	second(f)->asked++;
	if (!sa)
		return;
	peer_begin(&f->e);
	more_payloads(f, sa, (how >> 2) % PAYLOADS_MAX);
	peer_asks(&f->e, sa, (uint8_t)(XCHG_IKE_AUTH + how % 3));
}

static void answer_anything(struct fuzz *f)
{
	uint8_t how = u8(f);
	struct sa *sa = peer_sa(&f->e, how);

	second(f)->heard++;
	if (!sa)
		return;
	peer_begin(&f->e);
	more_payloads(f, sa, (how >> 4) % PAYLOADS_MAX);
	peer_answers(&f->e, sa);
}

static void repeat(struct fuzz *f)
{
	uint8_t how = u8(f);

	second(f)->heard++;
	peer_repeats(&f->e, how, how & 0x80);
}

static void let_time_pass(struct fuzz *f)
{
	loop_advance((uint64_t)100 << (u8(f) % 16));
}

static void want(struct fuzz *f)
{
	struct trap *t = trap(f);

	second(f)->asked++;
	if (u8(f) & 1)
		iked_want_child(f->node->d, t, NULL);
	else
		pair_acquire(f->p, f->node, "mh");
}

static void expire(struct fuzz *f)
{
	uint8_t how = u8(f);
	struct sa *sa = peer_sa(&f->e, u8(f));
	struct child *c = sa ? peer_child(sa, how >> 2) : NULL;
	struct xfrm_sa_key key = { .proto = XP_ESP };

	second(f)->asked++;
	if (!c)
		return;
	key.dst = how & 1 ? c->in_dst : c->out_dst;
	key.spi = how & 1 ? c->spi_in : c->spi_out;
	fake_xfrm_expire(f->node->kernel, &key, how & 2);
	fake_xfrm_deliver(f->node->kernel);
}

#define SUITES SUITE_31 "," SUITE_19 "!"
#define SUITE_19 "aes128-sha256-ecp256"
#define SUITE_31 "aes128-sha256-curve25519"
#define RESTART "\tdpdaction=restart\n\tdpddelay=30s\n\tcloseaction=restart\n"

static const char *const confs[2][2] = {
	{ PAIR_MOON_WITH("", "moonCert.pem", SUITES, SUITES),
		PAIR_MOON_WITH(RESTART, "moonCert.pem", SUITES, SUITES) },
	{ PAIR_CAROL_WITH("", SUITES, SUITES), PAIR_CAROL_WITH(RESTART, SUITES, SUITES) },
};

/* The connections are others than before: what stands outlives its configuration. */
static void reload(struct fuzz *f)
{
	f->conf ^= 1;
	log_tap(NULL, NULL); /* that tells of every connection is no peer's doing */
	pair_load(f->node, confs[f->node == f->p->carol][f->conf]);
	log_tap(on_line, f);
}

static void is_down(void *arg)
{
	(void)arg;
}

/* What a person or a mobility daemon may do at any time. */
static void our_side(struct fuzz *f)
{
	uint8_t how = u8(f);
	struct trap *t = trap(f);
	struct child *c = child_of_trap(t);
	struct sa *sa = sa_of_peer(t->peer);
	struct in6_addr local = f->node->addr;

	second(f)->asked++;
	switch (how % 10) {
	case 8:
		reload(f);
		break;
	case 9:
		if (how & 0x80)
			iked_shutdown(f->node->d, is_down, NULL);
		break;
	case 0:
		if (c)
			iked_close_child(c);
		break;
	case 1:
	case 2:
		if (c)
			iked_rekey_child(c);
		break;
	case 3:
	case 4:
		if (sa)
			iked_rekey_sa(sa);
		break;
	case 5:
		if (sa)
			iked_close_sa(sa);
		break;
	case 6:
		local.s6_addr[15] ^= how >> 5;
		if (sa && c)
			km_set(t, &local, &sa->remote);
		if (c)
			child_move(c, &local, &c->remote);
		break;
	case 7:
		if (sa)
			yield_begin(sa);
		break;
	}
}

static void kernel_fails(struct fuzz *f)
{
	static const uint16_t types[] = { XFRM_MSG_ALLOCSPI, XFRM_MSG_NEWSA, XFRM_MSG_UPDSA };
	uint8_t how = u8(f);

	second(f)->asked++;
	if (how & 0x80)
		fake_xfrm_drop_larvals(f->node->kernel);
	else
		fake_xfrm_fail(f->node->kernel, types[how % 3], 1, how & 0x40 ? -EEXIST : -ENOMEM);
}

/* What stands in the kernel is in the books, and they keep their limits. */
static void must_agree(const struct fuzz *f)
{
	const struct child *c;
	const struct sa *sa;
	size_t n = 0, n_sa = 0;

	LIST_FOREACH (sa, &f->node->d->sas, all) {
		n_sa++;
		LIST_FOREACH (c, &sa->children, of_sa)
			n += (size_t)c->in_installed + c->out_installed;
		if (sa->n_tasks > TASKS_MAX + 2 || sa->n_children > CHILD_ALL_MAX)
			abort();
	}
	if (fake_xfrm_n_sa(f->node->kernel) > n || n_sa > SAME_IDS_MAX + 2)
		abort();
}

static void (*const steps[])(struct fuzz *f) = {
	ask_well,
	answer_well,
	ask_anything,
	answer_anything,
	repeat,
	let_time_pass,
	want,
	expire,
	our_side,
	kernel_fails,
	ask_well,
	answer_well,
	our_side,
	answer_well,
	let_time_pass,
	ask_anything,
};

static void open_pair(struct fuzz *f)
{
	uint8_t how = u8(f);

	run_drawn = how;
	run_openssl();
	pair_keeps_trust = true;
	f->conf = how >> 1 & 1;
	f->p = pair_new(confs[1][f->conf], confs[0][f->conf]);
	log_open("iked", LOG_STYLE_IKE, "/dev/null", false);
	f->node = how & 1 ? f->p->carol : f->p->moon;
	pair_establish(f->p, how & 4);
	peer_takes_over(&f->e, f->p, f->node);
	f->node->sent = on_sent;
	f->node->sent_arg = f;
	log_tap(on_line, f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fuzz *f = calloc(1, sizeof(*f));

	if (!f)
		abort();
	f->in = (struct run){ data, n };
	open_pair(f);
	RUN(&f->in, STEPS_MAX, steps, f, must_agree(f));
	log_tap(NULL, NULL);
	f->node->sent = NULL;
	peer_free(&f->e);
	pair_free(f->p);
	free(f);
	return 0;
}
