/*
 * peer - the other end of a node's IKE_SAs, which says anything inside SK.
 *
 * It has no books of its own: keys, SPIs and message ids are read from the node's, so it may speak
 * in every IKE_SA that the node has keys of, also in one that a rekey made just now.
 *
 *	struct peer e;
 *	peer_takes_over(&e, p, p->moon);	// carol is gone, her end is ours
 *	peer_begin(&e);
 *	put_delete(&e.out, PROTO_ESP, 4, 1, spis);
 *	if (peer_asks(&e, pair_sa(p->moon), XCHG_INFORMATIONAL))
 *		assert_int_equal(e.in.n_notify, 0);	// moon's answer
 *
 * Shapes:  e.out is begun by peer_begin and sent by peer_asks or peer_answers. e.in is the last
 *          message that was read, its views live until the next one.
 * Errors:  what goes wrong in the set-up fails the test.
 */
#pragma once

#include "ike/exchange/nego.h"
#include "unit/ike/pair.h"

enum { PEER_OUT = 8192, PEER_KEPT = 8 };

struct peer {
	struct pair *p;
	struct node *node;
	struct msg_out out;
	uint8_t buf[PEER_OUT];
	struct msg in;
	struct blob plain;
	struct { /* what was sent last, oldest first lost */
		size_t n;
		uint8_t data[PEER_OUT];
	} kept[PEER_KEPT];
	unsigned n_kept;
	uint32_t spi; /* of the next CHILD_SA that it makes */
	uint64_t ike_spi;
	struct dh *dh; /* of the last KE payload */
	uint8_t padding; /* pad length that the next message claims; 0: as it is */
};

void peer_takes_over(struct peer *e, struct pair *p, struct node *node);
void peer_free(struct peer *e);

/* The n-th IKE_SA of the node in which one can speak, round and round; NULL: none. */
struct sa *peer_sa(const struct peer *e, unsigned n);
/* The n-th CHILD_SA, also one that is being made. */
struct child *peer_child(const struct sa *sa, unsigned n);
size_t peer_n_children(const struct node *n);

void peer_begin(struct peer *e);
/* True: there is an answer, in e->in. */
bool peer_asks(struct peer *e, struct sa *sa, uint8_t exchange);
/* What the node asks in this IKE_SA, into e->in. False: nothing. */
bool peer_reads(struct peer *e, struct sa *sa);
/* e->out answers what the node asks. False: nothing is asked. */
bool peer_answers(struct peer *e, struct sa *sa);
/* Octets once more, from the peer's address or another one. */
void peer_repeats(struct peer *e, unsigned n, bool elsewhere);

/* Payloads as an honest peer writes them. */
void peer_put_nonce(struct peer *e, size_t n);
void peer_put_ke(struct peer *e, uint16_t group);
/* A request's or an answer's SA: the first proposal of list, with an SPI of the peer's. */
void peer_put_sa(struct peer *e, const struct prop_list *list, uint8_t proto);
void peer_put_spi_notify(struct peer *e, uint16_t type, uint32_t spi);
/* The whole CREATE_CHILD_SA request: another CHILD_SA of this connection, or its rekey. */
void peer_wants_child(struct peer *e, struct sa *sa, struct trap *t, const struct child *old);
void peer_wants_new_sa(struct peer *e, struct sa *sa);
void peer_deletes(struct peer *e, uint8_t proto, const uint32_t *spis, size_t n);
/* The answer that the node hopes for. */
void peer_agrees(struct peer *e, struct sa *sa);
