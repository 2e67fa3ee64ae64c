/*
 * What a peer may say beside what is asked, and what must not come of it: extra notifies, other
 * sequence numbers, names that a shell would read, a home address that is not the identity.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <spawn.h>
#include <unistd.h>

#include "ike/exchange/nego.h"
#include "unit/ike/pair.h"

enum { N_IPCOMP_SUPPORTED = 16387 };

/* Each is a payload of its own: next, flags, length, protocol, SPI size, type, data. */
static const uint8_t beside[][11] = {
	{ 41, 0, 0, 8, 0, 0, N_TFC_NOT_SUPPORTED >> 8, N_TFC_NOT_SUPPORTED & 0xff },
	{ 41, 0, 0, 8, 0, 0, N_NON_FIRST_FRAGMENTS >> 8, N_NON_FIRST_FRAGMENTS & 0xff },
	{ 0, 0, 0, 11, 0, 0, N_IPCOMP_SUPPORTED >> 8, N_IPCOMP_SUPPORTED & 0xff, 0x12, 0x34, 2 },
};

/* These notifies before all that carol asks for, sealed again. */
static enum pair_fate say_more(struct pair *p, struct dgram *g)
{
	struct sa *sa = iked_next_sa(p->carol->d, NULL);
	own_blob plain = { 0 };
	uint8_t inner[4096], *at = inner;
	struct msg m;
	ssize_t n;

	assert_int_equal(msg_parse(BYTES(g->data, g->n), &m), 0);
	if (g->from != p->carol || m.exchange == XCHG_IKE_SA_INIT)
		return PAIR_PASS;
	assert_int_equal(sk_open(&sa->keys.i, m.raw, m.sk_head, &plain), 0);
	for (size_t i = 0; i < 3; i++) {
		memcpy(at, beside[i], beside[i][3]);
		at += beside[i][3];
	}
	inner[16] = m.sk_first;
	memcpy(at, plain.p, plain.n);
	at += plain.n;
	n = msg_seal(g->data, sizeof(g->data), &sa->keys.i, sa->spi_i, sa->spi_r, m.exchange,
		m.flags, m.id, 41, BYTES(inner, at - inner));
	assert_true(n > 0);
	g->n = (size_t)n;
	return PAIR_PASS;
}

static void padding_and_fragment_notifies_are_without_effect(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	p->filter = say_more;
	pair_establish(p, true);
	assert_int_equal(iked_rekey_child(pair_child(p->carol, "tunnel")), 0);
	pair_run(p);
	assert_true(pair_up(p, "tunnel", "carol-tunnel"));
	assert_int_equal(pair_said(p, "request 1 [ N(ESP_TFC_PAD_N) N(NON_FIRST_FRAG)"), 1);
	assert_int_equal(pair_said(p, "request 2 [ N(ESP_TFC_PAD_N) N(NON_FIRST_FRAG)"), 1);
	pair_free(p);
}

/* moon's answers have no notify of it, so no SA compresses. */
static void compression_is_not_agreed_to(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	p->filter = say_more;
	pair_establish(p, true);
	assert_int_equal(pair_said(p, "response 1 [ IDr CERT AUTH N(USE_TRANSP) SA TSi TSr ]"), 2);
	assert_int_equal(pair_said(p, "response 2 [ SA No KE TSi TSr ]"), 2);
	pair_free(p);
}

static struct bytes with_window(uint8_t *buf, size_t cap)
{
	const uint8_t size[] = { 0, 0, 0, 64 };
	struct msg_out o;

	msg_begin_inner(&o, buf, cap);
	put_notify(&o, 0, BYTES_NONE, N_SET_WINDOW_SIZE, BYTES_OF(size));
	assert_true(msg_end(&o) > 0);
	return BYTES(buf, o.w.n);
}

/* RFC 7296 section 2.8: message ids begin at 0 and the window at 1. */
static void a_rekeyed_ike_sa_begins_at_message_0_with_window_1(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	uint8_t inner[64], buf[256];
	struct packet in = { p->moon->addr, p->carol->addr, 500, 500, BYTES_NONE };
	struct sa *sa, *node[2];
	ssize_t n;

	(void)state;
	pair_establish(p, true);
	sa = pair_sa(p->carol);
	n = msg_seal(buf, sizeof(buf), &sa->keys.i, sa->spi_i, sa->spi_r, XCHG_INFORMATIONAL,
		F_INITIATOR, sa->mid_out, 41, with_window(inner, sizeof(inner)));
	in.data = BYTES(buf, n);
	iked_packet(p->moon->d, &in);
	sa->mid_out++;
	assert_true(sa->mid_out > 2);
	p->filter = NULL;
	while (pair_step(p)) /* the answer is to nothing that carol asked */
		;
	assert_int_equal(iked_rekey_sa(sa), 0);
	pair_run(p);
	node[0] = pair_sa(p->carol);
	node[1] = pair_sa(p->moon);
	for (size_t i = 0; i < 2; i++) {
		assert_non_null(node[i]);
		assert_int_equal(node[i]->mid_out, 0);
		assert_int_equal(node[i]->mid_in, 0);
		assert_false(node[i]->has_response);
		assert_int_equal(node[i]->request.n, 0);
	}
	iked_rekey_child(pair_child(p->moon, "carol-mh"));
	iked_rekey_child(pair_child(p->moon, "carol-tunnel"));
	assert_int_equal(node[1]->n_tasks, 1); /* one is under way, the other waits */
	pair_run(p);
	assert_true(pair_up(p, "mh", "carol-mh"));
	assert_true(pair_up(p, "tunnel", "carol-tunnel"));
	pair_free(p);
}

static uint8_t window_with(const char *more)
{
	char carol[4096];
	struct pair *p;
	struct child *c;
	struct xfrm_sa_key key = { .proto = XP_ESP };
	struct xfrm_sa sa;

	snprintf(carol, sizeof(carol), "%s%s", PAIR_CAROL, more);
	p = pair_new(carol, PAIR_MOON);
	pair_establish(p, false);
	c = pair_child(p->carol, "mh");
	key.dst = c->local;
	key.spi = c->spi_in;
	assert_int_equal(xfrm_sa_get(p->carol->nl, &key, &sa), 0);
	pair_free(p);
	return sa.replay_window;
}

static void the_replay_window_is_as_configured(void **state)
{
	(void)state;
	assert_int_equal(window_with(""), 32);
	assert_int_equal(window_with("\treplay_window=-1\n"), 32);
	assert_int_equal(window_with("\treplay_window=0\n"), 0);
	assert_int_equal(window_with("\treplay_window=8\n"), 8);
}

static struct prop_list offer_esn(bool esn, bool noesn)
{
	struct prop_list list = { .n = 1 };
	struct prop *p = &list.p[0];
	const char *why;

	assert_int_equal(prop_word("aes128-sha1", PROTO_ESP, p, &why), 0);
	for (size_t i = 0; i < p->n_tf; i++)
		if (p->tf[i].type == ALG_ESN)
			p->tf[i--] = p->tf[--p->n_tf];
	if (esn)
		p->tf[p->n_tf++] = (struct tf){ .type = ALG_ESN, .id = 1 };
	if (noesn)
		p->tf[p->n_tf++] = (struct tf){ .type = ALG_ESN, .id = 0 };
	return list;
}

/* What is not installed is not agreed to: 64 bits on one side and 32 on the other read nothing. */
static void extended_sequence_numbers_are_not_agreed_to(void **state)
{
	struct prop_list own = offer_esn(false, false), offer = offer_esn(true, true);
	struct suite s;
	struct prop p;
	const char *why = NULL;

	(void)state;
	assert_int_equal(prop_word("aes128-sha1-esn", PROTO_ESP, &p, &why), -EINVAL);
	assert_non_null(why);
	assert_int_equal(prop_word("aes128-sha1", PROTO_ESP, &own.p[0], &why), 0);
	assert_int_equal(prop_choose(&own, &offer, false, &s), 0);
	assert_int_equal(s.esn->id, 0);
	offer = offer_esn(true, false);
	assert_int_equal(prop_choose(&own, &offer, false, &s), -ENOENT);
}

/* Every way to another program, counted while a peer is talked to. */
static unsigned n_programs;

#define COUNTED(ret, name, params, args)                                                           \
	ret name params                                                                            \
	{                                                                                          \
		ret(*real) params = (ret(*) params)dlsym(RTLD_NEXT, #name);                        \
                                                                                                   \
		n_programs++;                                                                      \
		return real args;                                                                  \
	}
COUNTED(int, system, (const char *line), (line))
COUNTED(FILE *, popen, (const char *line, const char *how), (line, how))
COUNTED(pid_t, fork, (void), ())
COUNTED(int, execve, (const char *path, char *const argv[], char *const envp[]), (path, argv, envp))
COUNTED(int, execv, (const char *path, char *const argv[]), (path, argv))
COUNTED(int, execvp, (const char *path, char *const argv[]), (path, argv))
COUNTED(int, posix_spawn,
	(pid_t * pid, const char *path, const posix_spawn_file_actions_t *a,
		const posix_spawnattr_t *b, char *const argv[], char *const envp[]),
	(pid, path, a, b, argv, envp))

/* carol's identity as a shell would like it: read by moon before anything is proved. */
static void nothing_of_a_peer_reaches_a_shell(void **state)
{
	static const char name[] = "$(reboot)`reboot`;reboot|\"'&\n\033[2J@strongswan.org";
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	struct conn *conn = trap_by_name(p->carol->d, "mh")->peer->conn;

	(void)state;
	n_programs = 0;
	assert_int_equal(ident_set(&conn->local.id, ID_RFC822, BYTES(name, sizeof(name) - 1)), 0);
	pair_acquire(p, p->carol, "mh");
	pair_run(p);
	assert_int_equal(pair_said(p, "no matching peer config found for"), 1);
	assert_int_equal(pair_said(p, "\033"), 0);
	assert_int_equal(
		ident_set(&conn->local.id, ID_RFC822, BYTES_STR("carol@strongswan.org")), 0);
	assert_int_equal(iked_want_child(p->carol->d, trap_by_name(p->carol->d, "mh"), NULL), 0);
	pair_run(p);
	assert_true(pair_up(p, "mh", "carol-mh"));
	iked_close_sa(pair_sa(p->carol));
	pair_run(p);
	assert_int_equal(n_programs, 0);
	pair_free(p);
}

/* An IKE_SA of this node with a peer that proved to be that address. */
static bool may_use(struct node *n, const char *conn, const char *identity)
{
	struct trap *t = trap_by_name(n->d, conn);
	struct sa sa = { .d = n->d };
	struct msg in = { .has = P(TSI) | P(TSR) };
	struct nego_ts ts;
	struct in6_addr a;
	bool fits;

	assert_int_equal(inet_pton(AF_INET6, identity, &a), 1);
	assert_int_equal(ident_set(&sa.peer_id, ID_IPV6, BYTES_OF(a.s6_addr)), 0);
	in.tsi = t->conn->remote.ts;
	in.tsr = t->conn->local.ts;
	if (t->conn->type == CONN_TRANSPORT_PROXY)
		in.notify[in.n_notify++].type = N_USE_TRANSPORT_MODE;
	fits = nego_fits(&sa, t, &in, &ts);
	ident_free(&sa.peer_id);
	return fits;
}

static void an_address_as_identity_is_the_home_address(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	assert_true(may_use(p->moon, "carol-mh", "2001:1::10"));
	assert_true(may_use(p->moon, "carol-tunnel", "2001:1::10"));
	assert_false(may_use(p->moon, "carol-mh", "2001:1::20"));
	assert_false(may_use(p->moon, "carol-tunnel", "2001:1::20"));
	assert_false(may_use(p->moon, "dave-mh", "2001:1::10"));
	assert_false(
		may_use(p->moon, "carol-mh", "2001::41a:a8ff:fe6f:c67")); /* the care-of address */
	pair_free(p);
}

/* carol asked by a home agent: all the world is behind it. */
static void the_home_agent_s_own_address_is_no_home_address(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	assert_true(may_use(p->carol, "mh", "2001:1::1"));
	assert_true(may_use(p->carol, "tunnel", "2001:1::1"));
	pair_free(p);
}

/* Behind an ordinary gateway are other hosts than itself. */
static void an_address_as_identity_of_a_gateway_is_its_own(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	char moon[8192], *at;

	(void)state;
	snprintf(moon, sizeof(moon), "%s", PAIR_MOON);
	at = strstr(moon, "type=transport_proxy");
	memcpy(at, "type=tunnel         ", 20);
	pair_load(p->moon, moon);
	assert_true(may_use(p->moon, "carol-tunnel", "2001:db8::1"));
	pair_free(p);
}

UNIT_MAIN(T(padding_and_fragment_notifies_are_without_effect, "A-128"),
	T(compression_is_not_agreed_to, "A-128!"),
	T(a_rekeyed_ike_sa_begins_at_message_0_with_window_1, "A-177 A-022"),
	T(the_replay_window_is_as_configured, "A-135"),
	T(extended_sequence_numbers_are_not_agreed_to, "A-135!"),
	T(nothing_of_a_peer_reaches_a_shell, "A-220"),
	T(an_address_as_identity_is_the_home_address, "B-084"),
	T(the_home_agent_s_own_address_is_no_home_address, "B-084! B-013!"),
	T(an_address_as_identity_of_a_gateway_is_its_own, "B-084"))
