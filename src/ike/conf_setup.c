#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "ike/conf_read.h"

#define AT(field) offsetof(struct ike_conf, field)

static conf_set set_debug;

static const struct name uniques[] = {
	{ 0, "no" },
	{ 1, "yes" },
	{ 1, "replace" },
	{ 2, "keep" },
	{ 3, "never" },
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
	  .words = uniques, .n_words = 5,
	  .doc = "what a second IKE_SA of the same two identities does to the first" },
	{ .name = "strictcrlpolicy", .set = conf_word, .at = AT(strictcrlpolicy), .def = "no",
	  .words = policies, .n_words = 3,
	  .doc = "refuse a peer without a fresh CRL: never, always, if the certificate names "
		  "one" },
	{ .name = "clockskew", .set = conf_secs, .at = AT(rules.skew_s), .def = "0s",
	  .max = 86400,
	  .doc = "how far the clocks behind certificates and CRLs may be off" },
	{ .name = "stricteku", .set = conf_bool, .at = AT(rules.strict_eku), .def = "no",
	  .doc = "an extended key usage for TLS alone does not allow IKE" },
	{ .name = "allowshortrsa", .set = conf_bool, .at = AT(rules.short_rsa), .def = "no",
	  .doc = "take RSA keys of 1024 to 2047 bits in certificates, with a warning" },
	{ .name = "allowmd5", .set = conf_bool, .at = AT(rules.md5), .def = "no",
	  .doc = "take certificates that MD5 signs, with a warning" },
	{ .name = "allowsha1", .set = conf_bool, .at = AT(rules.sha1), .def = "no",
	  .doc = "take certificates that SHA-1 signs, with a warning" },
	{ .name = "cachecrls", .set = conf_bool, .at = AT(cachecrls), .def = "no",
	  .doc = "say so at start; CRLs are the files in ipsec.d/crls, none is fetched" },
};
/* clang-format on */

static const char *const deprecated[] = { "charonstart", "crlcheckinterval", "dumpdir", "eap",
	"force_keepalive", "fragicmp", "hidetos", "interfaces", "keep_alive", "klipsdebug",
	"leftnexthop", "nat_traversal", "nocrsend", "overridemtu", "packetdefault", "pfs",
	"pfsgroup", "pkcs11initargs", "pkcs11keepstate", "pkcs11module", "pkcs11proxy",
	"plutodebug", "plutostart", "plutostderrlog", "postpluto", "prepluto", "rightnexthop",
	"syslog", "virtual_private" };

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

void param_ignore(struct param *p, struct conf_log *log)
{
	bool old = false;

	for (size_t i = 0; i < sizeof(deprecated) / sizeof(deprecated[0]); i++)
		old |= !strcmp(deprecated[i], p->name);
	if (old)
		conf_warn(log, p->at, "# deprecated keyword '%s' ignored", p->name);
	else
		conf_warn(log, p->at, "%s=%s: unknown keyword, ignored", p->name, p->value);
	p->state = PARAM_IGNORED;
}

void setup_param(struct ike_conf *c, struct param *p, struct conf_log *log)
{
	if (conf_find(keys, sizeof(keys) / sizeof(keys[0]), p->name))
		conf_apply(keys, sizeof(keys) / sizeof(keys[0]), c, p->name, p->value, p->at, log);
	else
		param_ignore(p, log);
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
