/* hex - octets of a test vector from text: two digits an octet, blanks between are fine. */
#pragma once

#include <assert.h>
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>

#include "base/bytes.h"

static inline struct bytes hex(const char *text)
{
	static uint8_t ring[8][1024];
	static unsigned at;
	uint8_t *out = ring[at++ % 8];
	size_t n = 0;

	while (*text) {
		unsigned v;

		if (isspace((unsigned char)*text)) {
			text++;
			continue;
		}
		assert(n < sizeof(ring[0]) && sscanf(text, "%2x", &v) == 1);
		out[n++] = (uint8_t)v;
		text += 2;
	}
	return BYTES(out, n);
}
