#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/loop.h"
#include "unit/unit.h"

static char order[64];

static void note(void *arg)
{
	strcat(order, arg);
}

struct again {
	struct timer t;
	int left;
};

static void set_again(void *arg)
{
	struct again *a = arg;

	strcat(order, "+");
	if (--a->left)
		timer_set(&a->t, 10);
}

static void stop_all(void *arg)
{
	note(arg);
	loop_stop();
}

static void virtual_timers_fire_in_order(void **state)
{
	struct timer a, b, c;

	(void)state;
	*order = '\0';
	loop_virtual(1000);
	timer_init(&a, note, "a");
	timer_init(&b, note, "b");
	timer_init(&c, note, "c");
	timer_set(&a, 30);
	timer_set(&b, 10);
	timer_set(&c, 10); /* due with b, set later */
	assert_int_equal(timer_left(&a), 30);
	loop_advance(9);
	assert_string_equal(order, "");
	loop_advance(1);
	assert_string_equal(order, "bc");
	assert_int_equal(timer_left(&a), 20);
	assert_int_equal(timer_left(&b), 0);
	loop_advance(1000);
	assert_string_equal(order, "bca");
	assert_int_equal(loop_now(), 2010);
}

static void a_stopped_timer_does_not_fire(void **state)
{
	struct timer a, b;

	(void)state;
	*order = '\0';
	timer_init(&a, note, "a");
	timer_init(&b, note, "b");
	timer_set(&a, 10);
	timer_set(&b, 20);
	timer_stop(&a);
	timer_stop(&a);
	timer_set(&b, 50); /* armed anew: the first time is forgotten */
	loop_advance(49);
	assert_string_equal(order, "");
	loop_advance(1);
	assert_string_equal(order, "b");
	assert_false(a.armed);
	assert_false(b.armed);
}

static void a_timer_may_set_itself_again(void **state)
{
	struct again a = { .left = 3 };

	(void)state;
	*order = '\0';
	timer_init(&a.t, set_again, &a);
	timer_set(&a.t, 0);
	loop_advance(20);
	assert_string_equal(order, "+++");
	assert_false(a.t.armed);
}

static void a_timer_far_away_never_overflows(void **state)
{
	struct timer a;

	(void)state;
	timer_init(&a, note, "a");
	timer_set(&a, UINT64_MAX);
	assert_true(timer_left(&a) > UINT64_MAX / 2);
	timer_stop(&a);
}

/* From here on in real time. */

struct two {
	struct io *io[2];
	int fd[2];
	int calls;
};

static void free_both(int fd, void *arg)
{
	struct two *t = arg;
	char c;

	assert_int_equal(read(fd, &c, 1), 1);
	io_free(t->io[0]);
	io_free(t->io[1]);
	t->io[0] = t->io[1] = NULL;
	t->calls++;
}

static void a_callback_may_free_any_io(void **state)
{
	struct two t = { 0 };
	struct timer end;
	int p[2][2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pipe(p[i]), 0);
		assert_int_equal(write(p[i][1], "x", 1), 1);
		assert_int_equal(loop_io(p[i][0], free_both, &t, &t.io[i]), 0);
	}
	*order = '\0';
	timer_init(&end, stop_all, "end");
	timer_set(&end, 20);
	assert_int_equal(loop_run(), 0);
	assert_int_equal(t.calls, 1); /* both were readable, the second one was gone */
	for (int i = 0; i < 2; i++) {
		close(p[i][0]);
		close(p[i][1]);
	}
}

static void on_writable(int fd, void *arg)
{
	(void)fd;
	stop_all(arg);
}

static void a_writable_file_is_told(void **state)
{
	struct io *io;
	int p[2];

	(void)state;
	*order = '\0';
	assert_int_equal(pipe(p), 0);
	assert_int_equal(loop_io_write(p[1], on_writable, "w", &io), 0);
	assert_int_equal(loop_run(), 0);
	assert_string_equal(order, "w");
	io_free(io);
	io_free(NULL);
	close(p[0]);
	close(p[1]);
}

static void on_usr1(int sig, void *arg)
{
	assert_int_equal(sig, SIGUSR1);
	stop_all(arg);
}

static void raise_it(void *arg)
{
	(void)arg;
	raise(SIGUSR1);
}

static void a_signal_arrives_in_the_loop(void **state)
{
	struct timer t;

	(void)state;
	*order = '\0';
	timer_init(&t, raise_it, NULL);
	timer_set(&t, 1);
	assert_int_equal(loop_signal(SIGUSR1, on_usr1, "s"), 0);
	assert_int_equal(loop_run(), 0);
	assert_string_equal(order, "s");
}

static void a_daemon_s_signals_arrive_and_a_broken_pipe_does_not_end_it(void **state)
{
	static const struct loop_signal rows[] = { { SIGUSR1, on_usr1 } };
	struct timer t;

	(void)state;
	*order = '\0';
	timer_init(&t, raise_it, NULL);
	timer_set(&t, 1);
	assert_int_equal(loop_signals(rows, 1, "t"), 0);
	assert_int_equal(raise(SIGPIPE), 0);
	assert_int_equal(loop_run(), 0);
	assert_non_null(strchr(order, 't'));
}

static void real_timers_fire_in_order(void **state)
{
	struct timer a, b, end;

	(void)state;
	*order = '\0';
	timer_init(&a, note, "a");
	timer_init(&b, note, "b");
	timer_init(&end, stop_all, ".");
	timer_set(&end, 6);
	timer_set(&b, 4);
	timer_set(&a, 2);
	assert_int_equal(loop_run(), 0);
	assert_string_equal(order, "ab.");
}

static void a_loop_with_nothing_to_wait_for_ends(void **state)
{
	(void)state;
	loop_end();
	assert_int_equal(loop_run(), -EDEADLK);
	loop_end();
}

static void an_io_outlives_the_loop(void **state)
{
	struct io *io;
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(loop_io(p[0], free_both, NULL, &io), 0);
	loop_end();
	io_free(io);
	close(p[0]);
	close(p[1]);
}

UNIT_MAIN(T(a_callback_may_free_any_io, ""), T(a_writable_file_is_told, ""),
	T(a_signal_arrives_in_the_loop, ""),
	T(a_daemon_s_signals_arrive_and_a_broken_pipe_does_not_end_it, ""),
	T(real_timers_fire_in_order, ""), T(a_loop_with_nothing_to_wait_for_ends, ""),
	T(an_io_outlives_the_loop, ""), T(virtual_timers_fire_in_order, ""),
	T(a_stopped_timer_does_not_fire, ""), T(a_timer_may_set_itself_again, ""),
	T(a_timer_far_away_never_overflows, ""))
