#include "ike/lifecycle/unique.h"

#include "base/log.h"
#include "ike/lifecycle/end.h"
#include "ike/lifecycle/yield.h"
#include "ike/machine/limits.h"
#include "ike/sa/child.h"

static enum conn_unique policy(const struct sa *sa)
{
	return iked_conf(sa->d)->uniqueids;
}

/* Each side began one of them before it had answered the other: INITIAL_CONTACT tells nothing. */
static bool crosses(const struct sa *sa, const struct sa *older)
{
	return sa->initiator != older->initiator && sa->number <= older->newest;
}

static bool same_ts(const struct ts_list *a, const struct ts_list *b)
{
	return ts_list_within(a, b) && ts_list_within(b, a);
}

/*
 * One is made for what the other one carries. Else its peer has several sets of IKE parameters,
 * and they stand side by side: it said no INITIAL_CONTACT.
 */
static bool repeats(const struct sa *sa, const struct sa *older)
{
	const struct child *c, *o;

	LIST_FOREACH (c, &sa->children, of_sa)
		LIST_FOREACH (o, &older->children, of_sa)
			if (c->trap == o->trap && same_ts(&c->ts_local, &o->ts_local) &&
				same_ts(&c->ts_remote, &o->ts_remote))
				return true;
	return false;
}

bool unique_admit(struct sa *sa, const struct msg *in)
{
	bool contact = msg_notify(in, N_INITIAL_CONTACT) && policy(sa) != UNIQUE_NEVER;
	struct sa *other, *next;

	for (other = sa_next_same_ids(sa, NULL); other; other = next) {
		next = sa_next_same_ids(sa, other);
		if (other->state != SA_UP || crosses(sa, other))
			continue;
		if (contact) {
			log_ike(1, "destroying duplicate IKE_SA %s, received INITIAL_CONTACT",
				sa_name(other));
			end_sa(other);
		} else if (policy(sa) == UNIQUE_KEEP && !other->yielding) {
			return false;
		}
	}
	if (sa_n_same_ids(sa) <= SAME_IDS_MAX)
		return true;
	log_ike(1, "%u IKE_SAs with '%s' are enough, another one is refused", SAME_IDS_MAX,
		ident_str(&sa->peer_id));
	return false;
}

/* our own attempt that the peer has not answered yet is not needed any more. */
static void join_attempts(struct sa *sa)
{
	struct sa *other, *next;

	if (trap_is_shared(sa->peer) || ident_has_wildcard(&sa->peer->conn->remote.id))
		return;
	for (other = LIST_FIRST(&sa->peer->sas); other; other = next) {
		next = LIST_NEXT(other, of_peer);
		if (!other->initiator || other->state != SA_INIT_SENT)
			continue;
		log_ike(1, "%s joins %s, which the peer began", sa_name(other), sa_name(sa));
		end_joined(other, sa);
		sa->peer->attempt = 0;
	}
}

static void choose(struct sa *a, struct sa *b)
{
	struct sa *loser = a->spi_i < b->spi_i ? a : b;

	log_ike(1, "both sides began an IKE_SA, %s is given up", sa_name(loser));
	if (loser->initiator)
		yield_begin(loser);
	else
		yield_wait(loser);
}

void unique_settle(struct sa *sa)
{
	struct sa *other, *next;

	if (!sa->initiator)
		join_attempts(sa);
	for (other = sa_next_same_ids(sa, NULL); other && !sa->yielding; other = next) {
		next = sa_next_same_ids(sa, other);
		if (other->state != SA_UP || other->hands_over)
			continue;
		if (other->yielding && !sa->initiator) {
			yield_wait(other);
		} else if (!other->yielding && policy(sa) == UNIQUE_REPLACE) {
			if (sa->peer == other->peer && crosses(sa, other)) {
				choose(sa, other);
			} else if (!sa->initiator && repeats(sa, other)) {
				log_ike(1, "duplicate IKE_SA %s for peer '%s' gives way",
					sa_name(other), ident_str(&sa->peer_id));
				yield_wait(other);
			}
		}
	}
}
