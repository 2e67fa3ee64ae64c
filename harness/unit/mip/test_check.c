/*
 * mip6d.conf with one kind of fault each: findings are expected files. UNIT_BLESS=1 in the
 * environment writes them anew.
 */
#include <dirent.h>
#include <unistd.h>

#include "mip/conf/conf_in.h"
#include "unit/unit.h"

#define DATA TOP "/harness/unit/mip/data/check/"

static char said[16384];

static void hear(void *arg, bool error, const char *line)
{
	size_t n = strlen(said);

	(void)arg;
	assert_int_equal(strncmp(line, DATA, strlen(DATA)), 0);
	snprintf(said + n, sizeof(said) - n, "%s%s\n",
		error ? "" : "warning: ", line + strlen(DATA));
}

static void as_expected(const char *name)
{
	static char want[16384];
	char file[512];
	FILE *f;

	snprintf(file, sizeof(file), DATA "%s.expected", name);
	f = fopen(file, getenv("UNIT_BLESS") ? "w+" : "r");
	assert_non_null(f);
	if (getenv("UNIT_BLESS")) {
		fputs(said, f);
		rewind(f);
	}
	want[fread(want, 1, sizeof(want) - 1, f)] = '\0';
	fclose(f);
	if (strcmp(said, want) != 0)
		fail_msg("%s: %s", name, said);
}

static void findings_are_as_expected(void **state)
{
	DIR *d = opendir(DATA);
	struct dirent *e;
	unsigned n = 0;

	(void)state;
	assert_non_null(d);
	while ((e = readdir(d))) {
		struct conf_log log = { .emit = hear };
		struct mip_conf *c = NULL;
		char file[512], name[256];
		char *dot;

		snprintf(name, sizeof(name), "%s", e->d_name);
		dot = strstr(name, ".conf");
		if (!dot)
			continue;
		snprintf(file, sizeof(file), DATA "%s", name);
		*dot = '\0';
		said[0] = '\0';
		assert_int_equal(mip_conf_load(file, &log, &c), 0);
		as_expected(name);
		mip_conf_free(c);
		n++;
	}
	closedir(d);
	assert_true(n > 10);
}

/* Every option of the file that has an effect, and which roles read it: C, H, M. */
static const struct {
	const char *name, *value, *roles;
} options[] = {
	{ "NodeConfig", "", "CHM" },
	{ "DebugLevel", "0", "CHM" },
	{ "DebugLogFile", "\"/dev/null\"", "CHM" },
	{ "UseMnHaIPsec", "disabled", "HM" },
	{ "KeyMngMobCapability", "enabled", "HM" },
	{ "HaMaxBindingLife", "60", "H" },
	{ "SendMobPfxAdvs", "disabled", "H" },
	{ "MnMaxHaBindingLife", "60", "M" },
	{ "SendMobPfxSols", "disabled", "M" },
	{ "InitialBindackTimeoutFirstReg", "1", "M" },
	{ "InitialBindackTimeoutReReg", "1", "M" },
	{ "InitialSolicitTimer", "1", "M" },
	{ "OptimisticHandoff", "enabled", "M" },
	{ "NoHomeReturn", "enabled", "M" },
	{ "MnDeregisterAtStop", "disabled", "M" },
	{ "MnDiscardHaParamProb", "enabled", "M" },
	{ "MnResetDhaadAtHome", "enabled", "M" },
	{ "MnMaxHaConsecutiveResends", "1", "M" },
	{ "MnRouterDiscovery", "enabled", "M" },
	{ "MnMinRouterLifetime", "1", "M" },
	{ "Interface", "\"eth0\"", "HM" },
	{ "MnHomeLink", "\"eth0\" { HomeAddress 2001:db8::10/64; HomeAgentAddress 2001:db8::1; }",
		"M" },
	{ "IPsecPolicySet",
		"{ HomeAgentAddress 2001:db8::1; HomeAddress 2001:db8::10/64; "
		"IPsecPolicy Mh UseESP 1; }",
		"HM" },
	{ "BindingAclPolicy", "2001:db8::10 deny", "H" },
	{ "DefaultBindingAclPolicy", "deny", "H" },
	{ "DoRouteOptimizationMN", "disabled", "CHM" },
	{ "DoRouteOptimizationCN", "disabled", "CHM" },
};

enum { N_OPTIONS = sizeof(options) / sizeof(options[0]) };

static void hear_all(void *arg, bool error, const char *line)
{
	(void)arg, (void)error;
	snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s\n", line);
}

static void try_role(size_t i, const char *role)
{
	struct conf_log log = { .emit = hear_all };
	struct mip_conf *c = NULL;
	char file[] = "/tmp/role.XXXXXX", want[64];
	FILE *f = fdopen(mkstemp(file), "w");
	bool is_block = strchr(options[i].value, '}');

	assert_non_null(f);
	if (*options[i].value)
		fprintf(f, "%s %s%s\n", options[i].name, options[i].value, is_block ? "" : ";");
	fprintf(f, "NodeConfig %s;\n", role); /* behind it: the order is free */
	fclose(f);
	said[0] = '\0';
	assert_int_equal(mip_conf_load(file, &log, &c), 0);
	unlink(file);
	snprintf(want, sizeof(want), ":1: %s: has no effect for a ", options[i].name);
	if (!strstr(said, want) != !!strchr(options[i].roles, *role))
		fail_msg("%s as %s: said %s", options[i].name, role, said);
	mip_conf_free(c);
}

static void an_option_that_the_role_does_not_read_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OPTIONS; i++) {
		try_role(i, "CN");
		try_role(i, "HA");
		try_role(i, "MN");
	}
}

#define BLOCK "Interface \"eth0\" { MnIfPreference 3; } "

static void an_option_in_a_block_that_the_role_does_not_read_is_told(void **state)
{
	static const struct {
		const char *role;
		bool read;
	} roles[] = { { "MN", true }, { "HA", false }, { "CN", false } };

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		struct conf_log log = { .emit = hear_all };
		struct mip_conf *c = NULL;
		char file[] = "/tmp/block.XXXXXX";
		FILE *f = fdopen(mkstemp(file), "w");

		assert_non_null(f);
		fprintf(f, i % 2 ? BLOCK "NodeConfig %s;\n" : "NodeConfig %s; " BLOCK "\n",
			roles[i / 2].role);
		fclose(f);
		said[0] = '\0';
		assert_int_equal(mip_conf_load(file, &log, &c), 0);
		unlink(file);
		if (!strstr(said, ":1: MnIfPreference: has no effect for a ") != roles[i / 2].read)
			fail_msg("%s: %s", roles[i / 2].role, said);
		mip_conf_free(c);
	}
}

/* Each row of the file itself, as the manual page has them, stands above. */
static void every_option_of_the_manual_page_has_its_roles(void **state)
{
	unsigned n = 0;

	(void)state;
	for (size_t i = 0; i < conf_scope_file.n_keys; i++)
		for (size_t k = 0; conf_scope_file.keys[i].set && k <= N_OPTIONS; k++) {
			if (k == N_OPTIONS)
				fail_msg("%s", conf_scope_file.keys[i].name);
			if (!strcmp(options[k].name, conf_scope_file.keys[i].name)) {
				n++;
				break;
			}
		}
	for (size_t i = 0; i < conf_scope_file.n_stmts; i++)
		for (size_t k = 0; conf_scope_file.stmts[i].doc && k <= N_OPTIONS; k++) {
			if (k == N_OPTIONS)
				fail_msg("%s", conf_scope_file.stmts[i].name);
			if (!strcmp(options[k].name, conf_scope_file.stmts[i].name)) {
				n++;
				break;
			}
		}
	assert_int_equal(n, N_OPTIONS);
}

UNIT_MAIN(T(an_option_that_the_role_does_not_read_is_told, "E-055"),
	T(an_option_in_a_block_that_the_role_does_not_read_is_told, "E-055"),
	T(every_option_of_the_manual_page_has_its_roles, "E-055"),
	T(findings_are_as_expected, "E-048 E-036 E-038"))
