/*
 * Preloaded into a program that a story runs often: it is loaded and linked once, waits before its
 * main(), and each run is a copy of it. To load it anew is nearly all that a short program costs
 * under User Mode Linux, where each page that is touched for the first time is a stop.
 */
#include "prefork.h"

#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LINE STDIN_FILENO
#define FAILED 127

typedef int main_fn(int argc, char **argv, char **env);
typedef int start_fn(main_fn *program, int argc, char **argv, main_fn *init, void (*end)(void),
	void (*loader_end)(void), void *stack);

static struct {
	struct prefork_head head;
	char text[PREFORK_ROOM];
} asked;
static int given[PREFORK_FDS];
static main_fn *the_main;

/* The next request and its descriptors; its length, 0 where there will be none any more. */
static ssize_t receive(void)
{
	struct iovec part = { &asked, sizeof(asked) };
	union {
		char room[CMSG_SPACE(sizeof(given))];
		struct cmsghdr aligned;
	} control;
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room,
		.msg_controllen = sizeof(control.room) };
	ssize_t n = recvmsg(LINE, &message, MSG_CMSG_CLOEXEC);
	struct cmsghdr *first = CMSG_FIRSTHDR(&message);

	if (n <= (ssize_t)sizeof(asked.head) || !first || first->cmsg_len < CMSG_LEN(sizeof(given)))
		return 0;
	memcpy(given, CMSG_DATA(first), sizeof(given));
	return n;
}

/* Where a request's strings stand, as a vector that NULL ends. */
static char **vector(char **at, uint32_t n)
{
	char **words = calloc(n + 1, sizeof(*words));

	for (uint32_t i = 0; words && i < n; i++, *at += strlen(*at) + 1)
		words[i] = *at;
	return words;
}

/* The copy goes to its node and becomes the run, as if it had been started there. */
static int run(void)
{
	char *at = asked.text, **argv, **env;

	setsid();
	if (setns(given[PREFORK_NET], CLONE_NEWNET) < 0 ||
		setns(given[PREFORK_UTS], CLONE_NEWUTS) < 0 ||
		setns(given[PREFORK_MNT], CLONE_NEWNS) < 0 || fchdir(given[PREFORK_ROOT]) < 0 ||
		chroot(".") < 0)
		return FAILED;
	for (int fd = 0; fd <= PREFORK_ERR; fd++)
		if (dup2(given[fd], fd) < 0)
			return FAILED;
	close_range(PREFORK_ERR + 1, ~0u, 0);
	argv = vector(&at, asked.head.words);
	env = vector(&at, asked.head.settings);
	if (!argv || !env)
		return FAILED;
	environ = env;
	return the_main((int)asked.head.words, argv, env);
}

/* The copy's parent is the agent, which hears of its end as of any other program's. */
static int wait_for_runs(int argc, char **argv, char **env)
{
	(void)argc;
	(void)argv;
	(void)env;
	while (receive() > 0) {
		int32_t pid = (int32_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);

		if (!pid)
			return run();
		if (pid < 0)
			pid = -errno;
		for (int i = 0; i < PREFORK_FDS; i++)
			close(given[i]);
		if (write(LINE, &pid, sizeof(pid)) != sizeof(pid))
			break;
	}
	_exit(0);
}

int __libc_start_main(main_fn *program, int argc, char **argv, main_fn *init, void (*end)(void),
	void (*loader_end)(void), void *stack);

/* What a program's first instructions call, with its main(). */
int __libc_start_main(main_fn *program, int argc, char **argv, main_fn *init, void (*end)(void),
	void (*loader_end)(void), void *stack)
{
	start_fn *start = (start_fn *)dlsym(RTLD_NEXT, "__libc_start_main");

	the_main = program;
	return start(wait_for_runs, argc, argv, init, end, loader_end, stack);
}
