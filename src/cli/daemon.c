#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/run.h"
#include "cli/daemon.h"
#include "cli/out.h"

enum { TERM_MS = 5000, KILL_MS = 5000 };

int daemon_path(const char *name, char *out, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", out, size - 1);
	char *slash;

	if (n < 0)
		return -errno;
	out[n] = '\0';
	slash = strrchr(out, '/');
	if (!slash || (size_t)(slash + 1 - out) + strlen(name) >= size)
		return -ENAMETOOLONG;
	memcpy(slash + 1, name, strlen(name) + 1);
	return 0;
}

/* The daemon changes to /: a path that counts from here is made whole. */
static int absolute(const char *path, char *out, size_t size)
{
	char here[2048];
	int n;

	if (*path == '/')
		n = snprintf(out, size, "%s", path);
	else if (getcwd(here, sizeof(here)))
		n = snprintf(out, size, "%s/%s", here, path);
	else
		return -errno;
	return (size_t)n < size ? 0 : -ENAMETOOLONG;
}

int daemon_args(const struct cli *cli, const char *program, struct daemon_args *out)
{
	const char **arg = out->argv;

	*arg++ = program;
	if (cli->nofork)
		*arg++ = "--nofork";
	if (cli->conf) {
		if (absolute(cli->conf, out->conf, sizeof(out->conf)) < 0)
			return -ENAMETOOLONG;
		*arg++ = "--conf";
		*arg++ = out->conf;
	}
	if (cli->log) {
		if (absolute(cli->log, out->log, sizeof(out->log)) < 0)
			return -ENAMETOOLONG;
		*arg++ = "--log";
		*arg++ = out->log;
	}
	*arg++ = "--ctl";
	*arg++ = cli->ctl;
	*arg++ = "--pid";
	*arg++ = cli->pid;
	*arg = NULL;
	return 0;
}

/* execv() takes what it does not change as if it did. */
static void become(const char *program, const char *const *argv)
{
	char *args[16];

	memcpy(args, argv, sizeof(args));
	execv(program, args);
	out_error("cannot run %s: %s", program, strerror(errno));
}

int daemon_start(const struct cli *cli)
{
	struct daemon_args args;
	char program[4096];
	pid_t pid;
	int rc;

	if (!run_pid(cli->pid, &pid)) {
		out_note("Perigee IPsec is already running (process %d)", (int)pid);
		return EXIT_OK;
	}
	rc = daemon_path("iked", program, sizeof(program));
	if (!rc)
		rc = daemon_args(cli, program, &args);
	if (rc < 0) {
		out_error("cannot start iked: %s", strerror(-rc));
		return EXIT_FAILED;
	}
	out_note("Starting Perigee IPsec...");
	become(program, args.argv);
	return EXIT_FAILED;
}

/* The process ended within that time. */
static bool ends_within(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

/* A handle on the process itself: its number could be another's by the time it is used. */
static int open_daemon(const char *path, pid_t *pid)
{
	pid_t still;
	int fd;

	if (run_pid(path, pid) < 0)
		return -ESRCH;
	fd = pidfd_open(*pid, 0);
	if (fd < 0)
		return -errno;
	if (run_pid(path, &still) < 0 || still != *pid) {
		close(fd);
		return -ESRCH;
	}
	return fd;
}

int daemon_stop(const struct cli *cli)
{
	pid_t pid;
	own_fd fd = open_daemon(cli->pid, &pid);

	if (fd == -ESRCH) {
		out_note("Perigee IPsec is not running");
		return EXIT_OK;
	}
	out_note("Stopping Perigee IPsec...");
	if (fd < 0 || pidfd_send_signal(fd, SIGTERM, NULL, 0) < 0) {
		out_error("process %d: %s", (int)pid, strerror(fd < 0 ? -fd : errno));
		return EXIT_FAILED;
	}
	if (ends_within(fd, TERM_MS))
		return EXIT_OK;
	out_note("it did not end within %d seconds, killed", TERM_MS / 1000);
	pidfd_send_signal(fd, SIGKILL, NULL, 0);
	if (!ends_within(fd, KILL_MS)) {
		out_error("process %d does not end", (int)pid);
		return EXIT_FAILED;
	}
	unlink(cli->ctl); /* what it would have removed itself */
	unlink(cli->pid);
	return EXIT_OK;
}

int daemon_restart(const struct cli *cli)
{
	int status = daemon_stop(cli);

	return status ? status : daemon_start(cli);
}
