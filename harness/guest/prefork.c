/*
 * Preloaded into a program that is run often: it is loaded once, waits, and each run is a copy of
 * it. It waits before its main(), so that a copy has words and environment of its own: to load it
 * anew is nearly all that a short program costs under User Mode Linux, where each page that is
 * touched for the first time is a stop. Or it waits where its words have been read and its tables
 * built, at its first look for a file that the environment names.
 */
#include "prefork.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
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
static size_t n_given;
static main_fn *the_main;

/* The next request and its descriptors; false where there will be none any more. */
static bool receive(void)
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

	if (n < (ssize_t)sizeof(asked.head) || !first)
		return false;
	n_given = (first->cmsg_len - CMSG_LEN(0)) / sizeof(given[0]);
	memcpy(given, CMSG_DATA(first), n_given * sizeof(given[0]));
	return n_given == PREFORK_HERE || n_given == PREFORK_FDS;
}

static int enter_namespaces(void)
{
	if (setns(given[PREFORK_NET], CLONE_NEWNET) < 0 ||
		setns(given[PREFORK_UTS], CLONE_NEWUTS) < 0 ||
		setns(given[PREFORK_MNT], CLONE_NEWNS) < 0 || fchdir(given[PREFORK_FOLDER]) < 0)
		return -1;
	return chroot(".");
}

/* A copy goes to its place, and is from there on as if it had been started in it. */
static void begin(void)
{
	setsid();
	if (n_given == PREFORK_FDS ? enter_namespaces() < 0 : fchdir(given[PREFORK_FOLDER]) < 0)
		_exit(FAILED);
	for (int fd = 0; fd <= PREFORK_ERR; fd++)
		if (dup2(given[fd], fd) < 0)
			_exit(FAILED);
	close_range(PREFORK_ERR + 1, ~0u, 0);
}

/* Comes back in a copy, whose parent is that of the program. */
static void wait_for_runs(void)
{
	while (receive()) {
		int32_t pid = (int32_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);

		if (!pid) {
			begin();
			return;
		}
		if (pid < 0)
			pid = -errno;
		for (size_t i = 0; i < n_given; i++)
			close(given[i]);
		if (write(LINE, &pid, sizeof(pid)) != sizeof(pid))
			break;
	}
	_exit(0);
}

/* --- before its main() --- */

#define PAGE 4096u

/* The same octets at the same place, but in memory of this process; where it cannot, they stay. */
static void take(char *from, size_t size, int prot)
{
	void *copy = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (copy == MAP_FAILED)
		return;
	memcpy(copy, from, size);
	if (mprotect(copy, size, prot) < 0 ||
		mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, from) == MAP_FAILED)
		munmap(copy, size);
}

/* What nobody writes of a program or a library: a copy of a process has its own memory at once, but
 * pages of files only as it touches them. */
static int take_read_only(struct dl_phdr_info *object, size_t size, void *nothing)
{
	(void)size;
	(void)nothing;
	if (object->dlpi_addr == getauxval(AT_SYSINFO_EHDR))
		return 0;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &object->dlpi_phdr[i];
		uintptr_t from = object->dlpi_addr + part->p_vaddr, to = from + part->p_memsz;

		if (part->p_type != PT_LOAD || part->p_flags & PF_W)
			continue;
		from -= from % PAGE;
		take((char *)from, (to - from + PAGE - 1) / PAGE * PAGE,
			PROT_READ | (part->p_flags & PF_X ? PROT_EXEC : 0));
	}
	return 0;
}

/* Where a request's strings stand, as a vector that NULL ends. */
static char **vector(char **at, uint32_t n)
{
	char **words = calloc(n + 1, sizeof(*words));

	for (uint32_t i = 0; words && i < n; i++, *at += strlen(*at) + 1)
		words[i] = *at;
	return words;
}

static int run(int argc, char **argv, char **env)
{
	char *at = asked.text;

	(void)argc;
	dl_iterate_phdr(take_read_only, NULL);
	wait_for_runs();
	argv = vector(&at, asked.head.words);
	env = vector(&at, asked.head.settings);
	if (!argv || !env)
		return FAILED;
	environ = env;
	return the_main((int)asked.head.words, argv, env);
}

int __libc_start_main(main_fn *program, int argc, char **argv, main_fn *init, void (*end)(void),
	void (*loader_end)(void), void *stack);

/* What a program's first instructions call, with its main(). */
int __libc_start_main(main_fn *program, int argc, char **argv, main_fn *init, void (*end)(void),
	void (*loader_end)(void), void *stack)
{
	start_fn *start = (start_fn *)dlsym(RTLD_NEXT, "__libc_start_main");

	the_main = program;
	return start(getenv(PREFORK_AT) ? program : run, argc, argv, init, end, loader_end, stack);
}

/* --- at its first look for a file --- */

/* A copy would have none of the other threads. */
static bool alone(void)
{
	DIR *threads = opendir("/proc/self/task");
	int n = 0;

	while (threads && readdir(threads))
		n++;
	if (threads)
		closedir(threads);
	return n == 3; /* with . and .. */
}

static void look(const char *path)
{
	static bool waited;
	const char *wanted = getenv(PREFORK_AT), *name = strrchr(path, '/');

	if (waited || !wanted || !name || strcmp(name + 1, wanted))
		return;
	waited = true;
	if (!alone())
		_exit(FAILED);
	wait_for_runs();
}

int stat(const char *path, struct stat *out)
{
	look(path);
	return fstatat(AT_FDCWD, path, out, 0);
}

int stat64(const char *path, struct stat64 *out)
{
	look(path);
	return fstatat64(AT_FDCWD, path, out, 0);
}
