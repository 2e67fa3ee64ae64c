/*
 * daemon - starting and stopping iked.
 *
 * Start becomes iked, from the folder of this program: its parent half returns when the daemon
 * answers. Stop asks with TERM, waits at most 5 s for the end and then forces it.
 * Errors:  exit statuses; what runs already counts as started, what does not run as stopped.
 * Source:  pidfd_open(2).
 */
#pragma once

#include "cli/cli.h"

int daemon_start(const struct cli *cli);
int daemon_stop(const struct cli *cli);
int daemon_restart(const struct cli *cli);

/* The program NAME beside this one. 0 or -errno. */
int daemon_path(const char *name, char *out, size_t size);

/* The command line of iked: argv, ended by NULL; what it points to lives as long as *out. */
struct daemon_args {
	char conf[4096], log[4096];
	const char *argv[16];
};
int daemon_args(const struct cli *cli, const char *program, struct daemon_args *out);
