/*
 * acquire - the kernel wants an SA (ACQUIRE), or one of ours gets old (EXPIRE).
 *
 * Errors:  none: what is not ours is ignored, what fails is logged.
 * Source:  RFC 4301 section 4.4.2.1; B-040 to B-049, A-136.
 */
#pragma once

#include "ike/events/reqid.h"
#include "kernel/xfrm_event.h"

void acquire_event(struct reqids *r, const struct xfrm_event *ev);
void expire_event(struct reqids *r, const struct xfrm_event *ev);
/* Soft starts a rekey, hard deletes, and makes anew when its connection is routed. */
void child_expired(struct child *c, bool hard);
