/*
 * loop - timers, file descriptors and signals; the only place that knows libevent.
 *
 * Timers live in one ordered tree, so a test can run them on a virtual clock: after
 * loop_virtual() time stands still and loop_advance() fires what falls due, in order.
 * Shapes:  struct timer is embedded by its owner and must be stopped before it goes away.
 * Units:   milliseconds, monotonic.
 * Errors:  0 or -errno.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/tree.h>

struct timer {
	RB_ENTRY(timer) link;
	uint64_t at, seq;
	bool armed;
	void (*fn)(void *arg);
	void *arg;
};

void timer_init(struct timer *t, void (*fn)(void *arg), void *arg);
void timer_set(struct timer *t, uint64_t after_ms); /* (re)arm */
void timer_stop(struct timer *t);
uint64_t timer_left(const struct timer *t); /* 0 when not armed */

unsigned loop_n_timers(void); /* armed ones */

struct io;
int loop_io(int fd, void (*fn)(int fd, void *arg), void *arg, struct io **out); /* readable */
/* writable */
int loop_io_write(int fd, void (*fn)(int fd, void *arg), void *arg, struct io **out);
void io_free(struct io *io);

int loop_signal(int sig, void (*fn)(int sig, void *arg), void *arg);

struct loop_signal {
	int sig;
	void (*fn)(int sig, void *arg);
};
/* A daemon's signals; SIGPIPE is ignored beside them. */
int loop_signals(const struct loop_signal *rows, size_t n, void *arg);

uint64_t loop_now(void);
int loop_run(void); /* until loop_stop() */
void loop_stop(void);
void loop_end(void); /* free everything */

void loop_virtual(uint64_t start_ms);
void loop_advance(uint64_t ms);
