#include "crypto/rand.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void rand_bytes(void *out, size_t n)
{
	uint8_t *p = out;

	while (n) {
		ssize_t got = getrandom(p, n, 0);

		if (got < 0 && errno != EINTR)
			abort(); /* a key made of nothing would be worse */
		if (got > 0) {
			p += got;
			n -= (size_t)got;
		}
	}
}

uint64_t rand_u64(void)
{
	uint64_t v;

	rand_bytes(&v, sizeof(v));
	return v;
}

/* Values under 2^32 mod limit would make the small results likelier: draw again. */
uint32_t rand_below(uint32_t limit)
{
	uint32_t v, least;

	if (!limit)
		return 0;
	least = (0 - limit) % limit;
	do
		rand_bytes(&v, sizeof(v));
	while (v < least);
	return v % limit;
}
