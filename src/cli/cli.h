/*
 * cli - what a person typed to the `ipsec` command, and what its verbs give back.
 *
 * Shapes:  one struct cli a run; strings belong to argv.
 * Errors:  handlers give the exit status of the command (enum cli_exit).
 * Source:  the manual of strongSwan's ipsec(8).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum cli_exit {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_DEAD = 1, /* status: a pid file, but no process */
	EXIT_USAGE = 2,
	EXIT_STOPPED = 3, /* status: not running */
	EXIT_UNKNOWN = 4, /* status: it runs, but does not answer */
	EXIT_NOT_RUNNING = 7,
};

struct cli;

enum cli_takes { TAKES_JSON = 1, TAKES_START = 2 /* --nofork, --conf and --log */ };

struct cli_verb {
	const char *name;
	const char *args; /* as shown to a person */
	size_t min, max; /* of words behind the verb */
	unsigned takes; /* enum cli_takes */
	int (*run)(const struct cli *cli);
	const char *help; /* NULL: another spelling, not shown */
};

struct cli {
	const struct cli_verb *verb;
	const char *words[16]; /* behind the verb */
	size_t n_words;
	const char *ctl, *pid;
	const char *conf, *log; /* NULL: the daemon's default */
	bool nofork, json;
};
