/*
 * ask - the exchanges that we start: their queue, their requests, and these once more.
 *
 * One request is out at a time; behind it wait the other tasks of the IKE_SA. No handler sends:
 * while one is at work everything that is to be begun waits, in the order in which it was wanted.
 * Shapes:  a task that is pushed belongs to the IKE_SA.
 * Errors:  -EBUSY: the queue is full, the task is gone.
 * Source:  RFC 7296 sections 2.1 to 2.4, 2.25.
 */
#pragma once

#include "ike/machine/row.h"

/* Behind the others. */
int x_push(struct sa *sa, struct task *t);
void x_push_front(struct sa *sa, struct task *t); /* begun by the next x_run */
/* Begin what waits, if nothing is outstanding: now, or when the handlers at work are through. */
void x_run(struct sa *sa);
/* Between these two handlers are at work. What they want of any IKE_SA begins behind them. */
void x_work_begin(struct iked *d);
void x_work_end(struct iked *d);
/* Ask what sa->task says. */
void x_ask(struct sa *sa);
/* The answer is there: the request is forgotten. */
void x_request_over(struct sa *sa);
/* The same task, after a pause; task_over when that was too often. */
void x_pause(struct sa *sa, struct task *t);

/*
 * New endpoints (KMADDRESS). No message is sent but an outstanding request, same octets, from the
 * new address. False: it was there already.
 */
bool x_turn_to(struct sa *sa, const struct in6_addr *local, const struct in6_addr *remote);

/* Timers of an IKE_SA. */
void x_on_resend(void *sa);
void x_on_later(void *sa);
