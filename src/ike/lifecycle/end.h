/*
 * end - an IKE_SA is gone, and with it its CHILD_SAs: what becomes of those who wait for one.
 *
 * Shapes:  the memory goes when no handler of it is at work.
 * Source:  RFC 7296 sections 1.4.1, 2.4, 2.21.
 */
#pragma once

#include "ike/sa/books.h"

void end_sa(struct sa *sa); /* what was wanted of it fails */
void end_joined(struct sa *from, struct sa *to); /* what was wanted of it goes to the other */
void end_timed_out(struct sa *sa); /* the peer does not answer: try again or give up */
