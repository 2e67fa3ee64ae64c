/*
 * yield - an IKE_SA that gives way to another one with the same peer.
 *
 * It stays up, but nothing new is made in it. Who began it makes its CHILD_SAs anew in another
 * IKE_SA and closes it when all of them are there: at no time is an SA missing.
 * Shapes:  for reauthentication, after NO_ADDITIONAL_SAS, after a move without KMADDRESS, and for
 *          one of two IKE_SAs between the same two identities.
 * Errors:  0 or -errno; -EOPNOTSUPP: no IKE_SA can be begun from here.
 * Source:  RFC 7296 section 2.8.3, RFC 4877 section 7.4, A-171, A-174, B-072.
 */
#pragma once

#include "ike/sa/books.h"

/* Hand over and close. May be repeated: what is not there yet is asked for once more. */
int yield_begin(struct sa *sa);

/* The peer hands over; if it does not close the IKE_SA we do after a while, given another one. */
void yield_wait(struct sa *sa);
/* That while is over. False: there is no other one, it stays as it was. */
bool yield_over(struct sa *sa);

/* Rekeyed: CHILD_SAs, and what is still to do, go to the new IKE_SA (2.18). If it was to yield, the
 * new one yields in its place. */
void yield_to(struct sa *from, struct sa *to);

/* It ends at an address of the past: hand over, now or when a later move makes that possible. */
void yield_stranded(struct sa *sa);

/* A CHILD_SA of this connection is there: is that all that yielding IKE_SAs wait for? */
void yield_look(struct trap *t);
