#include <stdio.h>
#include <string.h>

#include "base/version.h"
#include "cli/ask.h"
#include "cli/daemon.h"
#include "cli/ipsec.h"
#include "cli/out.h"

static int show_help(const struct cli *cli);
static int show_version(const struct cli *cli);

static const struct cli_verb verbs[] = {
	/* clang-format off */
	{ "start", "[--nofork] [--conf FILE] [--log FILE]", 0, 0, TAKES_START, daemon_start,
		"start iked in the background" },
	{ "stop", "", 0, 0, 0, daemon_stop,
		"end iked; what is not running counts as stopped" },
	{ "restart", "[--nofork] [--conf FILE] [--log FILE]", 0, 0, TAKES_START, daemon_restart,
		"stop, then start" },
	{ "reload", "", 0, 0, 0, ask_verb,
		"read keys, certificates and ipsec.conf again, replace what changed" },
	{ "update", "", 0, 0, 0, ask_verb, "read ipsec.conf again and replace what changed" },
	{ "status", "[NAME] [--json]", 0, 1, TAKES_JSON, ask_status,
		"show the security associations" },
	{ "statusall", "[NAME] [--json]", 0, 1, TAKES_JSON, ask_status,
		"show all there is to see" },
	{ "up", "NAME", 1, 1, 0, ask_long, "establish a connection and tell how it goes" },
	{ "down", "NAME | NAME[n] | NAME{n} | NAME[*] | NAME{*}", 1, 1, 0, ask_long,
		"close a connection" },
	{ "route", "NAME", 1, 1, 0, ask_verb,
		"establish a connection when traffic asks for it" },
	{ "unroute", "NAME", 1, 1, 0, ask_verb, "end that" },
	{ "rereadsecrets", "", 0, 0, 0, ask_verb, "read ipsec.secrets again" },
	{ "rereadcacerts", "", 0, 0, 0, ask_verb, "read the CA certificates again" },
	{ "rereadcrls", "", 0, 0, 0, ask_verb, "read the revocation lists again" },
	{ "rereadall", "", 0, 0, 0, ask_verb, "read all of these again" },
	{ "listcerts", "", 0, 0, 0, ask_verb, "show our own certificates and the peers'" },
	{ "listcacerts", "", 0, 0, 0, ask_verb, "show the CA certificates" },
	{ "listcrls", "", 0, 0, 0, ask_verb, "show the revocation lists" },
	{ "stroke", "loglevel GROUP LEVEL | rekey NAME", 2, 3, 0, ask_stroke,
		"change what is logged, rekey now" },
	{ "--version", "", 0, 0, 0, show_version, "print the version" },
	{ "--help", "", 0, 0, 0, show_help, "print this" },
	{ "secrets", "", 0, 0, 0, ask_secrets, NULL },
	{ "version", "", 0, 0, 0, show_version, NULL },
	{ "help", "", 0, 0, 0, show_help, NULL },
	/* clang-format on */
};

static const struct option_row {
	const char *name, *arg; /* arg NULL: a switch */
	size_t at; /* of a const char * with an argument, of a bool without */
	const char *help;
} options[] = {
	/* clang-format off */
	{ "--conf", "FILE", offsetof(struct cli, conf),
		"ipsec.conf to read (default /etc/ipsec.conf)" },
	{ "--log", "FILE", offsetof(struct cli, log), "log to this file (default: syslog)" },
	{ "--nofork", NULL, offsetof(struct cli, nofork),
		"stay in the foreground and log to the terminal" },
	{ "--json", NULL, offsetof(struct cli, json), "the same facts for programs" },
	{ "--ctl", "PATH", offsetof(struct cli, ctl),
		"control socket of iked (default /run/iked.ctl)" },
	{ "--pid", "PATH", offsetof(struct cli, pid),
		"pid file of iked (default /run/iked.pid)" },
	/* clang-format on */
};

#define N_OF(table) (sizeof(table) / sizeof((table)[0]))

static int show_help(const struct cli *cli)
{
	char usage[128];

	(void)cli;
	puts("usage: ipsec [OPTION ...] VERB [ARGUMENT ...]\n");
	for (size_t i = 0; i < N_OF(verbs); i++) {
		if (!verbs[i].help)
			continue;
		snprintf(usage, sizeof(usage), "%s %s", verbs[i].name, verbs[i].args);
		out_row(usage, verbs[i].help);
	}
	putchar('\n');
	for (size_t i = 0; i < N_OF(options); i++) {
		const char *arg = options[i].arg;

		snprintf(usage, sizeof(usage), "%s %s", options[i].name, arg ? arg : "");
		out_row(usage, options[i].help);
	}
	puts("\nexit status: 0 done, 1 failed, 2 usage, 7 iked is not running;\n"
	     "             start and restart: 4 running, without what has an error;\n"
	     "             status and statusall: 0 running, 1 died, 3 not running, 4 no answer");
	return EXIT_OK;
}

static int show_version(const struct cli *cli)
{
	(void)cli;
	puts("Perigee IPsec " PERIGEE_VERSION);
	return EXIT_OK;
}

static const struct cli_verb *find_verb(const char *name)
{
	for (size_t i = 0; i < N_OF(verbs); i++)
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

static const struct option_row *find_option(const char *name)
{
	for (size_t i = 0; i < N_OF(options); i++)
		if (!strcmp(options[i].name, name))
			return &options[i];
	return NULL;
}

/* Take the option at *argv, and its argument: what is left to read, or NULL after a message. */
static char **take_option(const struct option_row *row, char **argv, struct cli *out)
{
	char *field = (char *)out + row->at;

	if (!row->arg) {
		*(bool *)field = true;
		return argv + 1;
	}
	if (!argv[1]) {
		out_error("%s needs its %s", row->name, row->arg);
		return NULL;
	}
	memcpy(field, &argv[1], sizeof(argv[1]));
	return argv + 2;
}

static bool take_word(char *word, struct cli *out)
{
	if (!out->verb) {
		out->verb = find_verb(word);
		if (!out->verb)
			out_error("unknown verb \"%s\", see ipsec --help", word);
		return out->verb;
	}
	if (word[0] == '-' || strpbrk(word, " \t\r\n") || out->n_words == N_OF(out->words)) {
		out_error("%s does not understand \"%s\"", out->verb->name, word);
		return false;
	}
	out->words[out->n_words++] = word;
	return true;
}

/* Only what the verb can use: an option without effect would mislead. */
static bool fits(const struct cli *cli)
{
	const struct cli_verb *v = cli->verb;

	if (!v) {
		out_error("what shall be done? See ipsec --help");
		return false;
	}
	if (cli->n_words < v->min || cli->n_words > v->max ||
		(cli->json && !(v->takes & TAKES_JSON)) ||
		((cli->nofork || cli->conf || cli->log) && !(v->takes & TAKES_START))) {
		out_error("usage: ipsec %s%s%s", v->name, *v->args ? " " : "", v->args);
		return false;
	}
	return true;
}

static bool parse(char **argv, struct cli *out)
{
	while (*argv) {
		const struct option_row *row = find_option(*argv);

		if (row)
			argv = take_option(row, argv, out);
		else
			argv = take_word(*argv, out) ? argv + 1 : NULL;
		if (!argv)
			return false;
	}
	return fits(out);
}

int ipsec_main(int argc, char **argv)
{
	struct cli cli = { .ctl = "/run/iked.ctl", .pid = "/run/iked.pid" };
	int status;

	if (argc < 1 || !parse(argv + 1, &cli))
		return EXIT_USAGE;
	status = cli.verb->run(&cli);
	/* An answer that reached nobody is no success. */
	return fflush(stdout) || ferror(stdout) ? EXIT_FAILED : status;
}
