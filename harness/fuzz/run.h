/*
 * run - an input as the steps of a run that is the same each time.
 *
 * Octets are read one by one. Randomness is a counter: a target that includes this header leaves
 * src/crypto/rand.c out (FUZZ_OWN_… of the Makefile).
 * Shapes:  when the input is over everything reads as 0; it is not owned.
 * Errors:  none.
 * Source:  none.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "crypto/rand.h"

struct run {
	const uint8_t *at;
	size_t n;
};

static uint64_t run_drawn; /* set it where a run begins */

void rand_bytes(void *out, size_t n)
{
	uint8_t *p = out;

	for (size_t i = 0; i < n; i++) {
		run_drawn = run_drawn * 6364136223846793005u + 1442695040888963407u;
		p[i] = (uint8_t)(run_drawn >> 56);
	}
}

uint64_t rand_u64(void)
{
	uint64_t v;

	rand_bytes(&v, sizeof(v));
	return v;
}

uint32_t rand_below(uint32_t limit)
{
	return limit ? (uint32_t)(rand_u64() >> 32) % limit : 0;
}

static inline uint8_t run_u8(struct run *in)
{
	if (!in->n)
		return 0;
	in->n--;
	return *in->at++;
}

/* An octet chooses the step, which takes what it needs; `after` looks at what came of it. */
#define RUN(in, most, steps, arg, after)                                                           \
	do {                                                                                       \
		for (unsigned i_ = 0; (in)->n && i_ < (most); i_++) {                              \
			(steps)[run_u8(in) % (sizeof(steps) / sizeof((steps)[0]))](arg);           \
			after;                                                                     \
		}                                                                                  \
	} while (0)
