/*
 * act - what the rows of the mobile node's table do, by file.
 *
 * Shapes:  handlers give a verdict; functions of net.c change kernel objects only.
 * Errors:  mn_net functions give 0 or the first -errno, already logged.
 * Source:  RFC 6275 sections 11.5 to 11.8.
 */
#pragma once

#include "mip/mn/mn.h"

/* register.c: away from home */
void reg_init(struct mn *mn);
enum mn_verdict reg_move(struct mn *mn);
enum mn_verdict reg_lost(struct mn *mn);
enum mn_verdict reg_accepted(struct mn *mn);
enum mn_verdict reg_again(struct mn *mn);
enum mn_verdict reg_resync(struct mn *mn);
enum mn_verdict reg_later(struct mn *mn);
enum mn_verdict reg_refused(struct mn *mn);
enum mn_verdict reg_problem(struct mn *mn);
enum mn_verdict reg_refresh(struct mn *mn);
/* Do IKE_SAs follow a move? Not when the home agent did not agree (B-071). */
bool reg_keys_follow(const struct mn *mn);
void reg_follow(struct mn *mn); /* the tunnel device, once payload flows */

/* home.c: the home link */
enum mn_verdict home_settle(struct mn *mn);
enum mn_verdict home_return(struct mn *mn);
enum mn_verdict home_unsure(struct mn *mn);
enum mn_verdict home_leave(struct mn *mn);
void home_resolve(struct mn *mn); /* after the BU: who has the home agent's address? */

/* seek.c: discovery of home agents */
enum mn_verdict seek_start(struct mn *mn);
enum mn_verdict seek_again(struct mn *mn);
enum mn_verdict seek_found(struct mn *mn);
enum mn_verdict seek_next(struct mn *mn);
/* What an event means to a node whose home agent is to be discovered. */
enum mn_event seek_meaning(const struct mn *mn, enum mn_event ev);
/* Policies of the pair, once its home agent is known; and none, which it then is not. */
int seek_take(struct mn *mn);
void seek_forget(struct mn *mn);

/* stop.c */
enum mn_verdict stop_deregister(struct mn *mn);
enum mn_verdict stop_done(struct mn *mn);

/* net.c: tunnel, addresses, rules, routes */
int mn_net_clean(struct mn *mn); /* what an earlier run left */
int mn_net_away(struct mn *mn); /* home address on a tunnel whose local end is not known yet */
int mn_net_coa(struct mn *mn); /* tunnel and rule follow the care-of address */
int mn_net_home(struct mn *mn); /* home address on the interface of mn->place */
int mn_net_none(struct mn *mn); /* no home address anywhere */

/* mps.c */
void mps_init(struct mn *mn);
void mps_start(struct mn *mn);
void mps_stop(struct mn *mn);

/* Payload from the home address: stop it, let it pass. Idempotent. */
int mn_block(struct mn *mn);
int mn_unblock(struct mn *mn);
