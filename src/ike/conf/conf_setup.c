#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "ike/conf/conf_read.h"

#define AT(field) offsetof(struct ike_conf, field)

static conf_set set_debug;

static const struct name uniques[] = {
	{ UNIQUE_NO, "no" },
	{ UNIQUE_REPLACE, "yes" },
	{ UNIQUE_REPLACE, "replace" },
	{ UNIQUE_KEEP, "keep" },
	{ UNIQUE_NEVER, "never" },
};

static const struct name policies[] = {
	{ CRL_SOFT, "no" },
	{ CRL_STRICT, "yes" },
	{ CRL_IFURI, "ifuri" },
};

/* clang-format off */
static const struct conf_key keys[] = {
	{ .name = "charondebug", .set = set_debug, .at = AT(charondebug),
	  .doc = "levels of the log, such as \"knl 2, ike 1\"; groups dmn mgr ike chd job cfg "
		  "knl net enc lib" },
	{ .name = "uniqueids", .set = conf_word, .at = AT(uniqueids), .def = "yes",
	  .strict = "yes",
	  .words = uniques, .n_words = 5,
	  .doc = "what a second IKE_SA of the same two identities does to the first" },
	{ .name = "strictcrlpolicy", .set = conf_word, .at = AT(strictcrlpolicy), .def = "no",
	  .strict = "yes",
	  .words = policies, .n_words = 3,
	  .doc = "refuse a peer without a fresh CRL: never, always, if the certificate names "
		  "one" },
	{ .name = "clockskew", .set = conf_secs, .at = AT(rules.skew_s), .def = "0s",
	  .strict = "0s",
	  .max = 86400,
	  .doc = "how far the clocks behind certificates and CRLs may be off" },
	{ .name = "stricteku", .set = conf_bool, .at = AT(rules.strict_eku), .def = "no",
	  .strict = "yes",
	  .doc = "an extended key usage for TLS alone does not allow IKE" },
	{ .name = "allowshortrsa", .set = conf_bool, .at = AT(rules.short_rsa), .def = "no",
	  .strict = "no",
	  .doc = "take RSA keys of 1024 to 2047 bits in certificates, with a warning" },
	{ .name = "allowmd5", .set = conf_bool, .at = AT(rules.md5), .def = "no",
	  .strict = "no",
	  .doc = "take certificates that MD5 signs, with a warning" },
	{ .name = "allowsha1", .set = conf_bool, .at = AT(rules.sha1), .def = "no",
	  .strict = "no",
	  .doc = "take certificates that SHA-1 signs, with a warning" },
	{ .name = "cachecrls", .set = conf_bool, .at = AT(cachecrls), .def = "no",
	  .doc = "say so at start; CRLs are the files in ipsec.d/crls, none is fetched" },
};
/* clang-format on */

/* Levels hold from here on, so that the rest of the reading is told as asked. */
static int set_debug(const struct conf_key *key, const char *value, void *target, const char **why)
{
	if (log_levels(value) < 0) {
		*why = "groups and levels such as \"knl 2, ike 1\" (levels -1 to 4)";
		return -EINVAL;
	}
	return conf_string(key, value, target, why);
}

void setup_defaults(struct ike_conf *c)
{
	conf_defaults(keys, sizeof(keys) / sizeof(keys[0]), c);
}

static const struct conf_key *near_key(const char *name)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (names_near(keys[i].name, name))
			return &keys[i];
	return NULL;
}

/* What somebody wanted of this row is not known, so it is the strictest. */
static const char *strictest(struct ike_conf *c, const struct conf_key *key)
{
	const char *why, *value = key->strict ? key->strict : "its default";

	if (key->strict)
		key->set(key, key->strict, c, &why);
	return value;
}

static void other_word(struct ike_conf *c, struct param *p, struct conf_log *log)
{
	const struct conf_key *near;

	if (setup_other_word(p, log))
		return;
	near = near_key(p->name);
	if (near) {
		conf_error(log, p->at, "%s=%s: unknown keyword, expected %s? Taken as %s=%s",
			p->name, p->value, near->name, near->name, strictest(c, near));
		return;
	}
	conf_error(log, p->at,
		"%s=%s: unknown keyword, which may restrict who comes in, nothing is loaded",
		p->name, p->value);
	c->refused = true;
}

/* Another value of the same word, on an earlier line. */
static const struct param *said_before(const struct section *first, const struct param *p)
{
	for (; first; first = first->next)
		for (size_t i = 0; first->kind == SECTION_SETUP && i < first->n_params; i++) {
			const struct param *q = &first->params[i];

			if (q == p)
				return NULL;
			if (!strcmp(q->name, p->name) && strcmp(q->value, p->value))
				return q;
		}
	return NULL;
}

static void setup_param(
	struct ike_conf *c, struct param *p, const struct param *before, struct conf_log *log)
{
	const struct conf_key *key = conf_find(keys, sizeof(keys) / sizeof(keys[0]), p->name);
	const char *why;

	if (!key)
		other_word(c, p, log);
	else if (before)
		conf_error(log, p->at, "%s=%s: expected %s as on line %u of %s; taken as %s",
			p->name, p->value, before->value, before->at.line, before->at.file,
			strictest(c, key));
	else if (key->set(key, p->value, c, &why) < 0)
		conf_error(log, p->at, "%s=%s: expected %s; taken as %s", p->name, p->value, why,
			strictest(c, key));
}

void setup_section(
	struct ike_conf *c, struct section *s, struct section *first, struct conf_log *log)
{
	if (s != first)
		conf_warn(log, s->at, "config setup: one more, read together with that of line %u",
			first->at.line);
	for (size_t i = 0; i < s->n_params; i++)
		setup_param(c, &s->params[i], said_before(first, &s->params[i]), log);
	c->unsure |= s->broken;
	if (s->broken)
		conf_error(log, s->at,
			"config setup: it has a line that cannot be read, so each of its keywords "
			"takes the strictest meaning");
	for (size_t i = 0; c->unsure && i < sizeof(keys) / sizeof(keys[0]); i++)
		strictest(c, &keys[i]);
}

void setup_print_keys(void)
{
	conf_print_mdoc(keys, sizeof(keys) / sizeof(keys[0]));
}

void conf_print_keys(void)
{
	puts(".Ss config setup");
	setup_print_keys();
	puts(".Ss conn");
	conn_print_keys();
	puts(".Ss strongswan.conf");
	strongswan_print_keys();
}
