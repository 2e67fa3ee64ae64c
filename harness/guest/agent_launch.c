/*
 * Start a program. The child borrows the agent's memory until it runs it (vfork), which under
 * User Mode Linux is several times cheaper than a copy, and how exec failed is simply there.
 */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* The strings of a list as a vector that NULL ends; the strings stay where they are. */
int vector(struct octets list, char ***out)
{
	size_t n = 0;
	char **words, *at = (char *)list.data;

	for (size_t i = 0; i < list.size; i++)
		n += !list.data[i];
	words = must(calloc(n + 1, sizeof(*words)));
	for (size_t i = 0; i < n; i++, at += strlen(at) + 1)
		words[i] = at;
	*out = words;
	return (int)n;
}

static const char *path_of(char **env)
{
	for (; *env; env++)
		if (!strncmp(*env, "PATH=", 5))
			return *env + 5;
	return "/usr/sbin:/usr/bin:/sbin:/bin";
}

/* As execvp() does it, by the PATH of the program's own environment. */
static int try_exec(const struct launch *it)
{
	const char *name = it->argv[0], *folder = path_of(it->env);
	char path[PATH_MAX];
	int error = ENOENT;

	if (strchr(name, '/')) {
		execve(name, it->argv, it->env);
		return errno;
	}
	for (;;) {
		size_t length = strcspn(folder, ":");

		if (length + strlen(name) + 2 <= sizeof(path)) {
			memcpy(path, folder, length);
			path[length] = '/';
			strcpy(path + length + 1, name);
			execve(path, it->argv, it->env);
			if (errno != ENOENT && errno != ENOTDIR)
				error = errno;
		}
		if (!folder[length])
			return error;
		folder += length + 1;
	}
}

static int become(const struct launch *it)
{
	sigset_t none;

	setsid();
	if (dup2(it->in, 0) < 0 || dup2(it->out, 1) < 0 || dup2(it->err, 2) < 0)
		return errno;
	if (it->terminal && ioctl(0, TIOCSCTTY, 0) < 0)
		return errno;
	/* The only one that is ignored; what has a handler loses it with the agent's memory. */
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return try_exec(it);
}

pid_t launch(const struct launch *it)
{
	volatile int error = 0;
	pid_t pid;

	if (!it->argv[0] || !*it->argv[0])
		return -EINVAL;
	pid = vfork();
	if (!pid) {
		error = become(it);
		_exit(127);
	}
	if (pid < 0)
		return -errno;
	if (!error)
		return pid;
	waitpid(pid, NULL, 0);
	return -error;
}
