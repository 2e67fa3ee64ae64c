/*
 * bytes - octets that we look at (struct bytes) and octets that we own (struct blob).
 *
 * Shapes:  a view is a pointer and a length and never owns; a blob is heap memory of its own.
 * Units:   lengths are octets. An empty view has n == 0 and any p.
 * Errors:  0 or -ENOMEM; *out is untouched on failure.
 * Source:  none.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
	const uint8_t *p;
	size_t n;
};

struct blob {
	uint8_t *p;
	size_t n;
};

#define BYTES(ptr, len) ((struct bytes){ (const uint8_t *)(ptr), (len) })
#define BYTES_OF(array) BYTES(array, sizeof(array))
#define BYTES_STR(str) BYTES(str, strlen(str))
#define BYTES_NONE ((struct bytes){ NULL, 0 })

bool bytes_eq(struct bytes a, struct bytes b);

/* Equal, in a time that depends on the lengths only: for MACs, cookies and tokens. */
bool bytes_eq_ct(struct bytes a, struct bytes b);

/* <0, 0, >0 as memcmp; a prefix sorts first. For nonce comparison (RFC 7296 section 2.8). */
int bytes_cmp(struct bytes a, struct bytes b);

static inline struct bytes blob_view(const struct blob *b)
{
	return (struct bytes){ b->p, b->n };
}

/* Replace *out by a copy of v; what it held is wiped and freed. */
int blob_set(struct blob *out, struct bytes v);

/* Replace *out by n zero octets. */
int blob_alloc(struct blob *out, size_t n);

/* Wipe, free, make empty. Fine on an empty blob. */
void blob_free(struct blob *b);
