#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ike/conf/conf_read.h"

#define AT(field) offsetof(struct conn, field)
#define END_AT(field) offsetof(struct conn_end, field)

static conf_set set_only, set_ike, set_esp, set_tries, set_window, set_ca, set_group;
static conf_set set_addr, set_ident, set_subnet, set_protoport;

static const struct name autos[] = {
	{ AUTO_IGNORE, "ignore" },
	{ AUTO_ADD, "add" },
	{ AUTO_ROUTE, "route" },
	{ AUTO_START, "start" },
};

static const struct name types[] = {
	{ CONN_TUNNEL, "tunnel" },
	{ CONN_TRANSPORT, "transport" },
	{ CONN_TRANSPORT_PROXY, "transport_proxy" },
};

static const struct name versions[] = { { 2, "ikev2" }, { 2, "ike" } };
static const struct name nos[] = { { 0, "no" }, { 0, "false" } };
static const struct name certs[] = { { 0, "%cert" } };
static const struct name methods[] = { { AUTH_PUBKEY, "pubkey" }, { AUTH_PUBKEY, "rsasig" } };

static const struct name closes[] = {
	{ CLOSE_NONE, "none" },
	{ CLOSE_CLEAR, "clear" },
	{ CLOSE_HOLD, "hold" },
	{ CLOSE_RESTART, "restart" },
};

static const struct name sends[] = {
	{ SEND_NEVER, "never" },
	{ SEND_NEVER, "no" },
	{ SEND_IF_ASKED, "ifasked" },
	{ SEND_ALWAYS, "always" },
	{ SEND_ALWAYS, "yes" },
};

/* Values that are checked and have nothing to set. */
static int set_only(const struct conf_key *key, const char *value, void *target, const char **why)
{
	struct conf_key scratch = *key;
	int word;

	(void)target;
	scratch.at = 0;
	return conf_word(&scratch, value, &word, why);
}

/* clang-format off */
static const struct conf_key keys[] = {
	{ .name = "auto", .set = conf_word, .at = AT(autostart), .def = "ignore", .words = autos,
	  .n_words = 4,
	  .doc = "what happens at start: nothing, ready to answer and to begin when the "
		  "kernel asks (add), wait for traffic (route), start at once" },
	{ .name = "type", .set = conf_word, .at = AT(type), .def = "tunnel", .words = types,
	  .n_words = 3,
	  .doc = "mode of the CHILD_SA; transport_proxy protects the signalling of a home "
		  "address" },
	{ .name = "keyexchange", .set = set_only, .def = "ike", .words = versions, .n_words = 2,
	  .doc = "only IKEv2 is spoken" },
	{ .name = "authby", .set = set_only, .def = "pubkey", .words = methods, .n_words = 2,
	  .doc = "both ends prove themselves by RSA signatures" },
	{ .name = "ike", .set = set_ike,
	  .doc = "proposals of the IKE_SA, such as aes128-sha256-modp2048; with ! behind the last "
		  "one nothing else" },
	{ .name = "esp", .set = set_esp,
	  .doc = "proposals of the CHILD_SA; a group is used for rekeying and further "
		  "CHILD_SAs" },
	{ .name = "pfs", .set = conf_bool, .at = AT(pfs), .def = "no",
	  .doc = "with yes each proposal of esp must have a group" },
	{ .name = "pfsgroup", .set = set_group, .at = AT(pfs_group),
	  .doc = "each proposal of esp must have this group, such as modp2048" },
	{ .name = "ikelifetime", .set = conf_secs, .at = AT(ike_lifetime), .def = "3h",
	  .min = 1, .max = 30 * 86400,
	  .doc = "rekey the IKE_SA before it is that old" },
	{ .name = "lifetime", .set = conf_secs, .at = AT(lifetime), .def = "1h",
	  .max = 30 * 86400,
	  .doc = "rekey the CHILD_SA before it is that old" },
	{ .name = "keylife", .set = conf_secs, .at = AT(lifetime), .max = 30 * 86400,
	  .doc = "the same as lifetime" },
	{ .name = "margintime", .set = conf_secs, .at = AT(margin), .def = "9m",
	  .max = 30 * 86400,
	  .doc = "how long before the end rekeying begins" },
	{ .name = "rekeymargin", .set = conf_secs, .at = AT(margin), .max = 30 * 86400,
	  .doc = "the same as margintime" },
	{ .name = "rekeyfuzz", .set = conf_percent, .at = AT(fuzz_percent), .def = "100%",
	  .max = 1000,
	  .doc = "by how much of the margin rekeying may begin earlier, at random" },
	{ .name = "reauth", .set = conf_bool, .at = AT(reauth), .def = "yes",
	  .doc = "a new IKE_SA from the beginning instead of rekeying" },
	{ .name = "rekey", .set = conf_bool, .at = AT(rekey), .def = "yes",
	  .doc = "start rekeying ourselves" },
	{ .name = "mobike", .set = conf_bool, .at = AT(mobike), .def = "no",
	  .doc = "MOBIKE is not spoken: the kernel's MIGRATE moves an IKE_SA" },
	{ .name = "installpolicy", .set = conf_bool, .at = AT(installpolicy), .def = "yes",
	  .doc = "with no, another daemon owns the policies and its reqids are learned; yes only "
		 "warns, iked installs none" },
	{ .name = "forceencaps", .set = set_only, .def = "no", .words = nos, .n_words = 2,
	  .doc = "ESP is not encapsulated in UDP: yes is refused" },
	{ .name = "keyingtries", .set = set_tries, .at = AT(keyingtries), .def = "3",
	  .doc = "how often a new IKE_SA is tried; %forever" },
	{ .name = "dpdaction", .set = conf_word, .at = AT(dpdaction), .def = "none",
	  .words = closes, .n_words = 4,
	  .doc = "what to do when the peer no longer answers" },
	{ .name = "dpddelay", .set = conf_secs, .at = AT(dpddelay), .def = "30s", .max = 86400,
	  .doc = "ask a silent peer after this long" },
	{ .name = "closeaction", .set = conf_word, .at = AT(closeaction), .def = "none",
	  .words = closes, .n_words = 4,
	  .doc = "what to do when the peer deletes the CHILD_SA" },
	{ .name = "reqid", .set = conf_uint, .at = AT(reqid), .min = 1, .max = 4294967294,
	  .doc = "the reqid, fixed; else it is learned from the kernel's policy or counted" },
	{ .name = "replay_window", .set = set_window, .at = AT(replay_window), .def = "-1",
	  .max = 32,
	  .doc = "packets of the replay window; -1 is 32, 0 none" },
};

static const struct conf_key end_keys[] = {
	{ .name = "left", .set = set_addr, .at = END_AT(addr_text), .def = "%any",
	  .doc = "address of the end; %any: any (remote), the one the route gives (local)" },
	{ .name = "leftid", .set = set_ident, .at = END_AT(id_text),
	  .doc = "identity: user@host, @name, an address or a DN; when not given, from the "
		  "certificate, else the address; for the peer %any admits everybody whom a CA "
		  "vouches for, *@example.org, *.example.org and a DN with CN=* all that end so or "
		  "have any value there" },
	{ .name = "leftcert", .set = conf_string, .at = END_AT(cert_file),
	  .doc = "certificate, a file in ipsec.d/certs; the issuers behind it are sent along; the "
		  "peer must prove itself with exactly this one; then it may be signed by itself" },
	{ .name = "leftauth", .set = conf_word, .at = END_AT(auth), .def = "pubkey",
	  .words = methods, .n_words = 2,
	  .doc = "the end proves itself by an RSA signature" },
	{ .name = "leftca", .set = set_ca, .at = END_AT(ca),
	  .doc = "DN of a CA that must have a part in the certificate's path; %same: that of the "
		  "other end, %any: each" },
	{ .name = "leftrsasigkey", .set = set_only, .def = "%cert", .words = certs, .n_words = 1,
	  .doc = "the end's key is that of its certificate; leftcert pins it" },
	{ .name = "leftsendcert", .set = conf_word, .at = END_AT(sendcert), .def = "ifasked",
	  .words = sends, .n_words = 5,
	  .doc = "when the certificate is sent" },
	{ .name = "leftsubnet", .set = set_subnet, .at = END_AT(subnet_text),
	  .doc = "networks behind the end, net[proto/port] each; %dynamic: the end itself" },
	{ .name = "leftprotoport", .set = set_protoport, .at = END_AT(protoport_text),
	  .doc = "protocol and port of all of them; 135/5 is a mobility header type, 135/0 any" },
	{ .name = "leftallowany", .set = conf_bool, .at = END_AT(allow_any), .def = "no",
	  .doc = "accept the peer from other addresses too" },
};
/* clang-format on */

static int refuse(const char **why, const char *expected)
{
	*why = expected;
	return -EINVAL;
}

/* "a-b,c-d!" into proposals. One that is not known is left out while there are others. */
static int proposals(const char *value, uint8_t proto, struct prop_list *list, bool *strict,
	const char **why, void (*skipped)(void *arg, const char *word, const char *wrong),
	void *arg)
{
	const char *wrong = "proposals such as aes128-sha256-modp2048";
	struct prop_list out = { 0 };
	own_mem char *copy = strdup(value);
	char *save = NULL;
	size_t n = copy ? strlen(copy) : 0;

	if (!n)
		return refuse(why, "proposals such as aes128-sha256-modp2048");
	*strict = copy[n - 1] == '!';
	if (*strict)
		copy[n - 1] = '\0';
	if (strchr(copy, '!')) /* meant to be strict, but of what? */
		return refuse(why, "! only behind the last proposal");
	for (char *w = strtok_r(copy, ", ", &save); w; w = strtok_r(NULL, ", ", &save)) {
		if (out.n == PROP_MAX)
			return refuse(why, "fewer proposals");
		if (prop_word(w, proto, &out.p[out.n], &wrong) == 0)
			out.n++;
		else if (skipped)
			skipped(arg, w, wrong);
	}
	if (!out.n)
		return refuse(why, wrong);
	*list = out;
	return 0;
}

static int keep_text(const char *value, char **at, const char **why)
{
	char *copy = strdup(value);

	if (!copy)
		return refuse(why, "less memory in use");
	free(*at);
	*at = copy;
	return 0;
}

static int set_ike(const struct conf_key *key, const char *value, void *target, const char **why)
{
	struct conn *c = target;

	(void)key;
	if (proposals(value, PROTO_IKE, &c->ike, &c->ike_strict, why, NULL, NULL) < 0)
		return -EINVAL;
	return keep_text(value, &c->ike_text, why);
}

static int set_esp(const struct conf_key *key, const char *value, void *target, const char **why)
{
	struct conn *c = target;

	(void)key;
	if (proposals(value, PROTO_ESP, &c->esp, &c->esp_strict, why, NULL, NULL) < 0)
		return -EINVAL;
	return keep_text(value, &c->esp_text, why);
}

static int set_addr(const struct conf_key *key, const char *value, void *target, const char **why)
{
	static const char *const any[] = { "%any", "%any6", "%defaultroute", "::" };
	struct conn_end *end = target;
	struct in6_addr a = addr_any;
	bool is_any = false;

	(void)key;
	for (size_t i = 0; i < sizeof(any) / sizeof(any[0]); i++)
		is_any |= !strcmp(value, any[i]);
	if (!is_any && (addr_parse(value, &a) < 0 || addr_is_v4(&a)))
		return refuse(why, "an IPv6 address or %any");
	if (keep_text(value, &end->addr_text, why) < 0)
		return -EINVAL;
	end->addr = a;
	return 0;
}

static int set_ident(const struct conf_key *key, const char *value, void *target, const char **why)
{
	struct conn_end *end = target;
	struct ident id = { 0 };

	(void)key;
	if (conf_ident(value, &id, why) < 0)
		return -EINVAL;
	ident_free(&end->id);
	end->id = id;
	return keep_text(value, &end->id_text, why);
}

static int set_ca(const struct conf_key *key, const char *value, void *target, const char **why)
{
	struct conn_end *end = target;
	struct ident id = { 0 };

	(void)key;
	if (strcmp(value, "%same") != 0 && conf_ca(value, &id, why) < 0)
		return -EINVAL;
	ident_free(&end->ca_id);
	end->ca_id = id;
	return keep_text(value, &end->ca, why);
}

static int set_subnet(const struct conf_key *key, const char *value, void *target, const char **why)
{
	struct conn_end *end = target;
	struct ts_list list;

	(void)key;
	if (conf_selectors(value, NULL, &list) < 0)
		return refuse(why,
			"up to 16 networks such as 2001:1::/64 or 2001:1::10/128[135/0], or "
			"%dynamic");
	return keep_text(value, &end->subnet_text, why);
}

static int set_protoport(
	const struct conf_key *key, const char *value, void *target, const char **why)
{
	struct conn_end *end = target;
	uint8_t proto;
	int port;

	(void)key;
	if (conf_protoport(value, &proto, &port) < 0)
		return refuse(why, "PROTOCOL/PORT such as 135/0, 135/5, tcp/ssh or ipv6-icmp/%any");
	return keep_text(value, &end->protoport_text, why);
}

static int set_tries(const struct conf_key *key, const char *value, void *target, const char **why)
{
	struct conn *c = target;

	if (!strcmp(value, "%forever")) {
		c->keyingtries = 0;
		return 0;
	}
	return conf_uint(key, value, target, why);
}

static int set_window(const struct conf_key *key, const char *value, void *target, const char **why)
{
	struct conn *c = target;

	if (!strcmp(value, "-1")) {
		c->replay_window = 32;
		return 0;
	}
	return conf_uint(key, value, target, why);
}

static int set_group(const struct conf_key *key, const char *value, void *target, const char **why)
{
	const struct alg *group = alg_word(value);

	if (!group || group->type != ALG_DH)
		return refuse(why, "a group such as modp2048");
	memcpy((char *)target + key->at, &group, sizeof(group));
	return 0;
}

struct conn *conn_new(const char *name)
{
	own(conn) *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->name = strdup(name);
	c->peer = c;
	if (!c->name)
		return NULL;
	conf_defaults(keys, sizeof(keys) / sizeof(keys[0]), c);
	conf_defaults(end_keys, sizeof(end_keys) / sizeof(end_keys[0]), &c->local);
	conf_defaults(end_keys, sizeof(end_keys) / sizeof(end_keys[0]), &c->remote);
	return take(c);
}

/* rightX is leftX of the other end. */
static const char *left_name(const char *name, char *buf, size_t cap)
{
	if (strncmp(name, "right", 5) != 0)
		return name;
	snprintf(buf, cap, "left%s", name + 5);
	return buf;
}

static const char *near_key(const char *name)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (names_near(keys[i].name, name))
			return keys[i].name;
	for (size_t i = 0; i < sizeof(end_keys) / sizeof(end_keys[0]); i++) {
		static char right[32];

		if (names_near(end_keys[i].name, name))
			return end_keys[i].name;
		snprintf(right, sizeof(right), "right%s", end_keys[i].name + strlen("left"));
		if (names_near(right, name))
			return right;
	}
	return names_near("also", name) ? "also" : NULL;
}

struct skip {
	struct conn_build *b;
	const struct param *p;
};

static void say_one_skipped(void *arg, const char *word, const char *wrong)
{
	const struct skip *s = arg;

	conf_warn(s->b->log, s->p->at, "%s=%s: proposal left out, expected %s", s->p->name, word,
		wrong);
}

static void say_skipped(struct conn_build *b, const struct param *p, uint8_t proto)
{
	struct skip s = { b, p };
	struct prop_list list;
	const char *why;
	bool strict;

	proposals(p->value, proto, &list, &strict, &why, say_one_skipped, &s);
}

void conn_param(struct conn_build *b, struct param *p)
{
	char buf[64];
	const char *name = left_name(p->name, buf, sizeof(buf)), *why = NULL;
	const struct conf_key *key = conf_find(keys, sizeof(keys) / sizeof(keys[0]), name);
	void *target = b->conn;

	if (!key) {
		key = conf_find(end_keys, sizeof(end_keys) / sizeof(end_keys[0]), name);
		target = name == p->name ? &b->conn->local : &b->conn->remote;
	}
	if (!key) {
		conn_other_word(b, p, name, near_key(p->name));
		return;
	}
	if (key->set(key, p->value, target, &why) < 0) {
		if (p->state == PARAM_NEW)
			conf_error(b->log, p->at, "%s=%s: expected %s", p->name, p->value, why);
		p->state = PARAM_BAD;
		b->bad = true;
		return;
	}
	if (p->state == PARAM_NEW && (key->set == set_ike || key->set == set_esp))
		say_skipped(b, p, key->set == set_ike ? PROTO_IKE : PROTO_ESP);
	p->state = PARAM_GOOD;
	if (b->n < BUILD_MAX)
		b->made_of[b->n++] = p;
}

struct conf_pos conn_where(const struct conn_build *b, const char *name)
{
	for (size_t i = b->n; i--;)
		if (!strcmp(b->made_of[i]->name, name))
			return b->made_of[i]->at;
	return b->conn->at;
}

void conn_print_keys(void)
{
	conf_print_mdoc(keys, sizeof(keys) / sizeof(keys[0]));
	conf_print_mdoc(end_keys, sizeof(end_keys) / sizeof(end_keys[0]));
	words_print();
}
