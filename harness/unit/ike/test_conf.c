/*
 * ipsec.conf, ipsec.secrets and strongswan.conf: what loads, what is refused and how that is
 * told.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "ike/conf/conf.h"
#include "unit/unit.h"

static char dir[] = "/tmp/conf.XXXXXX", path[128], secrets[128], strongswan[128];
static char said[16384];
static struct conf_log findings;

static void hear(void *arg, bool error, const char *line)
{
	size_t n = strlen(said);

	(void)arg;
	(void)error;
	/* Without the folder: it has another name in every run. */
	if (strstr(line, dir) == line)
		line += strlen(dir) + 1;
	snprintf(said + n, sizeof(said) - n, "%s\n", line);
}

static void put(const char *file, const char *text)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void start(void)
{
	said[0] = '\0';
	findings = (struct conf_log){ .emit = hear };
	if (path[0])
		return;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/ipsec.conf", dir);
	snprintf(secrets, sizeof(secrets), "%s/ipsec.secrets", dir);
	snprintf(strongswan, sizeof(strongswan), "%s/strongswan.conf", dir);
}

static struct ike_conf *load_files(const char *conf, const char *secret, const char *strong)
{
	struct conf_paths paths = { conf, secret, strong, "/etc/ipsec.d", NULL, NULL };
	struct ike_conf *c = NULL;

	assert_int_equal(conf_load(&paths, &findings, &c), 0);
	assert_non_null(c);
	return c;
}

static struct ike_conf *load(const char *text)
{
	start();
	put(path, text);
	return load_files(path, NULL, NULL);
}

/* One conn section that is loaded, with these lines. */
static struct ike_conf *load_conn(const char *lines)
{
	char text[4096];

	snprintf(text, sizeof(text), "conn c\n\tauto=add\n%s", lines);
	return load(text);
}

static void data_file(const char *name, char *buf, size_t cap)
{
	char file[512];
	FILE *f;
	size_t n;

	snprintf(file, sizeof(file), TOP "/harness/unit/ike/data/%s", name);
	f = fopen(file, "r");
	assert_non_null(f);
	n = fread(buf, 1, cap - 1, f);
	buf[n] = '\0';
	fclose(f);
}

static void carol_s_page_loads_unchanged(void **state)
{
	struct ike_conf *c;
	const struct conn *mh, *tunnel;

	(void)state;
	start();
	c = load_files(TOP "/harness/unit/ike/data/page-carol/ipsec.conf",
		TOP "/harness/unit/ike/data/page-carol/ipsec.secrets", NULL);
	assert_int_equal(findings.n_errors, 0);
	assert_non_null(strstr(said, "# deprecated keyword 'crlcheckinterval' ignored"));
	assert_non_null(strstr(said, "# deprecated keyword 'plutostart' ignored"));
	mh = c->conns;
	tunnel = mh->next;
	assert_null(tunnel->next); /* home has no auto= */
	assert_string_equal(mh->name, "mh");
	assert_int_equal(mh->type, CONN_TRANSPORT_PROXY);
	assert_int_equal(mh->autostart, AUTO_ROUTE);
	assert_string_equal(ts_list_str(&mh->local.ts), "2001:1::10/128[135]");
	assert_string_equal(ts_list_str(&mh->remote.ts), "2001:1::1/128[135]");
	assert_string_equal(mh->local.cert_file, "/etc/ipsec.d/certs/carolCert.pem");
	assert_string_equal(ident_str(&mh->local.id), "carol@strongswan.org");
	assert_string_equal(ident_str(&mh->remote.id), "moon.strongswan.org");
	assert_true(addr_is_any(&mh->local.addr));
	assert_false(mh->reauth || mh->mobike || mh->installpolicy);
	assert_string_equal(
		prop_list_str(&mh->ike), "AES_CBC_128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048");
	assert_string_equal(tunnel->name, "tunnel");
	assert_int_equal(tunnel->type, CONN_TUNNEL);
	assert_string_equal(ts_list_str(&tunnel->local.ts), "2001:1::10/128");
	assert_string_equal(ts_list_str(&tunnel->remote.ts), "::/0");
	assert_ptr_equal(tunnel->peer, mh);
	assert_ptr_equal(mh->peer, mh);
	assert_string_equal(c->secrets->key_file, "/etc/ipsec.d/private/carolKey.pem");
	ike_conf_free(c);
}

static void the_home_agent_s_page_loads_with_its_includes(void **state)
{
	char text[4096], sub[256], file[300];
	const char *const parts[] = { "carol", "dave" };
	struct ike_conf *c;
	const struct conn *dave;
	char *etc;

	(void)state;
	start();
	snprintf(sub, sizeof(sub), "%s/ipsec.conf.d", dir);
	mkdir(sub, 0700);
	for (size_t i = 0; i < 2; i++) {
		snprintf(file, sizeof(file), "page-moon/ipsec.conf.d/%s.ipsec.conf", parts[i]);
		data_file(file, text, sizeof(text));
		snprintf(file, sizeof(file), "%s/%s.ipsec.conf", sub, parts[i]);
		put(file, text);
	}
	data_file("page-moon/ipsec.conf", text, sizeof(text));
	while ((etc = strstr(text, "/etc/"))) /* relative to the including file, then */
		memmove(etc, etc + 5, strlen(etc + 5) + 1);
	put(path, text);
	c = load_files(path, NULL, NULL);
	assert_int_equal(findings.n_errors, 0);
	assert_non_null(conf_conn(c, "carol-mh"));
	assert_ptr_equal(conf_conn(c, "carol-tunnel")->peer, conf_conn(c, "carol-mh"));
	dave = conf_conn(c, "dave-mh");
	assert_ptr_equal(dave->peer, dave); /* another identity, another IKE_SA */
	assert_string_equal(ts_list_str(&dave->remote.ts), "2001:1::20/128[135]");
	assert_string_equal(addr_str(&dave->local.addr), "2001:1::1");
	assert_true(addr_is_any(&dave->remote.addr));
	assert_null(conf_conn(c, "ha"));
	assert_null(conf_conn(c, "mh"));
	ike_conf_free(c);
}

static void the_nodes_of_the_measured_run_load(void **state)
{
	static const struct {
		const char *node;
		size_t n;
	} nodes[] = { { "carol", 2 }, { "dave", 2 }, { "moon", 2 } };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char conf[512], secret[512];
		struct ike_conf *c;
		size_t n = 0;

		start();
		snprintf(conf, sizeof(conf), TOP "/harness/unit/ike/data/%s/ipsec.conf",
			nodes[i].node);
		snprintf(secret, sizeof(secret), TOP "/harness/unit/ike/data/%s/ipsec.secrets",
			nodes[i].node);
		c = load_files(conf, secret, "/nonexistent/strongswan.conf");
		assert_int_equal(findings.n_errors, 0);
		for (struct conn *k = c->conns; k; k = k->next)
			n++;
		assert_int_equal(n, nodes[i].n);
		ike_conf_free(c);
	}
}

static void defaults_are_those_of_the_manual(void **state)
{
	struct ike_conf *c = load_conn("\tright=2001:1::1\n");
	const struct conn *k = c->conns;

	(void)state;
	assert_int_equal(k->ike_lifetime, 3 * 3600);
	assert_int_equal(k->lifetime, 3600);
	assert_int_equal(k->margin, 540);
	assert_int_equal(k->fuzz_percent, 100);
	assert_int_equal(k->keyingtries, 3);
	assert_int_equal(k->replay_window, 32);
	assert_int_equal(k->dpddelay, 30);
	assert_int_equal(k->dpdaction, CLOSE_NONE);
	assert_true(k->reauth && k->rekey && k->installpolicy);
	assert_int_equal(k->type, CONN_TUNNEL);
	assert_int_equal(k->local.sendcert, 1);
	assert_string_equal(ident_str(&k->remote.id), "2001:1::1");
	assert_int_equal(c->retransmit_timeout_ms, 4000);
	assert_true(c->retransmit_base > 1.79 && c->retransmit_base < 1.81);
	assert_int_equal(c->retransmit_tries, 5);
	assert_int_equal(c->half_open_timeout_s, 30);
	assert_int_equal(c->uniqueids, 1);
	assert_int_equal(c->strictcrlpolicy, CRL_SOFT);
	assert_null(strstr(prop_list_str(&k->ike), "SHA1"));
	ike_conf_free(c);
}

static void what_weak_certificates_may_do_is_said_one_by_one(void **state)
{
	struct ike_conf *c = load("config setup\n\tclockskew=2m\n\tallowsha1=yes\n");

	(void)state;
	assert_int_equal(c->rules.skew_s, 120);
	assert_true(c->rules.sha1);
	assert_false(c->rules.md5 || c->rules.short_rsa || c->rules.strict_eku);
	ike_conf_free(c);
	c = load("config setup\n\tstricteku=yes\n\tallowmd5=yes\n\tallowshortrsa=yes\n");
	assert_true(c->rules.md5 && c->rules.short_rsa && c->rules.strict_eku);
	assert_false(c->rules.sha1 || c->rules.skew_s);
	ike_conf_free(c);
}

static void own_lines_beat_also_beat_default(void **state)
{
	struct ike_conf *c =
		load("conn a\n\tauto=add\n\talso=b\n\tlifetime=3m\n"
		     "conn b\n\tlifetime=2m\n\tikelifetime=2h\n\tright=2001:1::1\n"
		     "conn %default\n\tlifetime=1m\n\tikelifetime=1h\n\tmargintime=20s\n");

	(void)state;
	assert_int_equal(c->conns->lifetime, 180);
	assert_int_equal(c->conns->ike_lifetime, 7200);
	assert_int_equal(c->conns->margin, 20);
	ike_conf_free(c);
}

/* Each line alone in a connection: what is said, and whether the connection is there. */
static void bad_values_skip_their_connection_and_say_why(void **state)
{
	static const struct {
		const char *line, *said;
	} rows[] = {
		{ "keyexchange=ikev1", "keyexchange=ikev1: expected one of ikev2, ike" },
		{ "type=passthrough", "expected one of tunnel, transport, transport_proxy" },
		{ "ikelifetime=12x", "ikelifetime=12x: expected a time such as" },
		{ "lifetime=31d", "lifetime=31d: expected 0 to 2592000 seconds" },
		{ "ike=aes128-sha1", "expected a Diffie-Hellman group" },
		{ "esp=aes128-modp2048", "expected an integrity algorithm" },
		{ "esp=null-sha1", "esp=null-sha1: expected null to be one of aes128" },
		{ "esp=twofish-sha1", "esp=twofish-sha1: expected twofish to be one of" },
		{ "reqid=0", "reqid=0: expected 1 to 4294967294" },
		{ "reqid=4294967295", "expected 1 to 4294967294" },
		{ "authby=secret", "authby=secret: expected one of pubkey, rsasig" },
		{ "rightauth=psk", "rightauth=psk: expected one of pubkey, rsasig" },
		{ "left=192.168.0.1", "left=192.168.0.1: expected an IPv6 address or %any" },
		{ "leftsubnet=2001:1::/129",
			"leftsubnet=2001:1::/129: expected up to 16 networks" },
		{ "leftsubnet=10.0.0.0/8", "expected up to 16 networks" },
		{ "leftprotoport=%any/7", "expected PROTOCOL/PORT" },
		{ "leftprotoport=135/99999", "expected PROTOCOL/PORT" },
		{ "leftprotoport=135/5", "expected leftsubnet or an address beside it" },
		{ "replay_window=33", "expected 0 to 32" },
		{ "mobike=maybe", "mobike=maybe: expected yes or no" },
		{ "auto=sometimes", "expected one of ignore, add, route, start" },
		{ "also=nowhere", "also=nowhere: expected the name of a section" },
		{ "also=c", "expected also= to end somewhere" },
		{ "no equals sign", "expected NAME=VALUE" },
	};
	char line[128];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_conf *c;

		snprintf(line, sizeof(line), "\t%s\n", rows[i].line);
		c = load_conn(line);
		if (!strstr(said, rows[i].said))
			fail_msg("%s: said %s", rows[i].line, said);
		assert_non_null(strstr(said, "ipsec.conf:"));
		assert_int_equal(findings.n_errors, 1);
		assert_null(c->conns);
		ike_conf_free(c);
	}
}

static void one_bad_connection_leaves_the_others(void **state)
{
	struct ike_conf *c = load("conn a\n\tauto=add\n\tlifetime=never\n"
				  "conn b\n\tauto=add\n\tinstallpolicy=no\n");

	(void)state;
	assert_string_equal(said,
		"ipsec.conf:3: lifetime=never: expected a time such as 30, 30s, "
		"20m, 3h or 1d\n");
	assert_string_equal(c->conns->name, "b");
	assert_null(c->conns->next);
	assert_int_equal(findings.n_errors, 1);
	ike_conf_free(c);
}

static void an_inherited_bad_value_is_told_once(void **state)
{
	struct ike_conf *c = load("conn a\n\tauto=add\n\talso=x\nconn b\n\tauto=add\n\talso=x\n"
				  "conn x\n\tlifetime=never\n");

	(void)state;
	assert_null(c->conns);
	assert_int_equal(findings.n_errors, 1);
	ike_conf_free(c);
}

static void a_keyword_without_effect_is_a_warning(void **state)
{
	struct ike_conf *c = load("config setup\n\tlogtime=yes\n"
				  "conn a\n\tauto=add\n\tmtu=1400\n\tcompress=no\n"
				  "\tinstallpolicy=no\n");

	(void)state;
	assert_string_equal(said,
		"ipsec.conf:2: logtime=yes: keyword has no effect: the log goes where iked(8) "
		"says\n"
		"ipsec.conf:5: mtu=1400: keyword has no effect: no routes are made\n"
		"ipsec.conf:6: compress=no: keyword has no effect: IPComp is neither "
		"offered nor taken\n");
	assert_non_null(c->conns);
	assert_int_equal(findings.n_errors, 0);
	ike_conf_free(c);
}

static void who_installs_no_policies_is_told_that_nobody_does(void **state)
{
	struct ike_conf *c = load("conn a\n\tauto=add\n\tinstallpolicy=yes\n");

	(void)state;
	assert_non_null(strstr(said, "ipsec.conf:3: conn a: installpolicy=yes: iked installs no"));
	assert_int_equal(findings.n_warnings, 1);
	assert_non_null(c->conns);
	ike_conf_free(c);
}

#define PROXY                                                                                      \
	"\ttype=transport_proxy\n\tright=2001:1::1\n\trightid=moon.strongswan.org\n"               \
	"\trightsubnet=2001:1::1/128\n\tleftsubnet=2001:1::10/128\n"

static void transport_proxy_has_its_rules(void **state)
{
	static const struct {
		const char *line, *said; /* NULL: accepted */
	} rows[] = {
		{ "", NULL },
		{ "mobike=no", NULL },
		{ "mobike=yes", "mobike=yes: type=transport_proxy expects mobike=no" },
		{ "leftsubnet=2001:1::/64",
			"leftsubnet=2001:1::/64: type=transport_proxy expects one host" },
		{ "leftsubnet=2001:1::10,2001:1::11", "expects one host" },
		{ "leftsubnet=%dynamic", "expects one host" },
		{ "rightsubnet=::/0", "rightsubnet=::/0: type=transport_proxy expects one host" },
		{ "rightid=%any", "rightid=%any: type=transport_proxy expects the identity" },
	};
	char lines[512];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_conf *c;

		snprintf(lines, sizeof(lines), PROXY "\t%s\n", rows[i].line);
		c = load_conn(rows[i].line[0] ? lines : PROXY);
		if (rows[i].said && !strstr(said, rows[i].said))
			fail_msg("%s: said %s", rows[i].line, said);
		assert_true(!c->conns == !!rows[i].said);
		ike_conf_free(c);
	}
}

static void a_home_address_for_everybody_is_warned_of(void **state)
{
	struct ike_conf *c = load_conn(PROXY "\trightid=*@strongswan.org\n");

	(void)state;
	assert_non_null(c->conns);
	assert_non_null(strstr(said, "everybody who fits may use the home address"));
	ike_conf_free(c);
}

static void a_range_of_home_addresses_for_everybody_is_refused(void **state)
{
	struct ike_conf *c =
		load_conn(PROXY "\trightid=*@strongswan.org\n\trightsubnet=2001:1::/120\n");

	(void)state;
	assert_null(c->conns);
	assert_non_null(strstr(said, "rightsubnet=2001:1::/120: type=transport_proxy expects one"));
	ike_conf_free(c);
	c = load_conn(PROXY);
	assert_non_null(c->conns);
	assert_null(strstr(said, "everybody who fits"));
	ike_conf_free(c);
}

static void broken_structure_is_told_by_line(void **state)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{ "conn a\nconn a\n",
			"ipsec.conf:2: conn a: expected a section that was not given" },
		{ "conn a\n\talso=b\n\tauto=add\nconn b\n\talso=a\n", "expected also= to end" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_conf *c = load(rows[i].text);

		if (!strstr(said, rows[i].said))
			fail_msg("%s: said %s", rows[i].text, said);
		assert_null(c->conns);
		ike_conf_free(c);
	}
}

static void a_missing_file_is_an_error_of_its_own(void **state)
{
	struct conf_paths paths = { "/nonexistent/ipsec.conf", NULL, NULL, "/etc/ipsec.d", NULL,
		NULL };
	struct ike_conf *c = NULL;

	(void)state;
	start();
	assert_int_equal(conf_load(&paths, &findings, &c), -ENOENT);
	assert_null(c);
}

static void secrets_are_read_and_others_ignored(void **state)
{
	struct ike_conf *c;

	(void)state;
	start();
	put(path, "");
	put(secrets,
		": RSA carolKey.pem\ncarol@strongswan.org : RSA /etc/k.pem \"open sesame\"\n"
		"a b : PSK \"x\"\n: RSA\n: WORDS x\nnothing\n: RSA k.pem %prompt\n");
	chmod(secrets, 0600);
	c = load_files(path, secrets, NULL);
	assert_string_equal(c->secrets->key_file, "/etc/ipsec.d/private/carolKey.pem");
	assert_null(c->secrets->passphrase);
	assert_string_equal(c->secrets->next->key_file, "/etc/k.pem");
	assert_string_equal(c->secrets->next->passphrase, "open sesame");
	assert_null(c->secrets->next->next);
	assert_int_equal(findings.n_errors, 4);
	assert_non_null(strstr(said, "ipsec.secrets:3: : PSK: such secrets are not used here"));
	assert_non_null(strstr(said, "ipsec.secrets:4: : RSA: expected the name of a key file"));
	assert_non_null(strstr(said, "ipsec.secrets:5: the word behind `:' is no kind of secret"));
	assert_null(strstr(said, "open sesame"));
	ike_conf_free(c);
}

static void secrets_that_others_can_read_are_warned_of(void **state)
{
	struct ike_conf *c;

	(void)state;
	start();
	put(path, "");
	put(secrets, ": RSA k.pem\n");
	chmod(secrets, 0644);
	c = load_files(path, secrets, NULL);
	assert_non_null(strstr(said, "mode 0644, owner"));
	ike_conf_free(c);
}

static void strongswan_conf_sets_what_is_known(void **state)
{
	struct ike_conf *c;

	(void)state;
	start();
	put(path, "");
	put(strongswan,
		"charon {\n\tretransmit_timeout = 0.5\n\tretransmit_tries=3\n"
		"\tplugins { kernel-netlink { roam_events = no } }\n"
		"\tretransmit_base = 2 # twice\n\tfilelog {\n\t\t/var/log/x.log {\n\t\t}\n\t}\n"
		"\thalf_open_timeout = 10\n\tthreads = 8\n}\nlibstrongswan { x = 1 }\n");
	c = load_files(path, NULL, strongswan);
	assert_int_equal(findings.n_errors, 0);
	assert_int_equal(c->retransmit_timeout_ms, 500);
	assert_int_equal(c->retransmit_tries, 3);
	assert_int_equal(c->half_open_timeout_s, 10);
	assert_true(c->retransmit_base > 1.99);
	assert_string_equal(said,
		"strongswan.conf:11: charon.threads=8: setting has no effect, "
		"ignored\n");
	ike_conf_free(c);
}

static void strongswan_conf_is_refused_by_line(void **state)
{
	struct ike_conf *c;

	(void)state;
	start();
	put(path, "");
	put(strongswan, "charon {\n\tretransmit_base = -1\n\tlonely\n\t= 4\n");
	c = load_files(path, NULL, strongswan);
	assert_int_equal(findings.n_errors, 4);
	assert_non_null(strstr(said, "strongswan.conf:2: charon.retransmit_base=-1: expected"));
	assert_non_null(strstr(said, "strongswan.conf:3: lonely: expected"));
	assert_non_null(strstr(said, "strongswan.conf:4: = 4: expected"));
	assert_non_null(strstr(said, "expected } at the end of charon"));
	ike_conf_free(c);
}

static void what_changes_a_connection_is_told_apart(void **state)
{
	const char *text = "conn a\n\tauto=add\n\tright=2001:1::1\n\tike=aes128-sha1-modp2048!\n";
	struct ike_conf *a = load(text), *b = load(text);
	static const struct {
		const char *line;
		enum conn_change most;
	} rows[] = { { "", CONN_SAME }, { "\tauto=route\n", CONN_RULES },
		{ "\tlifetime=2h\n", CONN_CHILD }, { "\tesp=aes256-sha256!\n", CONN_CHILD },
		{ "\trightid=@x\n\tlifetime=2h\n", CONN_IKE } };

	(void)state;
	assert_int_equal(conn_change(a->conns, b->conns), CONN_SAME);
	ike_conf_free(b);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char more[256];

		snprintf(more, sizeof(more), "%s%s", text, rows[i].line);
		if (strstr(rows[i].line, "auto"))
			snprintf(more, sizeof(more),
				"conn a\n\tright=2001:1::1\n\tike=aes128-sha1-modp2048!\n%s",
				rows[i].line);
		b = load(more);
		assert_int_equal(conn_change(a->conns, b->conns), rows[i].most);
		ike_conf_free(b);
	}
	ike_conf_free(a);
}

static void remove_folder(void **state)
{
	char cmd[256];

	(void)state;
	start();
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	assert_int_equal(system(cmd), 0);
}

UNIT_MAIN(T(carol_s_page_loads_unchanged, "E-001 E-002 E-003 E-006 A-132"),
	T(the_home_agent_s_page_loads_with_its_includes, "E-001 E-002 E-006"),
	T(the_nodes_of_the_measured_run_load, "E-002"),
	T(defaults_are_those_of_the_manual, "A-023 E-004"),
	T(what_weak_certificates_may_do_is_said_one_by_one, "A-095"),
	T(own_lines_beat_also_beat_default, "E-002"),
	T(bad_values_skip_their_connection_and_say_why, "E-003 E-021 A-190 A-132!"),
	T(one_bad_connection_leaves_the_others, "E-003!"),
	T(an_inherited_bad_value_is_told_once, "E-003!"),
	T(who_installs_no_policies_is_told_that_nobody_does, "F-020"),
	T(a_keyword_without_effect_is_a_warning, "E-003!"),
	T(transport_proxy_has_its_rules, "B-026 B-082! B-085 A-201 B-020!"),
	T(a_home_address_for_everybody_is_warned_of, "B-083"),
	T(a_range_of_home_addresses_for_everybody_is_refused, "B-083!"),
	T(broken_structure_is_told_by_line, "E-001!"), T(a_missing_file_is_an_error_of_its_own, ""),
	T(secrets_are_read_and_others_ignored, "E-022"),
	T(secrets_that_others_can_read_are_warned_of, "E-022"),
	T(strongswan_conf_sets_what_is_known, "E-024 A-023"),
	T(strongswan_conf_is_refused_by_line, "E-024!"),
	T(what_changes_a_connection_is_told_apart, ""), T(remove_folder, ""))
