/*
 * learn - explore what a daemon does, word by word, and hold it against the table that
 * docs/machines.md is printed from.
 *
 * A world is made anew for each word; words are tried breadth first, so the first that shows
 * something is a shortest one. Two words that leave the world in the same abstract state (the text
 * that look() writes) are one; each letter runs in a process of its own, forked from the state.
 * What a world's probes see they tell while a letter is said:
 *	learn_arrow()	from a state by an event into a state
 *	learn_past()	from a state into another that no row leads to, and what let it
 *	learn_fault()	anything that must not be
 * An arrow that the table does not have is a fault; one that no word showed must stand in the file
 * of reasons, and nothing else may stand there.
 * Shapes:  numbers of states and events are those of the struct machine.
 * Units:   depth in letters a word, budget in letters said altogether.
 * Errors:  a fault ends the run: the word is printed, the exit status is 1.
 * Source:  breadth-first exploration of a Mealy machine; docs/machines.md.
 */
#pragma once

#include "unit/machine_doc.h"

enum { LEARN_MACHINES = 2, LEARN_KEY = 8192 };

/* A way past the rows that docs/machines.md tells in words. */
struct learn_past {
	unsigned from, to; /* from: a set of states */
	const char *why;
};

struct learn_letter {
	const char *word;
	/* False: it means nothing now. */
	bool (*say)(void *world, int arg);
	int arg;
	unsigned where; /* the kinds of start in which it is a letter */
};

struct learn_start {
	const char *name;
	void *(*open)(const struct learn_start *s);
	unsigned where; /* one bit */
	int arg;
};

struct learn_world {
	const char *name;
	const struct learn_start *starts;
	size_t n_starts;
	const struct learn_letter *letters;
	size_t n_letters;
	bool forks; /* it has no descriptors: a word's process may be forked for each letter */
	void (*look)(void *world, FILE *out); /* the abstract state */
	void (*begin)(void *world); /* before a letter is said */
	void (*end)(void *world); /* and when all that it set off has come to rest */
	const struct machine *(*machine[LEARN_MACHINES])(void);
	const struct learn_past *past; /* of the first machine */
	size_t n_past;
};

/* `when` as in the table, NULL where the ends of the cell differ. past: why it may have gone on. */
void learn_arrow(unsigned machine, unsigned from, unsigned event, const char *when, unsigned to,
	const char *past);
/* A machine is told by its number in the world. */
void learn_past(unsigned machine, unsigned from, unsigned to, const char *why);
void learn_fault(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Depth, budget and file of reasons are arguments: NAME --depth=N --budget=N --reasons=FILE. */
int learn_main(const struct learn_world *worlds, size_t n, int argc, char **argv);
