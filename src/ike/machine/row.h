/*
 * row - what a table of an exchange is made of, and what its handlers see and say.
 *
 * Message id, window, ICV, payload sets and unknown critical payloads have been checked before a
 * handler runs. It builds or reads one message and returns a verdict.
 * Shapes:  four roles a row can have: ask (write our request), answer (a request came, write the
 *          answer), take (its answer came), refused (an answer that is an error notify or a
 *          COOKIE instead of what was required).
 * Source:  RFC 7296 sections 1, 2.1 to 2.4, 2.21.
 */
#pragma once

#include "ike/sa/books.h"
#include "ike/sa/task.h"
#include "ike/message/packet.h"
#include "ike/message/msg.h"

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
	enum task_kind kind;
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
/* The row for this state, kind and role, or NULL. */
const struct x_step *x_step_find(const struct sa *sa, enum task_kind kind, enum x_role role);
uint8_t x_exchange(enum task_kind kind);

/* Answers that refuse: what was written so far is dropped, one error notify is the answer. */
enum x_verdict x_refuse(struct x *x, uint16_t type);
enum x_verdict x_refuse_data(struct x *x, uint16_t type, struct bytes data);
enum x_verdict x_refuse_end(struct x *x, uint16_t type); /* and the IKE_SA is gone */
enum x_verdict x_refuse_u16(struct x *x, uint16_t type, uint16_t value);

/* End of the IKE_SA with a reason for those who wait: `return x_fail(x, -EACCES, "…")`. */
enum x_verdict x_fail(struct x *x, int rc, const char *why);
