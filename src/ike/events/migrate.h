/*
 * migrate - what moves an IKE_SA and its tunnels: MIGRATE events with KMADDRESS, rewritten
 * policies, and what the kernel still knows when events were lost or the daemon is new.
 *
 * An event is believed only where the kernel's own policy shows the same. No message is sent.
 * Errors:  none: what is not ours is ignored, what fails is logged.
 * Source:  RFC 4877 section 7.3; B-050 to B-059, B-101, B-103, A-223; P7, P10, P11.
 */
#pragma once

#include "ike/events/reqid.h"
#include "kernel/xfrm_event.h"

void migrate_event(struct reqids *r, const struct xfrm_event *ev);
/*
 * A policy is new or other than it was: learn its reqid, bring the tunnel's SAs to its
 * endpoints.
 */
void policy_event(struct reqids *r, const struct xfrm_event *ev);

/* Events were lost, or we have just started: read policies and Mobile IPv6 states. */
void migrate_resync(struct reqids *r);
