#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"

bool bytes_eq(struct bytes a, struct bytes b)
{
	return a.n == b.n && (!a.n || !memcmp(a.p, b.p, a.n));
}

bool bytes_eq_ct(struct bytes a, struct bytes b)
{
	volatile uint8_t differ = 0;

	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		differ |= a.p[i] ^ b.p[i];
	return !differ;
}

int bytes_cmp(struct bytes a, struct bytes b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

int blob_set(struct blob *out, struct bytes v)
{
	struct blob copy = { 0 };

	if (blob_alloc(&copy, v.n) < 0)
		return -ENOMEM;
	if (v.n)
		memcpy(copy.p, v.p, v.n);
	blob_free(out); /* only now: v may be a view of it */
	*out = copy;
	return 0;
}

int blob_alloc(struct blob *out, size_t n)
{
	uint8_t *p = calloc(1, n ? n : 1);

	if (!p)
		return -ENOMEM;
	blob_free(out);
	*out = (struct blob){ p, n };
	return 0;
}

void blob_free(struct blob *b)
{
	if (b->p)
		mem_wipe(b->p, b->n);
	free(b->p);
	*b = (struct blob){ 0 };
}
