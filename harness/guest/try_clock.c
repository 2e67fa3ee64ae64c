/*
 * try_clock - a guest kernel's way with time in a small program, for the tests of the preload.
 *
 * One timer, idle by sigsuspend or by a signalfd that is polled. The first word says what to do;
 * what came out is printed as one line, in nanoseconds.
 * Errors:  a word that it does not know, or a call that fails, ends it with status 1.
 */
#include <pthread.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define SECOND INT64_C(1000000000)
#define THREADS 3
#define LOOKS   200000

static timer_t timer;
static atomic_int rang, back;
static int wake = -1;

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * SECOND + t.tv_nsec;
}

static void handler(int number)
{
	(void)number;
	rang++;
}

static void begin(int polled)
{
	struct sigaction action = { .sa_handler = handler };
	sigset_t alarm;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigaction(SIGALRM, &action, NULL);
	if (timer_create(CLOCK_MONOTONIC, NULL, &timer) < 0)
		exit(1);
	if (polled)
		wake = signalfd(-1, &alarm, SFD_CLOEXEC);
}

static void set(int64_t after)
{
	struct itimerspec one = { .it_value = { after / SECOND, after % SECOND } };

	if (timer_settime(timer, 0, &one, NULL) < 0)
		exit(1);
}

/* As arch_cpu_idle does it. */
static void idle(void)
{
	struct pollfd one = { .fd = wake, .events = POLLIN };
	sigset_t alarm, before;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigprocmask(SIG_BLOCK, &alarm, &before);
	if (wake >= 0)
		poll(&one, 1, -1);
	else
		sigsuspend(&before);
	sigprocmask(SIG_UNBLOCK, &alarm, NULL);
}

/* idle or polled SECONDS TIMES: how late the timer rang, at least and at most. */
static void waits(int64_t length, int times)
{
	int64_t least = INT64_MAX, most = INT64_MIN;

	for (int i = 0; i < times; i++) {
		int64_t due = now() + length, late;
		int before = rang;

		set(length);
		while (rang == before)
			idle();
		late = now() - due;
		least = late < least ? late : least;
		most = late > most ? late : most;
	}
	printf("%lld %lld\n", (long long)least, (long long)most);
}

/* busy SECONDS: no idle time, until the timer rings; how late it was. */
static void works(int64_t length)
{
	int64_t due = now() + length;

	set(length);
	while (!rang)
		;
	printf("%lld\n", (long long)(now() - due));
}

static void *look(void *seen)
{
	int64_t last = now();

	for (int i = 0; i < LOOKS; i++) {
		int64_t at = now();

		back += at < last;
		last = at;
	}
	return seen;
}

/* threads: several look while one idles; how often time went back for one of them. */
static void threads(void)
{
	pthread_t all[THREADS];
	sigset_t alarm;

	/* The timer's signal is for the one that idles. */
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigprocmask(SIG_BLOCK, &alarm, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&all[i], NULL, look, NULL);
	sigprocmask(SIG_UNBLOCK, &alarm, NULL);
	for (int64_t last = now(), i = 0; i < 1000; i++) {
		set(1000000);
		idle();
		back += now() < last;
		last = now();
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(all[i], NULL);
	printf("%d\n", (int)back);
}

/*
 * line FD [polled]: say "one", then be idle until an answer is there, with a timer due in an hour;
 * then be idle until it rings. Prints the time that passed until the answer, and until the ring.
 */
static void asks(int fd)
{
	struct pollfd in = { .fd = fd, .events = POLLIN };
	char answer[2];
	int64_t start = now();

	set(3600 * SECOND);
	if (write(fd, "one", 3) != 3)
		exit(1);
	while (!poll(&in, 1, 0))
		idle();
	if (read(fd, answer, sizeof(answer)) != sizeof(answer))
		exit(1);
	printf("%lld ", (long long)(now() - start));
	while (!rang)
		idle();
	printf("%lld\n", (long long)(now() - start));
}

int main(int n, char **words)
{
	const char *what = n > 1 ? words[1] : "";
	double length = n > 2 ? atof(words[2]) : 0;

	begin(strcmp(what, "polled") == 0 || (n > 3 && strcmp(words[3], "polled") == 0));
	if (strcmp(what, "idle") == 0 || strcmp(what, "polled") == 0)
		waits((int64_t)(length * SECOND), n > 3 ? atoi(words[3]) : 1);
	else if (strcmp(what, "busy") == 0)
		works((int64_t)(length * SECOND));
	else if (strcmp(what, "threads") == 0)
		threads();
	else if (strcmp(what, "line") == 0)
		asks((int)length);
	else
		return 1;
	return 0;
}
