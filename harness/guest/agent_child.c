/*
 * Programs that the driver starts: those that stay (SPAWN), and those that run to their end (RUN).
 *
 * What a RUN prints goes into files in memory: the agent is woken once, when the program has
 * ended, and a daemon that it leaves behind holds nothing up.
 */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN_MOST 1024
#define RUNS_MOST 64
#define OUTPUT_MOST (7u << 20)
#define TERMINAL 1

struct child {
	pid_t pid;
	struct node *node;
	bool runs, ended, late;
	uint32_t id;
	uint64_t limit_ms, due;
	int out, err, status;
	struct child *next;
};

static struct {
	struct child *first;
	size_t n, runs;
} children;

static void close_all(const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* Start a program of a request in its node; the vectors are its fields `argv` and the next. */
static pid_t start(struct request *rq, struct launch *it, size_t argv)
{
	pid_t pid;

	vector(rq->field[argv].octets, &it->argv);
	vector(rq->field[argv + 1].octets, &it->env);
	pid = it->runs && it->argv[0] ? prefork(it) : -ENOENT;
	if (pid < 0)
		pid = node_enter(it->node) < 0 ? -EPERM : launch(it);
	if (pid < 0)
		refuse(rq, -pid, "%s", it->argv[0] ? it->argv[0] : "no command");
	free(it->argv);
	free(it->env);
	return pid;
}

static struct child *child_add(pid_t pid, struct node *node)
{
	struct child *child = must(calloc(1, sizeof(*child)));

	*child = (struct child){ .pid = pid, .node = node, .out = -1, .err = -1, .due = NEVER };
	child->next = children.first;
	children.first = child;
	children.n++;
	return child;
}

static void child_free(struct child *child)
{
	struct child **at = &children.first;

	while (*at != child)
		at = &(*at)->next;
	*at = child->next;
	children.n--;
	children.runs -= child->runs;
	close_all((int[]){ child->out, child->err }, 2);
	free(child);
}

static int room_for_one(struct request *rq, struct node **out)
{
	int result = node_find(rq, rq->field[0].text, out);

	if (!result && children.n == CHILDREN_MOST)
		result = refuse(rq, EAGAIN, "%d programs run already", CHILDREN_MOST);
	return result;
}

static int open_for(struct request *rq, const char *path, int flags)
{
	int fd = open(*path ? path : "/dev/null", flags | O_CLOEXEC | O_NOCTTY, 0666);

	return fd < 0 ? refuse(rq, errno, "%s", *path ? path : "/dev/null") : fd;
}

int child_spawn(struct request *rq)
{
	bool terminal = rq->field[5].number & TERMINAL;
	struct node *node;
	struct launch it;
	int in, out, pid = room_for_one(rq, &node);

	if (!pid)
		pid = node_enter(node);
	if (pid < 0)
		return pid;
	in = open_for(rq, rq->field[1].text, terminal ? O_RDWR : O_RDONLY);
	if (in < 0)
		return in;
	out = open_for(rq, rq->field[2].text, O_WRONLY | O_APPEND | O_CREAT);
	it = (struct launch){
		.in = in, .out = out, .err = out, .terminal = terminal, .node = node
	};
	pid = out < 0 ? out : start(rq, &it, 3);
	close_all((int[]){ in, out }, 2);
	if (pid < 0)
		return pid;
	child_add(pid, node);
	answer_begin(rq->id);
	put_number((uint64_t)pid);
	frame_send();
	return ANSWERED;
}

/* --- programs that run to their end --- */

/* A file for what is printed, which cannot grow beyond what an answer holds. */
static int output_file(void)
{
	int fd = memfd_create("output", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 &&
		(ftruncate(fd, OUTPUT_MOST) < 0 ||
			fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) < 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

static int input_file(struct octets input)
{
	int fd;

	if (!input.size)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	fd = memfd_create("input", MFD_CLOEXEC);
	if (fd >= 0 &&
		(write(fd, input.data, input.size) != (ssize_t)input.size ||
			lseek(fd, 0, SEEK_SET) < 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

int child_run(struct request *rq)
{
	struct node *node;
	struct child *child;
	struct launch it;
	int pid = room_for_one(rq, &node);

	if (pid < 0)
		return pid;
	if (children.runs == RUNS_MOST)
		return refuse(rq, EAGAIN, "%d commands run already", RUNS_MOST);
	it = (struct launch){
		.out = output_file(), .err = output_file(), .runs = true, .node = node
	};
	it.in = input_file(rq->field[2].octets);
	if (it.in < 0 || it.out < 0 || it.err < 0)
		pid = refuse(rq, errno, "no file in memory for what is read and printed");
	else
		pid = start(rq, &it, 3);
	if (pid < 0) {
		close_all((int[]){ it.in, it.out, it.err }, 3);
		return pid;
	}
	close(it.in);
	child = child_add(pid, node);
	child->runs = true;
	child->id = rq->id;
	child->limit_ms = rq->field[1].number;
	child->due = after(child->limit_ms, SECOND / 1000);
	child->out = it.out;
	child->err = it.err;
	children.runs++;
	return ANSWERED;
}

/* The program shares the file's position with the agent: what lies before it was printed. */
static int put_printed(int fd)
{
	off_t size = lseek(fd, 0, SEEK_CUR);
	uint8_t *at;

	field_open();
	at = size < 0 || size >= OUTPUT_MOST ? NULL : field_reach((size_t)size);
	if (!at)
		return -EMSGSIZE;
	if (pread(fd, at, (size_t)size, 0) != size)
		return -EIO;
	field_grew((size_t)size);
	field_close();
	return 0;
}

static void run_answer(const struct child *child)
{
	int result;

	answer_begin(child->id);
	put_number((uint64_t)child->status);
	result = put_printed(child->out);
	if (!result)
		result = put_printed(child->err);
	if (result < 0)
		answer_failed(
			child->id, -result, "RUN: the command printed too much to be passed on");
	else
		frame_send();
}

/* Answer for commands that have ended, as far as the driver reads. */
void children_end(void)
{
	struct child *next;

	for (struct child *child = children.first; child && line_roomy(); child = next) {
		next = child->next;
		if (!child->ended)
			continue;
		if (!child->late)
			run_answer(child);
		child_free(child);
	}
}

static void ended(struct child *child, int status)
{
	if (child->runs) {
		child->ended = true;
		child->due = NEVER;
		child->status = status;
		return;
	}
	event_begin(EVENT_EXIT);
	put_number((uint64_t)child->pid);
	put_number((uint64_t)status);
	frame_send();
	child_free(child);
	stir();
}

/* Whatever has ended below the agent: programs of its own, and daemons that left their parents. */
void children_reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct child *child = children.first;

		while (child && (child->pid != pid || child->ended))
			child = child->next;
		if (child) {
			ended(child, status);
			continue;
		}
		node_lost(pid);
		prefork_lost(pid);
		stir();
	}
}

bool child_of(const struct node *node)
{
	for (const struct child *child = children.first; child; child = child->next)
		if (child->node == node)
			return true;
	return false;
}

uint64_t children_next(void)
{
	uint64_t least = NEVER;

	for (const struct child *child = children.first; child; child = child->next)
		if (child->due < least)
			least = child->due;
	return least;
}

/* A command that is late is answered for now and freed when it has died. */
void children_due(uint64_t time)
{
	char sentence[80];

	for (struct child *child = children.first; child; child = child->next) {
		if (child->due > time)
			continue;
		snprintf(sentence, sizeof(sentence), "RUN: the command did not end in %llu ms",
			(unsigned long long)child->limit_ms);
		answer_failed(child->id, ETIMEDOUT, sentence);
		kill(-child->pid, SIGKILL);
		child->late = true;
		child->due = NEVER;
	}
}
