/*
 * pair - two IKE daemons in one process: carol and moon, a queue between them, a clock that stands
 * still.
 *
 *	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
 *	pair_acquire(p, p->carol, "mh");
 *	pair_run(p);				// until nothing is in flight
 *	assert_true(pair_up(p, "mh", "carol-mh"));
 *	pair_free(p);
 *
 * Each has a kernel in memory (fake_xfrm). What is sent waits in the queue; a filter may drop, keep
 * or change it. Certificates are those of build/certs.
 * Shapes:  configurations are the text of ipsec.conf; CERTS/ in it is the folder of certificates.
 * Units:   milliseconds.
 * Errors:  what goes wrong in the set-up fails the test.
 */
#pragma once

#include "ike/iked.h"
#include "ike/message/msg.h"
#include "ike/auth/cert_store.h"
#include "ike/lifecycle/end.h"
#include "ike/machine/limits.h"
#include "unit/fake/fake_xfrm.h"
#include "unit/fake/fake_keys.h"
#include "unit/unit.h"

struct pair;

struct node {
	struct pair *pair;
	const char *name;
	struct in6_addr addr;
	struct iked *d;
	struct cert_store *certs;
	struct fake_xfrm *kernel;
	struct nl *nl;
	unsigned n_done, n_failed; /* CHILD_SAs that were wanted */
	const char *why;
	unsigned n_sent;
	void (*sent)(void *arg, struct bytes data); /* NULL, or told of each datagram that leaves */
	void *sent_arg;
	/* First octet of the nonces that it draws next, 0: by chance. */
	uint8_t nonces[4];
	unsigned n_nonces;
};

struct dgram {
	TAILQ_ENTRY(dgram) link;
	struct node *from;
	struct packet p; /* as the sender sees it */
	size_t n;
	uint8_t data[8192];
};
TAILQ_HEAD(dgram_queue, dgram);

enum pair_fate { PAIR_PASS, PAIR_DROP, PAIR_TWICE, PAIR_LAST };

struct pair {
	struct node carol_, moon_, *carol, *moon;
	struct dgram_queue queue;
	enum pair_fate (*filter)(struct pair *p, struct dgram *g); /* NULL: all pass */
	int arg; /* the filter's own */
	unsigned n_seen; /* datagrams that left the queue */
	char log[64]; /* file with the lines of both */
};

/* The page's configuration, cut to what matters here. */
#define PAIR_CAROL_WITH(more, ike, esp)                                                            \
	"config setup\n\tstrictcrlpolicy=yes\n"                                                    \
	"conn %default\n\tkeyexchange=ikev2\n\treauth=no\n\tmobike=no\n\tinstallpolicy=no\n"       \
	"\tike=" ike "\n\tesp=" esp "\n" more                                                      \
	"conn mh\n\talso=home\n\trightsubnet=2001:1::1/128\n\tleftprotoport=135/0\n"               \
	"\trightprotoport=135/0\n\ttype=transport_proxy\n\tauto=route\n"                           \
	"conn tunnel\n\talso=home\n\trightsubnet=::/0\n\tauto=route\n"                             \
	"conn home\n\tleftcert=CERTS/carolCert.pem\n\tleftid=carol@strongswan.org\n"               \
	"\tleftsubnet=2001:1::10/128\n\tright=2001:1::1\n\trightid=moon.strongswan.org\n"
#define PAIR_MOON_WITH(more, cert, ike, esp)                                                       \
	"config setup\n\tstrictcrlpolicy=yes\n"                                                    \
	"conn %default\n\tkeyexchange=ikev2\n\treauth=no\n\tmobike=no\n\tinstallpolicy=no\n"       \
	"\tike=" ike "\n\tesp=" esp "\n" more                                                      \
	"conn mh\n\talso=ha\n\tleftsubnet=2001:1::1/128\n\tleftprotoport=135/0\n"                  \
	"\trightprotoport=135/0\n\ttype=transport_proxy\n"                                         \
	"conn tunnel\n\talso=ha\n\tleftsubnet=::/0\n"                                              \
	"conn ha\n\tleft=2001:1::1\n\tleftcert=CERTS/" cert "\n"                                   \
	"\tleftid=@moon.strongswan.org\n\tright=%any\n"                                            \
	"conn carol\n\trightsubnet=2001:1::10/128\n\trightid=carol@strongswan.org\n"               \
	"conn carol-mh\n\talso=carol\n\talso=mh\n\tauto=add\n"                                     \
	"conn carol-tunnel\n\talso=carol\n\talso=tunnel\n\tauto=add\n"                             \
	"conn dave\n\trightsubnet=2001:1::20/128\n\trightid=dave@strongswan.org\n"                 \
	"conn dave-mh\n\talso=dave\n\talso=mh\n\tauto=add\n"                                       \
	"conn dave-tunnel\n\talso=dave\n\talso=tunnel\n\tauto=add\n"
#define PAGE_SUITE "aes128-sha1-modp2048!"
#define PAIR_CAROL PAIR_CAROL_WITH("", PAGE_SUITE, PAGE_SUITE)
#define PAIR_MOON PAIR_MOON_WITH("", "moonCert.pem", PAGE_SUITE, PAGE_SUITE)

struct pair *pair_new(const char *carol, const char *moon);
/* For who makes thousands of pairs: keys, CA and CRL are read once and kept. */
extern bool pair_keeps_trust;
void pair_free(struct pair *p);

/* Give a node another configuration. */
void pair_load(struct node *n, const char *text);
/* Trust and CRL of a node made anew: for expired, unknown and stale ones. */
void pair_trust(struct node *n, const char *ca, const char *crl);

/* A packet wants to leave: ACQUIRE for this connection, with a larval state in the kernel. */
int pair_acquire(struct pair *p, struct node *n, const char *conn);

bool pair_step(struct pair *p); /* one datagram; false: none is in flight */
void pair_run(struct pair *p);
void pair_advance(struct pair *p, uint64_t ms); /* time passes, datagrams are delivered */

struct sa *pair_sa(struct node *n); /* its only IKE_SA that is up, or NULL */
size_t pair_n_sa(struct node *n);
struct child *pair_child(struct node *n, const char *conn); /* the one that carries traffic */
/* Both have the CHILD_SA, the SPIs are crossed, four SAs are in the two kernels. */
bool pair_up(struct pair *p, const char *carols, const char *moons);
/* A filter: at no time has a kernel fewer than the four SAs of mh and tunnel. */
enum pair_fate pair_must_carry(struct pair *p, struct dgram *g);
/* One IKE_SA with both CHILD_SAs, and nothing of another, larval or not. */
void pair_must_be_settled(struct pair *p);
/* Establish mh, and tunnel if asked. */
void pair_establish(struct pair *p, bool tunnel);

unsigned pair_said(struct pair *p, const char *text); /* lines of the log with this text */
void pair_forget(struct pair *p); /* empties the log */
