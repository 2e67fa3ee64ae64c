/*
 * names - numbers of a protocol and the words for them.
 *
 * Shapes:  a table of rows { value, name }, ended by its size.
 * Errors:  an unknown number prints as "(N)" (names_str, static ring of buffers: valid for the next
 *          eight calls); an unknown word gives -ENOENT (names_value).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct name {
	int value;
	const char *name;
};

#define NAMES(table) (table), sizeof(table) / sizeof((table)[0])

const char *names_str(const struct name *table, size_t n, int value);
int names_value(const struct name *table, size_t n, const char *name, int *out);

/* Is one a slip of the other: two letters at most left out, too many, wrong or in the wrong order
 * (one in a short word, three in a long one)? Case does not count. */
bool names_near(const char *a, const char *b);
