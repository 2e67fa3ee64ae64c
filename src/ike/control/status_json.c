#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/version.h"
#include "ike/control/status.h"
#include "ike/sa/child.h"

static json_t *number(long long v)
{
	return v < 0 ? json_null() : json_integer(v);
}

static json_t *hex(uint64_t v, int digits)
{
	char text[24];

	snprintf(text, sizeof(text), "%0*llx", digits, (unsigned long long)v);
	return json_string(text);
}

static json_t *end_json(const struct in6_addr *a, const struct ident *id)
{
	return json_pack("{s:s, s:s}", "address", addr_str_any(a), "id", ident_str(id));
}

static json_t *selectors(const struct ts_list *list)
{
	json_t *out = json_array();

	for (size_t i = 0; i < list->n; i++)
		json_array_append_new(out, json_string(ts_str(&list->ts[i])));
	return out;
}

static json_t *km_json(const struct trap *peer)
{
	if (!peer->has_km)
		return json_null();
	return json_pack("{s:s, s:s}", "local", addr_str(&peer->km_local), "remote",
		addr_str(&peer->km_remote));
}

static json_t *connection(const struct control *co, const struct trap *t)
{
	static const char *const hows[] = { [REQID_COUNTER] = "counter",
		[REQID_EXPLICIT] = "explicit",
		[REQID_LEARNED] = "learned" };
	static const char *const modes[] = { [CONN_TUNNEL] = "TUNNEL",
		[CONN_TRANSPORT] = "TRANSPORT",
		[CONN_TRANSPORT_PROXY] = "TRANSPORT_PROXY" };
	const struct conn *c = t->conn;

	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:b, s:I, s:I, s:s, s:o, s:s?}",
		"name", c->name, "ike", t->peer->conn->name, "local",
		end_json(&c->local.addr, &c->local.id), "remote",
		end_json(&c->remote.addr, &c->remote.id), "local_ts", selectors(&c->local.ts),
		"remote_ts", selectors(&c->remote.ts), "mode", modes[c->type], "routed", t->routed,
		"reqid", (json_int_t)t->reqid_out, "reqid_in", (json_int_t)t->reqid_in,
		"reqid_from", hows[t->how], "kmaddress", km_json(t->peer), "ca",
		status_own_ca(co, t));
}

static json_t *child(const struct control *co, const struct child *c)
{
	const struct suite suite = { .encr = c->encr, .integ = c->integ };

	return json_pack(
		"{s:s, s:I, s:I, s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}",
		"name", c->trap->conn->name, "reqid", (json_int_t)c->reqid_out, "reqid_in",
		(json_int_t)c->reqid_in, "state", child_state_str(c->state), "mode",
		child_mode_str(c), "spi_in", hex(c->spi_in, 8), "spi_out", hex(c->spi_out, 8),
		"local", addr_str(&c->local), "remote", addr_str(&c->remote), "proposal",
		suite_status_str(&suite), "rekey_in_s", number(status_left(status_child_rekey(c))),
		"last_in_s", number(status_last_use(co, c, XD_IN)), "last_out_s",
		number(status_last_use(co, c, XD_OUT)), "local_ts", selectors(&c->ts_local),
		"remote_ts", selectors(&c->ts_remote));
}

static json_t *ike_sa(const struct control *co, const struct sa *sa)
{
	own_mem struct child **children = status_children(sa);
	json_t *list = json_array();

	for (struct child **c = children; children && *c; c++)
		if ((*c)->state != CHILD_NEW)
			json_array_append_new(list, child(co, *c));
	return json_pack("{s:s?, s:i, s:s, s:b, s:o, s:o, s:i, s:i, s:o, s:o, s:s, s:o, s:o}",
		"name", sa->peer ? sa->peer->conn->name : NULL, "number", (int)sa->number, "state",
		sa_state_str(sa->state), "initiator", sa->initiator, "local",
		end_json(&sa->local, &sa->my_id), "remote", end_json(&sa->remote, &sa->peer_id),
		"local_port", sa->local_port, "remote_port", sa->remote_port, "spi_i",
		hex(sa->spi_i, 16), "spi_r", hex(sa->spi_r, 16), "proposal",
		suite_status_str(&sa->suite), "rekey_in_s", number(status_left(sa->rekey_at)),
		"children", list);
}

static bool fits(const struct status_out *out, const char *name)
{
	return !out->name || !strcmp(out->name, name);
}

static json_t *addresses(const struct control *co)
{
	const struct in6_addr *a;
	json_t *list = json_array();
	size_t at = 0;

	while ((a = local_next(co->local, &at)))
		json_array_append_new(list, json_string(addr_str(a)));
	return list;
}

static json_t *counters(const struct control *co)
{
	const struct iked_counts *c = &co->d->counts;
	struct net_counts n = { 0 };

	if (co->net)
		n = net_counts(co->net);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "in",
		(json_int_t)c->in, "out", (json_int_t)c->out, "dropped", (json_int_t)c->dropped,
		"refused", (json_int_t)c->refused, "replayed", (json_int_t)c->replayed,
		"retransmits", (json_int_t)c->retransmits, "bad_icv", (json_int_t)c->bad_icv,
		"cookies", (json_int_t)c->cookies, "not_ike", (json_int_t)n.not_ike, "oversized",
		(json_int_t)n.oversized, "not_sent", (json_int_t)n.failed);
}

void status_json(const struct control *co, const struct status_out *out)
{
	own_mem struct sa **all = status_sas(co);
	json_t *sas = json_array(), *conns = json_array(), *top;
	const struct trap *t;
	char *text;

	TAILQ_FOREACH (t, &co->d->traps, all)
		if (fits(out, t->conn->name))
			json_array_append_new(conns, connection(co, t));
	for (struct sa **sa = all; all && *sa; sa++)
		if (fits(out, (*sa)->peer ? (*sa)->peer->conn->name : ""))
			json_array_append_new(sas, ike_sa(co, *sa));
	top = json_pack("{s:s, s:I, s:I, s:o, s:o, s:o, s:o}", "version", PERIGEE_VERSION, "since",
		(json_int_t)co->started, "uptime_s",
		(json_int_t)((loop_now() - co->started_ms) / 1000), "addresses", addresses(co),
		"connections", conns, "sas", sas, "counters", counters(co));
	text = json_dumps(top, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	if (text)
		out->line(out->arg, text);
	free(text);
	json_decref(top);
}
