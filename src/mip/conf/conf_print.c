#include <string.h>

#include "mip/conf/conf_in.h"

static void print_bool(const struct conf_key *key, const void *field, FILE *f)
{
	bool v;

	(void)key;
	memcpy(&v, field, sizeof(v));
	fputs(v ? "enabled" : "disabled", f);
}

static void print_u32(const struct conf_key *key, const void *field, FILE *f)
{
	uint32_t v;

	(void)key;
	memcpy(&v, field, sizeof(v));
	fprintf(f, "%u", v);
}

static void print_ms(const struct conf_key *key, const void *field, FILE *f)
{
	uint32_t v;

	(void)key;
	memcpy(&v, field, sizeof(v));
	fprintf(f, "%u.%03u", v / 1000, v % 1000);
}

static void print_word(const struct conf_key *key, const void *field, FILE *f)
{
	int v;

	memcpy(&v, field, sizeof(v));
	fputs(names_str(key->words, key->n_words, v), f);
}

static void print_string(const struct conf_key *key, const void *field, FILE *f)
{
	const char *v;

	(void)key;
	memcpy(&v, field, sizeof(v));
	fprintf(f, "\"%s\"", v ? v : "");
}

static void print_in6(const struct conf_key *key, const void *field, FILE *f)
{
	struct in6_addr v;

	(void)key;
	memcpy(&v, field, sizeof(v));
	fputs(addr_str(&v), f);
}

static void print_prefix(const struct conf_key *key, const void *field, FILE *f)
{
	struct prefix v;

	(void)key;
	memcpy(&v, field, sizeof(v));
	fputs(prefix_str(&v), f);
}

/* How a value is written, by how it is read. */
static const struct {
	conf_set *set;
	void (*print)(const struct conf_key *key, const void *field, FILE *f);
} printers[] = {
	{ conf_bool, print_bool },
	{ conf_uint, print_u32 },
	{ conf_secs, print_u32 },
	{ conf_ms, print_ms },
	{ conf_word, print_word },
	{ conf_string, print_string },
	{ conf_in6, print_in6 },
	{ conf_prefix, print_prefix },
};

static bool is_unset_string(const struct conf_key *key, const void *field)
{
	const char *v;

	if (key->set != conf_string)
		return false;
	memcpy(&v, field, sizeof(v));
	return !v;
}

static void print_keys(const struct conf_scope *scope, enum mip_role role, const void *target,
	const char *indent, FILE *f)
{
	for (size_t i = 0; i < scope->n_keys; i++) {
		const struct conf_key *key = &scope->keys[i];
		const void *field = (const char *)target + key->at;

		if (!key->set || is_unset_string(key, field) ||
			(key->roles && !(key->roles & 1u << role)))
			continue;
		fprintf(f, "%s%s ", indent, key->name);
		for (size_t p = 0; p < sizeof(printers) / sizeof(printers[0]); p++)
			if (printers[p].set == key->set)
				printers[p].print(key, field, f);
		fputs(";\n", f);
	}
}

static void print_status(uint8_t status, FILE *f)
{
	static const struct name words[] = { { 0, "allow" }, { 129, "deny" } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].value == status) {
			fprintf(f, "%s;\n", words[i].name);
			return;
		}
	fprintf(f, "%u;\n", status);
}

/* Kernels do not match received packets of mobility by type: what that means is said here. */
static const char *policy_note(enum mip_policy_kind kind)
{
	static const struct name notes[] = {
		{ MP_HOME_REG_BINDING, " # inbound: protects all mobility header messages, as Mh" },
		{ MP_TUNNEL_HOME_TESTING, " # protects all mobility header messages, as TunnelMh" },
		{ MP_MOB_PFX_DISC, " # protects all ICMPv6 but neighbour discovery, as ICMP" },
	};

	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++)
		if (notes[i].value == (int)kind)
			return notes[i].name;
	return "";
}

static void print_set(const struct mip_policy_set *s, enum mip_role role, FILE *f)
{
	fputs("IPsecPolicySet {\n", f);
	print_keys(&conf_scope_set, role, s, "\t", f);
	for (size_t i = 0; i < s->n_hoas; i++)
		fprintf(f, "\tHomeAddress %s;\n", prefix_str(&s->hoas[i]));
	for (size_t i = 0; i < s->n_policies; i++)
		fprintf(f, "\tIPsecPolicy %s UseESP %u %u;%s\n",
			mip_policy_str(s->policies[i].kind), s->policies[i].reqid_to_ha,
			s->policies[i].reqid_to_mn, policy_note(s->policies[i].kind));
	fputs("}\n", f);
}

void mip_conf_print(const struct mip_conf *c, FILE *f)
{
	print_keys(&conf_scope_file, c->role, c, "", f);
	if (c->role == MIP_HA) {
		fputs("DefaultBindingAclPolicy ", f);
		print_status(c->default_acl, f);
	}
	for (const struct mip_iface *i = c->ifaces; i; i = i->next) {
		fprintf(f, "Interface \"%s\" {\n", i->name);
		print_keys(&conf_scope_iface, c->role, i, "\t", f);
		fputs("}\n", f);
	}
	for (const struct mip_home_link *h = c->home_links; h; h = h->next) {
		fprintf(f, "MnHomeLink \"%s\" {\n", h->ifname);
		print_keys(&conf_scope_home, c->role, h, "\t", f);
		fprintf(f, "\tHomeAddress %s;\n}\n", prefix_str(&h->hoa));
	}
	for (const struct mip_policy_set *s = c->policy_sets; s; s = s->next)
		print_set(s, c->role, f);
	for (const struct mip_acl *a = c->acls; a; a = a->next) {
		fprintf(f, "BindingAclPolicy %s ", addr_str(&a->hoa));
		print_status(a->status, f);
	}
}

static void print_stmts(const struct conf_scope *scope)
{
	if (!scope->n_stmts)
		return;
	puts(".Bl -tag -width Ds");
	for (size_t i = 0; i < scope->n_stmts; i++)
		printf(".It Cm %s\n%s\n", scope->stmts[i].name,
			scope->stmts[i].doc ? scope->stmts[i].doc : "refused, IPv4 is unsupported");
	puts(".El");
}

void mip_conf_print_mdoc(void)
{
	static const struct {
		const struct conf_scope *scope;
		const char *title;
	} parts[] = {
		{ &conf_scope_file, "Options of the file" },
		{ &conf_scope_iface, "Options of an Interface block" },
		{ &conf_scope_home, "Options of an MnHomeLink block" },
		{ &conf_scope_set, "Options of an IPsecPolicySet block" },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		printf(".Ss %s\n", parts[i].title);
		print_stmts(parts[i].scope);
		conf_print_mdoc(parts[i].scope->keys, parts[i].scope->n_keys);
	}
}
