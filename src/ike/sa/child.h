/*
 * child - a CHILD_SA: what was agreed, and its two kernel SAs.
 *
 * The kernel is asked in this order: ALLOCSPI for the inbound SA (child_alloc), outbound NEWSA,
 * inbound UPDSA (child_install), DELSA of both (child_free). Endpoints are the IKE addresses, or
 * for transport_proxy the two hosts of the traffic selectors. Found by inbound SPI, by outbound
 * SPI + destination, by its connection.
 * Shapes:  belongs to one IKE_SA's list (a rekey of the IKE_SA hands it on); child_free removes
 *          its kernel SAs.
 * Units:   SPIs in host order.
 * Errors:  0 or the kernel's -errno.
 * Source:  RFC 7296 sections 1.3, 2.8, 2.9, 2.17; RFC 4877; kernel facts P9 to P13.
 */
#pragma once

#include <sys/queue.h>

#include "ike/sa/keymat.h"
#include "ike/sa/ref.h"
#include "base/table.h"
#include "ike/message/ts.h"
#include "kernel/xfrm_types.h"

struct iked;
struct sa;
struct trap;

enum child_state {
	CHILD_NEW, /* being negotiated: at most a larval inbound state in the kernel */
	CHILD_UP,
	CHILD_REKEYING, /* our rekey of it is out */
	CHILD_REKEYED, /* replaced, kept inbound until deleted */
	CHILD_DELETING,
};

struct child {
	struct sa *sa;
	struct trap *trap;
	enum child_state state;
	bool initiator; /* of the exchange that made it */
	enum xfrm_mode_ mode;
	bool proxy; /* transport_proxy: endpoints are TS hosts and never move */
	uint32_t reqid_out, reqid_in;
	uint32_t spi_in, spi_out; /* 0: none yet */
	uint32_t acquire_seq; /* of the larval outbound state that ours replaces */
	struct in6_addr local, remote;
	/* Where the kernel's two SAs stand: a MIGRATE moves one direction at a time. */
	struct in6_addr in_src, in_dst, out_src, out_dst;
	const struct alg *encr, *integ, *dh;
	struct ts_list ts_local, ts_remote;
	uint64_t installed_at; /* loop_now() */
	uint32_t soft_s, hard_s; /* lifetimes given to the kernel, 0 none */
	bool in_installed, out_installed, larval;
	bool unheard; /* the peer asked for it and may not have read our answer yet */
	bool lost; /* somebody took an SA of it out of the kernel, it is being replaced */
	uint8_t nonce_min[32]; /* start of the lowest nonce of its exchange: for collisions */
	size_t n_nonce_min;
	struct child_ref rekeys; /* the one that this replaces, while both stand */
	struct child_refs refs; /* all that point here */

	struct tlink by_spi_in, by_spi_out;
	LIST_ENTRY(child) of_sa, of_trap;
};

const char *child_state_str(
	enum child_state s); /* CREATED, INSTALLED, REKEYING, REKEYED, DELETING */
const char *child_mode_str(const struct child *c); /* TUNNEL, TRANSPORT, TRANSPORT_PROXY */
const char *child_name(const struct child *c); /* "mh{1}" (ring of 4) */

/* Takes reqids, mode and proxy hosts from the trap; logs the proxy lines. */
int child_new(struct sa *sa, struct trap *trap, struct child **out);
void child_free(struct child *c);

/* Reserve the inbound SPI. */
int child_alloc(struct child *c);
/* Both kernel SAs. On failure nothing of it is left in the kernel. */
int child_install(struct child *c, const struct child_keys *k);
/* Only the outbound one goes (a rekeyed child is still received from). */
void child_close_out(struct child *c);
void child_close_in(struct child *c);
/*
 * The kernel has this SA of it, here or where a MIGRATE has put it. Books and kernel may differ:
 * somebody else deleted it, or it expired.
 */
bool child_stands(const struct child *c, bool out);
/* What went through it, and when the kernel last received by it: seconds since the epoch, 0 never.
 */
uint64_t child_octets(const struct child *c, bool out);
uint64_t child_last_in(const struct child *c);

/* Traffic goes by it: it is not being made, replaced or on its way out. */
bool child_carries(const struct child *c);

/*
 * RFC 7296 section 2.3: who has not read the answer that made a CHILD_SA does not know its SPI, so
 * it is neither rekeyed nor deleted before the next request, a packet of it, or half a minute.
 */
bool child_is_unheard(const struct child *c);
/* The next request came: all of this IKE_SA are known. True: one was not. */
bool child_hear_all(struct sa *sa);

/* What others name by an SPI stands: one that is being made is its task's alone and not found. */
struct child *child_by_spi_in(const struct iked *d, uint32_t spi);
struct child *child_by_spi_out(const struct iked *d, uint32_t spi, const struct in6_addr *dst);
/* By the SPI that the peer receives with; it names it in DELETE, INVALID_SPI and REKEY_SA. */
struct child *child_of_peer_spi(const struct sa *sa, uint32_t spi);
/* This inbound SPI is drawn already, be it for one that is being made. */
bool child_has_spi(const struct iked *d, uint32_t spi);
/* The one that carries traffic for this trap, better in an IKE_SA that stays; or NULL. */
struct child *child_of_trap(const struct trap *trap);

/*
 * The tunnel has new endpoints. Where the kernel already shows its SA at the new ones only the
 * books change; an SA that still stands at the old ones is moved with its keys and counters (P10,
 * P11). Proxy children never move. 0, or -ESRCH when the kernel has it at neither place.
 */
int child_move(struct child *c, const struct in6_addr *local, const struct in6_addr *remote);
/* The same for one direction: the other one's SA still waits for its own MIGRATE. */
int child_move_way(
	struct child *c, bool out, const struct in6_addr *local, const struct in6_addr *remote);

void child_to_sa(struct child *c, struct sa *to); /* hand on when the IKE_SA is rekeyed */
