#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ike/control/status.h"
#include "ike/sa/child.h"

enum { LINE_SIZE = 8192 };

static void say(const struct status_out *out, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void say(const struct status_out *out, const char *fmt, ...)
{
	char line[LINE_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	out->line(out->arg, line);
}

/* "54 minutes": the largest unit of which there are two. */
static const char *span(long seconds)
{
	static const struct {
		long below, unit;
		const char *name;
	} units[] = {
		{ 2 * 60, 1, "second" },
		{ 2 * 3600, 60, "minute" },
		{ 2 * 86400, 3600, "hour" },
		{ LONG_MAX, 86400, "day" },
	};
	static char ring[4][48];
	static unsigned next;
	char *text = ring[next++ % 4];
	size_t i = 0;

	while (seconds >= units[i].below)
		i++;
	seconds /= units[i].unit;
	snprintf(
		text, sizeof(ring[0]), "%ld %s%s", seconds, units[i].name, seconds == 1 ? "" : "s");
	return text;
}

static void performance(const struct control *co, const struct status_out *out)
{
	char since[64];
	struct tm tm;

	strftime(since, sizeof(since), "%b %d %H:%M:%S %Y", localtime_r(&co->started, &tm));
	say(out, "Performance:");
	say(out, "  uptime: %s, since %s", span((long)((loop_now() - co->started_ms) / 1000)),
		since);
	say(out, "  worker threads: 0 idle of 1, job queue load: 0, scheduled events: %u",
		loop_n_timers());
	say(out, "  loaded plugins: " DAEMON_PARTS " ");
}

static void listening(const struct control *co, const struct status_out *out)
{
	const struct in6_addr *a;
	size_t at = 0;

	say(out, "Listening IP addresses:");
	while ((a = local_next(co->local, &at)))
		say(out, "  %s", addr_str(a));
}

static bool shown(const struct status_out *out, const struct trap *t)
{
	return !out->name || !strcmp(out->name, t->conn->name);
}

static const char *quoted(const char *ca)
{
	static char ring[2][600];
	static unsigned next;
	char *text = ring[next++ % 2];

	snprintf(text, sizeof(ring[0]), ca ? "\"%s\"" : "%%any", ca);
	return text;
}

/* E-041: the host itself when nothing is configured. */
static const char *selectors(const struct ts_list *ts)
{
	return ts->n ? ts_list_str(ts) : "dynamic";
}

static void connection(const struct control *co, const struct status_out *out, const struct trap *t)
{
	const struct conn *c = t->conn;
	const char *own_ca = status_own_ca(co, t), *name = c->name;

	if (t->peer == t) {
		say(out, "%12s:  %s[%s]...%s[%s]", name, addr_str_any(&c->local.addr),
			ident_str(&c->local.id), addr_str_any(&c->remote.addr),
			ident_str(&c->remote.id));
		if (own_ca || c->remote.ca)
			say(out, "%12s:  CAs: %s...%s", name, quoted(own_ca), quoted(c->remote.ca));
		say(out, "%12s:  public key authentication%s%s", name,
			c->dpdaction ? ", dpddelay=" : "", c->dpdaction ? span(c->dpddelay) : "");
	}
	say(out, "%12s:    %s === %s", name, selectors(&c->local.ts), selectors(&c->remote.ts));
}

/* The first with these IKE parameters, then those that share them. */
static void connections(const struct control *co, const struct status_out *out)
{
	const struct trap *t, *m;

	say(out, "Connections:");
	TAILQ_FOREACH (t, &co->d->traps, all) {
		if (t->peer != t)
			continue;
		TAILQ_FOREACH (m, &t->members, member)
			if (shown(out, m))
				connection(co, out, m);
	}
}

static void ike_sa(const struct status_out *out, const struct sa *sa)
{
	long left = status_left(sa->rekey_at);
	bool reauth = sa->peer && sa->peer->conn->reauth;
	const char *name = sa->peer ? sa->peer->conn->name : "(unnamed)";

	say(out, "%12s[%u]: %s, %s[%s]...%s[%s]", name, sa->number, sa_state_str(sa->state),
		addr_str_any(&sa->local), ident_str(&sa->my_id), addr_str_any(&sa->remote),
		ident_str(&sa->peer_id));
	if (!out->all)
		return;
	say(out, "%12s[%u]: IKE SPIs: %016llx_i%s %016llx_r%s%s%s", name, sa->number,
		(unsigned long long)sa->spi_i, sa->initiator ? "*" : "",
		(unsigned long long)sa->spi_r, sa->initiator ? "" : "*",
		left < 0	 ? ", rekeying disabled"
			: reauth ? ", reauthentication in "
				 : ", rekeying in ",
		left < 0 ? "" : span(left));
	if (sa->suite.encr)
		say(out, "%12s[%u]: IKE proposal: %s", name, sa->number,
			suite_status_str(&sa->suite));
}

static void routed(const struct status_out *out, const struct trap *t)
{
	static const char *const modes[] = { [CONN_TUNNEL] = "TUNNEL",
		[CONN_TRANSPORT] = "TRANSPORT",
		[CONN_TRANSPORT_PROXY] = "TRANSPORT_PROXY" };
	const struct conn *c = t->conn;

	say(out, "%12s{%u}:  ROUTED, %s", c->name, t->reqid_out, modes[c->type]);
	say(out, "%12s{%u}:   %s === %s", c->name, t->reqid_out, selectors(&c->local.ts),
		selectors(&c->remote.ts));
}

static const char *last_use(long seconds, char way)
{
	static char ring[2][32];
	static unsigned next;
	char *text = ring[next++ % 2];

	if (seconds < 0)
		snprintf(text, sizeof(ring[0]), "no_%c", way);
	else
		snprintf(text, sizeof(ring[0]), "%lds_%c", seconds, way);
	return text;
}

static void child_sa(const struct control *co, const struct status_out *out, const struct child *c)
{
	const struct suite suite = { .encr = c->encr, .integ = c->integ };
	const char *name = c->trap->conn->name;
	long left = status_left(status_child_rekey(c));

	say(out, "%12s{%u}:  %s, %s, ESP SPIs: %08x_i %08x_o", name, c->reqid_out,
		child_state_str(c->state), child_mode_str(c), c->spi_in, c->spi_out);
	if (out->all && c->encr)
		say(out, "%12s{%u}:  %s, %s%s, last use: %s %s ", name, c->reqid_out,
			suite_status_str(&suite), left < 0 ? "rekeying disabled" : "rekeying in ",
			left < 0 ? "" : span(left), last_use(status_last_use(co, c, XD_IN), 'i'),
			last_use(status_last_use(co, c, XD_OUT), 'o'));
	say(out, "%12s{%u}:   %s === %s", name, c->reqid_out, ts_list_str(&c->ts_local),
		ts_list_str(&c->ts_remote));
}

/* Routed connections of a peer stand in the block of its first IKE_SA. */
static unsigned routed_of(const struct status_out *out, const struct trap *peer)
{
	const struct trap *m;
	unsigned n = 0;

	TAILQ_FOREACH (m, &peer->members, member) {
		if (!m->routed || !shown(out, m))
			continue;
		routed(out, m);
		n++;
	}
	return n;
}

static bool sa_shown(
	const struct status_out *out, const struct sa *sa, struct child *const *children)
{
	if (!out->name || (sa->peer && shown(out, sa->peer)))
		return true;
	while (*children)
		if (shown(out, (*children++)->trap))
			return true;
	return false;
}

static unsigned sa_block(
	const struct control *co, const struct status_out *out, const struct sa *sa, bool first)
{
	own_mem struct child **children = status_children(sa);

	if (!children || !sa_shown(out, sa, children))
		return 0;
	ike_sa(out, sa);
	if (first && sa->peer)
		routed_of(out, sa->peer);
	for (struct child **c = children; *c; c++)
		if ((*c)->state != CHILD_NEW && shown(out, (*c)->trap))
			child_sa(co, out, *c);
	return 1;
}

static bool is_first(struct sa *const *all, const struct sa *sa)
{
	while (*all != sa)
		if ((*all++)->peer == sa->peer)
			return false;
	return true;
}

static void associations(const struct control *co, const struct status_out *out)
{
	own_mem struct sa **all = status_sas(co);
	const struct trap *t;
	unsigned n = 0;

	say(out, "Security Associations:");
	for (struct sa **sa = all; all && *sa; sa++)
		n += sa_block(co, out, *sa, is_first(all, *sa));
	TAILQ_FOREACH (t, &co->d->traps, all)
		if (t->peer == t && LIST_EMPTY(&t->sas))
			n += routed_of(out, t);
	if (!n)
		say(out, out->name ? "  no match" : "  none");
}

void status_text(const struct control *co, const struct status_out *out)
{
	if (out->all) {
		performance(co, out);
		listening(co, out);
		connections(co, out);
	}
	associations(co, out);
}
