#include "unit/machine_doc.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "unit/unit.h"

#define PATH TOP "/docs/machines.md"

enum { MARK = 128 };

static void cell(FILE *f, const struct machine *m, unsigned state, unsigned event)
{
	struct machine_arrow a;
	unsigned n = 0;

	for (size_t i = 0; m->arrow(i, &a); i++) {
		if (a.from != state || a.event != event)
			continue;
		fprintf(f, "%s%s", n++ ? "; " : "", a.to == a.from ? "stays" : m->state(a.to));
		if (a.when)
			fprintf(f, ", when %s", a.when);
	}
	if (!n)
		fputs(m->impossible(state, event) ? "impossible" : "ignored", f);
}

static void matrix(FILE *f, const struct machine *m)
{
	fputs("\n| |", f);
	for (unsigned s = 0; s < m->n_states; s++)
		fprintf(f, " %s |", m->state(s));
	fputs("\n|---|", f);
	for (unsigned s = 0; s < m->n_states; s++)
		fputs("---|", f);
	for (unsigned e = 0; e < m->n_events; e++) {
		fprintf(f, "\n| **%s** |", m->event(e));
		for (unsigned s = 0; s < m->n_states; s++) {
			fputc(' ', f);
			cell(f, m, s, e);
			fputs(" |", f);
		}
	}
	fputs("\n\n", f);
}

/* A name of the graph has no blanks; a label no colon, which ends it. */
static void put(FILE *f, const char *text, bool label)
{
	for (; *text; text++) {
		if (label)
			fputc(*text == ':' || *text == ';' ? ',' : *text, f);
		else
			fputc(isalnum((unsigned char)*text) ? *text : '_', f);
	}
}

void machine_arrow_print(FILE *f, const struct machine *m, const struct machine_arrow *a)
{
	put(f, m->state(a->from), false);
	fputs(" --> ", f);
	put(f, m->state(a->to), false);
	fputs(" : ", f);
	put(f, m->event(a->event), true);
	fputs(" (", f);
	put(f, a->story, true);
	if (a->when)
		fprintf(f, ", when %s", a->when);
	fputc(')', f);
}

static void graph(FILE *f, const struct machine *m)
{
	struct machine_arrow a;

	fputs("```mermaid\nstateDiagram-v2\n    [*] --> ", f);
	put(f, m->state(0), false);
	fputc('\n', f);
	for (unsigned s = 0; s < m->n_states; s++) {
		for (size_t i = 0; m->arrow(i, &a); i++) {
			if (a.from != s)
				continue;
			fputs("    ", f);
			machine_arrow_print(f, m, &a);
			fputc('\n', f);
		}
	}
	fputs("```\n", f);
}

static char *section(const struct machine *m)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	matrix(f, m);
	graph(f, m);
	assert_int_equal(fclose(f), 0);
	return text;
}

static void cell_is_named_once(const struct machine *m, unsigned state, unsigned event)
{
	bool impossible = m->impossible(state, event), ignored = m->ignored(state, event);
	unsigned always = 0, n = 0;
	struct machine_arrow a;

	for (size_t i = 0; m->arrow(i, &a); i++) {
		if (a.from != state || a.event != event)
			continue;
		n++;
		if (always)
			fail_msg("%s, %s: nothing leads to \"%s\"", m->state(state),
				m->event(event), a.story);
		always += !a.when;
	}
	if ((n > 0) + impossible + ignored != 1)
		fail_msg("%s, %s: %u rows, %simpossible, %signored", m->state(state),
			m->event(event), n, impossible ? "" : "not ", ignored ? "" : "not ");
	if (n && !always)
		fail_msg("%s, %s: no row for when nothing fits", m->state(state), m->event(event));
}

static void is_whole(const struct machine *m)
{
	struct machine_arrow a;
	unsigned seen;

	for (unsigned s = 0; s < m->n_states; s++) {
		for (unsigned e = 0; e < m->n_events; e++)
			cell_is_named_once(m, s, e);
		seen = s == 0;
		for (size_t i = 0; m->arrow(i, &a); i++)
			seen += a.to == s && a.from != s;
		if (!seen)
			fail_msg("nothing leads to %s", m->state(s));
	}
	for (unsigned e = 0; e < m->n_events; e++) {
		seen = 0;
		for (size_t i = 0; m->arrow(i, &a); i++)
			seen += a.event == e;
		if (!seen)
			fail_msg("%s does nothing anywhere", m->event(e));
	}
}

static char *whole_file(void)
{
	FILE *f = fopen(PATH, "r");
	char *text = NULL;
	size_t room = 0;

	if (!f)
		fail_msg("%s: %s", PATH, strerror(errno));
	if (getdelim(&text, &room, '\0', f) < 0)
		fail_msg("%s is empty", PATH);
	fclose(f);
	return text;
}

/* Where the section's text is in the file: behind one marker, before the other. */
static char *find(char *file, const struct machine *m, char **end)
{
	char first[MARK], last[MARK];
	char *begin;

	snprintf(first, sizeof(first), "<!-- machine %s -->\n", m->name);
	snprintf(last, sizeof(last), "<!-- end of %s -->\n", m->name);
	begin = strstr(file, first);
	*end = begin ? strstr(begin, last) : NULL;
	if (!*end)
		fail_msg("%s has no \"%.*s\" with its end", PATH, (int)strlen(first) - 1, first);
	return begin + strlen(first);
}

static void write_anew(const char *file, const char *begin, const char *text, const char *end)
{
	FILE *f = fopen(PATH, "w");

	assert_non_null(f);
	fprintf(f, "%.*s%s%s", (int)(begin - file), file, text, end);
	assert_int_equal(fclose(f), 0);
}

static void same(const struct machine *m, const char *want, const char *found, const char *end)
{
	size_t n = strlen(want);
	size_t at = 0, line = 0;

	if (n == (size_t)(end - found) && !memcmp(want, found, n))
		return;
	for (; at < n && found + at < end && want[at] == found[at]; at++)
		line = want[at] == '\n' ? at + 1 : line;
	fail_msg("%s: the %s differs (make machines writes it anew):\n  table: %.*s\n  file:  %.*s",
		PATH, m->name, (int)strcspn(want + line, "\n"), want + line,
		(int)strcspn(found + line, "\n"), found + line);
}

void machine_hold(const struct machine *m)
{
	const char *how = getenv("MACHINES");
	char *text, *file, *begin, *end;

	is_whole(m);
	text = section(m);
	file = whole_file();
	begin = find(file, m, &end);
	if (how && !strcmp(how, "write"))
		write_anew(file, begin, text, end);
	else
		same(m, text, begin, end);
	free(file);
	free(text);
}
