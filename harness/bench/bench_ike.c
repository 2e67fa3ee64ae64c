/*
 * bench_ike - what an IKE_SA costs: two daemons and recorded kernels in one process.
 *
 *	bench_ike FOLDER		FOLDER has the certificates that bench_pki makes
 *
 * Prints JSON: CPU time of IKE_SA_INIT + IKE_AUTH per side at 100, 1,000 and 5,000 IKE_SAs, memory
 * per IKE_SA with its CHILD_SA, and time per MIGRATE event at 1,000 and 5,000.
 * Every mobile node has its own identity, certificate, home address and connection.
 */
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench_pki.h"
#include "ike/iked.h"
#include "ike/events/km.h"
#include "ike/events/migrate.h"
#include "ike/events/reqid.h"
#include "unit/fake/fake_xfrm.h"

/* Connections from N_MAX on use modp2048, those before curve25519. */
enum { N_MAX = 5000, SAMPLE = 60, N_LEVELS = 3, N_ALL = N_MAX + N_LEVELS * SAMPLE, MOVES = 500 };

struct node {
	struct iked *d;
	struct cert_store *certs;
	struct fake_xfrm *kernel;
	struct nl *nl;
	struct reqids *reqids;
	uint64_t cpu_ns; /* spent in the daemon, its kernel included */
	long heap; /* octets the daemon has, its kernel's not included */
	uint64_t migrate_ns, n_migrate;
};

struct dgram {
	STAILQ_ENTRY(dgram) link;
	struct node *to;
	struct packet p;
	uint8_t data[4096];
};

static struct node mn, ha;
static STAILQ_HEAD(, dgram) queue = STAILQ_HEAD_INITIALIZER(queue);
static bool weigh; /* count memory instead of time */

static void must(int rc, const char *what)
{
	if (!rc)
		return;
	fprintf(stderr, "bench_ike: %s: %s\n", what, strerror(-rc));
	exit(1);
}

static uint64_t cpu_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static long heap_now(void)
{
	return weigh ? (long)mallinfo2().uordblks : 0;
}

struct replies {
	nl_fn *fn;
	void *arg;
	long heap;
};

static int on_reply(const struct nlmsghdr *msg, void *arg)
{
	struct replies *r = arg;
	long before = heap_now();
	int rc = r->fn(msg, r->arg);

	r->heap += heap_now() - before;
	return rc;
}

/* The kernel's memory is not the daemon's; what the daemon keeps of a reply is. */
static int on_kernel(void *ctx, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	struct node *n = ctx;
	struct replies r = { reply, arg, 0 };
	long before = heap_now();
	int rc = fake_xfrm_peer(n->kernel, req, on_reply, &r);

	n->heap -= heap_now() - before - r.heap;
	return rc;
}

static int on_send(void *arg, const struct packet *p)
{
	struct node *n = arg;
	long before = heap_now();
	struct dgram *g = calloc(1, sizeof(*g));

	if (!g || p->data.n > sizeof(g->data))
		return -ENOMEM;
	g->to = n == &mn ? &ha : &mn;
	g->p = (struct packet){ p->remote, p->local, p->remote_port, p->local_port,
		BYTES(g->data, p->data.n) };
	memcpy(g->data, p->data.p, p->data.n);
	STAILQ_INSERT_TAIL(&queue, g, link);
	n->heap -= heap_now() - before;
	return 0;
}

static void run(void)
{
	struct dgram *g;

	while ((g = STAILQ_FIRST(&queue))) {
		struct node *n = g->to;
		uint64_t t = cpu_now();
		long before = heap_now();

		STAILQ_REMOVE_HEAD(&queue, link);
		iked_packet(n->d, &g->p);
		n->heap += heap_now() - before;
		n->cpu_ns += cpu_now() - t;
		free(g);
	}
}

static struct in6_addr address(uint16_t net, unsigned i)
{
	struct in6_addr a = { .s6_addr = { 0x20, 0x01, [14] = (uint8_t)(i >> 8), (uint8_t)i } };

	a.s6_addr[2] = (uint8_t)(net >> 8);
	a.s6_addr[3] = (uint8_t)net;
	return a;
}

enum { NET_HA = 1, NET_HOME = 2, NET_COA = 3, NET_COA2 = 4 };

static void on_event(const struct xfrm_event *ev, void *arg)
{
	struct node *n = arg;
	uint64_t t = cpu_now();

	if (ev->kind != XE_MIGRATE)
		return;
	migrate_event(n->reqids, ev);
	n->migrate_ns += cpu_now() - t;
	n->n_migrate++;
}

static void on_routed(void *arg, struct trap *t)
{
	struct node *n = arg;

	km_trap(n->reqids, t);
}

static int on_source(void *arg, const struct in6_addr *dst, struct in6_addr *out)
{
	(void)arg, (void)dst;
	*out = address(NET_COA, 0);
	return 0;
}

static void node_open(struct node *n, const char *folder)
{
	struct iked_seams seams = {
		.arg = n, .send = on_send, .source = on_source, .routed = on_routed
	};
	char path[512];

	n->kernel = fake_xfrm_new();
	must(nl_open_peer(on_kernel, n, &n->nl), "kernel");
	seams.xfrm = n->nl;
	fake_xfrm_events(n->kernel, on_event, n);
	must(cert_store_new(folder, &n->certs), "certificates");
	snprintf(path, sizeof(path), "%s/ca.pem", folder);
	must(cert_store_add_ca(n->certs, path), path);
	snprintf(path, sizeof(path), "%s/ca.crl", folder);
	must(cert_store_add_crl(n->certs, path), path);
	snprintf(path, sizeof(path), "%s/key.pem", folder);
	must(cert_store_add_key(n->certs, path), path);
	cert_store_trust(n->certs)->policy = CRL_STRICT;
	must(iked_new(&seams, n->certs, &n->d), "iked");
	must(reqids_new(n->d, &n->reqids), "reqids");
}

#define MODP "aes128-sha1-modp2048"
#define CURVE "aes128-sha256-curve25519"

static void write_conf(FILE *f, const char *folder, bool is_ha)
{
	fprintf(f,
		"config setup\n\tstrictcrlpolicy=yes\nconn %%default\n\tkeyexchange=ikev2\n"
		"\tmobike=no\n\treauth=no\n\tinstallpolicy=no\n\tesp=aes128-sha1!\n");
	for (unsigned i = 0; i < N_ALL; i++) {
		struct in6_addr home = address(NET_HOME, i), agent = address(NET_HA, 1);

		fprintf(f, "conn u%u\n\tauto=%s\n\t%s=%s\n\t%s=%s/128\n\t%s=u%u@bench.org\n", i,
			is_ha ? "add" : "route", is_ha ? "left" : "right", addr_str(&agent),
			is_ha ? "rightsubnet" : "leftsubnet", addr_str(&home),
			is_ha ? "rightid" : "leftid", i);
		fprintf(f, "\t%s=::/0\n\t%s=ha.bench.org\n\tleftcert=%s/%s%u.pem\n\tike=%s!\n",
			is_ha ? "leftsubnet" : "rightsubnet", is_ha ? "leftid" : "rightid", folder,
			is_ha ? "ha" : "u", is_ha ? 0 : i,
			is_ha		     ? MODP "," CURVE
				: i >= N_MAX ? MODP
					     : CURVE);
	}
}

static void node_load(struct node *n, const char *folder, bool is_ha)
{
	char path[512];
	struct conf_log findings = { 0 };
	struct conf_paths paths = { .ipsec_conf = path, .dir = folder };
	struct ike_conf *conf;
	FILE *f;

	snprintf(path, sizeof(path), "%s/ipsec.conf", folder);
	f = fopen(path, "w");
	if (!f)
		must(-errno, path);
	write_conf(f, folder, is_ha);
	fclose(f);
	must(conf_load(&paths, &findings, &conf), "conf_load");
	must(findings.n_errors ? -EINVAL : 0, "configuration");
	must(iked_load_conf(n->d, conf), "iked_load_conf");
}

static void establish(unsigned i)
{
	char name[16];
	struct trap *t;
	struct in6_addr coa = address(NET_COA, i), agent = address(NET_HA, 1);
	uint64_t begin;
	long before;

	snprintf(name, sizeof(name), "u%u", i);
	t = trap_by_name(mn.d, name);
	km_set(t, &coa, &agent);
	begin = cpu_now();
	before = heap_now();
	must(iked_want_child(mn.d, t, NULL), name);
	mn.heap += heap_now() - before;
	mn.cpu_ns += cpu_now() - begin;
	run();
	must(child_of_trap(t) && child_of_trap(trap_by_name(ha.d, name)) ? 0 : -EPROTO, name);
}

enum suite_kind { CURVE25519, MODP2048 };

static unsigned next_of[2] = { 0, N_MAX }; /* next connection of each suite */

static void establish_some(enum suite_kind suite, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		establish(next_of[suite]++);
}

struct cost {
	unsigned at;
	double initiator_ms, responder_ms;
};

static struct cost sample(enum suite_kind suite, unsigned at)
{
	mn.cpu_ns = ha.cpu_ns = 0;
	establish_some(suite, SAMPLE);
	return (struct cost){ at, (double)mn.cpu_ns / SAMPLE / 1e6,
		(double)ha.cpu_ns / SAMPLE / 1e6 };
}

static void add_policy(struct node *n, struct xfrm_sa *sa, const struct prefix *src,
	const struct prefix *dst, enum xdir dir)
{
	struct xfrm_policy p = { .sel = SEL(*src, *dst, 0),
		.dir = dir,
		.priority = 10,
		.tmpl = { { .src = sa->src,
			.dst = sa->dst,
			.proto = XP_ESP,
			.mode = XM_TUNNEL,
			.reqid = sa->reqid } },
		.n_tmpl = 1 };

	must(xfrm_policy_add(n->nl, &p), "policy");
}

/* Home agent's side of one movement of node i: the policies' MIGRATEs, in and out. */
static void move(unsigned i, uint16_t from, uint16_t to)
{
	static const struct prefix any;
	struct prefix home = { address(NET_HOME, i), 128 };
	struct in6_addr agent = address(NET_HA, 1), old = address(from, i), new = address(to, i);
	char name[16];
	struct child *c;
	struct xfrm_migrate m = { .proto = XP_ESP, .mode = XM_TUNNEL, .has_km = true };

	snprintf(name, sizeof(name), "u%u", i);
	c = child_of_trap(trap_by_name(ha.d, name));
	m.reqid = c->reqid_out;
	m.km_local = agent;
	m.km_remote = new;
	m.sel = SEL(home, any, 0);
	m.dir = XD_IN;
	m.old_src = old, m.new_src = new;
	m.old_dst = m.new_dst = agent;
	must(xfrm_migrate(ha.nl, &m), "MIGRATE in");
	m.sel = SEL(any, home, 0);
	m.dir = XD_OUT;
	m.old_dst = old, m.new_dst = new;
	m.old_src = m.new_src = agent;
	must(xfrm_migrate(ha.nl, &m), "MIGRATE out");
	fake_xfrm_deliver(ha.kernel);
}

static void policies_of(unsigned i)
{
	static const struct prefix any;
	struct prefix home = { address(NET_HOME, i), 128 };
	struct in6_addr agent = address(NET_HA, 1), coa = address(NET_COA, i);
	char name[16];
	struct xfrm_sa sa = { .src = coa, .dst = agent };

	snprintf(name, sizeof(name), "u%u", i);
	sa.reqid = child_of_trap(trap_by_name(ha.d, name))->reqid_out;
	add_policy(&ha, &sa, &home, &any, XD_IN);
	sa.src = agent, sa.dst = coa;
	add_policy(&ha, &sa, &any, &home, XD_OUT);
}

/* Microseconds an event, with as many SAs as there are now. */
static double migrates(void)
{
	static bool with_policies;

	for (unsigned i = 0; !with_policies && i < MOVES; i++)
		policies_of(i);
	with_policies = true;
	ha.migrate_ns = ha.n_migrate = 0;
	for (unsigned i = 0; i < MOVES; i++) {
		move(i, NET_COA, NET_COA2);
		move(i, NET_COA2, NET_COA);
	}
	must(ha.n_migrate == 4 * MOVES ? 0 : -EPROTO, "MIGRATE events");
	return (double)ha.migrate_ns / (double)ha.n_migrate / 1e3;
}

struct results {
	struct cost modp[N_LEVELS], curve[N_LEVELS];
	double migrate_us[N_LEVELS];
	long octets_initiator, octets_responder;
};

static void print_costs(const char *suite, const struct cost *c, const char *end)
{
	for (unsigned i = 0; i < N_LEVELS; i++)
		printf("    {\"suite\": \"%s\", \"sas\": %u, \"initiator_ms\": %.3f, "
		       "\"responder_ms\": %.3f}%s\n",
			suite, c[i].at, c[i].initiator_ms, c[i].responder_ms,
			i + 1 < N_LEVELS ? "," : end);
}

static void print(const struct results *r)
{
	printf("{\n  \"init_auth\": [\n");
	print_costs("modp2048", r->modp, ",");
	print_costs("curve25519", r->curve, "");
	printf("  ],\n  \"octets_per_sa_pair\": {\"initiator\": %ld, \"responder\": %ld},\n",
		r->octets_initiator, r->octets_responder);
	printf("  \"migrate\": [\n");
	for (unsigned i = 1; i < N_LEVELS; i++)
		printf("    {\"sas\": %u, \"us_per_event\": %.2f, \"per_second\": %.0f}%s\n",
			r->curve[i].at, r->migrate_us[i], 1e6 / r->migrate_us[i],
			i + 1 < N_LEVELS ? "," : "");
	printf("  ]\n}\n");
}

static void weigh_some(struct results *r)
{
	weigh = true;
	mn.heap = ha.heap = 0;
	establish_some(CURVE25519, SAMPLE);
	weigh = false;
	r->octets_initiator = mn.heap / SAMPLE;
	r->octets_responder = ha.heap / SAMPLE;
}

int main(int argc, char **argv)
{
	static const unsigned levels[N_LEVELS] = { 100, 1000, N_MAX };
	static struct results r;
	char folder[PATH_MAX];

	if (argc != 2) {
		fprintf(stderr, "usage: bench_ike FOLDER\n");
		return 2;
	}
	must(bench_pki(argv[1], N_ALL), "certificates");
	must(realpath(argv[1], folder) ? 0 : -errno, argv[1]);
	must(log_open("iked", LOG_STYLE_IKE, "/dev/null", false), "log");
	node_open(&mn, folder);
	node_open(&ha, folder);
	node_load(&mn, folder, false);
	node_load(&ha, folder, true);
	for (unsigned i = 0; i < N_LEVELS; i++) {
		unsigned there = next_of[CURVE25519] + next_of[MODP2048] - N_MAX;

		establish_some(CURVE25519, levels[i] - there);
		r.modp[i] = sample(MODP2048, levels[i]);
		r.curve[i] = sample(CURVE25519, levels[i]);
		if (i == 0)
			weigh_some(&r);
		else
			r.migrate_us[i] = migrates();
	}
	print(&r);
	return 0;
}
