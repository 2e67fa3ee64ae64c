#include "ike/machine/notify.h"

#define ASK(kind) (1u << (2 * (kind)))
#define ANSWER(kind) (2u << (2 * (kind)))
#define BOTH(kind) (ASK(kind) | ANSWER(kind))

enum {
	NOWHERE = 0,
	REKEYS = ANSWER(TASK_REKEY_CHILD) | ANSWER(TASK_REKEY_SA),
	CREATES = ANSWER(TASK_CHILD) | REKEYS, /* answers of CREATE_CHILD_SA */
	CHILDREN = ANSWER(TASK_AUTH) | ANSWER(TASK_CHILD) | ANSWER(TASK_REKEY_CHILD),
	OFFERS = BOTH(TASK_AUTH) | BOTH(TASK_CHILD) | BOTH(TASK_REKEY_CHILD),
	ANSWERS = CREATES | ANSWER(TASK_INIT) | ANSWER(TASK_AUTH) | ANSWER(TASK_INFO) |
		ANSWER(TASK_DELETE_SA),
};

/* clang-format off */
static const struct {
	uint16_t type;
	unsigned where;
} rows[] = {
	{ N_UNSUPPORTED_CRITICAL_PAYLOAD, ANSWERS },
	{ N_INVALID_IKE_SPI, NOWHERE }, /* 1.5: outside of any IKE_SA */
	{ N_INVALID_MAJOR_VERSION, ANSWER(TASK_INIT) },
	{ N_INVALID_SYNTAX, ANSWERS },
	{ N_INVALID_MESSAGE_ID, ASK(TASK_INFO) },
	{ N_INVALID_SPI, ASK(TASK_INFO) },
	{ N_NO_PROPOSAL_CHOSEN, CREATES | ANSWER(TASK_INIT) | ANSWER(TASK_AUTH) },
	{ N_INVALID_KE, CREATES | ANSWER(TASK_INIT) },
	{ N_AUTHENTICATION_FAILED, ANSWER(TASK_AUTH) | ASK(TASK_INFO) }, /* 2.21.2 */
	{ N_SINGLE_PAIR_REQUIRED, CHILDREN },
	{ N_NO_ADDITIONAL_SAS, CREATES | ANSWER(TASK_AUTH) },
	{ N_INTERNAL_ADDRESS_FAILURE, CHILDREN },
	{ N_FAILED_CP_REQUIRED, CHILDREN },
	{ N_TS_UNACCEPTABLE, CHILDREN },
	{ N_INVALID_SELECTORS, ASK(TASK_INFO) },
	{ N_TEMPORARY_FAILURE, CREATES },
	{ N_CHILD_SA_NOT_FOUND, ANSWER(TASK_REKEY_CHILD) },
	{ N_INITIAL_CONTACT, BOTH(TASK_AUTH) },
	{ N_SET_WINDOW_SIZE, BOTH(TASK_AUTH) | CREATES | ASK(TASK_CHILD) | ASK(TASK_REKEY_CHILD) |
	  ASK(TASK_REKEY_SA) | BOTH(TASK_INFO) },
	{ N_ADDITIONAL_TS_POSSIBLE, CHILDREN },
	{ N_NATD_SOURCE, BOTH(TASK_INIT) },
	{ N_NATD_DESTINATION, BOTH(TASK_INIT) },
	{ N_COOKIE, BOTH(TASK_INIT) },
	{ N_USE_TRANSPORT_MODE, OFFERS },
	{ N_REKEY_SA, ASK(TASK_REKEY_CHILD) },
	{ N_TFC_NOT_SUPPORTED, OFFERS },
	{ N_NON_FIRST_FRAGMENTS, OFFERS },
	{ N_MOBIKE_SUPPORTED, BOTH(TASK_AUTH) },
	{ N_UPDATE_SA_ADDRESSES, ASK(TASK_INFO) },
	{ N_FRAGMENTATION_SUPPORTED, BOTH(TASK_INIT) },
	{ N_SIGNATURE_HASH_ALGORITHMS, BOTH(TASK_INIT) },
};
/* clang-format on */

enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

static size_t row_of(uint16_t type)
{
	size_t i = 0;

	while (i < N_ROWS && rows[i].type != type)
		i++;
	return i;
}

bool notify_is_known(uint16_t type)
{
	return row_of(type) < N_ROWS;
}

bool notify_belongs(uint16_t type, enum task_kind kind, bool answer)
{
	size_t i = row_of(type);

	return i < N_ROWS && rows[i].where & (answer ? ANSWER(kind) : ASK(kind));
}

/* Those that a CHILD_SA may be refused by, and no message as such. */
static bool is_of_child(uint16_t type)
{
	return notify_belongs(type, TASK_CHILD, true) && !notify_belongs(type, TASK_INFO, true);
}

bool notify_refuses(const struct msg *m, enum task_kind kind)
{
	for (size_t i = 0; i < m->n_notify; i++) {
		uint16_t type = m->notify[i].type;

		if (type >= N_INITIAL_CONTACT)
			continue;
		if (kind != TASK_AUTH || m->notify[i].stray || !is_of_child(type))
			return true;
	}
	return false;
}

void notify_judge(struct msg *m, enum task_kind kind)
{
	for (size_t i = 0; i < m->n_notify; i++)
		m->notify[i].stray =
			!notify_belongs(m->notify[i].type, kind, m->flags & F_RESPONSE);
}
