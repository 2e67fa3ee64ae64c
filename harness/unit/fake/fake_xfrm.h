/*
 * fake_xfrm - a kernel's SAD and SPD in memory: what unit and pair tests have behind a struct nl.
 *
 *	struct fake_xfrm *k = fake_xfrm_new();
 *	struct nl *nl;
 *	nl_open_peer(fake_xfrm_peer, k, &nl);		// xfrm_sa_add(nl, …) and all the others
 *work now fake_xfrm_events(k, on_event, arg);		// as xfrm_listen() would
 *	xfrm_policy_add(nl, &policy);
 *	fake_xfrm_packet(k, &packet);			// no SA: a larval state and an ACQUIRE
 *	fake_xfrm_deliver(k);				// on_event() runs for what was queued
 *	…
 *	nl_free(nl);
 *	fake_xfrm_free(k);
 *
 * Answers ALLOCSPI, NEWSA, UPDSA, DELSA, GETSA, NEWPOLICY, UPDPOLICY, DELPOLICY, GETPOLICY,
 * MIGRATE and MIGRATE_STATE as measured: an unfilled SA of the same ends, mode and reqid goes when
 * an SA is added; one without SPI cannot be deleted; MIGRATE finds its policy by selector, moves
 * one SA an entry (the newest), fails with -ENODATA on a larval state or a taken SPI, and changes
 * nothing then; a notice of a delete has the last numbers.
 * Shapes:  SAs and policies are kept as the messages that made them. Found by hash, so that
 *          thousands cost no more than one.
 * Errors:  as the kernel; out of memory aborts.
 * Source:  docs/DESIGN.md rules P1 to P16, linux/xfrm.h.
 */
#pragma once

#include "base/nl.h"
#include "kernel/xfrm_event.h"

struct fake_xfrm;

typedef void fake_xfrm_before_fn(uint16_t msg_type, void *arg);

struct fake_xfrm *fake_xfrm_new(void);
void fake_xfrm_free(struct fake_xfrm *k);

/* The nl_peer: ctx is the struct fake_xfrm. Several struct nl may share one. */
int fake_xfrm_peer(void *ctx, const struct nlmsghdr *req, nl_fn *reply, void *arg);

/* Who hears ACQUIRE, EXPIRE, MIGRATE, policy and SA changes (one listener; NULL ends it). */
void fake_xfrm_events(struct fake_xfrm *k, xfrm_event_fn *fn, void *arg);
/* Hand over what is queued, also what arises meanwhile. Gives the number of events. */
unsigned fake_xfrm_deliver(struct fake_xfrm *k);

/*
 * A packet with these ends wants to leave: 0 an SA takes it (or no policy asks for one), 1 an
 * ACQUIRE was queued, -EAGAIN a larval state is waiting already, -EPERM blocked.
 */
int fake_xfrm_packet(struct fake_xfrm *k, const struct sel *packet);

/* An SA's lifetime ends: an EXPIRE is queued; hard: the SA is gone. 0 or -ESRCH. */
int fake_xfrm_expire(struct fake_xfrm *k, const struct xfrm_sa_key *key, bool hard);
/* From now on this kernel has XFRM_MSG_MIGRATE_STATE. Older ones answer -EINVAL. */
void fake_xfrm_moves_states(struct fake_xfrm *k);
/* Runs before each request, as what the world does meanwhile; NULL ends it. */
void fake_xfrm_before(struct fake_xfrm *k, fake_xfrm_before_fn *fn, void *arg);
/* A packet with this number came in by the SA: 0, or -ESRCH. */
int fake_xfrm_heard(struct fake_xfrm *k, const struct xfrm_sa_key *key, uint32_t number);
/* Packets that left under a number that was used before, under the same SPI. */
unsigned fake_xfrm_n_reused(const struct fake_xfrm *k);
/* The time of larval states is over: all of them go. */
void fake_xfrm_drop_larvals(struct fake_xfrm *k);

/* The next n requests of this type are answered by `error` (-errno) without effect. */
void fake_xfrm_fail(struct fake_xfrm *k, uint16_t msg_type, unsigned n, int error);

/* The next ALLOCSPI gives this SPI (host order), whether or not another destination has it. */
void fake_xfrm_next_spi(struct fake_xfrm *k, uint32_t spi);

size_t fake_xfrm_n_sa(const struct fake_xfrm *k); /* without larval states */
size_t fake_xfrm_n_larval(const struct fake_xfrm *k);
size_t fake_xfrm_n_policy(const struct fake_xfrm *k);
/* Requests seen of this type. */
unsigned fake_xfrm_count(const struct fake_xfrm *k, uint16_t msg_type);
