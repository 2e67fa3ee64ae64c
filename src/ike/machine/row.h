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

enum x_role { ROLE_ASK, ROLE_ANSWER, ROLE_TAKE, ROLE_REFUSED };

enum x_verdict {
	X_SEND, /* send and go to `to`; take, refused: the exchange is over, go to `to` */
	X_STAY, /* done, and the state stays: answer: send; ask: there is nothing to ask any more;
		   take, refused: the exchange is over */
	X_REFUSE, /* answer: send the error and stay; an IKE_SA that was made for it is gone */
	X_AGAIN, /* refused: the same task asks once more (COOKIE, another group) */
	X_LATER, /* ask, refused: the same task, after a pause (TEMPORARY_FAILURE) */
	X_DROP, /* as if it had not come; a request of ours stays outstanding */
	X_END, /* send what was written, then the IKE_SA is gone */
	X_FAIL, /* the IKE_SA is gone, nothing is sent */
};

enum { MSG_CAP = 16384, NONCE_LEN = 32 };

struct x {
	struct iked *d;
	struct sa *sa;
	const struct packet *pkt; /* NULL for ask */
	const struct msg *in; /* NULL for ask */
	struct msg_out *out; /* NULL for take and refused */
	struct task *task; /* NULL for answer */
	uint16_t group; /* the Diffie-Hellman group that INVALID_KE asks for */
	/* What becomes of other IKE_SAs, before the verdict is done. */
	struct sa *up; /* made by this exchange */
	struct sa *replaced; /* lost against it, waits for its deletion */
	struct sa *heir; /* has from here on what this one had and had still to do */
	bool close; /* and it is we who delete this one */
};

/* The first row for state, kind and role whose required payloads are there. */
struct x_row {
	unsigned states; /* BIT(SA_UP) | … */
	enum task_kind kind;
	enum x_role role;
	uint32_t required, allowed; /* payloads of a request beside these are a syntax error */
	enum x_verdict (*fn)(struct x *x);
	unsigned says; /* BIT(X_SEND) | …: what it may return */
	enum sa_state to; /* of X_SEND; NOWHERE if it is not said */
	const char *story;
};

/* A set of states, kinds, roles or verdicts. */
#define BIT(value) (1u << (value))
/* No row leads there. */
#define NOWHERE SA_NEW

struct x_table {
	const struct x_row *rows;
	size_t n;
};

/* A cell without a row says why. */
enum x_cell { CELL_IMPOSSIBLE, CELL_IGNORED };

struct x_gap {
	unsigned states, kinds, roles;
	enum x_cell cell;
	const char *why;
};

struct x_machine {
	const struct x_table *const *tables; /* NULL ends */
	const struct x_gap *gaps;
	size_t n_gaps;
};

/* NULL: no such row. */
const struct x_row *x_row_find(
	const struct sa *sa, enum task_kind kind, enum x_role role, uint32_t has);
uint8_t x_exchange(enum task_kind kind);
const char *x_kind_str(enum task_kind kind);
const char *x_role_str(enum x_role role);
const char *x_verdict_str(enum x_verdict v);
enum x_verdict x_do(const struct x_row *row, struct x *x);
/* There is no row for this; the log hears if it should never have come. */
void x_no_row(const struct sa *sa, enum task_kind kind, enum x_role role);

const struct x_gap *x_gap_find(
	const struct x_machine *m, enum sa_state state, enum task_kind kind, enum x_role role);
/*
 * Two rows can be told apart, `to` stands where it happens, a cell has rows or says why not. NULL:
 * true; else what is wrong.
 */
const char *x_machine_fault(const struct x_machine *m);

/* Answers that refuse: what was written so far is dropped, one error notify is the answer. */
enum x_verdict x_refuse(struct x *x, uint16_t type);
enum x_verdict x_refuse_data(struct x *x, uint16_t type, struct bytes data);
enum x_verdict x_refuse_end(struct x *x, uint16_t type); /* and the IKE_SA is gone */
enum x_verdict x_refuse_u16(struct x *x, uint16_t type, uint16_t value);

/* End of the IKE_SA with a reason for those who wait: `return x_fail(x, -EACCES, "…")`. */
enum x_verdict x_fail(struct x *x, int rc, const char *why);
