#include <arpa/inet.h>
#include <errno.h>
#include <unistd.h>

#include "crypto/rand.h"
#include "ike/events/acquire.h"
#include "unit/ike/pair.h"

enum { RUN_MAX = 2000, STEP_MS = 100 };

bool pair_keeps_trust;
static struct cert_store *kept[2];

static struct in6_addr in6(const char *text)
{
	struct in6_addr a;

	assert_int_equal(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

static int on_send(void *arg, const struct packet *p)
{
	struct node *n = arg;
	struct dgram *g = calloc(1, sizeof(*g));

	assert_non_null(g);
	assert_true(p->data.n <= sizeof(g->data));
	n->n_sent++;
	g->from = n;
	g->p = *p;
	g->n = p->data.n;
	memcpy(g->data, p->data.p, p->data.n);
	TAILQ_INSERT_TAIL(&n->pair->queue, g, link);
	if (n->sent)
		n->sent(n->sent_arg, p->data);
	return 0;
}

static int on_source(void *arg, const struct in6_addr *dst, struct in6_addr *out)
{
	(void)dst;
	*out = ((struct node *)arg)->addr;
	return addr_is_any(out) ? -EADDRNOTAVAIL : 0;
}

static const char *on_iface(void *arg, const struct in6_addr *a)
{
	return addr_eq(a, &((struct node *)arg)->addr) ? "eth0" : NULL;
}

static void on_child_done(void *arg, struct trap *t, int rc, const char *why)
{
	struct node *n = arg;

	(void)t;
	n->n_done += !rc;
	n->n_failed += rc != 0;
	n->why = why;
}

static void on_event(const struct xfrm_event *ev, void *arg)
{
	struct node *n = arg;
	struct child *c = NULL;
	struct trap *t;

	if (ev->kind == XE_ACQUIRE) {
		struct acquire acq = { ev->acquire.sel, ev->acquire.seq, ev->acquire.reqid };

		t = trap_by_reqid(n->d, ev->acquire.reqid, NULL);
		if (t)
			iked_want_child(n->d, t, &acq);
	} else if (ev->kind == XE_EXPIRE && !ev->expire.larval) {
		c = child_by_spi_in(n->d, ev->expire.key.spi);
		if (!c)
			c = child_by_spi_out(n->d, ev->expire.key.spi, &ev->expire.key.dst);
		if (c)
			child_expired(c, ev->expire.hard);
	}
}

/* CERTS/ in a configuration is where the certificates lie. */
static void write_conf(FILE *f, const char *text)
{
	const char *at;

	while ((at = strstr(text, "CERTS/"))) {
		fprintf(f, "%.*s%s", (int)(at - text), text, CERTS);
		text = at + strlen("CERTS/");
	}
	fputs(text, f);
}

void pair_load(struct node *n, const char *text)
{
	char path[] = "/tmp/pair.conf.XXXXXX";
	struct conf_log findings = { 0 };
	struct conf_paths paths = { .ipsec_conf = path, .dir = "/nonexistent" };
	struct ike_conf *conf = NULL;
	FILE *f = fdopen(mkstemp(path), "w");

	assert_non_null(f);
	write_conf(f, text);
	fclose(f);
	assert_int_equal(conf_load(&paths, &findings, &conf), 0);
	assert_int_equal(findings.n_errors, 0);
	conf_read_pinned(conf, &findings);
	unlink(path);
	cert_store_rules(n->certs, conf);
	assert_int_equal(iked_load_conf(n->d, conf), 0);
}

static void add_keys(struct cert_store *s)
{
	static const char *const keys[] = { "carolKey.pem", "daveKey.pem", "moonKey.pem",
		"moonRevokedKey.pem", "moonExpiredKey.pem", "moonWrongNameKey.pem",
		"moonUnknownCaKey.pem", "moonIssuedKey.pem" };
	char path[512];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", CERTS, keys[i]);
		assert_int_equal(cert_store_add_key(s, path), 0);
	}
}

void pair_trust(struct node *n, const char *ca, const char *crl)
{
	char path[512];
	struct cert_store *s = n->certs;

	snprintf(path, sizeof(path), "%s%s", CERTS, ca);
	assert_int_equal(cert_store_add_ca(s, path), 0);
	snprintf(path, sizeof(path), "%s%s", CERTS, crl);
	if (*crl)
		assert_int_equal(cert_store_add_crl(s, path), 0);
}

static struct cert_store **kept_of(struct node *n)
{
	return &kept[n == n->pair->moon];
}

static void open_trust(struct node *n, bool configured)
{
	struct cert_store **keep = kept_of(n);

	n->certs = *keep;
	if (pair_keeps_trust && n->certs)
		return;
	assert_int_equal(cert_store_new("/nonexistent", &n->certs), 0);
	add_keys(n->certs);
	if (configured)
		pair_trust(n, "strongswanCert.pem", "strongswan.crl");
	if (pair_keeps_trust)
		*keep = n->certs;
}

/* A nonce that the test has set: its first octet, and noughts. */
static void on_draw(void *arg, enum draw what, void *out, size_t n)
{
	struct node *node = arg;
	const size_t cap = sizeof(node->nonces);
	uint8_t first =
		what == DRAW_NONCE && node->n_nonces < cap ? node->nonces[node->n_nonces] : 0;

	rand_bytes(out, n);
	if (!first)
		return;
	memset(out, 0, n);
	memcpy(out, &first, 1);
	node->n_nonces++;
}

static void node_open(struct node *n, const char *name, const char *addr, const char *conf)
{
	struct iked_seams seams = { .arg = n,
		.send = on_send,
		.source = on_source,
		.iface = on_iface,
		.draw = on_draw,
		.child_done = on_child_done };

	n->name = name;
	n->addr = in6(addr);
	n->kernel = fake_xfrm_new();
	assert_int_equal(nl_open_peer(fake_xfrm_peer, n->kernel, &n->nl), 0);
	seams.xfrm = n->nl;
	fake_xfrm_events(n->kernel, on_event, n);
	open_trust(n, conf != NULL);
	assert_int_equal(iked_new(&seams, n->certs, &n->d), 0);
	if (conf)
		pair_load(n, conf);
}

struct pair *pair_new(const char *carol, const char *moon)
{
	static bool made;
	struct pair *p = calloc(1, sizeof(*p));
	int fd;

	if (!made)
		assert_int_equal(system(MAKE_CERTS), 0);
	made = true;
	assert_non_null(p);
	TAILQ_INIT(&p->queue);
	strcpy(p->log, "/tmp/pair.log.XXXXXX");
	fd = mkstemp(p->log);
	assert_true(fd >= 0);
	close(fd);
	log_open("iked", LOG_STYLE_IKE, p->log, false);
	log_levels("knl 2");
	loop_virtual(1000000);
	p->carol = &p->carol_;
	p->moon = &p->moon_;
	p->carol->pair = p->moon->pair = p;
	node_open(p->carol, "carol", "2001::41a:a8ff:fe6f:c67", carol);
	node_open(p->moon, "moon", "2001:1::1", moon);
	return p;
}

static void node_close(struct node *n)
{
	iked_free(n->d);
	assert_int_equal(fake_xfrm_n_sa(n->kernel), 0); /* nothing is left behind */
	if (n->certs != *kept_of(n))
		cert_store_free(n->certs);
	nl_free(n->nl);
	fake_xfrm_free(n->kernel);
}

void pair_free(struct pair *p)
{
	struct dgram *g;

	assert_int_equal(pair_said(p, "should not be in state"), 0); /* impossible cells */
	assert_int_equal(pair_said(p, "which is not in its row"), 0);
	while ((g = TAILQ_FIRST(&p->queue))) {
		TAILQ_REMOVE(&p->queue, g, link);
		free(g);
	}
	node_close(p->carol);
	node_close(p->moon);
	log_open("iked", LOG_STYLE_IKE, NULL, true);
	if (!getenv("PAIR_KEEP_LOG"))
		unlink(p->log);
	free(p);
}

static struct prefix host(const char *text)
{
	return (struct prefix){ in6(text), 128 };
}

/* What the kernel does with the first packet of each: a larval state and an ACQUIRE. */
static void add_policies(struct node *n)
{
	static const struct prefix any;
	struct in6_addr ha = in6("2001:1::1");
	struct xfrm_policy mh = { .sel = SEL(host("2001:1::10"), host("2001:1::1"), 135),
		.dir = XD_OUT,
		.priority = 2,
		.tmpl = { { .proto = XP_ESP, .mode = XM_TRANSPORT, .reqid = 1 } },
		.n_tmpl = 1 };
	struct xfrm_policy tunnel = { .sel = SEL(host("2001:1::10"), any, 0),
		.dir = XD_OUT,
		.priority = 10,
		.tmpl = { { .src = n->addr,
			.dst = ha,
			.proto = XP_ESP,
			.mode = XM_TUNNEL,
			.reqid = 2 } },
		.n_tmpl = 1 };

	if (fake_xfrm_n_policy(n->kernel))
		return;
	assert_int_equal(xfrm_policy_add(n->nl, &mh), 0);
	assert_int_equal(xfrm_policy_add(n->nl, &tunnel), 0);
}

int pair_acquire(struct pair *p, struct node *n, const char *conn)
{
	struct sel packet = SEL(host("2001:1::10"), host("2001:1::1"),
		!strcmp(conn, "mh") ? IPPROTO_MH : IPPROTO_ICMPV6);
	int rc;

	(void)p;
	packet.type = !strcmp(conn, "mh") ? 5 : 146;
	add_policies(n);
	rc = fake_xfrm_packet(n->kernel, &packet);
	fake_xfrm_deliver(n->kernel);
	return rc;
}

static void deliver(struct pair *p, struct dgram *g)
{
	struct node *to = g->from == p->carol ? p->moon : p->carol;
	struct packet in = { g->p.remote, g->p.local, g->p.remote_port, g->p.local_port,
		BYTES(g->data, g->n) };

	iked_packet(to->d, &in);
	fake_xfrm_deliver(to->kernel);
}

bool pair_step(struct pair *p)
{
	struct dgram *g = TAILQ_FIRST(&p->queue);
	enum pair_fate fate;

	if (!g)
		return false;
	TAILQ_REMOVE(&p->queue, g, link);
	fate = p->filter ? p->filter(p, g) : PAIR_PASS;
	p->n_seen++;
	if (fate == PAIR_LAST) {
		TAILQ_INSERT_TAIL(&p->queue, g, link);
		return true;
	}
	if (fate != PAIR_DROP)
		deliver(p, g);
	if (fate == PAIR_TWICE)
		deliver(p, g);
	free(g);
	return true;
}

void pair_run(struct pair *p)
{
	unsigned n = 0;

	while (pair_step(p))
		assert_true(++n < RUN_MAX);
}

void pair_advance(struct pair *p, uint64_t ms)
{
	pair_run(p);
	for (uint64_t t = 0; t < ms; t += STEP_MS) {
		loop_advance(STEP_MS);
		pair_run(p);
	}
}

size_t pair_n_sa(struct node *n)
{
	size_t count = 0;

	for (struct sa *sa = iked_next_sa(n->d, NULL); sa; sa = iked_next_sa(n->d, sa))
		count++;
	return count;
}

struct sa *pair_sa(struct node *n)
{
	struct sa *found = NULL;

	for (struct sa *sa = iked_next_sa(n->d, NULL); sa; sa = iked_next_sa(n->d, sa)) {
		if (sa->state != SA_UP)
			continue;
		if (found)
			return NULL;
		found = sa;
	}
	return found;
}

struct child *pair_child(struct node *n, const char *conn)
{
	struct trap *t = trap_by_name(n->d, conn);

	return t ? child_of_trap(t) : NULL;
}

static bool in_kernel(struct node *n, const struct in6_addr *dst, uint32_t spi, struct xfrm_sa *out)
{
	struct xfrm_sa_key key = { .dst = *dst, .proto = XP_ESP, .spi = spi };

	return !xfrm_sa_get(n->nl, &key, out) && !out->larval;
}

/* What one sends the other can read. */
static bool crossed(struct node *a, struct child *ca, struct node *b, struct child *cb)
{
	struct xfrm_sa_key at_a = { .dst = ca->remote, .proto = XP_ESP, .spi = ca->spi_out };
	struct xfrm_sa_key at_b = { .dst = cb->local, .proto = XP_ESP, .spi = cb->spi_in };
	struct fake_keys of_a, of_b;
	struct xfrm_sa out, in;

	return ca->spi_out == cb->spi_in && in_kernel(a, &ca->remote, ca->spi_out, &out) &&
		in_kernel(b, &cb->local, cb->spi_in, &in) && addr_eq(&out.src, &in.src) &&
		out.mode == in.mode && !fake_keys(a->nl, &at_a, &of_a) &&
		!fake_keys(b->nl, &at_b, &of_b) && !memcmp(&of_a, &of_b, sizeof(of_a));
}

bool pair_up(struct pair *p, const char *carols, const char *moons)
{
	struct child *c = pair_child(p->carol, carols), *m = pair_child(p->moon, moons);

	return c && m && crossed(p->carol, c, p->moon, m) && crossed(p->moon, m, p->carol, c);
}

enum pair_fate pair_must_carry(struct pair *p, struct dgram *g)
{
	(void)g;
	assert_true(fake_xfrm_n_sa(p->carol->kernel) >= 4);
	assert_true(fake_xfrm_n_sa(p->moon->kernel) >= 4);
	return PAIR_PASS;
}

void pair_must_be_settled(struct pair *p)
{
	assert_int_equal(pair_n_sa(p->carol), 1);
	assert_int_equal(pair_n_sa(p->moon), 1);
	assert_true(pair_sa(p->carol)->spi_i == pair_sa(p->moon)->spi_i);
	assert_true(SPI_OWN(pair_sa(p->carol)) == SPI_PEER(pair_sa(p->moon)));
	assert_false(pair_sa(p->carol)->yielding || pair_sa(p->moon)->yielding);
	assert_true(pair_up(p, "mh", "carol-mh"));
	assert_true(pair_up(p, "tunnel", "carol-tunnel"));
	assert_int_equal(fake_xfrm_n_sa(p->carol->kernel), 4);
	assert_int_equal(fake_xfrm_n_sa(p->moon->kernel), 4);
	assert_int_equal(fake_xfrm_n_larval(p->carol->kernel), 0);
	assert_int_equal(fake_xfrm_n_larval(p->moon->kernel), 0);
}

/* The packet that asked leaves by it. */
static void first_packet(struct node *to, const char *conn)
{
	const struct child *c = pair_child(to, conn);
	const struct xfrm_sa_key key = {
		.src = c->in_src, .dst = c->in_dst, .proto = XP_ESP, .spi = c->spi_in
	};

	assert_int_equal(fake_xfrm_heard(to->kernel, &key, 1), 0);
}

void pair_establish(struct pair *p, bool tunnel)
{
	assert_int_equal(pair_acquire(p, p->carol, "mh"), 1);
	pair_run(p);
	assert_true(pair_up(p, "mh", "carol-mh"));
	first_packet(p->moon, "carol-mh");
	if (!tunnel)
		return;
	assert_int_equal(pair_acquire(p, p->carol, "tunnel"), 1);
	pair_run(p);
	assert_true(pair_up(p, "tunnel", "carol-tunnel"));
	first_packet(p->moon, "carol-tunnel");
}

unsigned pair_said(struct pair *p, const char *text)
{
	char line[4096];
	unsigned n = 0;
	FILE *f = fopen(p->log, "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, text) != NULL;
	fclose(f);
	return n;
}

void pair_forget(struct pair *p)
{
	assert_int_equal(truncate(p->log, 0), 0);
}
