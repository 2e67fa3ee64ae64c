/*
 * try_xstate - a tracer as the guest kernel is one, which tests the preload's ptrace().
 *
 * A child puts its turn, 1 and then 2, into a register, stops, and looks what is in it when it goes
 * on. The tracer gives back what it was told, changed or not, in time or late. Printed is what the
 * child found, a digit each turn.
 * Shapes:  try_xstate kept|changed|ran|another
 * Units:   ROOM, the octets that are asked for, is less than the processor has: the first register
 *          of SSE lies within, at octet XMM0.
 * Errors:  status 1 where ptrace() refuses, 2 for another word.
 * Source:  Intel SDM volume 1, section 10.5.1 (FXSAVE area); ptrace(2).
 */
#include <elf.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOM 832
#define XMM0 160
#define OTHER 5

struct state {
	uint8_t area[ROOM];
};

static void turns(void)
{
	uint64_t found[2];

	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	for (uint64_t i = 1; i <= 2; i++)
		__asm__ volatile("movq %1, %%xmm0\n\tint3\n\tmovq %%xmm0, %0"
				 : "=r"(found[i - 1])
				 : "r"(i)
				 : "xmm0");
	_exit((int)(found[0] * 10 + found[1]));
}

/* One that stands at its first turn. */
static pid_t begin(void)
{
	pid_t child = fork();

	if (!child)
		turns();
	waitpid(child, NULL, 0);
	return child;
}

static void ask(int request, pid_t child, struct state *s)
{
	struct iovec part = { s->area, sizeof(s->area) };

	if (ptrace(request, child, NT_X86_XSTATE, &part) < 0) {
		perror("ptrace");
		exit(1);
	}
}

/* How it ends, or 0 where it stands at its next turn. */
static int go_on(pid_t child)
{
	int status;

	ptrace(PTRACE_CONT, child, NULL, NULL);
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

int main(int argc, char **argv)
{
	const char *word = argc == 2 ? argv[1] : "";
	pid_t child = begin(), first = child;
	struct state s;
	int found;

	ask(PTRACE_GETREGSET, child, &s);
	if (!strcmp(word, "changed")) {
		s.area[XMM0] = OTHER;
	} else if (!strcmp(word, "ran")) {
		go_on(child);
	} else if (!strcmp(word, "another")) {
		child = begin();
		go_on(child);
	} else if (strcmp(word, "kept") != 0) {
		kill(child, SIGKILL);
		return 2;
	}
	ask(PTRACE_SETREGSET, child, &s);
	do
		found = go_on(child);
	while (!found);
	printf("%d\n", found);
	if (first != child)
		kill(first, SIGKILL);
	return 0;
}
