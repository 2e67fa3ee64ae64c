/*
 * book - which transitions of a world's tables were seen, and why the others were not.
 *
 * The file of reasons has a line for each that no word showed, as docs/machines.md writes it:
 *	IKE_SA: up --> gone : INFORMATIONAL, answer (answer INFORMATIONAL, when ended)
 *		why it is never seen; as many lines as it takes, each behind a tab.
 * Shapes:  a transition is an arrow of a machine, or one of its ways past the rows, by number.
 * Errors:  book_close prints what does not hold, and says whether all does.
 */
#pragma once

#include "learn/learn.h"

enum { BOOK_SEEN = 64 };

struct book_seen {
	unsigned machine;
	bool past;
	size_t at;
};

struct book;

struct book *book_new(const struct learn_world *w);
void book_free(struct book *b);
void book_saw(struct book *b, const struct book_seen *seen);
/* The sums; with a file of reasons (else NULL) it must name just what was not seen. */
bool book_close(struct book *b, const char *reasons);
