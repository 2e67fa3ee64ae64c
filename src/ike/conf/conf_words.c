/*
 * Keywords that no row of ours reads, each with what becomes of a connection that has it: where
 * the word only adds something, the connection does without; where it may restrict, it is not
 * loaded.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "ike/conf/conf_read.h"

enum word_kind { WORD_IGNORED, WORD_REFUSED };

/* clang-format off */
static const struct {
	const char *name;
	enum word_kind kind;
	const char *doc;
} words[] = {
	{ "leftauth2", WORD_REFUSED, "there is one round of authentication" },
	{ "leftca2", WORD_REFUSED, "there is one round of authentication" },
	{ "leftcert2", WORD_REFUSED, "there is one round of authentication" },
	{ "leftcertpolicy", WORD_REFUSED, "certificate policies are not looked at" },
	{ "leftgroups", WORD_REFUSED, "attribute certificates and groups are not looked at" },
	{ "leftgroups2", WORD_REFUSED, "attribute certificates and groups are not looked at" },
	{ "leftid2", WORD_REFUSED, "there is one round of authentication" },
	{ "leftikeport", WORD_REFUSED, "IKE is spoken on ports 500 and 4500 only" },
	{ "leftsigkey", WORD_REFUSED, "keys are known by certificates only; leftcert= pins one" },
	{ "aaa_identity", WORD_REFUSED, "EAP is not spoken" },
	{ "ah", WORD_REFUSED, "AH is not spoken" },
	{ "eap", WORD_REFUSED, "EAP is not spoken" },
	{ "eap_identity", WORD_REFUSED, "EAP is not spoken" },
	{ "me_peerid", WORD_REFUSED, "mediation is not spoken" },
	{ "mediated_by", WORD_REFUSED, "mediation is not spoken" },
	{ "mediation", WORD_REFUSED, "mediation is not spoken" },
	{ "xauth", WORD_REFUSED, "XAUTH is not spoken" },
	{ "xauth_identity", WORD_REFUSED, "XAUTH is not spoken" },
	{ "aggressive", WORD_IGNORED, "of IKEv1" },
	{ "compress", WORD_IGNORED, "IPComp is neither offered nor taken" },
	{ "dpdtimeout", WORD_IGNORED, "of IKEv1; retransmissions say when a peer is gone" },
	{ "fragmentation", WORD_IGNORED, "messages are not fragmented" },
	{ "hw_offload", WORD_IGNORED, "the kernel does the work" },
	{ "ikedscp", WORD_IGNORED, "IKE packets have no mark" },
	{ "inactivity", WORD_IGNORED, "a CHILD_SA without traffic stays" },
	{ "lifebytes", WORD_IGNORED, "lifetimes are times" },
	{ "lifepackets", WORD_IGNORED, "lifetimes are times" },
	{ "marginbytes", WORD_IGNORED, "lifetimes are times" },
	{ "marginpackets", WORD_IGNORED, "lifetimes are times" },
	{ "mark", WORD_IGNORED, "marks belong to the policies, which iked does not install" },
	{ "mark_in", WORD_IGNORED, "marks belong to the policies, which iked does not install" },
	{ "mark_out", WORD_IGNORED, "marks belong to the policies, which iked does not install" },
	{ "modeconfig", WORD_IGNORED, "of IKEv1" },
	{ "sha256_96", WORD_IGNORED, "SHA-256 is cut to 128 bits as RFC 4868 says" },
	{ "tfc", WORD_IGNORED, "packets are not padded" },
	{ "leftdns", WORD_IGNORED, "addresses are not handed out" },
	{ "leftfirewall", WORD_IGNORED, "no firewall is opened" },
	{ "lefthostaccess", WORD_IGNORED, "no firewall is opened" },
	{ "leftnexthop", WORD_IGNORED, "the kernel's routes say where packets go" },
	{ "leftsourceip", WORD_IGNORED, "addresses are not handed out" },
	{ "leftupdown", WORD_IGNORED, "no script is run" },
};

/* Words that say who may come or how they prove it, whoever made them up. */
static const char *const restricting[] = { "alg", "cipher", "proposal", "auth", "policy", "cert",
	"crl", "ocsp", "key", "ident", "group", "trust", "strict", "require", "allow", "deny",
	"reject", "acl" };
/* clang-format on */

/* Of older times: accepted, one line says so. */
static const char *const deprecated[] = { "charonstart", "crlcheckinterval", "dumpdir", "eap",
	"force_keepalive", "fragicmp", "hidetos", "interfaces", "keep_alive", "klipsdebug",
	"leftnexthop", "nat_traversal", "nocrsend", "overridemtu", "packetdefault", "pfs",
	"pfsgroup", "pkcs11initargs", "pkcs11keepstate", "pkcs11module", "pkcs11proxy",
	"plutodebug", "plutostart", "plutostderrlog", "postpluto", "prepluto", "rightnexthop",
	"syslog", "virtual_private" };

bool param_is_old(const struct param *p)
{
	for (size_t i = 0; i < sizeof(deprecated) / sizeof(deprecated[0]); i++)
		if (!strcmp(deprecated[i], p->name))
			return true;
	return false;
}

void param_ignore(struct param *p, struct conf_log *log)
{
	if (param_is_old(p))
		conf_warn(log, p->at, "# deprecated keyword '%s' ignored", p->name);
	else
		conf_warn(log, p->at, "%s=%s: unknown keyword, ignored", p->name, p->value);
	p->state = PARAM_IGNORED;
}

static bool begins_like(const char *name, const char *word)
{
	size_t n = strlen(name) < strlen(word) ? strlen(name) : strlen(word);

	return !strncasecmp(name, word, n);
}

bool conf_may_restrict(const char *name)
{
	if (begins_like(name, "left") || begins_like(name, "right") || begins_like(name, "ca"))
		return true;
	for (size_t i = 0; i < sizeof(restricting) / sizeof(restricting[0]); i++)
		if (strcasestr(name, restricting[i]))
			return true;
	return false;
}

static void refuse(struct conn_build *b, struct param *p, const char *why)
{
	if (p->state == PARAM_NEW)
		conf_error(b->log, p->at, "%s=%s: %s; the connection is not loaded", p->name,
			p->value, why);
	p->state = PARAM_BAD;
	b->bad = true;
}

/* In the form that stands in the tables: left for right. */
static bool known_word(struct conn_build *b, struct param *p, const char *name)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].name, name) != 0)
			continue;
		if (words[i].kind == WORD_REFUSED) {
			refuse(b, p, words[i].doc);
			return true;
		}
		if (p->state == PARAM_NEW)
			conf_warn(b->log, p->at, "%s=%s: keyword has no effect: %s", p->name,
				p->value, words[i].doc);
		p->state = PARAM_IGNORED;
		return true;
	}
	return false;
}

void conn_other_word(struct conn_build *b, struct param *p, const char *name, const char *near)
{
	char why[128];

	if (known_word(b, p, name))
		return;
	if (param_is_old(p)) {
		if (p->state == PARAM_NEW)
			param_ignore(p, b->log);
		return;
	}
	if (near)
		snprintf(why, sizeof(why), "unknown keyword, expected %s", near);
	if (near || conf_may_restrict(p->name) || strchr(p->value, '=')) /* "rig=tid=…" */
		refuse(b, p, near ? why : "unknown keyword that may restrict who comes in");
	else if (p->state == PARAM_NEW)
		param_ignore(p, b->log);
}

static void print_kind(enum word_kind kind)
{
	puts(".Bl -tag -width leftcertpolicy -compact");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].kind == kind)
			printf(".It Cm %s\n%s\n", words[i].name, words[i].doc);
	puts(".El");
}

void words_print(void)
{
	puts(".Ss Keywords that cost their connection\n"
	     "They restrict something that is not looked at here:");
	print_kind(WORD_REFUSED);
	puts(".Ss Keywords without effect\n"
	     "One line says so, and the connection is loaded:");
	print_kind(WORD_IGNORED);
}
