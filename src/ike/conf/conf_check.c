#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ike/conf/conf_read.h"

/* A finding about the whole connection: at the line of the parameter that decided. */
#define SAY(fn, b, key, fmt, ...)                                                                  \
	fn((b)->log, conn_where(b, key), "conn %s: %s=" fmt, (b)->conn->name, key, __VA_ARGS__)

/* Was this end given as left or as right? */
static const char *key_of(const struct conn *c, const struct conn_end *end, const char *rest)
{
	static char ring[4][32];
	static unsigned next;
	char *name = ring[next++ % 4];
	bool left = (end == &c->local) != c->swapped;

	snprintf(name, sizeof(ring[0]), "%s%s", left ? "left" : "right", rest);
	return name;
}

/* E-005: right may be our side. */
static void choose_side(struct conn *c, const struct conf_paths *paths)
{
	struct conn_end end = c->local;

	if (!paths->is_local || addr_is_any(&c->remote.addr) ||
		!paths->is_local(paths->arg, &c->remote.addr))
		return;
	if (!addr_is_any(&c->local.addr) && paths->is_local(paths->arg, &c->local.addr))
		return;
	c->local = c->remote;
	c->remote = end;
	c->swapped = true;
}

static int end_cert(struct conn_end *end, const struct conf_paths *paths)
{
	char *path;

	if (!end->cert_file)
		return 0;
	path = conf_path(paths, "certs", end->cert_file);
	if (!path)
		return -ENOMEM;
	free(end->cert_file);
	end->cert_file = path;
	return 0;
}

/* leftca=%same */
static int end_ca(struct conn_build *b, struct conn_end *end, const struct conn_end *other)
{
	if (!end->ca || strcmp(end->ca, "%same") != 0)
		return 0;
	if (!other->ca || !strcmp(other->ca, "%same")) {
		SAY(conf_error, b, key_of(b->conn, end, "ca"), "%s: expected %s beside it", "%same",
			key_of(b->conn, other, "ca"));
		return -EINVAL;
	}
	return other->ca_id.type
		? ident_set(&end->ca_id, other->ca_id.type, blob_view(&other->ca_id.data))
		: 0;
}

/* Without leftid the end is its address, unless its certificate will say more. */
static int end_id(struct conn_end *end)
{
	if (end->id_text || end->cert_file || addr_is_any(&end->addr))
		return 0;
	return ident_set(&end->id, ID_IPV6, BYTES(&end->addr, sizeof(end->addr)));
}

static int end_ts(struct conn_build *b, struct conn_end *end)
{
	struct conn *c = b->conn;
	struct prefix host = { end->addr, 128 };
	uint8_t proto;
	int port;

	if (end->subnet_text)
		return conf_selectors(end->subnet_text, end->protoport_text, &end->ts);
	if (!end->protoport_text)
		return 0;
	if (addr_is_any(&end->addr)) {
		SAY(conf_error, b, key_of(c, end, "protoport"),
			"%s: expected %s or an address beside it", end->protoport_text,
			key_of(c, end, "subnet"));
		return -EINVAL;
	}
	if (conf_protoport(end->protoport_text, &proto, &port) < 0)
		return -EINVAL;
	end->ts = (struct ts_list){ .ts = { ts_of(&host, proto, port) }, .n = 1 };
	return 0;
}

/* Without `!` the defaults are good too, behind what is named. */
static void add_defaults(struct prop_list *list, uint8_t proto, bool strict)
{
	struct prop_list more = { 0 };

	if (strict)
		return;
	prop_defaults(proto, &more);
	for (size_t i = 0; i < more.n && list->n < PROP_MAX; i++)
		list->p[list->n++] = more.p[i];
}

static bool one_host(const struct conn_end *end)
{
	struct in6_addr a;

	if (!end->ts.n)
		return !addr_is_any(&end->addr);
	return end->ts.n == 1 && ts_is_host(&end->ts.ts[0], &a);
}

/* B-026, B-082: the endpoints of a proxied CHILD_SA are the hosts that the selectors name. */
static int check_hosts(struct conn_build *b)
{
	struct conn *c = b->conn;
	struct conn_end *ends[] = { &c->local, &c->remote };

	for (size_t i = 0; i < 2; i++) {
		if (one_host(ends[i]))
			continue;
		SAY(conf_error, b, key_of(c, ends[i], "subnet"),
			"%s: type=transport_proxy expects one host such as 2001:1::10/128",
			ends[i]->subnet_text ? ends[i]->subnet_text : "");
		return -EINVAL;
	}
	return 0;
}

/* B-083, B-085: who may use the home address must be known. */
static int check_peer_id(struct conn_build *b)
{
	struct conn *c = b->conn;
	const struct ident *id = &c->remote.id;
	const char *key = key_of(c, &c->remote, "id");

	if (!id->type && !c->remote.cert_file) {
		SAY(conf_error, b, key, "%s: type=transport_proxy expects the identity of the peer",
			c->remote.id_text ? c->remote.id_text : "");
		return -EINVAL;
	}
	if (ident_has_wildcard(id))
		SAY(conf_warn, b, key, "%s: everybody who fits may use the home address %s",
			c->remote.id_text, ts_list_str(&c->remote.ts));
	return 0;
}

/* two ways to move the same IKE_SA. */
static int check_mobike(struct conn_build *b)
{
	if (!b->conn->mobike)
		return 0;
	SAY(conf_error, b, "mobike", "%s: type=transport_proxy expects mobike=no", "yes");
	return -EINVAL;
}

/* no time left to rekey in. */
static void check_lifetime(struct conn_build *b, const char *key, uint32_t life)
{
	struct conn *c = b->conn;
	uint64_t most = c->margin + (uint64_t)c->margin * c->fuzz_percent / 100;

	if (c->rekey && most >= life)
		SAY(conf_warn, b, key,
			"%us: margin and fuzz may take %llus of it, then there is no rekeying",
			life, (unsigned long long)most);
}

/* The group that a proposal has, whichever of several. */
static bool has_group(const struct prop *p, const struct alg *group)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_tf; i++) {
		if (p->tf[i].type != ALG_DH)
			continue;
		if (group && p->tf[i].alg != group)
			return false;
		n++;
	}
	return n > 0;
}

/* RFC 7296 section 1.3: a CHILD_SA has the group of its proposal, or none. */
static int check_pfs(struct conn_build *b)
{
	const struct conn *c = b->conn;

	for (size_t i = 0; i < c->esp.n && (c->pfs || c->pfs_group); i++) {
		if (has_group(&c->esp.p[i], c->pfs_group))
			continue;
		SAY(conf_error, b, c->pfs_group ? "pfsgroup" : "pfs",
			"%s: expected such a group in each proposal of esp, and ! behind them, "
			"such as esp=aes128-sha256-%s!",
			c->pfs_group ? c->pfs_group->word : "yes",
			c->pfs_group ? c->pfs_group->word : "modp2048");
		return -EINVAL;
	}
	return 0;
}

static int (*const proxy_checks[])(
	struct conn_build *b) = { check_hosts, check_peer_id, check_mobike };

static int check(struct conn_build *b)
{
	struct conn *c = b->conn;

	if (check_pfs(b) < 0)
		return -EINVAL;
	check_lifetime(b, "ikelifetime", c->ike_lifetime);
	check_lifetime(b, "lifetime", c->lifetime);
	if (c->mobike && c->type != CONN_TRANSPORT_PROXY)
		SAY(conf_warn, b, "mobike", "%s: MOBIKE is not spoken here", "yes");
	if (c->installpolicy)
		SAY(conf_warn, b, "installpolicy",
			"%s: iked installs no policies; without another program's, packets go in "
			"clear",
			"yes");
	for (size_t i = 0; i < sizeof(proxy_checks) / sizeof(proxy_checks[0]); i++)
		if (c->type == CONN_TRANSPORT_PROXY && proxy_checks[i](b) < 0)
			return -EINVAL;
	return 0;
}

int conn_complete(struct conn_build *b, const struct conf_paths *paths)
{
	struct conn *c = b->conn;
	struct conn_end *ends[] = { &c->local, &c->remote };

	choose_side(c, paths);
	c->local.cert_at = conn_where(b, key_of(c, &c->local, "cert"));
	c->remote.cert_at = conn_where(b, key_of(c, &c->remote, "cert"));
	c->local.id_at = conn_where(b, key_of(c, &c->local, "id"));
	for (size_t i = 0; i < 2; i++)
		if (end_cert(ends[i], paths) < 0 || end_ca(b, ends[i], ends[!i]) < 0 ||
			end_id(ends[i]) < 0 || end_ts(b, ends[i]) < 0)
			return -EINVAL;
	add_defaults(&c->ike, PROTO_IKE, c->ike_strict);
	add_defaults(&c->esp, PROTO_ESP, c->esp_strict);
	return check(b);
}
