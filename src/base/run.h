/*
 * run - what every daemon does around its loop: background, pid file, privileges, confinement.
 *
 * Errors:  0 or -errno; -EEXIST: the pid file belongs to a running process (its pid in *other).
 * Source:  daemon(7), capabilities(7).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Lock and write the pid file; kept until the process ends. A stale file is taken over. */
int run_pidfile(const char *path, pid_t *other);
void run_pidfile_remove(void);

/*
 * Who holds that pid file: 0, -ENOENT (no file) or -ESRCH (a file left over by a process that
 * died).
 */
int run_pid(const char *path, pid_t *out);

/*
 * Detach: the parent waits until the child calls run_ready() (or dies) and exits with that
 * status, so that a command that starts a daemon returns when the daemon answers. A start that
 * has failed is told by the child's end alone: whoever hears of it finds nothing of it left.
 * Call it before the loop is used; the working directory becomes /, stdout and stderr go to
 * /dev/null at run_ready().
 */
int run_background(void);
void run_ready(int status);

/* Make of a path that counts from this folder one that counts from /; NULL stays. malloc. */
int run_whole_path(const char **path);

/*
 * Do we have them all? Else -EPERM, and the names of the missing ones in a static text:
 * "CAP_NET_ADMIN, CAP_NET_RAW".
 */
int run_need(const int *caps, size_t n_caps, const char **missing);

/*
 * Keep only these capabilities (CAP_… from linux/capability.h), forbid core dumps and new
 * privileges.
 */
int run_drop(const int *caps, size_t n_caps);

/*
 * Allow only what a loop daemon needs; anything else (exec, ptrace, mount, …) fails with EPERM.
 * A kernel without seccomp: 0 and one log line.
 */
int run_seccomp(void);
