/*
 * Keywords that no row of ours reads, each with what becomes of a connection that has it: where
 * the word only adds something, or says what happens here anyway, the connection does without;
 * where it restricts, it is not loaded. Who is not in here is a restriction: what another daemon,
 * or its next version, means by a word cannot be known.
 */
#include <stdio.h>
#include <string.h>

#include "ike/conf/conf_read.h"

#define NO_VALUE "" /* each restricts */
#define EACH_VALUE "*" /* none does */

struct word {
	const char *name;
	const char *values; /* those that say no more than what happens here; others restrict */
	const char *doc;
};

/* clang-format off */
static const struct word words[] = {
	{ "leftauth2", NO_VALUE, "there is one round of authentication" },
	{ "leftca2", NO_VALUE, "there is one round of authentication" },
	{ "leftcert2", NO_VALUE, "there is one round of authentication" },
	{ "leftcertpolicy", NO_VALUE, "certificate policies are not looked at" },
	{ "leftgroups", NO_VALUE, "attribute certificates and groups are not looked at" },
	{ "leftgroups2", NO_VALUE, "attribute certificates and groups are not looked at" },
	{ "leftid2", NO_VALUE, "there is one round of authentication" },
	{ "leftikeport", NO_VALUE, "IKE is spoken on ports 500 and 4500 only" },
	{ "leftsigkey", NO_VALUE, "keys are known by certificates only; leftcert= pins one" },
	{ "aaa_identity", NO_VALUE, "EAP is not spoken" },
	{ "ah", NO_VALUE, "AH is not spoken" },
	{ "eap", NO_VALUE, "EAP is not spoken" },
	{ "eap_identity", NO_VALUE, "EAP is not spoken" },
	{ "me_peerid", NO_VALUE, "mediation is not spoken" },
	{ "mediated_by", NO_VALUE, "mediation is not spoken" },
	{ "mediation", NO_VALUE, "mediation is not spoken" },
	{ "peerid", NO_VALUE, "expected rightid" },
	{ "phase2alg", NO_VALUE, "expected esp" },
	{ "replay-window", NO_VALUE, "expected replay_window" },
	{ "salifetime", NO_VALUE, "expected lifetime" },
	{ "xauth", NO_VALUE, "XAUTH is not spoken" },
	{ "xauth_identity", NO_VALUE, "XAUTH is not spoken" },
	{ "accept-redirect", EACH_VALUE, "IKE_SAs are not redirected" },
	{ "aggressive", EACH_VALUE, "of IKEv1" },
	{ "auth", "esp", "ESP is what is spoken" },
	{ "cisco-unity", EACH_VALUE, "no vendor IDs are sent" },
	{ "clientaddrfamily", "ipv6", "addresses are of IPv6" },
	{ "compress", EACH_VALUE, "IPComp is neither offered nor taken" },
	{ "connaddrfamily", "ipv6", "addresses are of IPv6" },
	{ "copy_df", EACH_VALUE, "the kernel does the work" },
	{ "copy_dscp", EACH_VALUE, "the kernel does the work" },
	{ "copy_ecn", EACH_VALUE, "the kernel does the work" },
	{ "debug", EACH_VALUE, "charondebug sets what is logged" },
	{ "decap-dscp", EACH_VALUE, "the kernel does the work" },
	{ "dpdtimeout", EACH_VALUE, "of IKEv1; retransmissions say when a peer is gone" },
	{ "enable-tcp", "no fallback", "IKE is spoken over UDP" },
	{ "encap-dscp", EACH_VALUE, "the kernel does the work" },
	{ "encapsulation", "no auto", "ESP is not encapsulated in UDP" },
	{ "failureshunt", EACH_VALUE, "policies are another program's" },
	{ "fragmentation", EACH_VALUE, "messages are not fragmented" },
	{ "hostaddrfamily", "ipv6", "addresses are of IPv6" },
	{ "hw_offload", EACH_VALUE, "the kernel does the work" },
	{ "if_id_in", EACH_VALUE,
	  "interface IDs belong to the policies, which iked does not install" },
	{ "if_id_out", EACH_VALUE,
	  "interface IDs belong to the policies, which iked does not install" },
	{ "ikedscp", EACH_VALUE, "IKE packets have no mark" },
	{ "ikepad", EACH_VALUE, "IKE packets are padded as their cipher needs" },
	{ "ikev2", "insist yes propose permit", "only IKEv2 is spoken" },
	{ "inactivity", EACH_VALUE, "a CHILD_SA without traffic stays" },
	{ "initial-contact", EACH_VALUE, "the first IKE_AUTH says it" },
	{ "intermediate", "no", "there is no exchange before IKE_AUTH" },
	{ "ipsec-interface", "no", "no interfaces are made" },
	{ "lifebytes", EACH_VALUE, "lifetimes are times" },
	{ "lifepackets", EACH_VALUE, "lifetimes are times" },
	{ "marginbytes", EACH_VALUE, "lifetimes are times" },
	{ "marginpackets", EACH_VALUE, "lifetimes are times" },
	{ "mark", EACH_VALUE, "marks belong to the policies, which iked does not install" },
	{ "mark_in", EACH_VALUE, "marks belong to the policies, which iked does not install" },
	{ "mark_out", EACH_VALUE, "marks belong to the policies, which iked does not install" },
	{ "liveness", EACH_VALUE, "dpdaction says what happens when the peer no longer answers" },
	{ "metric", EACH_VALUE, "no routes are made" },
	{ "modecfgbanner", EACH_VALUE, "of IKEv1" },
	{ "modecfgdns", EACH_VALUE, "addresses are not handed out" },
	{ "modecfgdomains", EACH_VALUE, "addresses are not handed out" },
	{ "modecfgpull", EACH_VALUE, "of IKEv1" },
	{ "modeconfig", EACH_VALUE, "of IKEv1" },
	{ "ms-dh-downgrade", "no", "groups are those of esp" },
	{ "mtu", EACH_VALUE, "no routes are made" },
	{ "narrowing", "yes", "selectors are narrowed" },
	{ "nat-ikev1-method", EACH_VALUE, "of IKEv1" },
	{ "nat-keepalive", EACH_VALUE, "ESP is not encapsulated in UDP" },
	{ "negotiationshunt", EACH_VALUE, "policies are another program's" },
	{ "nic-offload", EACH_VALUE, "the kernel does the work" },
	{ "nm-configured", EACH_VALUE, "of another program" },
	{ "nopmtudisc", EACH_VALUE, "the kernel does the work" },
	{ "overlapip", EACH_VALUE, "policies are another program's" },
	{ "phase2", "esp", "ESP is what is spoken" },
	{ "ppk", "no never permit propose", "there are no postquantum keys" },
	{ "priority", EACH_VALUE, "policies are another program's" },
	{ "remote_peer_type", EACH_VALUE, "of IKEv1" },
	{ "require-id-on-certificate", "yes", "a certificate must hold the identity" },
	{ "retransmit-interval", EACH_VALUE, "strongswan.conf sets it" },
	{ "retransmit-timeout", EACH_VALUE, "strongswan.conf sets it" },
	{ "sareftrack", EACH_VALUE, "of another kernel" },
	{ "send-no-esp-tfc", EACH_VALUE, "packets are not padded" },
	{ "send-redirect", "no never", "IKE_SAs are not redirected" },
	{ "send-vendorid", EACH_VALUE, "no vendor IDs are sent" },
	{ "sha2-truncbug", "no", "SHA-256 is cut to 128 bits as RFC 4868 says" },
	{ "sha256_96", EACH_VALUE, "SHA-256 is cut to 128 bits as RFC 4868 says" },
	{ "tfc", EACH_VALUE, "packets are not padded" },
	{ "leftdns", EACH_VALUE, "addresses are not handed out" },
	{ "leftfirewall", EACH_VALUE, "no firewall is opened" },
	{ "lefthostaccess", EACH_VALUE, "no firewall is opened" },
	{ "leftnexthop", EACH_VALUE, "the kernel's routes say where packets go" },
	{ "leftsourceip", EACH_VALUE, "addresses are not handed out" },
	{ "leftupdown", EACH_VALUE, "no script is run" },
};

static const struct word setup_words[] = {
	{ "audit-log", EACH_VALUE, "charondebug sets what is logged" },
	{ "ddos-ike-threshold", EACH_VALUE, "iked(8) names the limits" },
	{ "ddos-mode", EACH_VALUE, "cookies are asked for when they are needed" },
	{ "expire-shunt-interval", EACH_VALUE, "policies are another program's" },
	{ "global-redirect", "no", "IKE_SAs are not redirected" },
	{ "ike-socket-bufsize", EACH_VALUE, "the kernel's default is taken" },
	{ "ike-socket-errqueue", EACH_VALUE, "errors of ICMP are not read" },
	{ "ikev1-policy", "drop reject", "only IKEv2 is spoken" },
	{ "keep-alive", EACH_VALUE, "ESP is not encapsulated in UDP" },
	{ "logappend", EACH_VALUE, "the log goes where iked(8) says" },
	{ "logfile", EACH_VALUE, "the log goes where iked(8) says" },
	{ "logip", EACH_VALUE, "the log names addresses" },
	{ "logtime", EACH_VALUE, "the log goes where iked(8) says" },
	{ "max-halfopen-ike", EACH_VALUE, "iked(8) names the limits" },
	{ "myvendorid", EACH_VALUE, "no vendor IDs are sent" },
	{ "nhelpers", EACH_VALUE, "there is one process" },
	{ "oe", "no off", "nothing is opportunistic" },
	{ "perpeerlog", EACH_VALUE, "the log goes where iked(8) says" },
	{ "perpeerlogdir", EACH_VALUE, "the log goes where iked(8) says" },
	{ "plutofork", EACH_VALUE, "of another daemon" },
	{ "plutoopts", EACH_VALUE, "of another daemon" },
	{ "plutorestartoncrash", EACH_VALUE, "of another daemon" },
	{ "plutowait", EACH_VALUE, "of another daemon" },
	{ "protostack", "netkey xfrm auto native", "the kernel's IPsec is what there is" },
	{ "shuntlifetime", EACH_VALUE, "policies are another program's" },
	{ "statsbin", EACH_VALUE, "no program is run" },
	{ "virtual-private", EACH_VALUE, "vhost: and vnet: cost their connection" },
	{ "xfrmlifetime", EACH_VALUE, "the kernel's default is taken" },
};
/* clang-format on */

/* Of older times: accepted, one line says so. */
static const char *const deprecated[] = { "charonstart", "crlcheckinterval", "dumpdir", "eap",
	"force_keepalive", "fragicmp", "hidetos", "interfaces", "keep_alive", "klipsdebug",
	"leftnexthop", "nat_traversal", "nocrsend", "overridemtu", "packetdefault",
	"pkcs11initargs", "pkcs11keepstate", "pkcs11module", "pkcs11proxy", "plutodebug",
	"plutostart", "plutostderrlog", "postpluto", "prepluto", "rightnexthop", "syslog",
	"virtual_private" };

static bool is_old(const struct param *p)
{
	for (size_t i = 0; i < sizeof(deprecated) / sizeof(deprecated[0]); i++)
		if (!strcmp(deprecated[i], p->name))
			return true;
	return false;
}

static void ignore_old(struct param *p, struct conf_log *log)
{
	if (p->state == PARAM_NEW)
		conf_warn(log, p->at, "# deprecated keyword '%s' ignored", p->name);
	p->state = PARAM_IGNORED;
}

/* One of the words of a list that blanks part. */
static bool is_one_of(const char *list, const char *value)
{
	size_t n;

	for (; *list; list += n + strspn(list + n, " ")) {
		n = strcspn(list, " ");
		if (strlen(value) == n && !strncmp(list, value, n))
			return true;
	}
	return false;
}

static const struct word *word_find(const struct word *all, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(all[i].name, name))
			return &all[i];
	return NULL;
}

static bool is_refused(const struct word *w, const char *value)
{
	return strcmp(w->values, EACH_VALUE) != 0 && !is_one_of(w->values, value);
}

static void ignore(const struct word *w, struct param *p, struct conf_log *log)
{
	if (p->state == PARAM_NEW)
		conf_warn(
			log, p->at, "%s=%s: keyword has no effect: %s", p->name, p->value, w->doc);
	p->state = PARAM_IGNORED;
}

static void refuse(struct conn_build *b, struct param *p, const char *why)
{
	if (p->state == PARAM_NEW)
		conf_error(b->log, p->at, "%s=%s: %s; the connection is not loaded", p->name,
			p->value, why);
	p->state = PARAM_BAD;
	b->bad = true;
}

void conn_other_word(struct conn_build *b, struct param *p, const char *name, const char *near)
{
	const struct word *w = word_find(words, sizeof(words) / sizeof(words[0]), name);
	char why[128] = "unknown keyword, which may restrict who comes in";

	if (w && !is_refused(w, p->value)) {
		ignore(w, p, b->log);
	} else if (w) {
		refuse(b, p, w->doc);
	} else if (is_old(p)) {
		ignore_old(p, b->log);
	} else {
		if (near)
			snprintf(why, sizeof(why), "unknown keyword, expected %s", near);
		refuse(b, p, why);
	}
}

bool setup_other_word(struct param *p, struct conf_log *log)
{
	const struct word *w =
		word_find(setup_words, sizeof(setup_words) / sizeof(setup_words[0]), p->name);

	if (w && !is_refused(w, p->value))
		ignore(w, p, log);
	else if (!w && is_old(p))
		ignore_old(p, log);
	else
		return false;
	return true;
}

static void print_word(const struct word *w)
{
	printf(".It Cm %s\n%s", w->name, w->doc);
	if (*w->values && strcmp(w->values, EACH_VALUE) != 0)
		printf("; with another value than %s it is refused", w->values);
	putchar('\n');
}

static void print_words(bool refused)
{
	puts(".Bl -tag -width leftcertpolicy -compact");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!*words[i].values == refused)
			print_word(&words[i]);
	puts(".El");
}

void words_print(void)
{
	puts(".Ss Keywords that cost their connection\n"
	     "They restrict something that is not looked at here, or have another name here; so "
	     "does "
	     "every keyword that stands nowhere in this page:");
	print_words(true);
	puts(".Ss Keywords without effect\n"
	     "One line says so, and the connection is loaded:");
	print_words(false);
	puts(".Ss Keywords of config setup without effect\n"
	     "One line says so; every keyword that stands nowhere in this page keeps everything "
	     "from being loaded:");
	puts(".Bl -tag -width expire-shunt-interval -compact");
	for (size_t i = 0; i < sizeof(setup_words) / sizeof(setup_words[0]); i++)
		print_word(&setup_words[i]);
	puts(".El\n.Ss Keywords of other times\n"
	     "They are told and ignored, in either section:");
	for (size_t i = 0; i < sizeof(deprecated) / sizeof(deprecated[0]); i++)
		printf(".Cm %s%s\n", deprecated[i],
			i + 1 < sizeof(deprecated) / sizeof(deprecated[0]) ? " ," : " .");
}
