/*
 * ask - the exchanges that we start: their queue, their requests, and these once more.
 *
 * One request is out at a time; behind it wait the other tasks of the IKE_SA.
 * Shapes:  a task that is pushed belongs to the IKE_SA.
 * Errors:  -EBUSY: the queue is full, the task is gone.
 * Source:  RFC 7296 sections 2.1 to 2.4, 2.25.
 */
#pragma once

#include "ike/machine/row.h"

/* Behind the others; begun at once when nothing is outstanding. */
int x_push(struct sa *sa, struct task *t);
void x_push_front(struct sa *sa, struct task *t); /* begun by the next x_run */
void x_run(struct sa *sa);
/* Ask what sa->task says. */
void x_ask(struct sa *sa);
/* The answer is there: the request is forgotten. */
void x_request_over(struct sa *sa);
/* The same task, after a pause; task_over when that was too often. */
void x_pause(struct sa *sa, struct task *t);
void x_pause_over(struct sa *sa); /* what pauses goes on, behind all that is done now */

/*
 * New endpoints (KMADDRESS). No message is sent but an outstanding request, same octets, from the
 * new address. False: it was there already.
 */
bool x_turn_to(struct sa *sa, const struct in6_addr *local, const struct in6_addr *remote);

/* Timers of an IKE_SA. */
void x_on_resend(void *sa);
void x_on_later(void *sa);
