#include <cap-ng.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/run.h"

static struct {
	int fd;
	char *path;
} pidfile = { .fd = -1 };

static int ready_pipe = -1; /* to the waiting parent */

static pid_t read_pid(int fd)
{
	char text[16] = "";
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	return n > 0 ? (pid_t)strtol(text, NULL, 10) : 0;
}

/* The lock tells who lives, the number is for people. The lock belongs to the open file: a fork
 * keeps it. */
static int lock(int fd, int cmd, struct flock *out)
{
	*out = (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET };
	return fcntl(fd, cmd, out) < 0 ? -errno : 0;
}

/* Its owner may have ended, and removed it, between open and lock. */
static bool still_there(int fd, const char *path)
{
	struct stat ours, there;

	return !fstat(fd, &ours) && !stat(path, &there) && ours.st_ino == there.st_ino &&
		ours.st_dev == there.st_dev;
}

static int write_pid(int fd)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) != n)
		return errno ? -errno : -EIO;
	return 0;
}

/* An open and locked pid file, or -EEXIST and its owner. */
static int pidfile_lock(const char *path, pid_t *other)
{
	struct flock l;
	int fd;

	for (;;) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
		if (fd < 0)
			return -errno;
		if (lock(fd, F_OFD_SETLK, &l) < 0) {
			*other = read_pid(fd);
			close(fd);
			return -EEXIST;
		}
		if (still_there(fd, path))
			return fd;
		close(fd);
	}
}

int run_whole_path(const char **path)
{
	own_mem char *here = NULL;
	char *whole = NULL;

	if (!*path || **path == '/')
		return 0;
	here = getcwd(NULL, 0);
	if (!here)
		return -errno;
	if (asprintf(&whole, "%s/%s", here, *path) < 0)
		return -ENOMEM;
	*path = whole; /* for as long as the program runs */
	return 0;
}

int run_pidfile(const char *path, pid_t *other)
{
	own_mem char *copy = strdup(path);
	int fd, rc;

	if (!copy)
		return -ENOMEM;
	fd = pidfile_lock(path, other);
	if (fd < 0)
		return fd;
	rc = write_pid(fd);
	if (rc < 0) {
		unlink(path);
		close(fd);
		return rc;
	}
	run_pidfile_remove();
	pidfile.fd = fd;
	pidfile.path = take(copy);
	return 0;
}

void run_pidfile_remove(void)
{
	if (pidfile.fd < 0)
		return;
	unlink(pidfile.path); /* before the lock goes: nobody takes over a file that vanishes */
	close(pidfile.fd);
	free(pidfile.path);
	pidfile.fd = -1;
	pidfile.path = NULL;
}

int run_pid(const char *path, pid_t *out)
{
	own_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct flock l;
	pid_t pid;

	if (fd < 0)
		return -errno;
	if (lock(fd, F_OFD_GETLK, &l) < 0 || l.l_type == F_UNLCK)
		return -ESRCH;
	pid = read_pid(fd);
	if (pid <= 0)
		return -ESRCH; /* it is just starting or ending */
	*out = pid;
	return 0;
}

/* The parent: ends with the status that the child reports, or the one it died with. */
static _Noreturn void wait_ready(int fd, pid_t child)
{
	unsigned char status = 1;
	int how = 0;
	ssize_t n;

	do {
		n = read(fd, &status, 1);
	} while (n < 0 && errno == EINTR);
	if (n == 1)
		_exit(status);
	while (waitpid(child, &how, 0) < 0 && errno == EINTR)
		;
	_exit(WIFEXITED(how) && WEXITSTATUS(how) ? WEXITSTATUS(how) : 1);
}

static int to_null(int from, int to)
{
	own_fd null = -1;

	for (int fd = from; fd <= to; fd++) {
		if (null < 0)
			null = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (null < 0 || dup2(null, fd) < 0)
			return -errno;
	}
	return 0;
}

int run_background(void)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	child = fork();
	if (child < 0) {
		int rc = -errno;

		close(ends[0]);
		close(ends[1]);
		return rc;
	}
	if (child) {
		close(ends[1]);
		wait_ready(ends[0], child);
	}
	close(ends[0]);
	ready_pipe = ends[1];
	setsid();
	if (chdir("/") < 0)
		return -errno;
	return to_null(STDIN_FILENO, STDIN_FILENO); /* messages of the start are still shown */
}

void run_ready(int status)
{
	unsigned char octet = (unsigned char)status;

	if (ready_pipe < 0)
		return;
	to_null(STDOUT_FILENO, STDERR_FILENO);
	while (write(ready_pipe, &octet, 1) < 0 && errno == EINTR)
		;
	close(ready_pipe);
	ready_pipe = -1;
}

int run_need(const int *caps, size_t n_caps, const char **missing)
{
	static char text[256];
	size_t n = 0;

	for (size_t i = 0; i < n_caps && n < sizeof(text); i++) {
		const char *name = capng_capability_to_name((unsigned)caps[i]);
		size_t start = n;

		if (capng_have_capability(CAPNG_EFFECTIVE, (unsigned)caps[i]))
			continue;
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%sCAP_%s", n ? ", " : "", name);
		for (; start < n && start < sizeof(text); start++)
			text[start] = (char)toupper((unsigned char)text[start]);
	}
	*missing = text;
	return n ? -EPERM : 0;
}

int run_drop(const int *caps, size_t n_caps)
{
	const struct rlimit no_core = { 0, 0 };
	/* Only who has CAP_SETPCAP can shrink the bounding set; who has not, cannot grow either. */
	capng_select_t sets = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP)
		? CAPNG_SELECT_BOTH
		: CAPNG_SELECT_CAPS;

	capng_clear(CAPNG_SELECT_BOTH);
	for (size_t i = 0; i < n_caps; i++)
		if (capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET,
			    (unsigned)caps[i]) < 0)
			return -EINVAL;
	if (capng_apply(sets) < 0)
		return -EPERM;
	if (setrlimit(RLIMIT_CORE, &no_core) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ||
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return 0;
}
