/*
 * conf - ipsec.conf, ipsec.secrets and the few strongswan.conf settings, as structs.
 *
 * Shapes:  one struct conn a section that is loaded (auto=add|route|start), with also= and
 *          %default resolved. A reload makes a new struct ike_conf and leaves the old one alone:
 *          nothing is half applied.
 * Units:   seconds.
 * Errors:  findings go to the conf_log (file, line, value, what was expected): a bad value, a line
 *          that cannot be read and a keyword that may restrict cost their conn, the others stay; a
 *          bad value of config setup takes the strictest meaning; a header that is not understood
 *          costs all; conf_load gives 0, -errno of the top file, or CONF_REFUSED. log.n_errors sets
 *          the exit status.
 * Source:  ipsec.conf(5) of strongSwan; docs/man/ipsec.conf.5.
 */
#pragma once

#include <errno.h>

#include "base/addr.h"
#include "base/conf.h"
#include "base/mem.h"
#include "crypto/ident.h"
#include "crypto/x509.h"
#include "ike/message/prop.h"
#include "base/table.h"
#include "ike/message/ts.h"

/* It holds what may restrict all and cannot be read, or that nobody here knows. */
enum { CONF_REFUSED = -EBADE };

enum conn_auto { AUTO_IGNORE, AUTO_ADD, AUTO_ROUTE, AUTO_START };
enum conn_type { CONN_TUNNEL, CONN_TRANSPORT, CONN_TRANSPORT_PROXY };
enum conn_auth { AUTH_PUBKEY };
enum conn_send { SEND_NEVER, SEND_IF_ASKED, SEND_ALWAYS };
enum conn_unique { UNIQUE_NO, UNIQUE_REPLACE, UNIQUE_KEEP, UNIQUE_NEVER };
enum conn_close { CLOSE_NONE, CLOSE_CLEAR, CLOSE_HOLD, CLOSE_RESTART };

struct conn_end {
	struct in6_addr addr; /* :: = %any */
	char *addr_text;
	char *cert_file, *ca; /* ca: its text or NULL */
	struct ident ca_id; /* must have a part in the certificate's path; type 0: any CA */
	struct conf_pos cert_at, id_at;
	struct cert *cert; /* of the remote end: exactly this one; read by conf_check_files() */
	char *id_text;
	struct ident id; /* from leftid, or from the certificate */
	struct ts_list ts; /* from subnet + protoport; empty: the host itself */
	char *subnet_text, *protoport_text;
	bool allow_any;
	enum conn_auth auth; /* how this end proves who it is */
	enum conn_send sendcert;
};

struct conn {
	struct conn *next;
	struct tlink by_name, by_ike; /* by_ike: while the peers are found */
	char *name;
	struct conf_pos at;
	enum conn_auto autostart;
	enum conn_type type;
	struct conn_end local, remote;
	bool swapped; /* right was our side */
	struct prop_list ike, esp;
	bool ike_strict, esp_strict;
	char *ike_text, *esp_text;
	uint32_t ike_lifetime, lifetime, margin, fuzz_percent; /* s, s, s, % */
	bool reauth, rekey, mobike, installpolicy, pfs;
	const struct alg *pfs_group; /* NULL: any */
	uint32_t keyingtries; /* 0 = forever */
	enum conn_close dpdaction, closeaction;
	uint32_t dpddelay;
	uint32_t reqid; /* 0: not given */
	uint32_t replay_window;
	/*
	 * Set when the configuration is complete: the first conn with the same IKE parameters
	 * (itself when first): names the IKE_SA (E-006).
	 */
	struct conn *peer;
};

struct secret {
	struct secret *next;
	char *key_file, *passphrase;
	struct conf_pos at;
};

/* The key file as it may be said: what is no name of a file may be the passphrase. */
const char *secret_str(const struct secret *s);

enum {
	CONF_PARAMS_MAX = 200, /* of a section */
	CONF_SECTIONS_MAX = 256, /* of which a connection is made */
	CONF_ALSO_DEPTH = 20,
	CONF_INCLUDE_DEPTH = 20, /* of ipsec.conf; of the others */
	CONF_OTHER_DEPTH = 10,
};

struct ike_conf {
	struct conn *conns; /* in file order */
	struct table by_name;
	struct secret *secrets;
	char *charondebug;
	bool unsure; /* config setup cannot be read in full */
	bool refused; /* config setup holds what may restrict and is not known */
	enum crl_policy strictcrlpolicy;
	struct trust_rules rules;
	enum conn_unique uniqueids;
	bool cachecrls;
	/* strongswan.conf: */
	uint32_t retransmit_timeout_ms, retransmit_tries, half_open_timeout_s;
	double retransmit_base;
	bool signature_authentication;
	char **files; /* names that conf_pos point to */
	size_t n_files;
};

struct conf_paths {
	const char *ipsec_conf, *secrets, *strongswan_conf; /* a missing strongswan.conf is fine */
	const char *dir; /* /etc/ipsec.d: certs/, private/, cacerts/, crls/ */
	/* Is this address ours? Then right= with it is our side (E-005). NULL: left is ours. */
	bool (*is_local)(void *arg, const struct in6_addr *a);
	void *arg;
};

int conf_load(const struct conf_paths *paths, struct conf_log *log, struct ike_conf **out);
/* Why conf_load() gave that, in words. */
const char *conf_load_str(int rc);
void ike_conf_free(struct ike_conf *c);
OWN(ike_conf)

/*
 * Can the files be used that the configuration names? A key or a certificate that cannot be read,
 * or that no key fits, is a finding; its connection is not loaded then. trust says whether our
 * certificate is of the CA that leftca= names; NULL: such a connection is not loaded.
 */
void conf_check_files(struct ike_conf *c, struct trust *trust, struct conf_log *log);
/* The part of it that reads the certificates that peers must have. */
void conf_read_pinned(struct ike_conf *c, struct conf_log *log);

/* The keywords of `config setup` and `conn` as mdoc lists, for the manual page. */
void conf_print_keys(void);

struct conn *conf_conn(const struct ike_conf *c, const char *name);
/* What of a connection is another one after `update`: the most that differs. */
enum conn_change {
	CONN_SAME,
	CONN_RULES, /* what is done with it; no SA has it in it */
	CONN_CHILD, /* what its CHILD_SAs are made with */
	CONN_IKE, /* what its IKE_SA is made with */
};
enum conn_change conn_change(const struct conn *a, const struct conn *b);
