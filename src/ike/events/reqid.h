/*
 * reqid - which connection a kernel policy, an ACQUIRE or a MIGRATE means, and what its reqid is.
 *
 * A connection's reqid is explicit, or that of the kernel's main policy with the connection's
 * selectors and mode, or drawn from the counter; so the order in which daemons start and
 * connections load does not matter. Connections are found by selector and by reqid in constant
 * time.
 * Shapes:  one struct reqids an iked. Connections are remembered by name: one that is gone is
 *          forgotten by itself.
 * Errors:  0 or -errno.
 * Source:  B-040, B-058, B-090 to B-096.
 */
#pragma once

#include "base/mem.h"
#include "ike/sa/books.h"
#include "kernel/xfrm_migrate.h"
#include "kernel/xfrm_policy.h"

struct reqids;

int reqids_new(struct iked *d, struct reqids **out);
void reqids_free(struct reqids *r);
OWN(reqids)

struct iked *reqids_iked(const struct reqids *r);

/* MIGRATEs with KMADDRESS that nobody has claimed yet, the oldest first (km). */
enum { KM_EARLY_MAX = 64 };
struct km_early {
	struct xfrm_migrate at[KM_EARLY_MAX];
	size_t n;
};
struct km_early *reqids_early(struct reqids *r);

/* A connection was added or routed: index it, learn from the kernel's policies. */
void reqids_trap(struct reqids *r, struct trap *t);

/* A policy of the kernel: the connection with these selectors takes its reqid. */
void reqids_policy(struct reqids *r, const struct xfrm_policy *p);
/* The same for all policies there are. */
int reqids_learn(struct reqids *r);

enum { SAME_SEL_MAX = 8 };
/*
 * The connections whose selectors are exactly these, also removed ones that have SAs: how many. The
 * first is one of the configuration, if there is any.
 */
size_t reqids_all_by_sel(const struct reqids *r, const struct sel *sel, enum xdir dir,
	enum xfrm_mode_ mode, struct trap *out[SAME_SEL_MAX]);
/* That first one, or NULL. */
struct trap *reqids_by_sel(
	struct reqids *r, const struct sel *sel, enum xdir dir, enum xfrm_mode_ mode);
/*
 * The connection for a packet that wants to leave: by reqid, and the selector within its own
 * (B-040, B-093).
 */
struct trap *reqids_for_packet(
	struct reqids *r, const struct sel *packet, uint32_t reqid, enum xfrm_mode_ mode);

/*
 * The halves of a selector as seen from here: of an inbound policy the local end is the
 * destination.
 */
void reqids_halves(const struct sel *sel, enum xdir dir, struct ts *local, struct ts *remote);
