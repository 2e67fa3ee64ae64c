#include "learn/ike/letters.h"

#include <errno.h>
#include <linux/xfrm.h>

#include "ike/lifecycle/yield.h"
#include "learn/ike/probe.h"

enum { TICK_MS = 250, LONG_MS = 4 * 3600 * 1000 };

/* What is on the way, and time. */

static bool deliver(void *world, int arg)
{
	struct talk *t = world;

	(void)arg;
	return pair_step(t->p);
}

static enum pair_fate fate;

static enum pair_fate as_fated(struct pair *p, struct dgram *g)
{
	(void)p, (void)g;
	return fate;
}

static bool on_the_way(void *world, int how)
{
	struct talk *t = world;
	bool any;

	fate = (enum pair_fate)how;
	t->p->filter = as_fated;
	any = pair_step(t->p);
	t->p->filter = NULL;
	return any;
}

static bool deliver_all(void *world, int arg)
{
	struct talk *t = world;

	(void)arg;
	if (!TAILQ_FIRST(&t->p->queue))
		return false;
	pair_run(t->p);
	return true;
}

static unsigned n_sent(const struct talk *t)
{
	return t->p->carol->n_sent + t->p->moon->n_sent;
}

/* The answer to IKE_SA_INIT, with no SPI of the responder's. */
static bool without_spi(void *world, int arg)
{
	struct talk *t = world;
	struct dgram *g = TAILQ_FIRST(&t->p->queue);

	(void)arg;
	if (!g || g->data[18] != XCHG_IKE_SA_INIT || !(g->data[19] & F_RESPONSE))
		return false;
	memset(g->data + 8, 0, 8);
	return pair_step(t->p);
}

/* Until something is done, or sent once more. */
static bool time_passes(void *world, int arg)
{
	struct talk *t = world;
	const uint64_t end = loop_now() + LONG_MS;
	const unsigned sent = n_sent(t);

	(void)arg;
	while (loop_now() < end) {
		loop_advance(TICK_MS);
		if (probe_count() || n_sent(t) != sent)
			return true;
	}
	return false;
}

/* Commands and the kernel; the first half is carol's, the second moon's. */

enum { MH, TUNNEL, MOONS };

static struct node *whose(const struct talk *t, int arg)
{
	return arg < MOONS ? t->p->carol : t->p->moon;
}

static struct trap *which(const struct talk *t, int arg)
{
	static const char *const names[] = { "mh", "tunnel", "carol-mh", "carol-tunnel" };
	struct node *n = whose(t, arg);

	return n->d ? trap_by_name(n->d, names[arg]) : NULL;
}

static bool want(void *world, int arg)
{
	struct trap *t = which(world, arg);

	if (!t)
		return false;
	iked_want_child(t->d, t, NULL);
	return true;
}

static struct child *child(const struct talk *t, int arg)
{
	struct trap *of = which(t, arg);

	return of ? child_of_trap(of) : NULL;
}

static bool rekey_child(void *world, int arg)
{
	struct child *c = child(world, arg);

	if (c)
		iked_rekey_child(c);
	return c != NULL;
}

static bool close_child(void *world, int arg)
{
	struct child *c = child(world, arg);

	if (c)
		iked_close_child(c);
	return c != NULL;
}

static bool expire(void *world, int hard)
{
	struct talk *t = world;
	struct child *c = child(t, TUNNEL);
	struct xfrm_sa_key key = { .proto = XP_ESP };

	if (!c)
		return false;
	key.dst = c->in_dst;
	key.spi = c->spi_in;
	fake_xfrm_expire(t->p->carol->kernel, &key, hard);
	fake_xfrm_deliver(t->p->carol->kernel);
	return true;
}

static struct sa *sa_at(const struct talk *t, int arg)
{
	struct trap *of = which(t, arg);

	return of ? sa_of_peer(of->peer) : NULL;
}

static bool rekey_sa(void *world, int arg)
{
	struct sa *sa = sa_at(world, arg);

	if (sa)
		iked_rekey_sa(sa);
	return sa != NULL;
}

static bool close_sa(void *world, int arg)
{
	struct sa *sa = sa_at(world, arg);

	if (sa)
		iked_close_sa(sa);
	return sa != NULL;
}

static bool yields(void *world, int arg)
{
	struct sa *sa = sa_at(world, arg);

	if (sa && sa->state == SA_UP)
		yield_begin(sa);
	return sa && sa->state == SA_UP;
}

static void is_down(void *arg)
{
	(void)arg;
}

static bool shut_down(void *world, int arg)
{
	struct node *n = whose(world, arg);

	if (n->d)
		iked_shutdown(n->d, is_down, NULL);
	return n->d != NULL;
}

enum { NO_SPI = 1, NO_SA = 2 };

static bool kernel_refuses(void *world, int what)
{
	struct talk *t = world;

	t->failing |= (unsigned)what;
	fake_xfrm_fail(whose(t, TUNNEL)->kernel,
		what == NO_SPI ? XFRM_MSG_ALLOCSPI : XFRM_MSG_NEWSA, 1, -ENOMEM);
	return true;
}

static bool no_key_pair(void *world, int arg)
{
	(void)world, (void)arg;
	probe_no_key_pair = true;
	return true;
}

/* A peer asks. */

static struct trap *trap_of(const struct talk *t)
{
	return trap_by_name(t->node->d, t->node == t->p->carol ? "tunnel" : "carol-tunnel");
}

enum ask {
	ASK_NOTHING,
	ASK_CHILD,
	ASK_CHILD_BADLY,
	ASK_REKEY,
	ASK_REKEY_UNKNOWN,
	ASK_NEW_SA,
	ASK_NEW_SA_BADLY,
	ASK_DELETE,
	ASK_DELETE_SA,
	ASK_AUTH,
	ASK_SYNTAX,
};

static void wrong_suite(struct trap *t)
{
	t->conn->ike.p[0].tf[0].id++;
	t->conn->esp.p[0].tf[0].id++;
}

static void right_suite(struct trap *t)
{
	t->conn->ike.p[0].tf[0].id--;
	t->conn->esp.p[0].tf[0].id--;
}

static uint8_t write_request(struct talk *t, struct sa *sa, enum ask what)
{
	static const struct child unknown = { .spi_out = 0x0badc0de };
	struct child *c = peer_child(sa, 0);
	struct trap *trap = c ? c->trap : trap_of(t);

	switch (what) {
	case ASK_NOTHING:
	case ASK_AUTH:
		peer_begin(&t->e);
		return what == ASK_AUTH ? XCHG_IKE_AUTH : XCHG_INFORMATIONAL;
	case ASK_DELETE:
		peer_begin(&t->e);
		peer_deletes(&t->e, PROTO_ESP, c ? &c->spi_out : &unknown.spi_out, 1);
		return XCHG_INFORMATIONAL;
	case ASK_DELETE_SA:
		peer_begin(&t->e);
		peer_deletes(&t->e, PROTO_IKE, NULL, 0);
		return XCHG_INFORMATIONAL;
	case ASK_CHILD:
	case ASK_CHILD_BADLY:
		peer_wants_child(&t->e, sa, trap_of(t), NULL);
		break;
	case ASK_REKEY:
		peer_wants_child(&t->e, sa, trap, c ? c : &unknown);
		break;
	case ASK_REKEY_UNKNOWN:
		peer_wants_child(&t->e, sa, trap, &unknown);
		break;
	case ASK_NEW_SA:
	case ASK_NEW_SA_BADLY:
		peer_wants_new_sa(&t->e, sa);
		break;
	case ASK_SYNTAX:
		peer_begin(&t->e);
		peer_put_nonce(&t->e, NONCE_LEN);
		break;
	}
	return XCHG_CREATE_CHILD_SA;
}

/* arg: what, and in the newest (0) or the one before (1). */
#define IN_OLD(what) ((what) | 0x100)

static bool ask(void *world, int arg)
{
	struct talk *t = world;
	enum ask what = (enum ask)(arg & 0xff);
	bool badly = what == ASK_CHILD_BADLY || what == ASK_NEW_SA_BADLY;
	struct sa *sa = peer_sa(&t->e, arg & 0x100 ? 1 : 0);
	struct trap *trap = trap_of(t);
	uint8_t exchange;

	if (!sa || (arg & 0x100 && sa == peer_sa(&t->e, 0)))
		return false;
	if (!sa->peer && what >= ASK_CHILD && what <= ASK_NEW_SA_BADLY)
		return false;
	if (badly)
		wrong_suite(trap);
	exchange = write_request(t, sa, what);
	if (badly)
		right_suite(trap);
	peer_asks(&t->e, sa, exchange);
	return true;
}

/* A peer answers. */

static bool answer(void *world, int type)
{
	static const uint8_t group[] = { 0, 19 };
	struct talk *t = world;
	struct sa *sa = NULL;

	for (unsigned i = 0; i < 4; i++) {
		sa = peer_sa(&t->e, i);
		if (sa && sa->task && sa->request.n)
			break;
	}
	if (!sa || !sa->task || !sa->request.n)
		return false;
	if (type < 0) {
		peer_agrees(&t->e, sa);
	} else {
		peer_begin(&t->e);
		if (type)
			put_notify(&t->e.out, 0, BYTES_NONE, (uint16_t)type,
				BYTES(group, type == N_INVALID_KE ? 2 : 0));
	}
	return peer_answers(&t->e, sa);
}

/* A stranger answers the IKE_SA_INIT that is out. */

static bool answer_init(void *world, int type)
{
	static const uint8_t data[] = { 0, 19, 1, 2, 3, 4, 5, 6 };
	struct talk *t = world;
	struct dgram *g = TAILQ_LAST(&t->p->queue, dgram_queue);
	struct sa *sa = LIST_FIRST(&t->node->d->sas);
	struct msg_out out;
	uint8_t buf[512];
	ssize_t n;

	if (!sa || sa->state != SA_INIT_SENT || !g)
		return false;
	msg_begin(&out, buf, sizeof(buf), sa->spi_i, 0, XCHG_IKE_SA_INIT, F_RESPONSE, 0);
	if (type)
		put_notify(&out, 0, BYTES_NONE, (uint16_t)type,
			BYTES(data,
				type == N_INVALID_KE	   ? 2
					: type == N_COOKIE ? 8
							   : 0));
	n = msg_end(&out);
	assert_true(n > 0);
	iked_packet(t->node->d,
		&(struct packet){ g->p.local, g->p.remote, g->p.local_port, g->p.remote_port,
			BYTES(buf, (size_t)n) });
	return true;
}

enum { PAIR = TALK_PAIR, PEER = TALK_PEER, BARE = TALK_STRANGER, ANY = PAIR | PEER | BARE };

/* clang-format off */
const struct learn_letter talk_letters[] = {
	{ "all is delivered", deliver_all, 0, PAIR },
	{ "one is delivered", deliver, 0, PAIR | BARE },
	{ "one is lost", on_the_way, PAIR_DROP, PAIR | BARE },
	{ "one comes twice", on_the_way, PAIR_TWICE, PAIR },
	{ "an IKE_SA_INIT comes without the answerer's SPI", without_spi, 0, PAIR },
	{ "time until something is done", time_passes, 0, ANY },
	{ "carol wants the tunnel", want, TUNNEL, ANY },
	{ "carol wants mh", want, MH, PAIR },
	{ "moon wants mh", want, MOONS + MH, PAIR },
	{ "moon wants the tunnel", want, MOONS + TUNNEL, PAIR | PEER },
	{ "carol rekeys the tunnel", rekey_child, TUNNEL, PAIR | PEER },
	{ "moon rekeys the tunnel", rekey_child, MOONS + TUNNEL, PAIR | PEER },
	{ "carol closes the tunnel", close_child, TUNNEL, PAIR | PEER },
	{ "moon closes the tunnel", close_child, MOONS + TUNNEL, PAIR | PEER },
	{ "an SA of the tunnel is old", expire, false, PAIR | PEER },
	{ "an SA of the tunnel has expired", expire, true, PAIR | PEER },
	{ "carol rekeys the IKE_SA", rekey_sa, MH, PAIR | PEER },
	{ "moon rekeys the IKE_SA", rekey_sa, MOONS + MH, PAIR | PEER },
	{ "carol closes the IKE_SA", close_sa, MH, ANY },
	{ "moon closes the IKE_SA", close_sa, MOONS + MH, PAIR | PEER },
	{ "carol leaves the IKE_SA", yields, MH, PAIR | PEER },
	{ "carol stops", shut_down, MH, PAIR | PEER },
	{ "moon stops", shut_down, MOONS + MH, PAIR | PEER },
	{ "carol's kernel gives no SPI", kernel_refuses, NO_SPI, PAIR | PEER },
	{ "carol's kernel takes no SA", kernel_refuses, NO_SA, PAIR | PEER },
	{ "the next key pair cannot be made", no_key_pair, 0, PAIR | PEER },
	{ "asked for nothing", ask, ASK_NOTHING, PEER },
	{ "asked for a CHILD_SA", ask, ASK_CHILD, PEER },
	{ "asked for a CHILD_SA of another suite", ask, ASK_CHILD_BADLY, PEER },
	{ "asked to rekey a CHILD_SA", ask, ASK_REKEY, PEER },
	{ "asked to rekey a CHILD_SA that is not", ask, ASK_REKEY_UNKNOWN, PEER },
	{ "asked to rekey the IKE_SA", ask, ASK_NEW_SA, PEER },
	{ "asked to rekey the IKE_SA by another suite", ask, ASK_NEW_SA_BADLY, PEER },
	{ "asked to delete a CHILD_SA", ask, ASK_DELETE, PEER },
	{ "asked to delete the IKE_SA", ask, ASK_DELETE_SA, PEER },
	{ "asked in IKE_AUTH", ask, ASK_AUTH, PEER },
	{ "asked by half a request", ask, ASK_SYNTAX, PEER },
	{ "asked for nothing in the older IKE_SA", ask, IN_OLD(ASK_NOTHING), PEER },
	{ "asked to delete the older IKE_SA", ask, IN_OLD(ASK_DELETE_SA), PEER },
	{ "asked to rekey the older IKE_SA", ask, IN_OLD(ASK_NEW_SA), PEER },
	{ "answered as hoped", answer, -1, PEER },
	{ "answered by nothing", answer, 0, PEER },
	{ "answered INVALID_SYNTAX", answer, N_INVALID_SYNTAX, PEER },
	{ "answered AUTHENTICATION_FAILED", answer, N_AUTHENTICATION_FAILED, PEER },
	{ "answered NO_PROPOSAL_CHOSEN", answer, N_NO_PROPOSAL_CHOSEN, PEER },
	{ "answered TEMPORARY_FAILURE", answer, N_TEMPORARY_FAILURE, PEER },
	{ "answered INVALID_KE_PAYLOAD", answer, N_INVALID_KE, PEER },
	{ "answered CHILD_SA_NOT_FOUND", answer, N_CHILD_SA_NOT_FOUND, PEER },
	{ "answered NO_ADDITIONAL_SAS", answer, N_NO_ADDITIONAL_SAS, PEER },
	{ "a stranger answers INVALID_KE_PAYLOAD", answer_init, N_INVALID_KE, BARE },
	{ "a stranger answers NO_PROPOSAL_CHOSEN", answer_init, N_NO_PROPOSAL_CHOSEN, BARE },
	{ "a stranger answers COOKIE", answer_init, N_COOKIE, BARE },
	{ "a stranger answers nothing", answer_init, 0, BARE },
};
/* clang-format on */

const size_t talk_n_letters = sizeof(talk_letters) / sizeof(talk_letters[0]);
