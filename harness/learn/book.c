#include "learn/book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 512, ROW = 256, WHY = 1024 };

struct row {
	char text[ROW]; /* as in docs/machines.md */
	const struct machine *m;
	struct book_seen id;
	bool seen;
	char why[WHY]; /* of the file of reasons */
	unsigned line;
};

struct book {
	const struct learn_world *w;
	struct row rows[ROWS_MAX];
	size_t n;
};

static struct row *row_new(struct book *b, unsigned machine, bool past, size_t at)
{
	struct row *r = &b->rows[b->n++];

	if (b->n == ROWS_MAX)
		abort();
	r->m = b->w->machine[machine]();
	r->id = (struct book_seen){ machine, past, at };
	return r;
}

static void name_arrow(struct row *r, const struct machine_arrow *a)
{
	FILE *f = fmemopen(r->text, sizeof(r->text), "w");

	fprintf(f, "%s: ", r->m->name);
	machine_arrow_print(f, r->m, a);
	fclose(f);
}

static void name_past(struct row *r, const struct learn_past *p)
{
	snprintf(r->text, sizeof(r->text), "%s: past the rows to %s (%s)", r->m->name,
		r->m->state(p->to), p->why);
}

struct book *book_new(const struct learn_world *w)
{
	struct book *b = calloc(1, sizeof(*b));
	struct machine_arrow a;

	if (!b)
		abort();
	b->w = w;
	for (unsigned i = 0; i < LEARN_MACHINES && w->machine[i]; i++)
		for (size_t k = 0; w->machine[i]()->arrow(k, &a); k++)
			name_arrow(row_new(b, i, false, k), &a);
	for (size_t k = 0; k < w->n_past; k++)
		name_past(row_new(b, 0, true, k), &w->past[k]);
	return b;
}

void book_free(struct book *b)
{
	free(b);
}

void book_saw(struct book *b, const struct book_seen *seen)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->rows[i].id.machine == seen->machine && b->rows[i].id.past == seen->past &&
			b->rows[i].id.at == seen->at)
			b->rows[i].seen = true;
}

static struct row *find(struct book *b, const char *text)
{
	for (size_t i = 0; i < b->n; i++)
		if (!strcmp(b->rows[i].text, text))
			return &b->rows[i];
	return NULL;
}

/* Reasons of other worlds' machines stand in the same file. */
static bool is_of(const struct book *b, const char *text)
{
	for (unsigned i = 0; i < LEARN_MACHINES && b->w->machine[i]; i++) {
		const char *name = b->w->machine[i]()->name;

		if (!strncmp(text, name, strlen(name)) && text[strlen(name)] == ':')
			return true;
	}
	return false;
}

static void more_why(struct row *r, const char *text)
{
	size_t n = strlen(r->why);

	snprintf(r->why + n, sizeof(r->why) - n, "%s%s", n ? " " : "", text);
}

/* False: a line names no transition, or one twice. */
static bool read_reasons(struct book *b, const char *path)
{
	char line[WHY];
	struct row *r = NULL;
	FILE *f = fopen(path, "r");
	bool held = f != NULL;

	if (!f)
		printf("FAULT %s: cannot be read\n", path);
	for (unsigned n = 1; f && fgets(line, sizeof(line), f); n++) {
		line[strcspn(line, "\n")] = '\0';
		if (*line == '\t' && r)
			more_why(r, line + 1);
		if (*line == '\t' || *line == '#' || !*line || !is_of(b, line))
			continue;
		r = find(b, line);
		if (!r || r->line) {
			printf("FAULT %s:%u: '%s': expected a transition of docs/machines.md%s\n",
				path, n, line, r ? ", once" : "");
			held = false;
			continue;
		}
		r->line = n;
	}
	if (f)
		fclose(f);
	return held;
}

static bool judge(const struct row *r, const char *path)
{
	if (r->seen && r->line)
		printf("FAULT %s:%u: '%s' was seen: it needs no reason\n", path, r->line, r->text);
	else if (!r->seen && !r->line)
		printf("FAULT never seen, and %s has no reason: %s\n", path, r->text);
	else if (r->line && !*r->why)
		printf("FAULT %s:%u: '%s': expected a reason behind it\n", path, r->line, r->text);
	else
		return true;
	return false;
}

static void sum(const struct book *b, const struct machine *m)
{
	size_t seen = 0, n = 0;

	for (size_t i = 0; i < b->n; i++) {
		if (b->rows[i].m != m)
			continue;
		n++;
		seen += b->rows[i].seen;
	}
	printf("%s: %zu of %zu transitions were seen\n", m->name, seen, n);
	for (size_t i = 0; i < b->n; i++)
		if (b->rows[i].m == m && !b->rows[i].seen && b->rows[i].line)
			printf("  never: %s\n         %s\n", b->rows[i].text, b->rows[i].why);
}

bool book_close(struct book *b, const char *reasons)
{
	bool held = !reasons || read_reasons(b, reasons);

	for (unsigned i = 0; i < LEARN_MACHINES && b->w->machine[i]; i++)
		sum(b, b->w->machine[i]());
	for (size_t i = 0; reasons && i < b->n; i++)
		held = judge(&b->rows[i], reasons) && held;
	return held;
}
