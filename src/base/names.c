#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/names.h"

const char *names_str(const struct name *table, size_t n, int value)
{
	static char ring[8][16];
	static unsigned next;
	char *unknown;

	for (size_t i = 0; i < n; i++)
		if (table[i].value == value)
			return table[i].name;
	unknown = ring[next++ % 8];
	snprintf(unknown, sizeof(ring[0]), "(%d)", value);
	return unknown;
}

int names_value(const struct name *table, size_t n, const char *name, int *out)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(table[i].name, name) != 0)
			continue;
		*out = table[i].value;
		return 0;
	}
	return -ENOENT;
}
