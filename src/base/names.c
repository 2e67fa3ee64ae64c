#include <ctype.h>
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

enum { WORD_MAX_ = 40, SHORT_WORD = 5, LONG_WORD = 14 };

static bool is(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

bool names_near(const char *a, const char *b)
{
	static unsigned d[WORD_MAX_ + 1][WORD_MAX_ + 1];
	size_t m = strlen(a), n = strlen(b);

	if (m > WORD_MAX_ || n > WORD_MAX_ || !m || !n)
		return false;
	for (size_t i = 0; i <= m; i++)
		for (size_t k = 0; k <= n; k++) {
			if (!i || !k) {
				d[i][k] = (unsigned)(i + k);
				continue;
			}
			d[i][k] = least(least(d[i - 1][k], d[i][k - 1]) + 1,
				d[i - 1][k - 1] + !is(a[i - 1], b[k - 1]));
			if (i > 1 && k > 1 && is(a[i - 1], b[k - 2]) && is(a[i - 2], b[k - 1]))
				d[i][k] = least(d[i][k], d[i - 2][k - 2] + 1);
		}
	if (m <= SHORT_WORD || n <= SHORT_WORD)
		return d[m][n] <= 1;
	return d[m][n] <= (m > LONG_WORD && n > LONG_WORD ? 3 : 2);
}
