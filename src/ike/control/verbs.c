#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/version.h"
#include "ike/control/status.h"
#include "ike/control/verbs.h"
#include "ike/control/verbs_list.h"
#include "ike/lifecycle/close.h"
#include "ike/lifecycle/rekey.h"
#include "ike/lifecycle/want.h"
#include "ike/sa/child.h"

enum { DONE, FAILED, USAGE, PARKED = -1 };
enum { WORDS_MAX = 4, NAME_SIZE = 128 };

/* A request that waits for a connection to come up, or for IKE_SAs to go. */
struct waiting {
	TAILQ_ENTRY(waiting) link;
	struct control *co;
	struct ctl_req *req;
	char name[NAME_SIZE]; /* up: of the connection */
	const struct sa *sa; /* down: until this one is gone */
};

TAILQ_HEAD(waiting_head, waiting);

struct verbs {
	struct waiting_head waiting;
};

struct ask {
	struct control *co;
	struct ctl_req *req;
	char *words[WORDS_MAX]; /* the verb first */
	size_t n;
	bool json;
	bool *parked; /* the request may be finished, and gone, already */
};

/* `ipsec up` and `down` show what happens. */
static void tap(void *arg, const char *line)
{
	struct verbs *v = arg;
	struct waiting *w;

	TAILQ_FOREACH (w, &v->waiting, link)
		ctl_line(w->req, "%s", line);
}

static void forget(struct waiting *w)
{
	struct verbs *v = w->co->verbs;

	TAILQ_REMOVE(&v->waiting, w, link);
	if (TAILQ_EMPTY(&v->waiting))
		log_tap(NULL, NULL);
	free(w);
}

static void finish(struct waiting *w, int status)
{
	struct ctl_req *req = w->req;

	forget(w);
	ctl_finish(req, status);
}

static void on_gone(struct ctl_req *req)
{
	finish(req->data, FAILED);
}

static struct waiting *park(const struct ask *a, const char *name, const struct sa *sa)
{
	struct waiting *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->co = a->co;
	w->req = a->req;
	w->sa = sa;
	snprintf(w->name, sizeof(w->name), "%s", name);
	*a->parked = true;
	a->req->data = w;
	a->req->on_gone = on_gone;
	TAILQ_INSERT_TAIL(&a->co->verbs->waiting, w, link);
	log_tap(tap, a->co->verbs);
	return w;
}

static bool still_waits(const struct verbs *v, const struct waiting *w)
{
	const struct waiting *other;

	TAILQ_FOREACH (other, &v->waiting, link)
		if (other == w)
			return true;
	return false;
}

static struct trap *named(const struct ask *a)
{
	struct trap *t = trap_by_name(a->co->d, a->words[1]);

	if (t && t->gone)
		t = NULL;
	if (!t)
		ctl_line(a->req, "no connection named '%s'", a->words[1]);
	return t;
}

static int up(const struct ask *a)
{
	struct trap *t = named(a);
	struct child *c = t ? child_of_trap(t) : NULL;
	struct waiting *w;
	int rc;

	if (!t)
		return FAILED;
	if (c) {
		ctl_line(a->req, "CHILD_SA %s is established already", child_name(c));
		return DONE;
	}
	log_cfg(1, "received stroke: initiate '%s'", t->conn->name);
	w = park(a, t->conn->name, NULL);
	if (!w)
		return FAILED;
	rc = iked_want_child(a->co->d, t, NULL);
	if (!rc || rc == -EALREADY || !still_waits(a->co->verbs, w))
		return PARKED;
	ctl_line(a->req, "establishing connection '%s' failed: %s", a->words[1], strerror(-rc));
	finish(w, FAILED);
	return PARKED;
}

/* "NAME", "NAME[3]", "NAME{*}": cuts the brackets off; number 0 is all of them. False: garbled. */
static bool split(char *word, char *bracket, unsigned *number)
{
	size_t at = strcspn(word, "[{");
	char *inside = word + at + 1, *end;

	*number = 0;
	*bracket = word[at];
	if (!*bracket)
		return true;
	word[at] = '\0';
	if (*inside == '*') {
		end = inside + 1;
	} else {
		*number = (unsigned)strtoul(inside, &end, 10);
		if (end == inside || !*number)
			return false;
	}
	return *end == (*bracket == '[' ? ']' : '}') && !end[1];
}

typedef unsigned sa_fn(const struct ask *a, struct sa *sa);
typedef unsigned child_fn(const struct ask *a, struct child *c);

/* Run fn for the IKE_SAs (not followed by their ends: fn may free). Gives how many. */
static unsigned each_sa(const struct ask *a, const char *name, unsigned number, sa_fn *fn)
{
	own_mem struct sa **all = status_sas(a->co);
	unsigned n = 0;

	for (struct sa **sa = all; all && *sa; sa++)
		if ((*sa)->peer && (!*name || !strcmp((*sa)->peer->conn->name, name)) &&
			(!number || (*sa)->number == number))
			n += fn(a, *sa);
	return n;
}

static unsigned each_child(const struct ask *a, const char *name, unsigned reqid, child_fn *fn)
{
	own_mem struct sa **all = status_sas(a->co);
	struct child *c, *next;
	unsigned n = 0;

	for (struct sa **sa = all; all && *sa; sa++)
		for (c = LIST_FIRST(&(*sa)->children); c; c = next) {
			next = LIST_NEXT(c, of_sa);
			if (c == child_of_trap(c->trap) &&
				(!*name || !strcmp(c->trap->conn->name, name)) &&
				(!reqid || c->reqid_out == reqid))
				n += fn(a, c);
		}
	return n;
}

/* A request waits for one IKE_SA only; the others go without being watched. */
static unsigned close_sa(const struct ask *a, struct sa *sa)
{
	if (sa->state == SA_DELETING || sa->state == SA_GONE)
		return 0;
	if (!*a->parked && !park(a, "", sa))
		return 0;
	iked_close_sa(sa);
	return 1;
}

static unsigned close_child(const struct ask *a, struct child *c)
{
	ctl_line(a->req, "closing CHILD_SA %s with SPIs %08x_i %08x_o", child_name(c), c->spi_in,
		c->spi_out);
	iked_close_child(c);
	return 1;
}

static int down(const struct ask *a)
{
	char *name = a->words[1], bracket;
	unsigned number, n;

	if (!split(name, &bracket, &number))
		return USAGE;
	log_cfg(1, "received stroke: terminate '%s'", name);
	n = bracket == '{' ? 0 : each_sa(a, name, number, close_sa);
	if (n)
		return PARKED;
	n = bracket == '[' ? 0 : each_child(a, name, number, close_child);
	if (!n)
		ctl_line(a->req, "no match");
	return n ? DONE : FAILED;
}

static unsigned rekey_sa(const struct ask *a, struct sa *sa)
{
	(void)a;
	return iked_rekey_sa(sa) == 0;
}

static unsigned rekey_child(const struct ask *a, struct child *c)
{
	(void)a;
	return iked_rekey_child(c) == 0;
}

static int rekey(const struct ask *a)
{
	char *name = a->words[1], bracket;
	unsigned number, n;

	if (!split(name, &bracket, &number))
		return USAGE;
	n = bracket == '[' ? each_sa(a, name, number, rekey_sa)
			   : each_child(a, name, number, rekey_child);
	if (!n)
		ctl_line(a->req, "nothing to rekey");
	return n ? DONE : FAILED;
}

static int route(const struct ask *a)
{
	struct trap *t = named(a);

	if (!t)
		return FAILED;
	log_cfg(1, "received stroke: route '%s'", t->conn->name);
	trap_route(t);
	ctl_line(a->req, "'%s' routed", t->conn->name);
	return DONE;
}

static int unroute(const struct ask *a)
{
	struct trap *t = named(a);

	if (!t)
		return FAILED;
	log_cfg(1, "received stroke: unroute '%s'", t->conn->name);
	trap_unroute(t);
	ctl_line(a->req, "'%s' unrouted", t->conn->name);
	return DONE;
}

static void answer(void *arg, const char *line)
{
	ctl_line(arg, "%s", line);
}

static int show(const struct ask *a, bool all)
{
	struct status_out out = { answer, a->req, a->n > 1 ? a->words[1] : NULL, all };

	if (a->json)
		status_json(a->co, &out);
	else
		status_text(a->co, &out);
	return DONE;
}

static int status(const struct ask *a)
{
	return show(a, false);
}

static int statusall(const struct ask *a)
{
	return show(a, true);
}

static void finding(void *arg, bool error, const char *line)
{
	log_cfg(error ? 0 : 1, "%s", line);
	ctl_line(arg, "%s", line);
}

static int update(const struct ask *a)
{
	struct conf_log log = { .emit = finding, .arg = a->req };
	int rc = a->co->update(a->co, &log);

	if (rc < 0)
		ctl_line(a->req, "%s: %s, nothing changed", a->co->paths.ipsec_conf,
			conf_load_str(rc));
	return rc < 0 || log.n_errors ? FAILED : DONE;
}

static int reload(const struct ask *a)
{
	cert_store_load(a->co->certs, iked_conf(a->co->d));
	return update(a);
}

static int reread_secrets(const struct ask *a)
{
	cert_store_reread_secrets(a->co->certs, iked_conf(a->co->d));
	return DONE;
}

static int reread_cas(const struct ask *a)
{
	cert_store_reread_cas(a->co->certs);
	return DONE;
}

static int reread_crls(const struct ask *a)
{
	cert_store_reread_crls(a->co->certs);
	return DONE;
}

static int reread_all(const struct ask *a)
{
	cert_store_load(a->co->certs, iked_conf(a->co->d));
	return DONE;
}

static int list_certs(const struct ask *a)
{
	list_own_certs(a->co, a->req);
	return DONE;
}

static int list_cas(const struct ask *a)
{
	list_ca_certs(a->co, a->req);
	return DONE;
}

static int list_revocation(const struct ask *a)
{
	list_crls(a->co, a->req);
	return DONE;
}

static int loglevel(const struct ask *a)
{
	char text[64];

	snprintf(text, sizeof(text), "%s %s", a->words[1], a->words[2]);
	if (log_levels(text) == 0)
		return DONE;
	ctl_line(a->req, "%s: expected a group and a level from -1 to 4", text);
	return USAGE;
}

static const struct {
	const char *name;
	size_t min, max; /* words behind the verb */
	int (*fn)(const struct ask *a);
} rows[] = {
	{ "status", 0, 1, status },
	{ "statusall", 0, 1, statusall },
	{ "up", 1, 1, up },
	{ "down", 1, 1, down },
	{ "route", 1, 1, route },
	{ "unroute", 1, 1, unroute },
	{ "update", 0, 0, update },
	{ "reload", 0, 0, reload },
	{ "rereadsecrets", 0, 0, reread_secrets },
	{ "rereadcacerts", 0, 0, reread_cas },
	{ "rereadcrls", 0, 0, reread_crls },
	{ "rereadall", 0, 0, reread_all },
	{ "listcerts", 0, 0, list_certs },
	{ "listcacerts", 0, 0, list_cas },
	{ "listcrls", 0, 0, list_revocation },
	{ "rekey", 1, 1, rekey },
	{ "loglevel", 2, 2, loglevel },
};

static int run(const struct ask *a)
{
	for (size_t i = 0; a->n && i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].name, a->words[0]) != 0)
			continue;
		if (a->n - 1 < rows[i].min || a->n - 1 > rows[i].max)
			break;
		return rows[i].fn(a);
	}
	ctl_line(a->req, "not understood: %s", a->req->line);
	return USAGE;
}

void verbs_serve(struct ctl_req *req, void *arg)
{
	bool parked = false;
	struct ask a = { .co = arg, .req = req, .parked = &parked };
	own_mem char *copy = strdup(req->line);
	char *save = NULL;
	int status;

	for (char *w = copy ? strtok_r(copy, " ", &save) : NULL; w;
		w = strtok_r(NULL, " ", &save)) {
		if (!strcmp(w, "--json"))
			a.json = true;
		else if (a.n < WORDS_MAX)
			a.words[a.n++] = w;
	}
	status = run(&a);
	if (status != PARKED)
		ctl_finish(req, status);
}

int verbs_new(struct control *co)
{
	struct verbs *v = calloc(1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	TAILQ_INIT(&v->waiting);
	co->verbs = v;
	return 0;
}

void verbs_free(struct control *co)
{
	if (!co->verbs)
		return;
	log_tap(NULL, NULL);
	while (!TAILQ_EMPTY(&co->verbs->waiting))
		finish(TAILQ_FIRST(&co->verbs->waiting), FAILED);
	free(take(co->verbs));
}

void verbs_child_done(struct control *co, const struct trap *t, int rc, const char *why)
{
	struct waiting *w, *next;

	for (w = co->verbs ? TAILQ_FIRST(&co->verbs->waiting) : NULL; w; w = next) {
		next = TAILQ_NEXT(w, link);
		if (w->sa || strcmp(w->name, t->conn->name) != 0)
			continue;
		if (rc)
			ctl_line(w->req, "establishing connection '%s' failed: %s", w->name,
				why ? why : strerror(-rc));
		else
			ctl_line(w->req, "connection '%s' established successfully", w->name);
		finish(w, rc ? FAILED : DONE);
	}
}

/* Whoever waits for the end of the one waits for that of the other. */
void verbs_sa_inherited(struct control *co, const struct sa *from, const struct sa *to)
{
	struct waiting *w;

	if (!co->verbs)
		return;
	TAILQ_FOREACH (w, &co->verbs->waiting, link)
		if (w->sa == from)
			w->sa = to;
}

void verbs_sa_gone(struct control *co, const struct sa *sa)
{
	struct waiting *w, *next;

	for (w = co->verbs ? TAILQ_FIRST(&co->verbs->waiting) : NULL; w; w = next) {
		next = TAILQ_NEXT(w, link);
		if (w->sa == sa)
			finish(w, DONE);
	}
}
