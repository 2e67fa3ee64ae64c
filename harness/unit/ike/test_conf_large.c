/*
 * Configurations that are large or hostile: what is told is bounded, what is looked at grows as the
 * file does. Counted in comparisons, never in time.
 */
#include <unistd.h>

#include "ike/conf/conf_read.h"
#include "unit/unit.h"

static unsigned n_lines;

static void hear(void *arg, bool error, const char *line)
{
	(void)arg, (void)error, (void)line;
	n_lines++;
}

/* Shapes of a file of n sections or lines. */

static void doubled(FILE *f, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		fprintf(f, "conn s%u\n\talso=s%u\n\talso=s%u\n", i, i + 1, i + 1);
	fprintf(f, "conn s%u\n\tauto=add\n", n);
}

static void all_of_all(FILE *f, unsigned n)
{
	n = n < 100 ? n : 100;
	for (unsigned i = 0; i < n; i++) {
		fprintf(f, "conn s%u\n\tauto=add\n", i);
		for (unsigned k = 0; k < n; k++)
			fprintf(f, "\talso=s%u\n", k);
	}
}

static void bad_words(FILE *f, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		fprintf(f, "conn c%u\n\tauto=sideways\n\tnosuchword=1\n", i);
}

static void headers_of_nothing(FILE *f, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		fprintf(f, "what is this %u\nconn same\n", i);
}

static void one_peer(FILE *f, unsigned n)
{
	fprintf(f, "conn %%default\n\tleft=2001:1::1\n\tright=%%any\n");
	for (unsigned i = 0; i < n; i++)
		fprintf(f, "conn c%u\n\tauto=add\n\trightsubnet=2001:1::%x/128\n", i, i + 2);
}

static void many_peers(FILE *f, unsigned n)
{
	fprintf(f, "conn common\n\tleft=2001:1::1\n");
	for (unsigned i = 0; i < n; i++)
		fprintf(f, "conn c%u\n\tauto=add\n\talso=common\n\tright=2001:2::%x\n", i, i + 2);
}

static void peers_by_name(FILE *f, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		fprintf(f, "conn c%u\n\tauto=add\n\tright=%%any\n\trightid=n%u@example.org\n", i,
			i);
}

static const struct {
	const char *name;
	void (*write)(FILE *f, unsigned n);
} shapes[] = {
	{ "doubled", doubled },
	{ "all of all", all_of_all },
	{ "bad words", bad_words },
	{ "headers of nothing", headers_of_nothing },
	{ "one peer", one_peer },
	{ "many peers", many_peers },
	{ "peers by name", peers_by_name },
};

enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

/* What was looked at. */
static size_t load(size_t shape, unsigned n, unsigned *conns)
{
	char path[] = "/tmp/conf-large.XXXXXX";
	struct conf_log log = { .emit = hear };
	struct conf_paths paths = { path, NULL, NULL, "/etc/ipsec.d", NULL, NULL };
	struct ike_conf *c = NULL;
	FILE *f = fdopen(mkstemp(path), "w");
	int rc;

	assert_non_null(f);
	shapes[shape].write(f, n);
	fclose(f);
	n_lines = 0;
	rc = conf_load(&paths, &log, &c);
	assert_true(!rc || rc == CONF_REFUSED);
	*conns = 0;
	for (const struct conn *k = c ? c->conns : NULL; k; k = k->next)
		++*conns;
	ike_conf_free(c);
	unlink(path);
	return log.n_looked;
}

static void loading_looks_at_as_much_as_the_file_is_long(void **state)
{
	unsigned conns;

	(void)state;
	for (size_t i = 0; i < SHAPES; i++) {
		size_t few = load(i, 250, &conns), many = load(i, 1000, &conns);

		if (many > 5 * few || many > 1000 * 3 * CONF_SECTIONS_MAX)
			print_message("%s: %zu, then %zu\n", shapes[i].name, few, many);
		assert_true(many <= 5 * few);
		assert_true(many <= 1000 * 3 * CONF_SECTIONS_MAX);
	}
	load(4, 10000, &conns);
	assert_int_equal(conns, 10000);
}

static void what_is_told_of_a_hostile_file_has_a_limit(void **state)
{
	unsigned conns;

	(void)state;
	for (size_t i = 0; i < SHAPES; i++) {
		load(i, 2000, &conns);
		if (n_lines > CONF_FINDINGS_MAX + 1)
			print_message("%s: %u lines\n", shapes[i].name, n_lines);
		assert_in_range(n_lines, 0, CONF_FINDINGS_MAX + 1);
	}
	load(0, 40, &conns); /* 2^40 ways */
	assert_in_range(n_lines, 1, CONF_FINDINGS_MAX + 1);
}

UNIT_MAIN(T(loading_looks_at_as_much_as_the_file_is_long, "E-045"),
	T(what_is_told_of_a_hostile_file_has_a_limit, "E-044"))
