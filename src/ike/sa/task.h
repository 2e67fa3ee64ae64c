/*
 * task - one exchange that we start: what it is about and what it is making.
 *
 * An IKE_SA has one at work, others behind it, and some that pause.
 * Shapes:  a CHILD_SA or an IKE_SA not finished is the task's own and goes with it; what else it
 *          points to are refs.
 * Errors:  task_new gives NULL without memory.
 * Source:  RFC 7296 sections 1, 2.8.
 */
#pragma once

#include "crypto/dh.h"
#include "ike/sa/sa.h"

enum task_kind {
	TASK_INIT,
	TASK_AUTH,
	TASK_CHILD,
	TASK_REKEY_CHILD,
	TASK_REKEY_SA,
	TASK_INFO,
	TASK_DELETE_SA,
	TASK_KINDS
};

struct task {
	enum task_kind kind;
	TAILQ_ENTRY(task) link;
	struct trap *trap; /* TASK_AUTH, TASK_CHILD: whose CHILD_SA; NULL: none */
	struct child_ref child; /* being made, the task's own; TASK_INFO: the one to delete */
	struct child_ref old; /* TASK_REKEY_CHILD: the one to replace */
	struct sa_ref new_sa; /* TASK_REKEY_SA: the one being made, the task's own */
	struct dh *dh;
	struct blob ni;
	uint16_t group; /* asked for by INVALID_KE, 0: the first configured */
	unsigned n_groups, n_later;
	bool auth_failed; /* TASK_DELETE_SA: say N(AUTH_FAILED) too */
	bool for_good; /* TASK_DELETE_SA: what takes its place meanwhile goes as well */
	/* The peer's request for the same SA came while ours is out (2.8.1, 2.8.2). */
	bool collided;
	struct blob their_nonce; /* the lower of its two */
	struct child_ref their_child;
	struct sa_ref their_sa;
};

struct task *task_new(enum task_kind kind);
void task_free(struct task *t);
/* The next one of this IKE_SA: the one at work first, then those behind it, then those that pause.
 * NULL: none. */
struct task *task_pop(struct sa *sa);
