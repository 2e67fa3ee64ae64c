/*
 * status - what is configured, routed and established, for people and for programs.
 *
 * Shapes:  lines go to a function, without newlines.
 * Errors:  none; what the kernel does not tell is left out.
 * Source:  strongSwan 4.2.9's `ipsec statusall`.
 */
#pragma once

#include "ike/control/control.h"

struct status_out {
	void (*line)(void *arg, const char *text);
	void *arg;
	const char *name; /* only this connection; NULL: all */
	bool all; /* statusall */
};

void status_text(const struct control *co, const struct status_out *out);
void status_json(const struct control *co, const struct status_out *out);

/* Seconds since the kernel's policy of this CHILD_SA was last used; -1 never or not known. */
long status_last_use(const struct control *co, const struct child *c, enum xdir dir);

/* All IKE_SAs, the oldest first; NULL ends. Free with free(). */
struct sa **status_sas(const struct control *co);
/* The CHILD_SAs of one, the oldest first; NULL ends. Free with free(). */
struct child **status_children(const struct sa *sa);
/* Seconds until a time of the loop; 0 when it is past, -1 when there is none (at == 0). */
long status_left(uint64_t at);
/* When a CHILD_SA is rekeyed, as a time of the loop; 0 never. */
uint64_t status_child_rekey(const struct child *c);
/* Subject of the CA behind a connection's own certificate, or NULL. */
const char *status_own_ca(const struct control *co, const struct trap *t);
