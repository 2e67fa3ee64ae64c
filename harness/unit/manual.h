/*
 * manual - the section LIMITS of a manual page against the limits of the code, both ways.
 *
 * A row is a limit, and the item (.It) of the section that tells it. Every row's number stands in
 * its item, and an item has no other number.
 */
#pragma once

#include <ctype.h>

#include "unit/unit.h"

struct manual_row {
	const char *item, *name;
	unsigned long value;
	bool octets;
};

#define LIMIT(item, limit)                                                                         \
	{                                                                                          \
		item, #limit, limit, false                                                         \
	}
#define OCTETS(item, limit)                                                                        \
	{                                                                                          \
		item, #limit, limit, true                                                          \
	}

/* 64; 50,000; 4 KiB. */
static inline const char *manual_number(const struct manual_row *row)
{
	static char text[32];
	unsigned long n = row->value;

	if (row->octets && n % (1 << 20) == 0)
		snprintf(text, sizeof(text), "%lu MiB", n >> 20);
	else if (row->octets && n % (1 << 10) == 0)
		snprintf(text, sizeof(text), "%lu KiB", n >> 10);
	else if (n >= 1000)
		snprintf(text, sizeof(text), "%lu,%03lu", n / 1000, n % 1000);
	else
		snprintf(text, sizeof(text), "%lu", n);
	return text;
}

/* The next number at or behind p, whole: "half-open" and "P4" have none. NULL: no more. */
static inline const char *manual_next(const char *p, size_t *n)
{
	for (const char *from = p; *p; p++) {
		if (!isdigit((unsigned char)*p) || (p > from && !strchr(" \n(", p[-1])))
			continue;
		*n = strspn(p, "0123456789,");
		while (p[*n - 1] == ',')
			--*n;
		if (!strncmp(p + *n, " KiB", 4) || !strncmp(p + *n, " MiB", 4))
			*n += 4;
		return p;
	}
	return NULL;
}

static inline bool manual_tells(const char *item, const char *number)
{
	size_t n;

	for (const char *p = item; (p = manual_next(p, &n)); p += n)
		if (n == strlen(number) && !strncmp(p, number, n))
			return true;
	return false;
}

static inline void manual_check_item(
	const char *page, char *item, const struct manual_row *rows, size_t n_rows)
{
	char *text = strchr(item, '\n');
	size_t n;

	assert_non_null(text);
	*text++ = '\0';
	for (size_t i = 0; i < n_rows; i++)
		if (!strcmp(rows[i].item, item) && !manual_tells(text, manual_number(&rows[i])))
			fail_msg("%s, LIMITS, %s: expected %s (%s)", page, item,
				manual_number(&rows[i]), rows[i].name);
	for (const char *p = text; (p = manual_next(p, &n)); p += n) {
		bool known = false;

		for (size_t i = 0; i < n_rows; i++) {
			const char *number = manual_number(&rows[i]);

			known |= !strcmp(rows[i].item, item) && n == strlen(number) &&
				!strncmp(p, number, n);
		}
		if (!known)
			fail_msg("%s, LIMITS, %s: %.*s is no limit of the code", page, item, (int)n,
				p);
	}
}

/* page: "iked.8". */
static inline void manual_check(const char *page, const struct manual_row *rows, size_t n_rows)
{
	static char text[65536];
	char path[512], *at, *next;
	FILE *f;

	snprintf(path, sizeof(path), "%s/docs/man/%s", TOP, page);
	f = fopen(path, "r");
	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	at = strstr(text, "\n.Sh LIMITS\n");
	assert_non_null(at);
	next = strstr(at + 1, "\n.Sh ");
	assert_non_null(next);
	*next = '\0';
	for (size_t i = 0; i < n_rows; i++) {
		snprintf(path, sizeof(path), "\n.It %s\n", rows[i].item);
		if (!strstr(at, path))
			fail_msg("%s, LIMITS: no item \"%s\"", page, rows[i].item);
	}
	for (at = strstr(at, "\n.It "); at; at = next) {
		at += strlen("\n.It ");
		next = strstr(at, "\n.It ");
		if (next)
			*next++ = '\0';
		manual_check_item(page, at, rows, n_rows);
		if (next)
			*--next = '\n';
	}
}
