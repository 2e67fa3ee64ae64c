/*
 * The loop: whatever has octets is read, whatever is due is done, then the driver is answered.
 */
#include "agent.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define WAITS_MOST 1024

static struct {
	struct pollfd fds[WAITS_MOST];
	struct {
		void (*ready)(void *it, short events);
		void *it;
	} who[WAITS_MOST];
	size_t n;
} waits;

/* When the timer rings; 0 if it has to be set anew. */
static struct {
	int fd;
	uint64_t set;
	bool rang;
} timer;

static volatile sig_atomic_t child_ended;

void *must(void *memory)
{
	if (!memory)
		off("there is no memory left for the agent");
	return memory;
}

static uint64_t clock_of(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

uint64_t now(void)
{
	return clock_of(CLOCK_MONOTONIC);
}

uint64_t realtime(void)
{
	return clock_of(CLOCK_REALTIME);
}

/* The moment so many units from now; what is too far away for a clock never comes. */
uint64_t after(uint64_t amount, uint64_t unit)
{
	uint64_t wait;

	if (__builtin_mul_overflow(amount, unit, &wait) || wait > NEVER / 4)
		return NEVER;
	return now() + wait;
}

/* More than WAITS_MOST there cannot be: taps and sockets have limits of their own. */
void loop_wait(int fd, short events, void (*ready)(void *it, short events), void *it)
{
	if (waits.n == WAITS_MOST)
		return;
	waits.fds[waits.n] = (struct pollfd){ .fd = fd, .events = events };
	waits.who[waits.n].ready = ready;
	waits.who[waits.n++].it = it;
}

static void on_child(int number)
{
	(void)number;
	child_ended = 1;
}

static uint64_t next_due(void)
{
	uint64_t times[] = { nodes_next(), children_next(), sockets_next(), later_next() };
	uint64_t least = NEVER;

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		least = times[i] < least ? times[i] : least;
	return least;
}

static void timer_rang(void *it, short events)
{
	(void)it;
	(void)events;
	timer.set = 0;
	timer.rang = true;
}

/* A timer of its own, for poll() may be late by a thousandth of the time that it is given. */
static void timer_wait(uint64_t due)
{
	struct itimerspec at = { .it_value = { (time_t)(due / SECOND), (long)(due % SECOND) } };

	if (due == NEVER)
		return;
	if (!due)
		at.it_value.tv_nsec = 1;
	if (!due || due != timer.set)
		timerfd_settime(timer.fd, TFD_TIMER_ABSTIME, &at, NULL);
	timer.set = due;
	loop_wait(timer.fd, POLLIN, timer_rang, NULL);
}

/* The only place that waits, and the only one where a signal may come. */
static void wait_for_anything(void)
{
	sigset_t all_may_come;
	int n;

	waits.n = 0;
	timer_wait(next_due());
	taps_wait();
	sockets_wait();
	notes_wait();
	/* Last, for what the driver asks may close any of the others. */
	line_wait();
	sigemptyset(&all_may_come);
	n = child_ended ? 0 : ppoll(waits.fds, waits.n, NULL, &all_may_come);
	for (size_t i = 0; n > 0 && i < waits.n; i++)
		if (waits.fds[i].revents)
			waits.who[i].ready(waits.who[i].it, waits.fds[i].revents);
}

static void work(void)
{
	uint64_t due, time;

	if (child_ended) {
		child_ended = 0;
		children_reap();
	}
	line_work();
	children_end();
	due = next_due();
	if (due && !timer.rang)
		return;
	timer.rang = false;
	time = now();
	nodes_due(time);
	children_due(time);
	sockets_due(time);
	later_due(time);
}

static void serve(void)
{
	struct utsname kernel;

	uname(&kernel);
	event_begin(EVENT_HELLO);
	put_number(AGENT_PROTOCOL);
	put_text(kernel.release);
	frame_send();
	while (!line_ended()) {
		bool held_up = !line_roomy();

		line_flush();
		if (!held_up || !line_roomy())
			wait_for_anything();
		work();
	}
	off(NULL);
}

/* Descriptors 0 to 2 are there, so none of ours is ever taken for a program's. */
static void prepare(void)
{
	struct sigaction act = { .sa_handler = on_child };
	sigset_t child;
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= 2);
	close(fd);
	timer.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (timer.fd < 0)
		off("this kernel has no timers for the agent");
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	sigaction(SIGCHLD, &act, NULL);
	for (int number = 1; number < NSIG; number++)
		if (number != SIGCHLD)
			signal(number, number == SIGPIPE ? SIG_IGN : SIG_DFL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

static int usage(void)
{
	fputs("usage: agent                as the first process of a guest\n"
	      "       agent --native FD    on this kernel, in namespaces of its own\n"
	      "       agent --table        the protocol: kind, code, name, fields, answer\n"
	      "       agent ping SRC DST INTERVAL_US IDENT FILE\n",
		stderr);
	return 2;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--table")) {
		table_print();
		return 0;
	}
	if (argc == 7 && !strcmp(argv[1], "ping"))
		return ping(argv + 2);
	prepare();
	if (argc == 3 && !strcmp(argv[1], "--native")) {
		line_open(atoi(argv[2]));
		native();
	} else if (getpid() == 1) {
		boot();
	} else {
		return usage();
	}
	serve();
}
