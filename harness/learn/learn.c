#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "learn/book.h"
#include "unit/unit.h"

enum { STATES_MAX = 20000, WORD_MAX = 32, LINE = 512, SECONDS = 30, ASLEEP = 300 };

/* What one letter brought, written by the process that said it. */
struct told {
	bool began, said, over; /* it meant something; and came to its end */
	char fault[LINE];
	size_t n;
	struct book_seen seen[BOOK_SEEN];
	char key[LEARN_KEY];
};

struct state {
	struct state *next; /* in the hash's row */
	uint64_t hash;
	uint8_t word[WORD_MAX];
	uint8_t n;
};

struct run {
	const struct learn_world *w;
	const struct learn_start *start;
	struct book *book;
	struct state *states[STATES_MAX]; /* in the order found, which is that of their words */
	struct state *rows[STATES_MAX];
	size_t n_states, n_letters;
	size_t depth, budget;
};

struct options {
	size_t depth, budget;
	const char *reasons; /* NULL: it is not asked what was never seen */
};

/* A place for each letter, and one more; shared with the processes that say them. */
static struct told *board, *told;
static const struct learn_world *here;

void learn_fault(const char *fmt, ...)
{
	va_list ap;

	if (*told->fault)
		return;
	va_start(ap, fmt);
	vsnprintf(told->fault, sizeof(told->fault), fmt, ap);
	va_end(ap);
}

/* Without holes, so that two can be compared. */
static struct book_seen book_seen(unsigned machine, bool past, size_t at)
{
	struct book_seen s;

	memset(&s, 0, sizeof(s));
	s.machine = machine;
	s.past = past;
	s.at = at;
	return s;
}

static void note(struct book_seen seen)
{
	for (size_t i = 0; i < told->n; i++)
		if (!memcmp(&told->seen[i], &seen, sizeof(seen)))
			return;
	if (told->n < BOOK_SEEN)
		told->seen[told->n++] = seen;
	else
		learn_fault("more than %d transitions by one letter", BOOK_SEEN);
}

void learn_past(unsigned machine, unsigned from, unsigned to, const char *why)
{
	const struct machine *m = here->machine[machine]();
	const struct learn_past *p = here->past;

	for (size_t i = 0; machine == 0 && why && i < here->n_past; i++)
		if (p[i].from >> from & 1 && p[i].to == to && !strcmp(p[i].why, why)) {
			note(book_seen(machine, true, i));
			return;
		}
	learn_fault("%s: %s --> %s, to which no row leads%s%s", m->name, m->state(from),
		m->state(to), why ? ": " : "", why ? why : "");
}

/* The arrow of this cell: by its word, else the one that needs none. -1: no such cell. */
static long by_word(const struct machine *m, unsigned from, unsigned event, const char *when)
{
	struct machine_arrow a;
	long left = -1;

	for (size_t i = 0; m->arrow(i, &a); i++) {
		if (a.from != from || a.event != event)
			continue;
		if (a.when && !strcmp(a.when, when))
			return (long)i;
		if (!a.when)
			left = (long)i;
	}
	return left;
}

static long by_end(const struct machine *m, unsigned from, unsigned event, unsigned to)
{
	struct machine_arrow a;

	for (size_t i = 0; m->arrow(i, &a); i++)
		if (a.from == from && a.event == event && a.to == to)
			return (long)i;
	return -1;
}

void learn_arrow(unsigned machine, unsigned from, unsigned event, const char *when, unsigned to,
	const char *past)
{
	const struct machine *m = here->machine[machine]();
	long at = when ? by_word(m, from, event, when) : by_end(m, from, event, to);
	struct machine_arrow a = { 0 };

	if (at >= 0)
		m->arrow((size_t)at, &a);
	if (at < 0 || (a.to != to && !past)) {
		learn_fault("%s: %s --> %s by \"%s\"%s%s is not in the table", m->name,
			m->state(from), m->state(to), m->event(event), when ? ", when " : "",
			when ? when : "");
		return;
	}
	note(book_seen(machine, false, (size_t)at));
	if (a.to != to)
		learn_past(machine, a.to, to, past);
}

/* The letter is said in this process: what comes of it stands in told. */
static void say(const struct learn_world *w, void *world, unsigned letter)
{
	const struct learn_letter *l = &w->letters[letter];
	FILE *f;

	memset(told, 0, sizeof(*told));
	told->began = true;
	w->begin(world);
	told->said = l->say(world, l->arg);
	w->end(world);
	f = fmemopen(told->key, sizeof(told->key), "w");
	w->look(world, f);
	fclose(f);
	told->over = true;
}

/* A letter takes milliseconds. The time of a process is its own, but one that sleeps has none. */
static void limit(void)
{
	const struct rlimit cpu = { SECONDS, SECONDS };

	setrlimit(RLIMIT_CPU, &cpu);
	alarm(ASLEEP);
}

static bool wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void print_word(const struct run *r, const struct state *s, int letter)
{
	printf("  the word: %s", r->start->name);
	for (size_t i = 0; i < s->n; i++)
		printf(", %s", r->w->letters[s->word[i]].word);
	if (letter >= 0)
		printf(", %s", r->w->letters[letter].word);
	printf("\n");
}

static uint64_t hash_of(const char *text)
{
	uint64_t h = 14695981039346656037u;

	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * 1099511628211u;
	return h;
}

static bool known(struct run *r, uint64_t hash)
{
	struct state *s = r->rows[hash % STATES_MAX];

	while (s && s->hash != hash)
		s = s->next;
	return s != NULL;
}

static void add(struct run *r, const struct state *from, int letter)
{
	struct state *s = calloc(1, sizeof(*s));
	struct state **row;

	if (!s || r->n_states == STATES_MAX)
		abort();
	if (from)
		*s = *from;
	if (letter >= 0)
		s->word[s->n++] = (uint8_t)letter;
	s->hash = hash_of(told->key);
	row = &r->rows[s->hash % STATES_MAX];
	s->next = *row;
	*row = s;
	r->states[r->n_states++] = s;
}

/* What the letter showed. False: a fault, which is printed. */
static bool take(struct run *r, const struct state *s, int letter)
{
	if (!told->over)
		learn_fault("the daemon ended: it crashed, hung, or the stage did not hold");
	for (size_t i = 0; i < told->n; i++)
		book_saw(r->book, &told->seen[i]);
	if (*told->fault) {
		printf("FAULT %s\n", told->fault);
		print_word(r, s, letter);
		return false;
	}
	if (told->said && !known(r, hash_of(told->key)))
		add(r, s, letter);
	return true;
}

static bool is_letter(const struct run *r, unsigned l)
{
	return r->w->letters[l].where & r->start->where;
}

/* The world of a word; the process ends where the word leads elsewhere than it did. */
static void *replay(const struct run *r, const struct state *s)
{
	void *world = r->start->open(r->start);

	told = &board[r->w->n_letters];
	for (size_t i = 0; i < s->n; i++)
		say(r->w, world, s->word[i]);
	if (s->n && hash_of(told->key) != s->hash)
		_exit(1);
	return world;
}

/* In a process of its own: the world by its word, then each letter in one of its own. */
static void carry(struct run *r, const struct state *s)
{
	void *world = r->w->forks ? replay(r, s) : NULL;
	bool same = true;
	pid_t pid;

	for (unsigned l = 0; same && l < r->w->n_letters; l++) {
		if (!is_letter(r, l))
			continue;
		memset(&board[l], 0, sizeof(*board));
		fflush(NULL);
		pid = fork();
		if (pid == 0) {
			limit();
			world = r->w->forks ? world : replay(r, s);
			told = &board[l];
			say(r->w, world, l);
			_exit(0);
		}
		same = wait_for(pid) || r->w->forks || board[l].began;
	}
	_exit(!same);
}

static bool expand(struct run *r, const struct state *s)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		carry(r, s);
	if (!wait_for(pid)) {
		printf("FAULT the same word did not lead to the same state once more\n");
		print_word(r, s, -1);
		return false;
	}
	for (unsigned l = 0; l < r->w->n_letters; l++) {
		told = &board[l];
		if (!is_letter(r, l))
			continue;
		r->n_letters++;
		if (!take(r, s, (int)l))
			return false;
	}
	return true;
}

static bool explore(struct run *r)
{
	size_t i;

	told = &board[0];
	snprintf(told->key, sizeof(told->key), "start");
	add(r, NULL, -1); /* the start is a word of no letters */
	for (i = 0; i < r->n_states; i++) {
		if (r->states[i]->n >= r->depth || r->n_letters >= r->budget)
			break;
		if (!expand(r, r->states[i]))
			return false;
	}
	printf("  %s: %zu states, %zu of them explored by %zu letters\n", r->start->name,
		r->n_states, i, r->n_letters);
	return true;
}

static void forget(struct run *r)
{
	for (size_t i = 0; i < r->n_states; i++)
		free(r->states[i]);
	free(r);
}

static bool learn(const struct learn_world *w, const struct options *o)
{
	struct book *book = book_new(w);
	bool held = true;

	here = w;
	printf("%s, words of at most %zu letters, %zu letters a start\n", w->name, o->depth,
		o->budget);
	board = mmap(NULL, (w->n_letters + 1) * sizeof(*board), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (board == MAP_FAILED)
		abort();
	for (size_t i = 0; held && i < w->n_starts; i++) {
		struct run *r = calloc(1, sizeof(*r));

		if (!r)
			abort();
		r->w = w;
		r->start = &w->starts[i];
		r->book = book;
		r->depth = o->depth < WORD_MAX ? o->depth : WORD_MAX;
		r->budget = o->budget;
		held = explore(r);
		forget(r);
	}
	if (held)
		held = book_close(book, o->reasons);
	book_free(book);
	munmap(board, (w->n_letters + 1) * sizeof(*board));
	return held;
}

static bool option(const char *arg, const char *name, const char **out)
{
	size_t n = strlen(name);

	if (strncmp(arg, name, n))
		return false;
	*out = arg + n;
	return true;
}

/* The number, or 0, which is none. */
static size_t number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	return *text >= '0' && *text <= '9' && !*end ? n : 0;
}

static bool read_options(int argc, char **argv, struct options *o)
{
	const char *value;

	for (int i = 1; i < argc; i++) {
		if (option(argv[i], "--depth=", &value) && number(value))
			o->depth = number(value);
		else if (option(argv[i], "--budget=", &value) && number(value))
			o->budget = number(value);
		else if (option(argv[i], "--reasons=", &value))
			o->reasons = value;
		else {
			fprintf(stderr, "%s: '%s': expected --depth=NUMBER, --budget=NUMBER or "
					"--reasons=FILE, numbers from 1 on\n", argv[0], argv[i]);
			return false;
		}
	}
	return true;
}

int learn_main(const struct learn_world *worlds, size_t n, int argc, char **argv)
{
	struct options o = { .depth = 2, .budget = 100000 };
	bool held = true;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!read_options(argc, argv, &o))
		return 2;
	for (size_t i = 0; i < n; i++) {
		const struct unit_row row = { worlds[i].name, NULL, "T-190" };
		bool one = learn(&worlds[i], &o);

		unit_report("unit/learn", &row, one ? "passed" : "failed");
		held = held && one;
	}
	return held ? 0 : 1;
}
