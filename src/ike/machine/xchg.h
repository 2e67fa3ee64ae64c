/*
 * xchg - the exchange layer: picks the row of a table for each message, and is the only one that
 * sends, arms timers and moves state.
 *
 * It has checked message id, window, ICV, payload sets and unknown critical payloads before a
 * handler runs. Handlers build or read one message and return a verdict.
 * Shapes:  four roles a row can have: ask (write our request), answer (a request came, write the
 *          answer), take (its answer came), refused (an answer that is an error notify or a
 *          COOKIE instead of what was required).
 * Units:   a task is one exchange that we start; an IKE_SA has one at work and others behind it.
 * Source:  RFC 7296 sections 1, 2.1 to 2.4, 2.21.
 */
#pragma once

#include "ike/lifecycle/iked.h"
#include "ike/machine/limits.h"
#include "ike/message/msg.h"

enum x_kind { X_INIT, X_AUTH, X_CHILD, X_REKEY_CHILD, X_REKEY_SA, X_INFO, X_DELETE_SA, X_KINDS };

enum x_role { X_ASK, X_ANSWER, X_TAKE, X_REFUSED };

enum x_verdict {
	X_SEND, /* send and go to `to`; take, refused: the exchange is over, go to `to` */
	X_REFUSE, /* send and stay; ask, take, refused: the exchange is over, stay */
	X_AGAIN, /* refused: the same task asks once more (COOKIE, another group) */
	X_LATER, /* refused: the same task, after a pause (TEMPORARY_FAILURE) */
	X_DROP, /* as if it had not come; a request of ours stays outstanding */
	X_END, /* send what was written, then the IKE_SA is gone */
	X_FAIL, /* the IKE_SA is gone, nothing is sent */
};

enum { X_CAP = 16384, NONCE_LEN = 32, NONCE_MIN = 16, NONCE_MAX = 256 };

struct task {
	enum x_kind kind;
	TAILQ_ENTRY(task) link;
	struct trap *trap; /* X_AUTH, X_CHILD: whose CHILD_SA; NULL: none */
	struct child_ref child; /* being made, the task's own; X_INFO: the one to delete */
	struct child_ref old; /* X_REKEY_CHILD: the one to replace */
	struct sa_ref new_sa; /* X_REKEY_SA: the one being made, the task's own */
	struct dh *dh;
	struct blob ni;
	uint16_t group; /* asked for by INVALID_KE, 0: the first configured */
	unsigned n_groups, n_later;
	bool auth_failed; /* X_DELETE_SA: say N(AUTH_FAILED) too */
	/* The peer's request for the same SA came while ours is out (2.8.1, 2.8.2). */
	bool collided;
	struct blob their_nonce; /* the lower of its two */
	struct child_ref their_child;
	struct sa_ref their_sa;
};

struct x {
	struct iked *d;
	struct sa *sa;
	const struct packet *pkt; /* NULL for ask */
	const struct msg *in; /* NULL for ask */
	struct msg_out *out; /* NULL for take and refused */
	struct task *task; /* NULL for answer */
	uint16_t group; /* the Diffie-Hellman group that INVALID_KE asks for */
};

struct x_step {
	unsigned states; /* IN(SA_UP) | … */
	enum x_kind kind;
	enum x_role role;
	uint32_t required, allowed; /* payloads of a request beside these are a syntax error */
	enum x_verdict (*fn)(struct x *x);
	enum sa_state to;
	const char *story;
};

#define IN(state) (1u << (state))

struct x_table {
	const struct x_step *steps;
	size_t n;
};
extern const struct x_table x_init_table, x_auth_table, x_child_table, x_rekey_table, x_info_table;

/* The row for this state, kind and role, or NULL. */
const struct x_step *x_step_find(enum sa_state state, enum x_kind kind, enum x_role role);
uint8_t x_exchange(enum x_kind kind);

/* A new task, or NULL; x_push takes it and starts it when nothing is outstanding. -EBUSY: full. */
struct task *task_new(enum x_kind kind);
void task_free(struct task *t); /* a CHILD_SA or IKE_SA not finished goes with it */
int x_push(struct sa *sa, struct task *t);
void x_push_front(struct sa *sa, struct task *t);
void x_run(struct sa *sa);

/* Answers that refuse: what was written so far is dropped, one error notify is the answer. */
enum x_verdict x_refuse(struct x *x, uint16_t type);
enum x_verdict x_refuse_data(struct x *x, uint16_t type, struct bytes data);
enum x_verdict x_refuse_end(struct x *x, uint16_t type); /* and the IKE_SA is gone */
enum x_verdict x_refuse_u16(struct x *x, uint16_t type, uint16_t value);

/* End of the IKE_SA with a reason for those who wait: `return x_fail(x, -EACCES, "…")`. */
enum x_verdict x_fail(struct x *x, int rc, const char *why);

/* The CHILD_SA that was wanted for this trap is there (rc 0) or will not come. */
void x_child_done(struct iked *d, struct trap *t, int rc, const char *why);

/*
 * Sending: the one place where datagrams leave. What a stranger caused leaves only as long as there
 * is room in the budget of such answers, unless it is owed: a request of ours, the answer to one
 * that was admitted.
 */
typedef void x_send(struct iked *d, const struct packet *p);
x_send x_transmit, x_transmit_owed;
void x_transmit_sa(struct sa *sa, struct bytes data); /* owed, to the address of the IKE_SA */
void x_reply(struct sa *sa, const struct packet *to, struct msg_out *out, const struct msg *in,
	x_send *send);
void x_reply_plain(struct iked *d, const struct packet *to, const struct msg *in, uint16_t type,
	struct bytes data); /* unprotected, outside of any IKE_SA */
void x_say_received(const struct packet *p, const struct msg *m);
/* Resend the outstanding request from the current addresses (B-056). */
void x_resend_now(struct sa *sa);
/* The answer is there: the request is forgotten. */
void x_request_over(struct sa *sa);
/* Ask what sa->task says. */
void x_ask(struct sa *sa);

/* State and time. */
void x_inherit(struct sa *from, struct sa *to); /* CHILD_SAs and what is still to do (2.18) */
void x_move(struct sa *sa, enum sa_state to);
void x_lifetimes(struct sa *sa); /* of an IKE_SA that comes up (template 38) */
void x_pause(struct sa *sa, struct task *t);
void x_resend_init(struct sa *sa);
void x_sa_timers(struct sa *sa); /* a new IKE_SA has them, all stopped */
void x_sa_stop(struct sa *sa); /* timers and exchanges end without a word */
void x_sa_gone(struct sa *sa); /* end it; what was wanted of it fails */
void x_sa_join(struct sa *from, struct sa *to); /* end it; what was wanted goes to the other */
void x_sa_timeout(struct sa *sa); /* the peer does not answer: try again or give up */
