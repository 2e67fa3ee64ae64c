/*
 * clock - a guest kernel's whole idea of time, answered by a preload.
 *
 * User Mode Linux asks the C library for CLOCK_MONOTONIC, sets one timer, calls sigsuspend or
 * polls one signalfd only when nothing in the guest can run. So here time is a line, v + (real - r)
 * times rate, whose pieces are joined without a step back: while the guest works it runs at a rate
 * that makes every machine look like the same fast one, while the driver on the host has something
 * to say it stands still (clock.h), and where the guest is idle it jumps to the deadline of the
 * timer. The real timer is set anew for each piece, so it never rings before its virtual time.
 * Without CLOCK_MAP in the environment everything goes to the C library as it came.
 * Errors:  a mapping that cannot be had leaves the clock alone; the host sees that `now` stays 0.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>
#include "clock.h"

#define FRACTION 32
#define ONE      (UINT64_C(1) << FRACTION)
#define SECOND   UINT64_C(1000000000)
#define FOREVER  ((uint64_t)INT64_MAX / 2)

/* __extension__: ISO C has no number of 128 bits. */
__extension__ typedef unsigned __int128 wide;

static struct {
	int (*gettime)(clockid_t, struct timespec *);
	int (*settime)(timer_t, int, const struct itimerspec *, struct itimerspec *);
	int (*left)(timer_t, struct itimerspec *);
	int (*suspend)(const sigset_t *);
	int (*signalfd)(int, const sigset_t *, int);
	int (*poll)(struct pollfd *, nfds_t, int);
	ssize_t (*read)(int, void *, size_t);
	ssize_t (*write)(int, const void *, size_t);
} libc;

static const struct {
	const char *name;
	void *where;
} CALLS[] = {
	{ "clock_gettime", &libc.gettime },
	{ "timer_settime", &libc.settime },
	{ "timer_gettime", &libc.left },
	{ "sigsuspend", &libc.suspend },
	{ "signalfd", &libc.signalfd },
	{ "poll", &libc.poll },
	{ "read", &libc.read },
	{ "write", &libc.write },
};

/* The piece of the line that counts now; `turns` is odd while it is replaced. */
static struct {
	clock_word turns, v, r, rate;
} piece;

/* The guest's timer as it was set; `deadline` is 0 for none and for a periodic one. */
static struct {
	timer_t id;
	bool known, many;
	clock_word deadline;
} timer;

static struct clock_map *map;
static atomic_flag lock = ATOMIC_FLAG_INIT;
static int line = -1, idle_fd = -1;

/* Something may call us before our constructor has run. */
static void find_calls(void)
{
	for (size_t i = 0; i < sizeof(CALLS) / sizeof(CALLS[0]); i++)
		*(void **)CALLS[i].where = dlsym(RTLD_NEXT, CALLS[i].name);
}

static uint64_t ns(const struct timespec *t)
{
	return (uint64_t)t->tv_sec * SECOND + (uint64_t)t->tv_nsec;
}

static struct timespec spec(uint64_t n)
{
	return (struct timespec){ (time_t)(n / SECOND), (long)(n % SECOND) };
}

static uint64_t real(void)
{
	struct timespec t;

	libc.gettime(CLOCK_MONOTONIC, &t);
	return ns(&t);
}

static bool held(void)
{
	return line >= 0 && (map->sent != map->seen || map->got != map->given);
}

/* The rate that should count at this moment, as a fraction of ONE. */
static uint64_t wanted(void)
{
	if (held())
		return 0;
	return map->started ? (uint64_t)(((wide)map->rate << FRACTION) / CLOCK_UNIT) : ONE;
}

static uint64_t along(uint64_t v, uint64_t r, uint64_t rate)
{
	uint64_t at = real();

	return at > r ? v + (uint64_t)(((wide)(at - r) * rate) >> FRACTION) : v;
}

/* Virtual time on the piece that counts; never less than what anybody was told before. */
static uint64_t told(void)
{
	uint64_t turn, v, last = map->now;

	do {
		turn = piece.turns;
		v = along(piece.v, piece.r, piece.rate);
	} while (turn & 1 || turn != piece.turns);
	while (last < v && !atomic_compare_exchange_weak(&map->now, &last, v))
		;
	return last < v ? v : last;
}

/* Set the real timer to the moment at which the piece reaches the deadline, or to none. */
static int arm(void)
{
	uint64_t deadline = timer.deadline, v = piece.v, rate = piece.rate, after = 0;
	struct itimerspec one = { 0 };

	if (deadline && rate) {
		if (deadline > v)
			after = (uint64_t)((((wide)(deadline - v) << FRACTION) + rate - 1) / rate);
		one.it_value = spec(piece.r + (after < FOREVER ? after : FOREVER));
	}
	return libc.settime(timer.id, TIMER_ABSTIME, &one, NULL);
}

/*
 * Begin another piece at this moment, or with `jump` at the deadline if that is still to come.
 * Signals wait, for their handlers read the clock too.
 */
static void turn(bool jump)
{
	sigset_t all, before;
	uint64_t at, left = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	while (atomic_flag_test_and_set(&lock))
		;
	at = told();
	if (jump && timer.deadline > at)
		left = timer.deadline - at;
	map->jumps += left > 0;
	map->jumped += left;
	piece.turns++;
	piece.v = at + left;
	piece.r = real();
	piece.rate = wanted();
	piece.turns++;
	if (timer.deadline)
		arm();
	atomic_flag_clear(&lock);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static uint64_t now(void)
{
	if (wanted() != piece.rate)
		turn(false);
	return told();
}

/* A number above 0, as 0.2, 1/5 or 5e-2; 0 if it is none. */
static double fraction(const char *text)
{
	char *end = NULL;
	double over = strtod(text, &end), under = 1;

	if (*end == '/')
		under = strtod(end + 1, &end);
	return *end == '\0' && over > 0 && under > 0 ? over / under : 0;
}

static int descriptor(const char *text)
{
	char *end = NULL;
	long number = text ? strtol(text, &end, 10) : -1;

	return text && *text && !*end && number >= 0 && number <= INT_MAX ? (int)number : -1;
}

static struct clock_map *mapped(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct clock_map *found;

	if (fd < 0)
		return NULL;
	found = mmap(NULL, CLOCK_ROOM, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (found == MAP_FAILED)
		return NULL;
	return found->magic == CLOCK_MAGIC && found->version == CLOCK_VERSION ? found : NULL;
}

/* The kernel starts itself anew once: then the clock and its rate are there already. */
__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("CLOCK_MAP"), *rate = getenv("CLOCK_RATE");
	struct clock_map *found;

	find_calls();
	found = path ? mapped(path) : NULL;
	if (!found)
		return;
	line = descriptor(getenv("CLOCK_LINE"));
	if (!found->rate && rate)
		found->rate = (uint64_t)(fraction(rate) * CLOCK_UNIT);
	if (!found->rate)
		found->rate = clock_measured();
	piece.r = real();
	piece.v = found->now > piece.r ? found->now : piece.r;
	piece.rate = ONE;
	map = found;
	now();
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
	if (!libc.gettime)
		find_calls();
	if (!map || clock != CLOCK_MONOTONIC)
		return libc.gettime(clock, t);
	*t = spec(now());
	return 0;
}

/* Only early boot has a periodic timer. It rings at its rate, and nobody jumps to it. */
static int set_periodic(timer_t id, uint64_t value, uint64_t interval)
{
	uint64_t rate = wanted() ? wanted() : ONE;
	struct itimerspec scaled = {
		spec((uint64_t)(((wide)interval << FRACTION) / rate)),
		spec((uint64_t)(((wide)value << FRACTION) / rate)),
	};

	timer.deadline = 0;
	return libc.settime(id, 0, &scaled, NULL);
}

int timer_settime(timer_t id, int flags, const struct itimerspec *new, struct itimerspec *old)
{
	uint64_t value = ns(&new->it_value), interval = ns(&new->it_interval), from;

	if (!map)
		return libc.settime(id, flags, new, old);
	if (old)
		timer_gettime(id, old);
	if (timer.known && timer.id != id)
		timer.many = true;
	timer.id = id;
	timer.known = true;
	if (interval)
		return set_periodic(id, value, interval);
	from = flags & TIMER_ABSTIME ? 0 : now();
	timer.deadline = value ? from + (value < FOREVER ? value : FOREVER) : 0;
	return arm();
}

/* What is left of it in virtual time: held, the real timer is not set at all. */
int timer_gettime(timer_t id, struct itimerspec *left)
{
	uint64_t at, deadline = timer.deadline;

	if (!map || !deadline || timer.id != id)
		return libc.left(id, left);
	at = now();
	*left = (struct itimerspec){ .it_value = spec(deadline > at ? deadline - at : 0) };
	return 0;
}

static bool alarm_waits(void)
{
	sigset_t waiting;

	return sigpending(&waiting) == 0 && sigismember(&waiting, SIGALRM) == 1;
}

/* Nothing in the guest can run. True if that is because the driver is waited for. */
static bool idle(void)
{
	map->idles++;
	now();
	if (held())
		return true;
	if (timer.deadline && !timer.many && !alarm_waits())
		turn(true);
	return false;
}

/* Whether nobody is at the line's other end, and nothing that he said is left to be read. */
static bool hung_up(int events)
{
	int left = 0;

	return events & (POLLHUP | POLLERR | POLLNVAL) &&
	       (ioctl(line, FIONREAD, &left) < 0 || left == 0);
}

/* Wait for the driver, or for a signal. A line that was hung up holds nothing any more. */
static int wait_held(struct pollfd *first, const sigset_t *mask)
{
	struct pollfd both[2] = { { .fd = line, .events = POLLIN }, { .fd = -1 } };
	int found;

	if (first)
		both[1] = *first;
	found = ppoll(both, 2, NULL, mask);
	if (found > 0 && hung_up(both[0].revents))
		line = -1;
	now();
	if (first)
		first->revents = both[1].revents;
	if (found > 0 && both[1].revents)
		return 1;
	errno = EINTR;
	return -1;
}

/* Linux 6.1 and 6.12 idle so. */
int sigsuspend(const sigset_t *mask)
{
	if (!map)
		return libc.suspend(mask);
	return idle() ? wait_held(NULL, mask) : libc.suspend(mask);
}

/* Linux 7 polls a signalfd of its own when it is idle. */
int signalfd(int fd, const sigset_t *mask, int flags)
{
	return idle_fd = libc.signalfd(fd, mask, flags);
}

int poll(struct pollfd *fds, nfds_t n, int timeout)
{
	if (!libc.poll)
		find_calls();
	if (!map || n != 1 || timeout != -1 || fds->fd != idle_fd)
		return libc.poll(fds, n, timeout);
	return idle() ? wait_held(fds, NULL) : libc.poll(fds, n, timeout);
}

ssize_t read(int fd, void *data, size_t length)
{
	ssize_t n;

	if (!libc.read)
		find_calls();
	n = libc.read(fd, data, length);
	if (map && fd == line && n > 0) {
		map->got += (uint64_t)n;
		now();
	}
	return n;
}

ssize_t write(int fd, const void *data, size_t length)
{
	ssize_t n;

	if (!libc.write)
		find_calls();
	n = libc.write(fd, data, length);
	if (map && fd == line && n > 0) {
		map->sent += (uint64_t)n;
		now();
	}
	return n;
}
