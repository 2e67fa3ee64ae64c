/*
 * km - where key management runs: the KMADDRESS of a MIGRATE, kept for the connection's peer.
 *
 * A MIGRATE may come before its connection does; what it says is kept until one claims it.
 * Shapes:  given to all connections of the same peer and, when up, to its IKE_SAs.
 * Source:  RFC 4877 section 7.3; B-042, B-058, B-072.
 */
#pragma once

#include "ike/events/reqid.h"

/* Remember, whether an IKE_SA exists or not. */
void km_set(struct trap *t, const struct in6_addr *local, const struct in6_addr *remote);
/* Key management follows no longer. True: it had. */
bool km_forget(struct trap *t);

/* A MIGRATE for nobody here: its KMADDRESS is kept until a connection claims it. */
void km_keep(struct reqids *r, const struct xfrm_migrate *m);
/* A later one found its connection: what was kept of this selector is old. */
void km_drop(struct reqids *r, const struct xfrm_migrate *m);

/* A connection was added or routed: reqids_trap, and what came early is its own. */
void km_trap(struct reqids *r, struct trap *t);
