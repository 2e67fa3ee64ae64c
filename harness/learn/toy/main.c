/*
 * A machine that is understood at a glance, to see that the learner is awake: a turnstile. The
 * first argument is what is wrong with it: nothing, beside, crash, sleep, chance, stuck.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "learn/learn.h"

enum { LOCKED, OPEN, STATES };
enum { COIN, PUSH, EVENTS };

static const struct machine_arrow arrows[] = {
	{ LOCKED, COIN, OPEN, NULL, "paid" },
	{ LOCKED, PUSH, LOCKED, NULL, "it does not turn" },
	{ OPEN, COIN, OPEN, NULL, "paid twice" },
	{ OPEN, PUSH, LOCKED, NULL, "somebody goes through" },
};

static const char *state_str(unsigned s)
{
	return s == LOCKED ? "locked" : "open";
}

static const char *event_str(unsigned e)
{
	return e == COIN ? "coin" : "push";
}

static bool arrow(size_t i, struct machine_arrow *out)
{
	if (i >= sizeof(arrows) / sizeof(arrows[0]))
		return false;
	*out = arrows[i];
	return true;
}

static bool no_cell(unsigned state, unsigned event)
{
	(void)state, (void)event;
	return false;
}

static const struct machine *turnstile(void)
{
	static const struct machine m = { "turnstile", STATES, EVENTS, state_str, event_str, arrow,
		no_cell, no_cell };

	return &m;
}

static struct toy {
	unsigned state, coins;
} toy;
static const char *wrong;

static bool is(const char *what)
{
	return !strcmp(wrong, what);
}

static bool say(void *world, int event)
{
	unsigned from = toy.state;

	(void)world;
	if (event == COIN && is("stuck"))
		return false;
	toy.state = event == COIN ? OPEN : LOCKED;
	toy.coins += event == COIN;
	if (toy.coins == 2 && event == COIN) { /* the shortest word: coin, coin */
		if (is("beside"))
			toy.state = LOCKED;
		if (is("crash"))
			abort();
		if (is("sleep"))
			pause();
	}
	learn_arrow(0, from, (unsigned)event, NULL, toy.state, NULL);
	return true;
}

static const struct learn_letter letters[] = {
	{ "push", say, PUSH, 1 },
	{ "coin", say, COIN, 1 },
};

static void *open_toy(const struct learn_start *s)
{
	(void)s;
	memset(&toy, 0, sizeof(toy));
	return &toy;
}

static const struct learn_start starts[] = { { "a new turnstile", open_toy, 1, 0 } };

static void look(void *world, FILE *f)
{
	(void)world;
	fprintf(f, "%u %u", toy.state, toy.coins < 3 ? toy.coins : 3);
	if (is("chance"))
		fprintf(f, " %d", (int)getpid());
}

static void nothing(void *world)
{
	(void)world;
}

int main(int argc, char **argv)
{
	const struct learn_world world = {
		.name = "toy",
		.starts = starts,
		.n_starts = 1,
		.letters = letters,
		.n_letters = sizeof(letters) / sizeof(letters[0]),
		.forks = true,
		.look = look,
		.begin = nothing,
		.end = nothing,
		.machine = { turnstile },
	};

	if (argc < 2)
		return 2;
	wrong = argv[1];
	return learn_main(&world, 1, argc - 1, argv + 1);
}
