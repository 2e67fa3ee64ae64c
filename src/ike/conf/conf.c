#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "ike/conf/conf_read.h"

static void end_free(struct conn_end *end)
{
	free(end->addr_text);
	free(end->cert_file);
	free(end->ca);
	free(end->id_text);
	free(end->subnet_text);
	free(end->protoport_text);
	ident_free(&end->id);
	ident_free(&end->ca_id);
	cert_free(end->cert);
}

void conn_free(struct conn *c)
{
	if (!c)
		return;
	end_free(&c->local);
	end_free(&c->remote);
	free(c->name);
	free(c->ike_text);
	free(c->esp_text);
	free(c);
}

static void secret_free(struct secret *s)
{
	if (s->passphrase)
		mem_wipe(s->passphrase, strlen(s->passphrase));
	free(s->passphrase);
	free(s->key_file);
	free(s);
}

void ike_conf_free(struct ike_conf *c)
{
	if (!c)
		return;
	while (c->conns) {
		struct conn *next = c->conns->next;

		conn_free(c->conns);
		c->conns = next;
	}
	while (c->secrets) {
		struct secret *next = c->secrets->next;

		secret_free(c->secrets);
		c->secrets = next;
	}
	for (size_t i = 0; i < c->n_files; i++)
		free(c->files[i]);
	free(c->files);
	table_free(&c->by_name);
	free(c->charondebug);
	free(c);
}

/* Everybody in the ring is as guilty as the next: it is told once. */
static void build_loop(struct conn_build *b, const struct sections *all, struct section *s)
{
	if (!s->looped)
		conf_error(b->log, s->at,
			"conn %s: expected also= to end somewhere, not to come back here", s->name);
	for (struct section *one = all->first; one; one = one->next)
		one->looped |= one->open;
	s->looped = true;
	b->bad = true;
}

/* E-002: what comes later wins: %default, then what also= names, then the section itself. */
static void build_from(
	struct conn_build *b, const struct sections *all, struct section *s, unsigned depth)
{
	b->log->n_looked++;
	if (b->n_sections++ >= CONF_SECTIONS_MAX) {
		if (b->n_sections == CONF_SECTIONS_MAX + 1)
			conf_error(b->log, b->conn->at,
				"conn %s: expected at most %d sections by also=", b->conn->name,
				CONF_SECTIONS_MAX);
		b->bad = true;
		return;
	}
	if (s->open || depth > CONF_ALSO_DEPTH) {
		build_loop(b, all, s);
		return;
	}
	s->open = true;
	b->broken |= s->broken;
	for (size_t i = 0; i < s->n_params; i++) {
		struct param *p = &s->params[i];
		struct section *other;

		if (strcmp(p->name, "also") != 0)
			continue;
		other = section_find(all, s->kind, p->value, b->log);
		if (other) {
			build_from(b, all, other, depth + 1);
			continue;
		}
		if (p->state == PARAM_NEW)
			conf_error(
				b->log, p->at, "also=%s: expected the name of a section", p->value);
		p->state = PARAM_BAD;
		b->bad = true;
	}
	for (size_t i = 0; i < s->n_params; i++)
		if (strcmp(s->params[i].name, "also") != 0)
			conn_param(b, &s->params[i]);
	s->open = false;
}

/* The conn of a section, or NULL when it is bad or not to be loaded. */
static struct conn *build(const struct sections *all, struct section *s,
	const struct conf_paths *paths, struct conf_log *log)
{
	own(conn) *c = conn_new(s->name);
	struct conn_build b = { .conn = c, .log = log };

	if (!c)
		return NULL;
	c->at = s->at;
	for (struct section *d = all->defaults; d; d = d->next_default)
		build_from(&b, all, d, 0);
	build_from(&b, all, s, 0);
	if (b.broken && c->autostart != AUTO_IGNORE)
		conf_warn(log, s->at, "conn %s: not loaded, as something in it cannot be read",
			s->name);
	if (c->autostart == AUTO_IGNORE || b.bad || b.broken || conn_complete(&b, paths) < 0)
		return NULL;
	return take(c);
}

static uint32_t hash_name(const char *name)
{
	return hash_bytes(0, BYTES_STR(name));
}

static void take_sections(struct ike_conf *c, const struct sections *all,
	const struct conf_paths *paths, struct conf_log *log)
{
	struct conn **end = &c->conns;

	for (struct section *s = all->first; s; s = s->next) {
		if (s->kind == SECTION_SETUP)
			setup_section(c, s, section_find(all, SECTION_SETUP, s->name, log), log);
		if (s->kind == SECTION_CA)
			conf_warn(log, s->at,
				"ca %s: section has no effect, CA certificates are those in "
				"%s/cacerts",
				s->name, paths->dir);
		if (s->kind != SECTION_CONN || !strcmp(s->name, "%default"))
			continue;
		*end = build(all, s, paths, log);
		if (!*end)
			continue;
		(*end)->at = conf_keep_pos(c, s->at);
		(*end)->local.cert_at = conf_keep_pos(c, (*end)->local.cert_at);
		(*end)->remote.cert_at = conf_keep_pos(c, (*end)->remote.cert_at);
		(*end)->local.id_at = conf_keep_pos(c, (*end)->local.id_at);
		if (table_add(&c->by_name, &(*end)->by_name, hash_name((*end)->name)) < 0) {
			conn_free(take(*end));
			continue;
		}
		end = &(*end)->next;
	}
	conns_set_peers(c->conns, log);
}

int conf_load(const struct conf_paths *paths, struct conf_log *log, struct ike_conf **out)
{
	struct lex lex;
	struct sections all = { 0 };
	own(ike_conf) *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	setup_defaults(c);
	err = lex_lines(paths->ipsec_conf, (struct lex_limits){ CONF_INCLUDE_DEPTH }, log, &lex);
	if (err < 0)
		return err;
	err = sections_read(&lex, log, &all);
	if (!err) {
		take_sections(c, &all, paths, log);
		secrets_read(paths, log, c);
		strongswan_read(paths->strongswan_conf, log, c);
		if (c->refused || all.refused)
			err = CONF_REFUSED;
		else
			*out = take(c);
	}
	sections_free(&all);
	lex_free(&lex);
	return err;
}

const char *conf_load_str(int rc)
{
	return rc == CONF_REFUSED ? "what may restrict every connection cannot be read or enforced"
				  : file_str(rc);
}

struct conn *conf_conn(const struct ike_conf *c, const char *name)
{
	for (struct tlink *l = table_find(&c->by_name, hash_name(name)); l; l = table_next(l)) {
		struct conn *k = LINKED(l, struct conn, by_name);

		if (!strcmp(k->name, name))
			return k;
	}
	return NULL;
}
