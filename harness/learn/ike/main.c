/* What iked does, against its tables in docs/machines.md. */
#include <unistd.h>

#include "base/log.h"
#include "fuzz/run_openssl.h"
#include "ike/message/msg.h"
#include "learn/ike/letters.h"
#include "learn/ike/probe.h"
#include "unit/ike/tables.h"

/* The starts. */

#define SUITE_19 "aes128-sha256-ecp256"
#define SUITE_31 "aes128-sha256-curve25519"
#define BOTH SUITE_31 "," SUITE_19 "!"
#define WATCH "\tdpdaction=restart\n\tdpddelay=30s\n"
#define CAROL(more) PAIR_CAROL_WITH(more, BOTH, BOTH)
#define MOON(ike, esp) PAIR_MOON_WITH("", "moonCert.pem", ike, esp)

enum { PLAIN, ONE_GROUP, OTHER_IKE, OTHER_ESP, CAROL_NO_CRL, MOON_NO_CRL, WATCHES, CALLS };

static const struct {
	const char *carol, *moon;
} confs[] = {
	[PLAIN] = { CAROL(""), MOON(BOTH, BOTH) },
	[ONE_GROUP] = { CAROL(""), MOON(SUITE_19 "!", SUITE_19 "!") },
	[OTHER_IKE] = { CAROL(""), MOON(PAGE_SUITE, BOTH) },
	[OTHER_ESP] = { CAROL(""), MOON(BOTH, PAGE_SUITE) },
	[CAROL_NO_CRL] = { CAROL(""), MOON(BOTH, BOTH) },
	[MOON_NO_CRL] = { CAROL(""), MOON(BOTH, BOTH) },
	[WATCHES] = { CAROL(WATCH), MOON(BOTH, BOTH) },
	[CALLS] = { CAROL(""), MOON(BOTH, BOTH) },
};

/* Lines of the log that tell of a fault of iked's own. */
static void hear(void *arg, const char *line)
{
	(void)arg;
	if (strstr(line, "should not be in state") || strstr(line, "which is not in its row"))
		learn_fault("the log says: %s", line);
}

/* moon may call carol first, of whom it knows the address. */
static char *with_address(const char *moon)
{
	const char *any = strstr(moon, "%any");
	char *text;

	assert_non_null(any);
	if (asprintf(&text, "%.*s2001::41a:a8ff:fe6f:c67%s", (int)(any - moon), moon, any + 4) < 0)
		abort();
	return text;
}

static void without_crl(struct node *n, const char *conf)
{
	pair_trust(n, "strongswanCert.pem", "");
	pair_load(n, conf);
}

static void few_tries(struct node *n)
{
	n->d->conf->conf->retransmit_tries = 1;
}

static struct talk *open_pair(int how)
{
	struct talk *t = calloc(1, sizeof(*t));
	const char *carol = confs[how].carol, *moon = confs[how].moon;
	char *called = with_address(moon);

	if (!t)
		abort();
	run_drawn = 1;
	probe_no_key_pair = false;
	pair_keeps_trust = how != CAROL_NO_CRL && how != MOON_NO_CRL;
	t->p = pair_new(how == CAROL_NO_CRL ? NULL : carol,
		how == MOON_NO_CRL     ? NULL
			: how == CALLS ? called
				       : moon);
	if (how == CAROL_NO_CRL)
		without_crl(t->p->carol, carol);
	if (how == MOON_NO_CRL)
		without_crl(t->p->moon, moon);
	free(called);
	few_tries(t->p->carol);
	few_tries(t->p->moon);
	unlink(t->p->log);
	log_open("iked", LOG_STYLE_IKE, "/dev/null", false);
	log_tap(hear, NULL);
	return t;
}

static void *open_fresh(const struct learn_start *s)
{
	return open_pair(s->arg);
}

static void *open_established(const struct learn_start *s)
{
	struct talk *t = open_pair(s->arg);

	pair_establish(t->p, true);
	return t;
}

/* A peer in the place of the other one, once the node is in that state. */
static void *take_over(struct talk *t, bool carol, enum sa_state when)
{
	struct sa *sa = NULL;

	t->node = carol ? t->p->carol : t->p->moon;
	t->alone = true;
	if (when == SA_UP) {
		pair_establish(t->p, true);
	} else {
		assert_int_equal(pair_acquire(t->p, t->p->carol, "mh"), 1);
		while (!(sa = LIST_FIRST(&t->node->d->sas)) || sa->state != when)
			assert_true(pair_step(t->p));
	}
	if (when != SA_INIT_SENT)
		peer_takes_over(&t->e, t->p, t->node);
	return t;
}

static void *open_carol(const struct learn_start *s)
{
	return take_over(open_pair(PLAIN), true, (enum sa_state)s->arg);
}

static void *open_moon(const struct learn_start *s)
{
	return take_over(open_pair(PLAIN), false, (enum sa_state)s->arg);
}

static void *open_watching(const struct learn_start *s)
{
	return take_over(open_pair(WATCHES), true, (enum sa_state)s->arg);
}

static const struct learn_start starts[] = {
	{ "two daemons", open_fresh, TALK_PAIR, PLAIN },
	{ "two that know each other's address", open_fresh, TALK_PAIR, CALLS },
	{ "two that have both CHILD_SAs", open_established, TALK_PAIR, PLAIN },
	{ "moon takes another group", open_fresh, TALK_PAIR, ONE_GROUP },
	{ "moon takes no suite of the IKE_SA", open_fresh, TALK_PAIR, OTHER_IKE },
	{ "moon takes no suite of a CHILD_SA", open_fresh, TALK_PAIR, OTHER_ESP },
	{ "carol has no CRL", open_fresh, TALK_PAIR, CAROL_NO_CRL },
	{ "moon has no CRL", open_fresh, TALK_PAIR, MOON_NO_CRL },
	{ "carol and a peer", open_carol, TALK_PEER, SA_UP },
	{ "carol, who looks after it, and a peer", open_watching, TALK_PEER, SA_UP },
	{ "moon and a peer", open_moon, TALK_PEER, SA_UP },
	{ "carol, and a peer before IKE_AUTH", open_carol, TALK_PEER, SA_AUTH_SENT },
	{ "moon, and a peer before IKE_AUTH", open_moon, TALK_PEER, SA_INIT_DONE },
	{ "carol and a stranger", open_carol, TALK_STRANGER, SA_INIT_SENT },
};

/* The abstract state. */

static void look_child(FILE *f, const struct child *c)
{
	fprintf(f, " {%s %s%s%s%s%s%s}", c->trap->conn->name, child_state_str(c->state),
		c->initiator ? " ours" : "", c->unheard ? " unheard" : "", c->lost ? " lost" : "",
		c->in_installed ? " in" : "", c->out_installed ? " out" : "");
}

static void look_tasks(FILE *f, const struct sa *sa)
{
	const struct task *t;

	if (sa->task)
		fprintf(f, " asks %d group %u%s%s", sa->task->kind, sa->task->group,
			sa->task->collided ? " collided" : "",
			sa->task->their_sa.to || sa->task->their_child.to ? " theirs" : "");
	TAILQ_FOREACH (t, &sa->tasks, link)
		fprintf(f, " then %d", t->kind);
	TAILQ_FOREACH (t, &sa->later, link)
		fprintf(f, " later %d after %u", t->kind, t->n_later);
}

static void look_sa(FILE *f, const struct sa *sa)
{
	const struct child *c;

	fprintf(f, "[%d%s%s%s%s%s%s%s", sa->state, sa->initiator ? " initiator" : "",
		sa->yielding ? " yielding" : "", sa->hands_over ? " hands over" : "",
		sa->outdated ? " outdated" : "", sa->turned ? " turned" : "",
		sa->has_response ? " answered" : "", sa->request.n ? " waits" : "");
	fprintf(f, " %u tries, timers %d%d%d%d", sa->tries, sa->t_half_open.armed,
		sa->t_rekey.armed, sa->t_expire.armed, sa->t_later.armed);
	if (sa->init)
		fprintf(f, " %zu groups %zu cookies", sa->init->n_groups_tried,
			sa->init->n_cookies);
	look_tasks(f, sa);
	LIST_FOREACH (c, &sa->children, of_sa)
		look_child(f, c);
	fputs("]", f);
}

static void look_node(FILE *f, const struct node *n)
{
	const struct sa *sa;
	const struct trap *t;

	if (!n->d)
		return;
	fprintf(f, "%s%s:", n->name, n->d->stopping ? " stopping" : "");
	LIST_FOREACH (sa, &n->d->sas, all)
		look_sa(f, sa);
	TAILQ_FOREACH (t, &n->d->traps, all)
		if (t->wanted || t->attempt || t->not_before > loop_now())
			fprintf(f, " %s %s%u%s", t->conn->name, t->wanted ? "wanted " : "",
				t->attempt, t->not_before > loop_now() ? " not yet" : "");
	fprintf(f, " kernel %zu+%zu\n", fake_xfrm_n_sa(n->kernel), fake_xfrm_n_larval(n->kernel));
}

static void look(void *world, FILE *f)
{
	const struct talk *t = world;
	const struct dgram *g;

	look_node(f, t->p->carol);
	look_node(f, t->p->moon);
	if (!t->alone)
		TAILQ_FOREACH (g, &t->p->queue, link)
			fprintf(f, " %s %u/%x", g->from->name, g->data[18], g->data[19]);
	fprintf(f, " failing %u%s", t->failing, probe_no_key_pair ? " no key pair" : "");
}

static void begin(void *world)
{
	probe_begin(((struct talk *)world)->p);
}

static void end(void *world)
{
	probe_end(((struct talk *)world)->p);
}

enum {
	ALL = (1 << SA_GONE) - 1,
	BEFORE = 1 << SA_NEW | 1 << SA_INIT_SENT | 1 << SA_INIT_DONE | 1 << SA_AUTH_SENT,
};

/* clang-format off */
static const struct learn_past past[] = {
	{ 1 << SA_NEW, SA_UP, PROBE_BROUGHT_UP },
	{ 1 << SA_UP | 1 << SA_NEW, SA_REKEYED, PROBE_LOST },
	{ ALL, SA_GONE, PROBE_ENDED },
	{ ALL, SA_GONE, PROBE_SILENT },
	{ BEFORE, SA_GONE, PROBE_JOINED },
	{ 1 << SA_NEW, SA_GONE, PROBE_NEVER },
};
/* clang-format on */

int main(int argc, char **argv)
{
	const struct learn_world world = {
		.name = "iked",
		.starts = starts,
		.n_starts = sizeof(starts) / sizeof(starts[0]),
		.letters = talk_letters,
		.n_letters = talk_n_letters,
		.forks = true,
		.look = look,
		.begin = begin,
		.end = end,
		.machine = { sa_machine, child_machine },
		.past = past,
		.n_past = sizeof(past) / sizeof(past[0]),
	};

	run_openssl();
	pair_keeps_trust = true; /* keys, CA and CRL are read once */
	pair_free(pair_new(confs[PLAIN].carol, confs[PLAIN].moon));
	return learn_main(&world, 1, argc, argv);
}
