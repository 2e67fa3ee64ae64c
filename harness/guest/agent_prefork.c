/*
 * Programs that wait, loaded, to be run: prefork.c in them does the other end. What cannot be run
 * so is started as any other.
 */
#include "agent.h"
#include "prefork.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What stories and the judge run some thirty times a scenario. */
static const char *const often[] = { "ip" };

#define OFTEN (sizeof(often) / sizeof(often[0]))

/* `path` is the PATH that it was found by; without a line there is none, or will be none. */
static struct waiting {
	pid_t pid;
	int line;
	bool failed;
	char *path;
} waiting[OFTEN];

static char *path_in(char **env)
{
	for (; *env; env++)
		if (!strncmp(*env, "PATH=", 5))
			return *env;
	return NULL;
}

/* It is not tried again: what happened to it once may happen each time. */
static int give_up(struct waiting *it, int error)
{
	if (it->path)
		close(it->line);
	free(it->path);
	it->path = NULL;
	it->failed = true;
	return -error;
}

/* Whether a process is such a program, which is of no node and of no story. */
bool prefork_is(pid_t pid)
{
	for (size_t i = 0; i < OFTEN; i++)
		if (waiting[i].path && waiting[i].pid == pid)
			return true;
	return false;
}

void prefork_lost(pid_t pid)
{
	for (size_t i = 0; i < OFTEN; i++)
		if (waiting[i].path && waiting[i].pid == pid)
			give_up(&waiting[i], ESRCH);
}

/* Started outside of all nodes; the caller goes back to its own. */
static int begin(struct waiting *it, char *name, const char *preload, char *path)
{
	char setting[PATH_MAX];
	char *words[] = { name, NULL };
	char *settings[] = { setting, path, "LD_BIND_NOW=1", NULL };
	struct launch launched = { .argv = words, .env = settings };
	int ends[2], null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	snprintf(setting, sizeof(setting), "LD_PRELOAD=%s", preload);
	if (null < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
		close(null);
		return give_up(it, EMFILE);
	}
	launched.in = ends[1];
	launched.out = launched.err = null;
	it->line = ends[0];
	it->path = must(strdup(path));
	it->pid = node_enter(NULL) < 0 ? -EPERM : launch(&launched);
	close(ends[1]);
	close(null);
	return it->pid < 0 ? give_up(it, -it->pid) : 0;
}

static bool put_strings(char **strings, uint32_t *n, size_t *at, char *room)
{
	for (; *strings; strings++, ++*n) {
		size_t length = strlen(*strings) + 1;

		if (length > PREFORK_ROOM - *at)
			return false;
		memcpy(room + *at, *strings, length);
		*at += length;
	}
	return true;
}

static pid_t ask(struct waiting *it, const struct launch *run)
{
	static char text[PREFORK_ROOM];
	struct prefork_head head = { 0 };
	size_t size = 0;
	const struct node *node = run->node;
	const int fds[PREFORK_FDS] = { run->in, run->out, run->err, node->root, node->net,
		node->uts, node->mnt };
	union {
		char room[CMSG_SPACE(sizeof(fds))];
		struct cmsghdr aligned;
	} control = { 0 };
	struct iovec parts[] = { { &head, sizeof(head) }, { text, 0 } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2, .msg_control = control.room,
		.msg_controllen = sizeof(control.room) };
	int32_t pid;

	if (!put_strings(run->argv, &head.words, &size, text) ||
		!put_strings(run->env, &head.settings, &size, text))
		return -E2BIG;
	parts[1].iov_len = size;
	control.aligned = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(fds)),
		.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&control.aligned), fds, sizeof(fds));
	if (sendmsg(it->line, &message, MSG_NOSIGNAL) < 0 ||
		recv(it->line, &pid, sizeof(pid), 0) != sizeof(pid))
		return give_up(it, EPIPE);
	return pid;
}

/* A run of a program that waits; -errno where it has to be started. The PATH has to be the same. */
pid_t prefork(const struct launch *run)
{
	const char *preload = getenv("PREFORK");
	char *path = path_in(run->env);
	struct waiting *it = waiting;

	while (it < waiting + OFTEN && strcmp(run->argv[0], often[it - waiting]))
		it++;
	if (!preload || !path || it == waiting + OFTEN || it->failed)
		return -ENOENT;
	if (!it->path) {
		int result = begin(it, run->argv[0], preload, path);

		if (result < 0)
			return result;
	}
	return strcmp(it->path, path) ? -ENOENT : ask(it, run);
}
