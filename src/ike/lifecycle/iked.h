/*
 * iked - one instance of the IKE daemon. No globals: a test runs two in one process.
 *
 * What the world is made of are seams: datagrams leave through send(), the kernel is two struct
 * nl (which may be fakes), time is the clock of base/loop, our addresses come from source() and
 * iface().
 * Shapes:  iked_new … iked_free. The owner calls iked_packet() for what arrives and
 *          iked_want_child(), child_expired(), trap_set_km(), child_move() for what the kernel
 *          tells.
 * Units:   ports in host order.
 * Errors:  0 or -errno.
 * Source:  RFC 7296.
 */
#pragma once

#include "base/bytes.h"
#include "base/nl.h"
#include "base/rate.h"
#include "ike/auth/cert_store.h"
#include "ike/sa/child.h"
#include "ike/conf/conf.h"
#include "ike/sa/sa.h"
#include "base/table.h"
#include "ike/sa/trap.h"
#include "kernel/xfrm_move.h"

enum { IKE_PORT = 500 };

/* One datagram, from the IKE header on, either way. */
struct packet {
	struct in6_addr local, remote;
	uint16_t local_port, remote_port;
	struct bytes data;
};

struct iked_seams {
	void *arg; /* of the functions here */
	int (*send)(void *arg, const struct packet *p);
	struct nl *xfrm, *rt; /* not owned */
	/* Address for packets to dst, never a home address. NULL: rt_source_for on rt. */
	int (*source)(void *arg, const struct in6_addr *dst, struct in6_addr *out);
	/* Name of the interface that has this address, NULL: not local. May be NULL. */
	const char *(*iface)(void *arg, const struct in6_addr *a);
	/* A connection got its CHILD_SA (rc 0), or it failed for good (-errno). `why` is the last
	 * reason. May be NULL. */
	void (*child_done)(void *arg, struct trap *t, int rc, const char *why);
	/* An IKE_SA is about to be freed. May be NULL. */
	void (*sa_gone)(void *arg, const struct sa *sa);
	/* A connection was added or routed, so that reqids can be learned from the kernel's
	 * policies. May be NULL. */
	void (*routed)(void *arg, struct trap *t);
};

struct iked_counts {
	uint64_t in, out, dropped, refused, replayed, retransmits, bad_icv, cookies;
};

struct iked {
	struct iked_seams seams;
	struct cert_store *certs;
	struct conf_ref *conf;
	struct trap_head traps; /* in configuration order */
	struct sa_head sas; /* all, newest first: for status only */
	struct table sa_by_spi, sa_by_init, sa_by_ids;
	struct table child_by_spi_in, child_by_spi_out, child_by_reqid;
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

/* certs is not owned. */
int iked_new(const struct iked_seams *seams, struct cert_store *certs, struct iked **out);
void iked_free(struct iked *d); /* at once: kernel SAs go, nothing is sent */
OWN(iked)

/* Our configuration now; conf is owned from here on. Connections that are the same in old and new
 * are left alone. Templates 11 to 17. */
int iked_load_conf(struct iked *d, struct ike_conf *conf);
const struct ike_conf *iked_conf(const struct iked *d);

/* Where packets to dst leave from (template 15). */
int iked_source(struct iked *d, const struct in6_addr *dst, struct in6_addr *out);

void iked_packet(struct iked *d, const struct packet *p);

/*
 * A CHILD_SA for this connection: by CREATE_CHILD_SA when its peer's IKE_SA is up, queued while
 * one is connecting, else a new IKE_SA. acq is NULL when a person asks. Merged while under way.
 * 0; -EALREADY: merged; -EBUSY: held back (B-046) or queue full; -EADDRNOTAVAIL/-ENETUNREACH: no
 * address to send from.
 */
int iked_want_child(struct iked *d, struct trap *t, const struct acquire *acq);

/* Orderly ends: DELETE is sent, the rest follows by itself. */
void iked_close_sa(struct sa *sa);
void iked_close_child(struct child *c);
/* Rekey now, as if its lifetime had ended. */
int iked_rekey_sa(struct sa *sa);
int iked_rekey_child(struct child *c);

/* Send DELETE for every IKE_SA; done(arg) when the last is gone or 2 s have passed. */
void iked_shutdown(struct iked *d, void (*done)(void *arg), void *arg);

/* Status: all IKE_SAs, the newest first. */
struct sa *iked_next_sa(const struct iked *d, const struct sa *after);
size_t iked_n_half_open(const struct iked *d);

/* For the exchange layer: an IKE_SA went away. */
void iked_maybe_down(struct iked *d);
