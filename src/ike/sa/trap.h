/*
 * trap - one connection as the daemon lives with it: its reqids, its kmaddress, what is wanted
 * of it.
 *
 * Shapes:  one a struct conn, in configuration order. SAs point to traps, never to conns: a
 *          reload gives the trap of that name the new conn; a removed one stays (gone, but found
 *          by name and reqid, as its SAs move on) until its last SA is gone, or it is there again.
 *          `peer` is the trap of conn->peer: IKE_SAs belong to that one, CHILD_SAs to the trap.
 * Units:   reqids in host order, 1 … 4294967294, 0 none.
 * Source:  RFC 4877; ipsec.conf(5) on reqid: explicit, learned, or of a counter.
 */
#pragma once

#include <sys/queue.h>

#include "ike/conf/conf.h"
#include "ike/sa/sa.h"
#include "base/table.h"

struct cred;
struct iked;

/* A configuration and how many use it: a removed connection may outlive the one it came from. */
struct conf_ref {
	struct ike_conf *conf;
	unsigned refs;
};

enum trap_how { REQID_COUNTER, REQID_EXPLICIT, REQID_LEARNED };

/* The figures of an ACQUIRE that a CHILD_SA needs. */
struct acquire {
	struct sel sel;
	uint32_t seq, reqid;
};

LIST_HEAD(sa_head, sa);
TAILQ_HEAD(trap_head, trap);

struct trap {
	struct iked *d;
	struct conn *conn;
	struct trap *peer; /* may be itself */
	const struct cred *cred; /* own certificate and key; of the peer trap */
	bool routed, gone;
	enum conn_change change; /* by the configuration that is being loaded */
	unsigned refs; /* SAs and CHILD_SAs that point here */

	uint32_t number; /* the counter's, belongs to the name for good; 0 not drawn yet */
	uint32_t reqid_out, reqid_in;
	enum trap_how how;

	bool has_km;
	struct in6_addr km_local, km_remote;

	bool wanted; /* a CHILD_SA is asked for and not there yet: further ACQUIREs are merged */
	uint32_t want_seq; /* of the latest ACQUIRE */
	unsigned attempt; /* IKE_SAs tried in this go */
	uint64_t not_before; /* loop_now(): no new IKE_SA earlier */
	struct timer t_retry;

	struct conf_ref *conf;
	struct sa_head sas; /* of a peer trap: its IKE_SAs, newest first */
	struct sa_head handing; /* those of them that hand over */
	struct trap_head members; /* of a peer trap: itself and the others */
	struct child_head children; /* also those being made: a move takes all along */
	TAILQ_ENTRY(trap) all, member;
	struct tlink by_reqid_out, by_reqid_in, by_name, by_id, by_addr;
};

/* Where a request to this connection's peer goes out and to: kmaddress, else the configured
 * addresses, else the route. */
int trap_addresses(struct trap *t, struct in6_addr *local, struct in6_addr *remote);

/* Many peers may come by this connection: nothing can be begun or moved by it alone. */
bool trap_is_shared(const struct trap *t);

/* Reqids by explicit configuration, by the kernel's policy, or by the counter (B-090 to B-094). */
void trap_set_reqid(struct trap *t, uint32_t out, uint32_t in, enum trap_how how);

void trap_need_reqid(struct trap *t); /* draws the counter if none is known yet */

void trap_route(struct trap *t);
void trap_unroute(struct trap *t);

/* Only the configuration loader makes and removes traps. */
struct trap *trap_new(struct iked *d, struct conf_ref *ref, struct conn *conn);
void trap_remove(struct trap *t);
void trap_set_conn(struct trap *t, struct conf_ref *ref, struct conn *conn);
void conf_unref(struct conf_ref *ref);
uint32_t trap_id_hash(const struct ident *id); /* never 0: that row has the wildcards */
void trap_ref(struct trap *t);
void trap_say_proxy(
	const struct trap *t, const struct in6_addr *local, const struct in6_addr *remote);
void trap_unref(struct trap *t);

struct trap *trap_by_name(const struct iked *d, const char *name);
/* The first with this reqid in either direction; after NULL: the first. */
struct trap *trap_by_reqid(const struct iked *d, uint32_t reqid, const struct trap *after);
