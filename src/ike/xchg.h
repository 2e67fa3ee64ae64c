/*
 * xchg - the exchange layer: picks the row of a table for each message, and is the only one that
 * sends, arms timers and moves state.
 *
 * It has checked message id, window, ICV, payload sets and unknown critical payloads before a
 * handler runs. Handlers build or read one message and return a verdict.
 * Shapes:  four roles a row can have: ask (write our request), answer (a request came, write the
 *          answer), take (its answer came), refused (an answer that is an error notify or a
 *          COOKIE instead of what was required).
 * Source:  RFC 7296 sections 1, 2.1 to 2.4, 2.21.
 */
#pragma once

#include "ike/iked.h"
#include "ike/msg.h"

enum x_kind { X_INIT, X_AUTH, X_CHILD, X_REKEY_CHILD, X_REKEY_SA, X_INFO, X_KINDS };

enum x_role { X_ASK, X_ANSWER, X_TAKE, X_REFUSED };

enum x_verdict {
	X_SEND, /* ask, answer: send and go to `to`.  take, refused: the exchange is over, go to
		   `to` */
	X_REFUSE, /* answer: send and stay.  take, refused: over, stay */
	X_AGAIN, /* refused: the same task asks once more (COOKIE, other group) */
	X_LATER, /* refused: the same task, after a pause (TEMPORARY_FAILURE) */
	X_DROP, /* as if it had not come; the request stays outstanding */
	X_END, /* send what was written (answer), then the IKE_SA is gone */
	X_FAIL, /* the IKE_SA is gone, nothing is sent */
};

struct task {
	enum x_kind kind;
	TAILQ_ENTRY(task) link;
	struct trap *trap; /* X_AUTH, X_CHILD: whose CHILD_SA; NULL for none */
	struct child *child; /* being made; or X_INFO: the one to delete */
	struct child *old; /* X_REKEY_CHILD: the one to replace */
	struct sa *new_sa; /* X_REKEY_SA: the one being made */
	struct dh *dh;
	struct blob ni;
	uint16_t group; /* asked for by INVALID_KE, 0: the first configured */
	unsigned groups_tried, later;
	uint32_t acquire_seq;
	bool delete_sa, delete_child,
		say_auth_failed; /* X_INFO: what the request says; none: an empty one */
	bool collided; /* the peer's rekey of the same SA came while ours is out */
	struct blob their_nonce; /* of that one: the lowest */
	struct child *their_child;
	struct sa *their_sa;
};

struct x {
	struct iked *d;
	struct sa *sa;
	const struct packet *pkt; /* NULL for ask */
	const struct msg *in; /* NULL for ask */
	struct msg_out *out; /* NULL for take and refused */
	struct task *task; /* NULL for answer */
};

struct x_step {
	unsigned states; /* 1 << enum sa_state, … */
	enum x_kind kind;
	enum x_role role;
	uint32_t required, allowed; /* payloads; others known are ignored unless critical */
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

/* Queue an exchange; it starts at once when nothing is outstanding. NULL: the queue is full. */
struct task *x_queue(struct sa *sa, enum x_kind kind);
void x_queue_front(struct sa *sa, struct task *t);
struct task *task_new(enum x_kind kind);
void task_free(struct task *t);
/* Start what is queued. Called by the layer itself; by others after they filled in a task from
 * task_new. */
void x_run(struct sa *sa);
void x_push(struct sa *sa, struct task *t);

/* The verdict of a whole exchange for those who wait: the trap's CHILD_SA is there (rc 0) or not.
 */
void x_child_done(struct iked *d, struct trap *t, int rc, const char *why);

/* Write an error notify as the answer and refuse. */
enum x_verdict x_refuse(struct x *x, uint16_t type);
enum x_verdict x_refuse_data(struct x *x, uint16_t type, struct bytes data);
enum x_verdict x_refuse_u16(struct x *x, uint16_t type, uint16_t value);

/* Resend the outstanding request from the current addresses (B-056). */
void x_resend_now(struct sa *sa);
/* Arm the lifetime and liveness timers of an IKE_SA that came up (template 38). */
void x_lifetimes(struct sa *sa);
void x_sa_timers(struct sa *sa); /* a new IKE_SA has them, all stopped */
void x_sa_stop(struct sa *sa); /* timers and exchanges end without a word */
void x_sa_gone(struct sa *sa); /* end an IKE_SA outside of an exchange */
