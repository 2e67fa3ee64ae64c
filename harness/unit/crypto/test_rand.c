#include "crypto/rand.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "unit/unit.h"

/* In place of the C library's: what this program draws comes through here. */
static unsigned n_calls;
static bool grudging; /* interrupted first, then five octets at a time */

ssize_t getrandom(void *buf, size_t n, unsigned flags)
{
	n_calls++;
	if (grudging && n_calls == 1) {
		errno = EINTR;
		return -1;
	}
	assert_int_equal(flags, 0); /* waits until the pool is filled */
	return syscall(SYS_getrandom, buf, grudging && n > 5 ? 5 : n, flags);
}

static void all_octets_are_of_the_kernel_s_generator(void **state)
{
	uint8_t a[32] = { 0 }, seen = 0;

	(void)state;
	n_calls = 0;
	grudging = true;
	rand_bytes(a, sizeof(a));
	grudging = false;
	assert_int_equal(n_calls, 8); /* one in vain, six of five, one of two */
	for (size_t i = 28; i < sizeof(a); i++)
		seen |= a[i];
	assert_true(seen);
	n_calls = 0;
	rand_u64();
	rand_below(7);
	assert_true(n_calls >= 2);
}

static void two_draws_differ(void **state)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 };

	(void)state;
	rand_bytes(a, sizeof(a));
	rand_bytes(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_true(rand_u64() != rand_u64());
}

static void a_limited_draw_stays_under_its_limit(void **state)
{
	unsigned seen[3] = { 0 };

	(void)state;
	for (int i = 0; i < 3000; i++) {
		uint32_t v = rand_below(3);

		assert_in_range(v, 0, 2);
		seen[v]++;
	}
	for (int i = 0; i < 3; i++)
		assert_true(seen[i] > 700);
	assert_int_equal(rand_below(0), 0);
	assert_int_equal(rand_below(1), 0);
}

/* clang-format off */
UNIT_MAIN(T(all_octets_are_of_the_kernel_s_generator, "A-193"), T(two_draws_differ, ""),
	T(a_limited_draw_stays_under_its_limit, ""))
