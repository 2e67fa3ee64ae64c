/*
 * books - struct iked, one instance of the daemon: what stands, and the seams to the world.
 *
 * The kernel is two struct nl (which may be fakes), time is the clock of base/loop, datagrams leave
 * through send(), our addresses come from source() and iface(). What is above this room and has to
 * hear of something is told by hooks, which are set once.
 * Shapes:  ike/iked.h makes and frees one; every room hangs its own on it.
 * Errors:  0 or -errno.
 * Source:  RFC 7296.
 */
#pragma once

#include "base/bytes.h"
#include "base/nl.h"
#include "base/rate.h"
#include "base/table.h"
#include "ike/sa/trap.h"
#include "kernel/xfrm_move.h"

struct cert_store;
struct limits;
struct packet;
struct x_machine;

/* What randomness is for: a test sets nonces and leaves the rest to chance. */
enum draw { DRAW_SPI, DRAW_NONCE, DRAW_TIME };

struct iked_seams {
	void *arg; /* of the functions here */
	int (*send)(void *arg, const struct packet *p);
	struct nl *xfrm, *rt; /* not owned */
	/* Address for packets to dst, never a home address. NULL: rt_source_for on rt. */
	int (*source)(void *arg, const struct in6_addr *dst, struct in6_addr *out);
	/* Name of the interface that has this address, NULL: not local. May be NULL. */
	const char *(*iface)(void *arg, const struct in6_addr *a);
	/* Octets that nobody can guess. NULL: those of crypto/rand. */
	void (*draw)(void *arg, enum draw what, void *out, size_t n);
	/* A connection got its CHILD_SA (rc 0), or it failed for good (-errno). `why` is the last
	 * reason. May be NULL. */
	void (*child_done)(void *arg, struct trap *t, int rc, const char *why);
	/* An IKE_SA is about to be freed. May be NULL. */
	void (*sa_gone)(void *arg, const struct sa *sa);
	/* What an IKE_SA had and had still to do, its own end too, is another's. May be NULL. */
	void (*sa_inherited)(void *arg, const struct sa *from, const struct sa *to);
	/* A connection was added or routed, so that reqids can be learned from the kernel's
	 * policies. May be NULL. */
	void (*routed)(void *arg, struct trap *t);
};

/* Upwards, without knowing to whom: what lifecycle/ does about it. */
struct iked_hooks {
	void (*entered)(struct sa *sa); /* the state is another one */
	void (*came_up)(struct sa *sa); /* its peer has proved who it is, just now */
	void (*ended)(struct sa *sa); /* a row has ended it */
	void (*inherited)(struct sa *from, struct sa *to); /* by the rekey of an IKE_SA */
	void (*timed_out)(struct sa *sa); /* the peer does not answer */
	void (*freed)(struct iked *d); /* one IKE_SA less */
	/* The CHILD_SA that was wanted for this connection will not come (-errno), or needs not. */
	void (*task_over)(struct iked *d, struct trap *t, int rc, const char *why);
	/* Of the timers of an IKE_SA (arg: struct sa), and of a connection (struct trap). */
	void (*on_resend)(void *arg);
	void (*on_later)(void *arg);
	void (*on_half_open)(void *arg);
	void (*on_rekey)(void *arg);
	void (*on_expire)(void *arg);
	void (*on_dpd)(void *arg);
	void (*on_retry)(void *arg);
};

struct iked_counts {
	uint64_t in, out, dropped, refused, replayed, retransmits, bad_icv, cookies;
};

struct iked {
	struct iked_seams seams;
	const struct iked_hooks *hooks;
	const struct x_machine *machine; /* the rows of all exchanges */
	unsigned at_work; /* handlers: until they are through nothing else is begun */
	struct sa_queue due; /* IKE_SAs that have something to begin */
	struct cert_store *certs;
	struct conf_ref *conf;
	struct trap_head traps; /* in configuration order */
	struct sa_head sas; /* all, newest first: for status only */
	struct table sa_by_spi, sa_by_init, sa_by_ids;
	struct table child_by_spi_in, child_by_spi_out;
	struct table trap_by_name, trap_by_reqid_out, trap_by_reqid_in, trap_by_id, trap_by_addr;
	uint32_t reqid_counter;
	unsigned sa_counter;
	struct limits *limits; /* half-open counts, cookie secret */
	struct timer t_shutdown;
	void (*down)(void *arg);
	void *down_arg;
	/* Packets of those who have not proved who they are: requests, and answers to requests of
	 * ours; packets of ours that do not leave. */
	struct strangers strangers, answering, unsent;
	struct iked_counts counts;
	enum xfrm_move_way move_way; /* how this kernel moves an SA */
	bool stopping;
};

const struct ike_conf *iked_conf(const struct iked *d);

/* Where packets to dst leave from. */
int iked_source(struct iked *d, const struct in6_addr *dst, struct in6_addr *out);

/* Randomness: octets, a number that is not 0, one below a limit (limit 0 gives 0). */
void iked_draw(const struct iked *d, enum draw what, void *out, size_t n);
uint64_t iked_draw_spi(const struct iked *d);
uint32_t iked_draw_below(const struct iked *d, uint32_t limit);

/*
 * after how much of a lifetime it is made anew: life - (margin + a random part of margin *
 * fuzz). 0: never.
 */
uint32_t iked_soft_s(const struct iked *d, const struct conn *c, uint32_t life_s);

/* Status: all IKE_SAs, the newest first. */
struct sa *iked_next_sa(const struct iked *d, const struct sa *after);
