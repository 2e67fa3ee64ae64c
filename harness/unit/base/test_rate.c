#include <unistd.h>

#include "base/rate.h"
#include "unit/unit.h"

static unsigned n_lines;
static char last[4200];

static void heard(void *arg, const char *line)
{
	(void)arg;
	n_lines++;
	snprintf(last, sizeof(last), "%s", line);
}

static void begin(struct strangers *s)
{
	loop_virtual(500000);
	assert_int_equal(log_open("iked", LOG_STYLE_IKE, "/dev/null", false), 0);
	log_tap(heard, NULL);
	n_lines = 0;
	rate_init(s, LOG_G_NET, "packets", 5, 3);
}

/* A packet with two lines and an answer; was it answered? */
static bool packet(struct strangers *s)
{
	struct strangers *before = rate_enter(s);
	bool answered = rate_answer();

	log_net(1, "one");
	log_ike(0, "two");
	rate_leave(before);
	return answered;
}

static void a_budget_lasts_for_a_second(void **state)
{
	struct rate r = { 0 };
	unsigned n = 0;

	(void)state;
	loop_virtual(500000);
	for (int i = 0; i < 100; i++)
		n += rate_take(&r, 5);
	assert_int_equal(n, 5);
	loop_advance(999);
	assert_false(rate_take(&r, 5));
	loop_advance(1);
	assert_true(rate_take(&r, 5));
	assert_false(rate_take(&(struct rate){ 0 }, 0));
}

static void packets_are_told_whole_and_the_rest_is_counted(void **state)
{
	struct strangers s;
	unsigned answers = 0;

	(void)state;
	begin(&s);
	for (int i = 0; i < 1000; i++)
		answers += packet(&s);
	assert_int_equal(n_lines, 10);
	assert_int_equal(answers, 3);
	loop_advance(10000);
	assert_int_equal(n_lines, 11);
	assert_string_equal(
		last, "packets: 1990 more lines, 997 more answers left out in the last 2 s");
	loop_advance(100000);
	assert_int_equal(n_lines, 11);
	rate_end(&s);
}

static void nothing_is_said_of_nothing(void **state)
{
	struct strangers s;

	(void)state;
	begin(&s);
	for (int i = 0; i < 5; i++) {
		packet(&s);
		loop_advance(500);
	}
	assert_int_equal(n_lines, 10);
	rate_end(&s);
	loop_advance(10000);
	assert_int_equal(n_lines, 10);
	assert_int_equal(loop_n_timers(), 0);
}

static void the_count_comes_at_the_end_at_the_latest(void **state)
{
	struct strangers s;

	(void)state;
	begin(&s);
	for (int i = 0; i < 6; i++)
		packet(&s);
	rate_end(&s);
	assert_string_equal(last, "packets: 2 more lines, 3 more answers left out in the last 1 s");
	assert_int_equal(loop_n_timers(), 0);
}

static void who_has_proved_who_they_are_is_no_stranger(void **state)
{
	struct strangers s, *before;

	(void)state;
	begin(&s);
	for (int i = 0; i < 20; i++)
		packet(&s);
	n_lines = 0;
	before = rate_enter(&s);
	log_net(1, "not told");
	rate_trust();
	log_net(1, "told");
	assert_true(rate_answer());
	rate_leave(before);
	log_net(1, "told");
	assert_int_equal(n_lines, 2);
	rate_end(&s);
}

static void a_budget_within_another_is_its_own(void **state)
{
	struct strangers s, inner, *before;

	(void)state;
	begin(&s);
	rate_init(&inner, LOG_G_NET, "inner", 1, 0);
	for (int i = 0; i < 20; i++)
		packet(&s);
	n_lines = 0;
	before = rate_enter(&s);
	packet(&inner);
	log_net(1, "not told");
	rate_leave(before);
	assert_int_equal(n_lines, 2);
	rate_end(&inner);
	rate_end(&s);
}

UNIT_MAIN(T(a_budget_lasts_for_a_second, "F-004 F-030"),
	T(packets_are_told_whole_and_the_rest_is_counted, "F-030"),
	T(nothing_is_said_of_nothing, "F-030"),
	T(the_count_comes_at_the_end_at_the_latest, "F-030"),
	T(who_has_proved_who_they_are_is_no_stranger, "F-030"),
	T(a_budget_within_another_is_its_own, "F-030"))
