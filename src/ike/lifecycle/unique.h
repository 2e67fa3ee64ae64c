/*
 * unique - what becomes of several IKE_SAs between the same two identities.
 *
 * Judged only after authentication. The newest replaces older ones that carry the same
 * (uniqueids=yes); INITIAL_CONTACT ends all of them at once. Two that both sides began at the same
 * time are no newest and oldest: the one with the lower initiator SPI is handed over and closed by
 * the side that began it, as both sides know both SPIs.
 * Source:  RFC 7296 sections 2.4, 2.8, 3.10.1, B-087.
 */
#pragma once

#include "ike/message/msg.h"
#include "ike/sa/books.h"

/* A responder has authenticated its peer. False: the older one stays, this one is refused. */
bool unique_admit(struct sa *sa, const struct msg *in);
/* It is up: what stands beside it gives way, or it does itself. */
void unique_settle(struct sa *sa);
