/*
 * rand - octets that nobody can guess, from getrandom(2). Aborts the process when the kernel
 * cannot give them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

void rand_bytes(void *out, size_t n);
uint32_t rand_below(uint32_t limit); /* 0 … limit-1, without bias; limit 0 gives 0 */
uint64_t rand_u64(void);
