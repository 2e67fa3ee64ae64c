/*
 * unit - a test program: rows { name, function, requirement ids }, one main.
 *
 *	UNIT_MAIN(T(every_cut_is_refused, "A-004 F-024"), T(a_round_trip_keeps_all, ""))
 *
 * Runs under cmocka. With UNIT_RESULTS=FILE in the environment it appends one JSON line a test:
 * {"test": "base/test_rd.every_cut_is_refused", "outcome": "passed", "req": ["A-004", "F-024"]}.
 * A test that cannot run here says why and calls skip(): its outcome is "skipped".
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* cmocka 2 knows the old name and warns of it. */
#ifdef assert_uint_in_range
#undef assert_in_range
#define assert_in_range assert_uint_in_range
#endif

/* The folder of the certificates, and what makes them; TOP and BUILT are of the Makefile. */
#define CERTS BUILT "/certs/"
#define MAKE_CERTS "BUILD='" BUILT "' '" TOP "/certs/make.sh'"

struct unit_row {
	const char *name;
	void (*fn)(void **state);
	const char *req; /* at most five ids, separated by blanks; "A-004!": its refusal */
};

#define T(fn, req) { #fn, fn, req }

static int unit_failed;
static bool unit_skipped; /* the running test: it shows nothing then */

#undef skip
#define skip()                                 \
	do {                                   \
		unit_skipped = true;           \
		_skip(__FILE__, __LINE__);     \
	} while (0)

static inline void unit_report(const char *file, const struct unit_row *row, const char *outcome)
{
	const char *path = getenv("UNIT_RESULTS");
	FILE *f = path ? fopen(path, "a") : NULL;
	const char *base = strstr(file, "unit/");
	char ids[256];
	char *save = NULL;
	int n = 0;

	if (!f)
		return;
	base = base ? base + strlen("unit/") : file;
	fprintf(f, "{\"test\": \"%.*s.%s\", \"outcome\": \"%s\", \"req\": [",
		(int)strcspn(base, "."), base, row->name, outcome);
	snprintf(ids, sizeof(ids), "%s", row->req);
	for (char *id = strtok_r(ids, " ", &save); id; id = strtok_r(NULL, " ", &save))
		fprintf(f, "%s\"%s\"", n++ ? ", " : "", id);
	fprintf(f, "]}\n");
	fclose(f);
}

static inline int unit_main(const char *file, const struct unit_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct CMUnitTest one = { rows[i].name, rows[i].fn, NULL, NULL, NULL };
		int failed;

		unit_skipped = false;
		failed = _cmocka_run_group_tests(rows[i].name, &one, 1, NULL, NULL);
		unit_report(file, &rows[i],
			failed ? "failed" : unit_skipped ? "skipped" : "passed");
		unit_failed += failed != 0;
	}
	return unit_failed ? 1 : 0;
}

#define UNIT_MAIN(...)                                                                      \
	int main(void)                                                                      \
	{                                                                                   \
		static const struct unit_row rows[] = { __VA_ARGS__ };                      \
		return unit_main(__FILE__, rows, sizeof(rows) / sizeof(rows[0]));           \
	}
