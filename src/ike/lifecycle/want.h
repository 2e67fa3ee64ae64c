/*
 * want - a CHILD_SA is asked for, by the kernel or a person, until it is there or cannot be.
 *
 * Shapes:  what is asked for twice is asked of the peer once.
 * Source:  RFC 7296 sections 1.2, 1.3.1, 2.4; RFC 4301 section 5.1.
 */
#pragma once

#include "ike/sa/books.h"

/*
 * A CHILD_SA for this connection: by CREATE_CHILD_SA when its peer's IKE_SA is up, queued while
 * one is connecting, else a new IKE_SA. acq is NULL when a person asks. Merged while under way.
 * 0; -EALREADY: merged; -EBUSY: held back (B-046) or queue full; -EADDRNOTAVAIL/-ENETUNREACH: no
 * address to send from.
 */
int iked_want_child(struct iked *d, struct trap *t, const struct acquire *acq);

/* It is there (rc 0), or will not come. */
void want_over(struct iked *d, struct trap *t, int rc, const char *why);

void want_on_retry(void *trap);
