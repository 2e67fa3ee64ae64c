#include <errno.h>
#include <stdlib.h>

#include "ike/message/dgrams.h"

int dgrams_add(struct dgrams *l, struct bytes data)
{
	struct blob *at = reallocarray(l->at, l->n + 1, sizeof(*at)), one = { 0 };

	if (!at)
		return -ENOMEM;
	l->at = at;
	if (blob_set(&one, data) < 0)
		return -ENOMEM;
	l->at[l->n++] = one;
	return 0;
}

void dgrams_free(struct dgrams *l)
{
	for (size_t i = 0; i < l->n; i++)
		blob_free(&l->at[i]);
	free(l->at);
	*l = (struct dgrams){ 0 };
}
