#include <errno.h>
#include <signal.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <time.h>

#include "base/loop.h"

struct io {
	LIST_ENTRY(io) link;
	struct event *ev;
	int fd;
	void (*fn)(int fd, void *arg);
	void *arg;
};

struct sig {
	LIST_ENTRY(sig) link;
	struct event *ev;
	void (*fn)(int sig, void *arg);
	void *arg;
};

RB_HEAD(timers, timer);
LIST_HEAD(ios, io);
LIST_HEAD(sigs, sig);

static struct {
	struct event_base *base;
	struct event *tick; /* wakes the loop for the earliest timer */
	struct timers timers;
	struct ios ios;
	struct sigs sigs;
	uint64_t seq;
	uint64_t now; /* virtual time */
	bool is_virtual, stop;
} loop;

/* Timers that fall due at the same time fire in the order in which they were set. */
static int timer_order(struct timer *a, struct timer *b)
{
	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return (a->seq > b->seq) - (a->seq < b->seq);
}

RB_GENERATE_INTERNAL(timers, timer, link, timer_order, __attribute__((unused)) static)

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg; /* loop_run() fires the timers */
}

static int loop_base(void)
{
	struct event_config *cfg;

	if (loop.base)
		return 0;
	cfg = event_config_new();
	if (!cfg)
		return -ENOMEM;
	event_config_set_flag(cfg, EVENT_BASE_FLAG_PRECISE_TIMER); /* else 1 ms is up to 4 ms */
	loop.base = event_base_new_with_config(cfg);
	event_config_free(cfg);
	loop.tick = loop.base ? evtimer_new(loop.base, on_tick, NULL) : NULL;
	if (loop.tick)
		return 0;
	loop_end();
	return -ENOMEM;
}

uint64_t loop_now(void)
{
	struct timespec ts;

	if (loop.is_virtual)
		return loop.now;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void timer_init(struct timer *t, void (*fn)(void *arg), void *arg)
{
	*t = (struct timer){ .fn = fn, .arg = arg };
}

void timer_set(struct timer *t, uint64_t after_ms)
{
	uint64_t now = loop_now();

	timer_stop(t);
	t->at = after_ms > UINT64_MAX - now ? UINT64_MAX : now + after_ms;
	t->seq = loop.seq++;
	t->armed = true;
	RB_INSERT(timers, &loop.timers, t);
}

void timer_stop(struct timer *t)
{
	if (!t->armed)
		return;
	RB_REMOVE(timers, &loop.timers, t);
	t->armed = false;
}

unsigned loop_n_timers(void)
{
	struct timer *t;
	unsigned n = 0;

	RB_FOREACH (t, timers, &loop.timers)
		n++;
	return n;
}

uint64_t timer_left(const struct timer *t)
{
	uint64_t now = loop_now();

	return t->armed && t->at > now ? t->at - now : 0;
}

static void timer_fire(struct timer *t)
{
	timer_stop(t); /* first: fn may set it again, or free it */
	t->fn(t->arg);
}

/* What is due now; a timer set meanwhile waits for the next round: files get their turn. */
static void fire_due(void)
{
	uint64_t now = loop_now(), seq = loop.seq;
	struct timer *t;

	while (!loop.stop && (t = RB_MIN(timers, &loop.timers)) && t->at <= now && t->seq < seq)
		timer_fire(t);
}

static void tick_arm(void)
{
	struct timer *t = RB_MIN(timers, &loop.timers);
	uint64_t left = t ? timer_left(t) : 0;
	struct timeval tv = { (time_t)(left / 1000), (suseconds_t)(left % 1000 * 1000) };

	if (t && !loop.is_virtual)
		evtimer_add(loop.tick, &tv);
	else
		evtimer_del(loop.tick);
}

int loop_run(void)
{
	int rc = loop_base();

	while (!rc && !loop.stop) {
		tick_arm();
		switch (event_base_loop(loop.base, EVLOOP_ONCE)) {
		case -1:
			rc = errno == EINTR ? 0 : -EIO;
			break;
		case 1:
			rc = -EDEADLK; /* nothing is left that could ever happen */
			break;
		}
		if (!rc && !loop.is_virtual)
			fire_due();
	}
	loop.stop = false;
	return rc;
}

void loop_stop(void)
{
	loop.stop = true;
}

void loop_end(void)
{
	struct io *io;
	struct sig *sig;

	/* Files belong to their owners, who may free them later: only the event goes. */
	while ((io = LIST_FIRST(&loop.ios))) {
		LIST_REMOVE(io, link);
		event_free(io->ev);
		io->ev = NULL;
	}
	while ((sig = LIST_FIRST(&loop.sigs))) {
		LIST_REMOVE(sig, link);
		event_free(sig->ev);
		free(sig);
	}
	if (loop.tick)
		event_free(loop.tick);
	if (loop.base)
		event_base_free(loop.base);
	loop.tick = NULL;
	loop.base = NULL;
}

static void on_io(evutil_socket_t fd, short what, void *arg)
{
	struct io *io = arg;

	(void)what;
	io->fn(fd, io->arg); /* nothing after it: fn may free any io */
}

static int io_new(int fd, short what, void (*fn)(int fd, void *arg), void *arg, struct io **out)
{
	struct io *io;
	int rc = loop_base();

	if (rc < 0)
		return rc;
	io = calloc(1, sizeof(*io));
	if (!io)
		return -ENOMEM;
	*io = (struct io){ .fd = fd, .fn = fn, .arg = arg };
	io->ev = event_new(loop.base, fd, (short)(what | EV_PERSIST), on_io, io);
	if (!io->ev || event_add(io->ev, NULL) < 0) {
		if (io->ev)
			event_free(io->ev);
		free(io);
		return -EBADF;
	}
	LIST_INSERT_HEAD(&loop.ios, io, link);
	*out = io;
	return 0;
}

int loop_io(int fd, void (*fn)(int fd, void *arg), void *arg, struct io **out)
{
	return io_new(fd, EV_READ, fn, arg, out);
}

int loop_io_write(int fd, void (*fn)(int fd, void *arg), void *arg, struct io **out)
{
	return io_new(fd, EV_WRITE, fn, arg, out);
}

void io_free(struct io *io)
{
	if (io && io->ev) {
		LIST_REMOVE(io, link);
		event_free(io->ev);
	}
	free(io);
}

static void on_signal(evutil_socket_t num, short what, void *arg)
{
	struct sig *sig = arg;

	(void)what;
	sig->fn(num, sig->arg);
}

int loop_signal(int num, void (*fn)(int sig, void *arg), void *arg)
{
	struct sig *sig;
	int rc = loop_base();

	if (rc < 0)
		return rc;
	sig = calloc(1, sizeof(*sig));
	if (!sig)
		return -ENOMEM;
	*sig = (struct sig){ .fn = fn, .arg = arg };
	sig->ev = evsignal_new(loop.base, num, on_signal, sig);
	if (!sig->ev || event_add(sig->ev, NULL) < 0) {
		if (sig->ev)
			event_free(sig->ev);
		free(sig);
		return -EINVAL;
	}
	LIST_INSERT_HEAD(&loop.sigs, sig, link);
	return 0;
}

int loop_signals(const struct loop_signal *rows, size_t n, void *arg)
{
	int rc = 0;

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; !rc && i < n; i++)
		rc = loop_signal(rows[i].sig, rows[i].fn, arg);
	return rc;
}

void loop_virtual(uint64_t start_ms)
{
	loop.is_virtual = true;
	loop.now = start_ms;
}

void loop_advance(uint64_t ms)
{
	uint64_t end = loop.now + ms;
	struct timer *t;

	while ((t = RB_MIN(timers, &loop.timers)) && t->at <= end) {
		loop.now = t->at > loop.now ? t->at : loop.now;
		timer_fire(t);
	}
	loop.now = end;
}
