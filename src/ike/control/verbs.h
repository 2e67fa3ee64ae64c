/*
 * verbs - what `ipsec` asks: up, down, route, status, reread… One row a verb.
 *
 * Shapes:  `up` and `down` of an IKE_SA wait for what they caused, and show the log meanwhile.
 * Errors:  exit statuses of ipsec(8): 0 done, 1 failed, 2 usage.
 * Source:  ipsec(8).
 */
#pragma once

#include "ike/control/control.h"

int verbs_new(struct control *co);
void verbs_free(struct control *co);

ctl_fn verbs_serve; /* arg: the struct control */

/* Seams of iked: somebody may be waiting for this. */
void verbs_child_done(struct control *co, const struct trap *t, int rc, const char *why);
void verbs_sa_gone(struct control *co, const struct sa *sa);
void verbs_sa_inherited(struct control *co, const struct sa *from, const struct sa *to);
