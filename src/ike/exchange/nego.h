/*
 * nego - the negotiation of one CHILD_SA, the same in IKE_AUTH, CREATE_CHILD_SA and its rekey.
 *
 * Asking: nego_ask writes N(USE_TRANSP), SA, (Ni, KE), TSi, TSr. Answering: nego_answer chooses and
 * writes the same. nego_take checks what the peer chose. nego_keys derives and installs.
 * Errors:  a positive value is the notify type of the refusal, a negative one -errno, 0 good.
 * Source:  RFC 7296 sections 1.3, 2.7, 2.9, 2.17; RFC 4877 sections 4, 5, 10.
 */
#pragma once

#include "ike/machine/row.h"
#include "ike/sa/child.h"

/* What of the offer our configuration admits, seen from us. */
struct nego_ts {
	struct ts_list local, remote;
	bool transport;
};

/* The connection of this peer that the offer is for (B-080, B-081), or NULL. */
struct trap *nego_select(
	const struct sa *sa, const struct trap *peer, const struct msg *in, struct nego_ts *out);

/* The same for one connection; its configured selectors; the audit line of a refusal. */
bool nego_fits(
	const struct sa *sa, const struct trap *t, const struct msg *in, struct nego_ts *out);
void nego_conn_ts(
	const struct sa *sa, const struct trap *t, struct ts_list *local, struct ts_list *remote);
void nego_say_refused(const struct sa *sa, const struct msg *in);

/* with_dh: CREATE_CHILD_SA, where nonce and Diffie-Hellman are new (task->ni, task->dh). */
int nego_ask(struct x *x, struct child *c, bool with_dh);

/* rekeyed: NULL, or the CHILD_SA whose connection it must be. On 0 the answer is written and *out
 * is installed; on a refusal nothing was written and nothing stays. */
int nego_answer(struct x *x, struct child *rekeyed, bool with_dh, struct child **out);

/* The answer to our request: checked, keys made, installed. */
int nego_take(struct x *x, struct child *c, bool with_dh);
/* The peer granted it, so it has it, whatever is thought of it here: its half is deleted. */
void nego_take_back(struct x *x);

/* Answer with that refusal only. */
enum x_verdict nego_refuse(struct x *x, int type);

/* What was wanted of the task is there (rc 0) or not: whoever waits for it hears so. */
void nego_over(struct x *x, int rc, const char *why);

/* Log what was agreed. */
void nego_say(const struct child *c);

/* Log the refusal and give its name. */
const char *nego_refusal(const struct msg *in);
