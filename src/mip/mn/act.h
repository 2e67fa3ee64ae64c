/*
 * act - what the rows of the mobile node's table do, by file.
 *
 * Shapes:  handlers give a verdict; functions of net.c change kernel objects only.
 * Errors:  mn_net functions give 0 or the first -errno, already logged.
 * Source:  RFC 6275 sections 11.5 to 11.8.
 */
#pragma once

#include "mip/mn/mn.h"

/* What else must be so for a row to count. */
struct mn_when {
	bool (*is)(const struct mn *mn);
	const char *word;
};

struct mn_row {
	enum mn_state state;
	enum mn_event event;
	const struct mn_when *when; /* NULL: always */
	enum mn_verdict (*handler)(struct mn *mn);
	enum mn_state to;
	const char *story;
	void (*after)(struct mn *mn); /* what need not be in the way of BU or payload */
};

/* mn.c: the table; and by state the events without a row, one bit each */
extern const struct mn_row mn_rows[];
extern const size_t mn_n_rows;
extern const struct mn_empty {
	uint32_t impossible, ignored;
} mn_empty[MN_STATES];
const char *mn_event_str(enum mn_event ev);

/* register.c: away from home */
enum mn_verdict reg_move(struct mn *mn);
enum mn_verdict reg_lost(struct mn *mn);
enum mn_verdict reg_accepted(struct mn *mn);
enum mn_verdict reg_again(struct mn *mn);
enum mn_verdict reg_ended(struct mn *mn);
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
void seek_ask(struct mn *mn); /* what MV_ASK sends */
extern const struct mn_when seek_unknown, seek_another, seek_own, seek_silent;
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
/* What `p` says wants a binding update, of which others get MAX_UPDATE_RATE a second. */
void mn_asked(struct mn *mn, const struct mip_packet *p, const char *what);
void mps_start(struct mn *mn); /* where a question is due */
void mps_ask(struct mn *mn);
void mps_answered(struct mn *mn); /* until the home prefix is about to end */
void mps_stop(struct mn *mn); /* and forget what was told: the home link itself knows better */
uint32_t mps_hoa_left(const struct mn *mn); /* seconds of the home address, UINT32_MAX: for ever */

/* Payload from the home address: stop it, let it pass. Idempotent. */
int mn_block(struct mn *mn);
int mn_unblock(struct mn *mn);
