/*
 * dgrams - the datagrams that one message leaves in, kept to be sent again bit by bit.
 *
 * Shapes:  each is a copy; an empty list is a message that is not there.
 * Errors:  0 or -ENOMEM; the list is as it was.
 * Source:  RFC 7296 section 2.1.
 */
#pragma once

#include "base/bytes.h"

struct dgrams {
	struct blob *at;
	size_t n;
};

int dgrams_add(struct dgrams *l, struct bytes data);
void dgrams_free(struct dgrams *l); /* empty again */
