#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/mem.h"
#include "unit/unit.h"

struct thing {
	int *freed;
};

static void thing_free(struct thing *t)
{
	if (t)
		++*t->freed;
	free(t);
}

OWN(thing)

static struct thing *make(int *freed, int give)
{
	own(thing) *t = malloc(sizeof(*t));

	assert_non_null(t);
	t->freed = freed;
	return give ? take(t) : NULL;
}

static void what_is_owned_ends_with_the_scope(void **state)
{
	int freed = 0;

	(void)state;
	assert_null(make(&freed, 0));
	assert_int_equal(freed, 1);
}

static void what_is_taken_stays(void **state)
{
	int freed = 0;
	struct thing *t = make(&freed, 1);

	(void)state;
	assert_non_null(t);
	assert_int_equal(freed, 0);
	thing_free(t);
	assert_int_equal(freed, 1);
}

static void an_owned_file_descriptor_is_closed(void **state)
{
	int copy;

	(void)state;
	{
		own_fd fd = open("/dev/null", O_RDONLY);
		own_fd none = -1;

		copy = fd;
		assert_true(fcntl(copy, F_GETFD) >= 0);
		assert_int_equal(none, -1);
	}
	assert_int_equal(fcntl(copy, F_GETFD), -1);
	assert_int_equal(errno, EBADF);
}

static void owned_memory_and_files_may_be_absent(void **state)
{
	own_mem char *nothing = NULL, *text = strdup("text");
	own_file *none = NULL, *f = tmpfile();

	(void)state;
	assert_null(nothing);
	assert_non_null(text);
	assert_null(none);
	assert_non_null(f);
}

static void a_wiped_secret_is_zero(void **state)
{
	char secret[] = "secret";

	(void)state;
	mem_wipe(secret, sizeof(secret));
	for (size_t i = 0; i < sizeof(secret); i++)
		assert_int_equal(secret[i], 0);
	mem_wipe(NULL, 0);
}

UNIT_MAIN(T(what_is_owned_ends_with_the_scope, ""), T(what_is_taken_stays, ""),
	T(an_owned_file_descriptor_is_closed, ""), T(owned_memory_and_files_may_be_absent, ""),
	T(a_wiped_secret_is_zero, ""))
