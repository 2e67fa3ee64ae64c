/*
 * lost - kernel SAs of a CHILD_SA that somebody else took away, and what an earlier run left.
 *
 * What stands in the kernel decides, not what was said: an SA that moved is not lost. A lost
 * CHILD_SA is replaced by a rekey, so that the peer's half goes only when the new one is there.
 * What an earlier run left is deleted, and its CHILD_SAs are made anew at once: the peer still has
 * its half of them and would use it in vain. So is what the kernel asked for before we listened:
 * its larval state keeps it from asking again (P12).
 * Errors:  none: what fails is logged.
 * Source: , B-100, B-101; RFC 7296 sections 1.3.3, 2.4.
 */
#pragma once

#include "ike/events/reqid.h"
#include "kernel/xfrm_event.h"

/* An SA was deleted, by whomever. */
void lost_event(struct iked *d, const struct xfrm_event *ev);
/* All were flushed, or events were lost: look at every CHILD_SA. */
void lost_look(struct iked *d);

/* ESP SAs with our reqids that an earlier run left behind. Nothing else is touched. */
void lost_earlier_run(struct reqids *r);
