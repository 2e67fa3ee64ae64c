/*
 * lifetime - when an IKE_SA is rekeyed, expires, is asked whether it is there: its timers.
 *
 * Units:   milliseconds of loop_now().
 * Source:  RFC 7296 sections 2.4, 2.8.
 */
#pragma once

#include "ike/sa/books.h"

void lifetime_begin(struct sa *sa); /* drawn and told, of one that comes up */
void lifetime_entered(struct sa *sa); /* its state is another one */
void lifetime_rekey_in(struct sa *sa, uint64_t ms);
void lifetime_no_rekey(struct sa *sa);
void lifetime_expire_in(struct sa *sa, uint64_t ms);
void lifetime_again(struct sa *sa); /* as they were drawn */
/* How long nothing may be heard, 0: for ever; and when to look again. */
uint64_t lifetime_dpd_ms(const struct sa *sa);
void lifetime_dpd_in(struct sa *sa, uint64_t ms);
