#include <errno.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mip/conf/conf.h"
#include "unit/unit.h"

#define DATA TOP "/harness/unit/mip/data/"

/* The findings of the last load, one a line. */
static char found[4096];

static void emit(void *arg, bool error, const char *line)
{
	size_t n = strlen(found);

	(void)arg;
	snprintf(found + n, sizeof(found) - n, "%c %s\n", error ? 'E' : 'W', line);
}

static struct mip_conf *load_file(const char *path, unsigned errors, unsigned warnings)
{
	struct conf_log log = { .emit = emit };
	struct mip_conf *c = NULL;

	*found = '\0';
	assert_int_equal(mip_conf_load(path, &log, &c), 0);
	if (log.n_errors != errors || log.n_warnings != warnings)
		print_error("%s", found);
	assert_int_equal(log.n_errors, errors);
	assert_int_equal(log.n_warnings, warnings);
	return c;
}

static char dir[64];

static const char *write_file(const char *name, const char *text)
{
	static char path[128];
	FILE *f;

	if (!*dir) {
		strcpy(dir, "/tmp/mip6d-conf-XXXXXX");
		assert_non_null(mkdtemp(dir));
	}
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return path;
}

static struct mip_conf *load(const char *text, unsigned errors, unsigned warnings)
{
	return load_file(write_file("mip6d.conf", text), errors, warnings);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void drop(struct mip_conf *c)
{
	mip_conf_free(c);
	if (*dir)
		nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	*dir = '\0';
}

/* A text that brings exactly this error and nothing else. */
static void refused(const char *text, const char *finding)
{
	char want[512];
	struct mip_conf *c = load(text, 1, 0);

	snprintf(want, sizeof(want), "E %s/mip6d.conf:%s\n", dir, finding);
	assert_string_equal(found, want);
	drop(c);
}

static struct in6_addr addr(const char *text)
{
	struct in6_addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static void the_mobile_node_page_loads_unchanged(void **state)
{
	struct mip_conf *c = load_file(DATA "carol.mip6d.conf", 0, 0);
	const struct in6_addr hoa = addr("2001:1::10"), ha = addr("2001:1::1");

	(void)state;
	assert_int_equal(c->role, MIP_MN);
	assert_true(c->use_mn_ha_ipsec);
	assert_true(c->key_mng_mob_capability);
	assert_string_equal(c->ifaces->name, "eth0");
	assert_null(c->ifaces->next);
	assert_string_equal(c->home_links->ifname, "eth0");
	assert_string_equal(prefix_str(&c->home_links->hoa), "2001:1::10/64");
	assert_string_equal(prefix_str(&c->home_links->home_prefix), "2001:1::/64");
	assert_true(addr_eq(&c->home_links->ha, &ha));
	assert_int_equal(mip_conf_policy(c, &hoa, &ha, MP_MH)->reqid_to_ha, 1);
	assert_int_equal(mip_conf_policy(c, &hoa, &ha, MP_MH)->reqid_to_mn, 1);
	assert_int_equal(mip_conf_policy(c, &hoa, &ha, MP_TUNNEL_PAYLOAD)->reqid_to_ha, 2);
	assert_null(mip_conf_policy(c, &ha, &hoa, MP_MH));
	assert_null(mip_conf_policy(c, &hoa, &ha, MP_ICMP));
	assert_ptr_equal(mip_conf_iface(c, "eth0"), c->ifaces);
	assert_null(mip_conf_iface(c, "eth1"));
	drop(c);
}

/* The page includes from /etc: what is there on the machine of the test must not count. */
static struct mip_conf *load_page(const char *etc, unsigned errors)
{
	char text[4096], *from = text;
	char copy[4096] = "";
	FILE *f = fopen(DATA "moon.mip6d.conf", "r");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	for (char *at; (at = strstr(from, "/etc/")); from = at + strlen("/etc/")) {
		strncat(copy, from, (size_t)(at - from));
		strcat(copy, etc);
	}
	strcat(copy, from);
	return load(copy, errors, 0);
}

static void the_home_agent_page_loads_with_its_includes(void **state)
{
	struct mip_conf *c = load_page(DATA, 0);

	(void)state;
	assert_int_equal(c->role, MIP_HA);
	assert_int_equal(c->default_acl, 129);
	assert_string_equal(c->ifaces->next->name, "eth1");
	assert_string_equal(addr_str(&c->acls->hoa), "2001:1::10");
	assert_int_equal(c->acls->status, 0);
	assert_string_equal(addr_str(&c->acls->next->hoa), "2001:1::20");
	assert_int_equal(c->policy_sets->next->policies[0].reqid_to_ha, 3);
	assert_int_equal(c->policy_sets->next->policies[1].reqid_to_mn, 4);
	drop(c);
	drop(load_page("/nonexistent/", 2)); /* what the files say may restrict */
}

static void without_a_file_there_are_the_defaults(void **state)
{
	struct conf_log log = { .emit = emit };
	struct mip_conf *c;

	(void)state;
	assert_int_equal(mip_conf_load(NULL, &log, &c), 0);
	assert_int_equal(c->role, MIP_CN);
	assert_true(c->use_mn_ha_ipsec);
	assert_false(c->key_mng_mob_capability);
	assert_int_equal(c->ha_max_binding_life, 262140);
	assert_int_equal(c->mn_max_ha_binding_life, 262140);
	assert_int_equal(c->bindack_first_ms, 1500);
	assert_int_equal(c->bindack_rereg_ms, 1000);
	assert_int_equal(c->initial_solicit_ms, 3000);
	assert_true(c->send_mob_pfx_sols && c->send_mob_pfx_advs && c->deregister_at_stop);
	assert_false(c->optimistic_handoff || c->no_home_return);
	assert_int_equal(c->default_acl, 0);
	mip_conf_free(c);
	assert_int_equal(mip_conf_load("/nonexistent/mip6d.conf", &log, &c), -ENOENT);
	mip_conf_free(NULL);
}

static void an_unknown_option_is_an_error_with_file_and_line(void **state)
{
	(void)state;
	refused("\nNodeConfg MN;\n", "2: NodeConfg: unknown option, expected NodeConfig?");
	refused("Interface \"eth0\" { Speed 9; }",
		"1: Speed: unknown option in an Interface block");
	/* case counts */
	refused("nodeconfig MN;", "1: nodeconfig: unknown option, expected NodeConfig?");
}

static void a_bad_value_is_an_error_that_says_what_was_expected(void **state)
{
	(void)state;
	refused("NodeConfig XX;", "1: NodeConfig XX: expected one of CN, HA, MN");
	refused("DebugLevel 11;", "1: DebugLevel 11: expected 0 to 10");
	refused("UseMnHaIPsec maybe;", "1: UseMnHaIPsec maybe: expected yes or no");
	refused("HaMaxBindingLife 262141;",
		"1: HaMaxBindingLife 262141: expected 0 to 262140 seconds");
	refused("DefaultBindingAclPolicy 256;",
		"1: DefaultBindingAclPolicy 256: expected allow, deny or a status 0 to 255");
	refused("BindingAclPolicy 2001:1::zz allow;",
		"1: BindingAclPolicy 2001:1::zz: expected an address such as 2001:1::1");
	refused("Interface \"a-name-that-is-too-long\";",
		"1: Interface a-name-that-is-too-long: expected the name of an interface");
}

static void broken_statements_cost_only_themselves(void **state)
{
	struct mip_conf *c = load("NodeConfig\nDebugLevel 3;\nDebugLevel 4 5;\n"
				  "Speed { Fast { 1; } x; } DebugLevel 5;\n"
				  "Interface \"eth0\" { MnIfPreference 11; }\n"
				  "Interface \"eth1\";",
		4, 0);

	(void)state;
	assert_int_equal(c->debug_level, 5);
	assert_string_equal(c->ifaces->next->name, "eth1");
	drop(c);
	refused("Interface \"eth0\" {", "1: Interface: expected '}' before the end of the file");
	refused("DebugLevel 3", "1: DebugLevel: expected ';' before 'the end of the file'");
	refused("}", "1: '}': expected an option");
}

static void an_option_without_effect_gets_one_warning(void **state)
{
	struct mip_conf *c = load("HaAcceptMobRtr enabled;\n"
				  "CnBindingPolicySet { 2001::1 2001::2 allow; 2001::3 deny; }\n"
				  "MnRouterProbeTimeout 1.5;\n"
				  "DoRouteOptimizationMN enabled;\nDebugLevel 2;",
		0, 4);

	(void)state;
	assert_non_null(strstr(found, "HaAcceptMobRtr: known, but has no effect"));
	assert_non_null(strstr(found, ":4: DoRouteOptimizationMN enabled: route optimization"));
	assert_int_equal(c->debug_level, 2);
	drop(c);
}

static void two_policies_without_reqid_are_told(void **state)
{
	static const char *const rows[][2] = { { "UseESP", "UseESP" }, { "UseESP 1", "UseESP 0" },
		{ "UseESP 1 0", "UseESP 0 2" } };
	static const unsigned warnings[] = { 1, 0, 1 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char text[512];

		snprintf(text, sizeof(text),
			"NodeConfig HA; Interface \"eth0\"; IPsecPolicySet { HomeAgentAddress "
			"2001:1::1;\nHomeAddress 2001:1::10/64;\nIPsecPolicy Mh %s;\n"
			"IPsecPolicy TunnelPayload %s; }",
			rows[i][0], rows[i][1]);
		drop(load(text, 0, warnings[i]));
	}
	assert_non_null(strstr(found,
		":4: IPsecPolicy TunnelPayload: without a reqid like "
		"IPsecPolicy Mh of line 3"));
}

static void ipv4_is_refused_in_clear_words(void **state)
{
	(void)state;
	refused("MnUseDsmip6 enabled;",
		"1: MnUseDsmip6: unsupported, IPv4 (dual-stack Mobile "
		"IPv6) is not part of this program");
}

static void numbers_words_and_booleans_have_their_spellings(void **state)
{
	struct mip_conf *c =
		load("InitialBindackTimeoutFirstReg 2; # an integer is fine\n"
		     "InitialBindackTimeoutReReg 0.25;\n"
		     "OptimisticHandoff true; NoHomeReturn allow; SendMobPfxSols block;\n"
		     "DefaultBindingAclPolicy 130;\n",
			0, 6); /* read by nobody here */

	(void)state;
	assert_int_equal(c->bindack_first_ms, 2000);
	assert_int_equal(c->bindack_rereg_ms, 250);
	assert_true(c->optimistic_handoff && c->no_home_return);
	assert_false(c->send_mob_pfx_sols);
	assert_int_equal(c->default_acl, 130);
	drop(c);
}

#define SET(lines)                                                                                 \
	"IPsecPolicySet { HomeAgentAddress 2001:1::1; HomeAddress 2001:1::10/64; " lines "}\n"

static void two_reqids_are_one_for_each_direction(void **state)
{
	struct mip_conf *c =
		load("NodeConfig HA; Interface \"eth0\";" SET(
			     "IPsecPolicy Mh UseESP 1 11; IPsecPolicy any UseESP 2 allow;"
			     "IPsecPolicy TunnelPayload UseESP;"),
			1, 0); /* any and Mh overlap */
	const struct mip_policy *p = c->policy_sets->policies;

	(void)state;
	assert_int_equal(p[0].reqid_to_ha, 1);
	assert_int_equal(p[0].reqid_to_mn, 11);
	assert_int_equal(p[1].reqid_to_mn, 2);
	assert_int_equal(p[2].reqid_to_ha, 0);
	drop(c);
}

static void a_policy_set_is_checked(void **state)
{
	(void)state;
	refused(SET("IPsecPolicy Mh UseAH 1;"),
		"1: IPsecPolicy UseAH: expected UseESP (UseAH and "
		"UseIPComp are not supported)");
	refused(SET("IPsecPolicy Mhh UseESP 1;"),
		"1: IPsecPolicy Mhh: expected one of HomeRegBinding, Mh, MobPfxDisc, ICMP, any, "
		"TunnelHomeTesting, TunnelMh, TunnelPayload");
	refused(SET("IPsecPolicy Mh UseESP 1 deny;"),
		"1: IPsecPolicy deny: expected ';' or allow "
		"(no other action is supported)");
	refused("NodeConfig HA; Interface \"eth0\"; " SET("IPsecPolicy Mh UseESP 1;\n")
			SET("IPsecPolicy HomeRegBinding UseESP 2;"),
		"3: IPsecPolicy HomeRegBinding: expected no overlap with IPsecPolicy Mh of line "
		"1");
	refused("NodeConfig HA; Interface \"eth0\"; " SET(""),
		"1: IPsecPolicySet: expected at least one HomeAddress and one IPsecPolicy");
	refused("NodeConfig HA; Interface \"eth0\"; IPsecPolicySet { HomeAgentAddress fe80::1; "
		"HomeAddress 2001:1::10/64; "
		"IPsecPolicy "
		"Mh UseESP 1; }",
		"1: IPsecPolicySet: HomeAgentAddress fe80::1: expected a global or unique local "
		"address");
}

static void a_mobile_node_needs_a_home_and_its_protection(void **state)
{
	(void)state;
	refused("NodeConfig MN;", "1: NodeConfig MN: expected an MnHomeLink");
	refused("NodeConfig HA;", "1: NodeConfig HA: expected an Interface");
	refused("NodeConfig MN; MnHomeLink \"eth0\" { HomeAddress 2001:1::10/64;"
		"HomeAgentAddress 2001:1::1; }",
		"1: MnHomeLink eth0: expected an IPsecPolicy Mh or HomeRegBinding for 2001:1::10 "
		"and 2001:1::1 (UseMnHaIPsec is enabled)");
	refused("NodeConfig MN; MnHomeLink \"eth0\" { HomeAddress 2001:1::10/64; }",
		"1: MnHomeLink eth0: expected an IPsecPolicy Mh or HomeRegBinding for "
		"2001:1::10 and :: (UseMnHaIPsec is enabled)");
	refused("NodeConfig MN; UseMnHaIPsec disabled; MnHomeLink \"eth0\" { HomeAddress "
		"2001:1::10/64; "
		"HomeAgentAddress ff02::1; }",
		"1: MnHomeLink eth0: HomeAgentAddress ff02::1: expected a global or unique local "
		"address, "
		"or :: to discover it");
	refused("NodeConfig MN; UseMnHaIPsec disabled; MnHomeLink \"eth0\" { HomeAddress "
		"2001:1::10/64; HomeAgentAddress 2001:1::1; HomePrefix 2001:2::/64; }",
		"1: MnHomeLink eth0: HomePrefix 2001:2::/64: expected the prefix of 2001:1::10");
}

/* The text of --show-config. */
static void show(const struct mip_conf *c, char *out, size_t cap)
{
	FILE *f = fmemopen(out, cap, "w");

	assert_non_null(f);
	mip_conf_print(c, f);
	fclose(f);
}

static void what_is_shown_loads_again_to_the_same(void **state)
{
	static const char *const texts[] = {
		"NodeConfig HA; Interface \"eth0\";\n"
		"DebugLogFile \"/var/log/mip6d.log\"; DefaultBindingAclPolicy 130;\n"
		"BindingAclPolicy 2001:1::10 allow; BindingAclPolicy 2001:1::20 deny;\n",
		"NodeConfig MN; InitialSolicitTimer 0.5; Interface \"eth0\" { MnIfPreference 3; }\n"
		"MnHomeLink \"eth0\" {\n"
		"HomeAddress 2001:1::10/64; HomeAgentAddress 2001:1::1; }\n" SET(
			"IPsecPolicy HomeRegBinding UseESP 5 6;"
			"IPsecPolicy MobPfxDisc UseESP 3;"
			"IPsecPolicy TunnelPayload UseESP 2;"),
	};
	char first[4096], second[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct mip_conf *c = load(texts[i], 0, 0);

		show(c, first, sizeof(first));
		drop(c);
		c = load(first, 0, 0);
		show(c, second, sizeof(second));
		drop(c);
		assert_string_equal(first, second);
	}
	assert_non_null(strstr(first,
		"IPsecPolicy HomeRegBinding UseESP 5 6; # inbound: protects "
		"all mobility header messages, as Mh\n"));
	assert_non_null(strstr(first,
		"IPsecPolicy MobPfxDisc UseESP 3 3; # protects all ICMPv6 but neighbour "
		"discovery, as ICMP\n"));
	assert_non_null(strstr(first, "InitialSolicitTimer 0.500;\n"));
}

/* All of a file, to be freed. */
static char *text_of(FILE *f)
{
	char *text = calloc(1, 1 << 16);

	assert_non_null(f);
	assert_non_null(text);
	rewind(f);
	assert_true(fread(text, 1, (1 << 16) - 1, f) > 0);
	fclose(f);
	return text;
}

/* Where the page is not up to date, the right table is left in build/. */
static void the_manual_page_has_the_option_tables(void **state)
{
	static const char table_path[] = TOP "/build/mip6d.conf.options";
	int out = dup(STDOUT_FILENO);
	char *table, *page;
	FILE *f = fopen(table_path, "w+");

	(void)state;
	assert_non_null(f);
	fflush(stdout);
	assert_true(dup2(fileno(f), STDOUT_FILENO) >= 0);
	mip_conf_print_mdoc();
	fflush(stdout);
	assert_true(dup2(out, STDOUT_FILENO) >= 0);
	close(out);
	table = text_of(f);
	page = text_of(fopen(TOP "/docs/man/mip6d.conf.5", "r"));
	assert_non_null(strstr(page, table));
	free(table);
	free(page);
	remove(table_path);
}

UNIT_MAIN(T(the_mobile_node_page_loads_unchanged, ""),
	T(the_home_agent_page_loads_with_its_includes, "E-051"),
	T(without_a_file_there_are_the_defaults, "C-062"),
	T(an_unknown_option_is_an_error_with_file_and_line, ""),
	T(a_bad_value_is_an_error_that_says_what_was_expected, ""),
	T(broken_statements_cost_only_themselves, "F-024!"),
	T(an_option_without_effect_gets_one_warning, ""),
	T(two_policies_without_reqid_are_told, "B-096!"), T(ipv4_is_refused_in_clear_words, ""),
	T(numbers_words_and_booleans_have_their_spellings, ""),
	T(two_reqids_are_one_for_each_direction, ""), T(a_policy_set_is_checked, ""),
	T(a_mobile_node_needs_a_home_and_its_protection, "F-001"),
	T(what_is_shown_loads_again_to_the_same, "D-019"),
	T(the_manual_page_has_the_option_tables, ""))
