/*
 * sa - an IKE_SA: addresses, SPIs, keys, message ids, what is proved, its CHILD_SAs and the
 * exchanges it still has to do.
 *
 * Found by its own SPI, by its peer configuration (trap->sas) and by its pair of identities.
 * State moves only in machine/state.c. What only IKE_SA_INIT and IKE_AUTH need lives in struct
 * sa_init and goes when AUTH is done. Shapes:  sa_new … sa_free; sa_free takes its CHILD_SAs along
 * (kernel SAs included). Units:   SPIs in host order; times are loop_now() milliseconds. Source:
 * RFC 7296 sections 1, 2.
 */
#pragma once

#include <sys/queue.h>

#include "base/addr.h"
#include "base/loop.h"
#include "base/rate.h"
#include "crypto/dh.h"
#include "crypto/ident.h"
#include "ike/message/dgrams.h"
#include "ike/sa/keymat.h"
#include "ike/sa/ref.h"
#include "base/table.h"

struct iked;
struct trap;
struct child;
struct task;
struct msg;

enum sa_state {
	SA_NEW,
	SA_INIT_SENT, /* initiator waits for IKE_SA_INIT */
	SA_INIT_DONE, /* responder waits for IKE_AUTH (half-open) */
	SA_AUTH_SENT,
	SA_UP,
	SA_REKEYED, /* replaced by a new IKE_SA, waits for its deletion */
	SA_DELETING, /* our DELETE is out */
	SA_GONE, /* freed as soon as the exchange layer is done with it */
};
/* CONNECTING, ESTABLISHED, REKEYING, DELETING as status prints them. */
const char *sa_state_str(enum sa_state s);

/* What has been shown about the peer; how much SA_UP needs, the method tells (auth/method). */
enum {
	SA_PROVED_AUTH = 1 << 0, /* the signature over its own IKE_SA_INIT */
	SA_PROVED_CERT = 1 << 1, /* chain and revocation */
	SA_PROVED_ID = 1 << 2, /* identity is in the certificate and admitted by the connection */
};

struct sa_init {
	struct blob sent, received; /* raw IKE_SA_INIT messages: what AUTH covers */
	struct blob ni, nr, cookie;
	struct dh *dh;
	uint16_t groups_tried[8];
	size_t n_groups_tried, n_cookies;
	bool certreq_seen; /* the peer asked for a certificate */
	bool initial_contact;
};

LIST_HEAD(child_head, child);
TAILQ_HEAD(sa_queue, sa);
TAILQ_HEAD(task_head, task);

struct sa {
	struct iked *d;
	unsigned number; /* NAME[number] */
	enum sa_state state;
	bool initiator; /* the original one of this IKE_SA */
	uint64_t spi_i, spi_r;
	struct in6_addr local, remote;
	uint16_t local_port, remote_port;
	struct trap *peer; /* the configuration that names the IKE_SA; a responder has it from
			      IKE_AUTH on */
	struct ident my_id, peer_id;
	struct suite suite;
	struct ike_keys keys;
	unsigned proved;
	struct sa_init *init;

	/* Exchange layer. */
	uint32_t mid_out, mid_in; /* id of our next request, of the next one expected */
	struct dgrams request, response; /* outstanding request, last answer: bit-exact */
	uint8_t seen[20]; /* SHA-1 of the request that `response` answers */
	bool has_response;
	struct rate replays; /* times that it went out again */
	struct in6_addr init_from; /* responder: where IKE_SA_INIT came from, and its hash */
	uint8_t init_sha1[20];
	uint64_t sent_at, heard_at; /* last protected message in */
	unsigned tries; /* retransmissions of the request */
	unsigned busy; /* handlers at work: freed only when they are through */
	bool is_due; /* in the queue of those that have something to begin */
	bool turned; /* the outstanding request has to leave from other addresses */
	bool counted; /* among the half-open ones */
	int fail_rc; /* why it ends, for those who wait for a CHILD_SA */
	const char *fail_why;
	struct task *task; /* the exchange we wait for */
	struct task_head tasks, later; /* those behind it; those that pause */
	size_t n_tasks; /* of both */
	struct timer t_resend, t_half_open, t_rekey, t_expire, t_dpd, t_later;

	struct sa_refs refs; /* all that point here */
	bool outdated; /* made with parameters that its connection has no more */
	bool yielding; /* another IKE_SA takes its place: nothing new is made in it */
	bool hands_over; /* its CHILD_SAs are made anew by us, then it is closed */
	bool newcomer; /* authenticated just now: what stands beside it is looked at */
	unsigned newest; /* the highest number of all IKE_SAs when it came up */
	struct child_head children;
	size_t n_children;
	uint64_t up_at, rekey_at, expire_at; /* 0: none */

	struct tlink by_spi, by_init, by_ids;
	LIST_ENTRY(sa) of_peer, handing, all;
	TAILQ_ENTRY(sa) due;
};

#define SPI_OWN(sa) ((sa)->initiator ? (sa)->spi_i : (sa)->spi_r)
#define SPI_PEER(sa) ((sa)->initiator ? (sa)->spi_r : (sa)->spi_i)

/*
 * Between these two a handler may end its IKE_SA: the memory goes when the last one is through.
 */
void sa_enter(struct sa *sa);
void sa_leave(struct sa *sa);
void sa_stop(struct sa *sa); /* timers and exchanges end without a word */

int sa_new(struct iked *d, bool initiator, struct sa **out);
void sa_free(struct sa *sa);
const char *sa_name(
	const struct sa *sa); /* "mh[1]"; "(unnamed)[1]" before the peer is known (ring of 4) */

struct sa *sa_by_spi(const struct iked *d, uint64_t own_spi);
/* Half-open or later responder SA of this IKE_SA_INIT (peer's SPI, source, SHA-1 of the message).
 */
struct sa *sa_by_init(
	const struct iked *d, uint64_t spi_i, const struct in6_addr *from, const uint8_t sha1[20]);
/* The IKE_SA that this peer configuration uses: established, else connecting, or NULL. */
struct sa *sa_of_peer(const struct trap *peer);
int sa_remember_init(struct sa *sa);
void sa_new_spi(struct sa *sa); /* of an initiator before the peer answered */
size_t sa_n_same_ids(const struct sa *sa); /* itself included */
bool sa_usable(const struct sa *sa); /* up and not giving way to another */

void sa_set_peer(struct sa *sa, struct trap *peer);
/* Both identities are known: makes the SA findable by them. */
int sa_set_ids(struct sa *sa);
/* Those of two identities, also those that end: after NULL the first. */
struct sa *sa_by_ids(const struct iked *d, const struct ident *mine, const struct ident *peer,
	const struct sa *after);
struct sa *sa_next_same_ids(
	const struct sa *sa, const struct sa *after); /* after NULL: the first; never sa itself */

void sa_init_free(struct sa *sa); /* what only INIT and AUTH needed */
