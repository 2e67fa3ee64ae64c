#include "unit/ike/peer.h"

#include "crypto/mac.h"
#include "crypto/sk.h"

enum { FIRST_SPI = 0x10000 };

static void empty_queue(struct pair *p)
{
	struct dgram *g;

	while ((g = TAILQ_FIRST(&p->queue))) {
		TAILQ_REMOVE(&p->queue, g, link);
		free(g);
	}
}

void peer_takes_over(struct peer *e, struct pair *p, struct node *node)
{
	struct node *gone = node == p->carol ? p->moon : p->carol;

	memset(e, 0, sizeof(*e));
	e->p = p;
	e->node = node;
	e->spi = FIRST_SPI;
	e->ike_spi = FIRST_SPI;
	iked_free(gone->d);
	gone->d = NULL;
	empty_queue(p);
}

void peer_free(struct peer *e)
{
	blob_free(&e->plain);
	dh_free(e->dh);
	empty_queue(e->p);
}

struct sa *peer_sa(const struct peer *e, unsigned n)
{
	struct sa *sa;
	unsigned count = 0;

	LIST_FOREACH (sa, &e->node->d->sas, all)
		count += sa->keys.prf != NULL;
	n = count ? n % count : 0;
	LIST_FOREACH (sa, &e->node->d->sas, all)
		if (sa->keys.prf && !n--)
			return sa;
	return NULL;
}

struct child *peer_child(const struct sa *sa, unsigned n)
{
	struct child *c;
	unsigned count = 0;

	LIST_FOREACH (c, &sa->children, of_sa)
		count++;
	if (!count)
		return NULL;
	n %= count;
	LIST_FOREACH (c, &sa->children, of_sa)
		if (!n--)
			return c;
	return NULL;
}

size_t peer_n_children(const struct node *n)
{
	const struct child *c;
	const struct sa *sa;
	size_t count = 0;

	LIST_FOREACH (sa, &n->d->sas, all)
		LIST_FOREACH (c, &sa->children, of_sa)
			count++;
	return count;
}

void peer_begin(struct peer *e)
{
	msg_begin_inner(&e->out, e->buf, sizeof(e->buf));
}

static void deliver(struct peer *e, struct sa *sa, struct bytes data, bool elsewhere)
{
	struct packet in = { sa ? sa->local : e->node->addr, sa ? sa->remote : e->node->addr, 500,
		500, data };

	in.remote.s6_addr[15] ^= elsewhere;
	iked_packet(e->node->d, &in);
	fake_xfrm_deliver(e->node->kernel);
}

/* CBC: a bit that flips in the octet one block before flips in the last one of the plaintext. */
static void claim_padding(struct peer *e, const struct sk_keys *k, uint8_t *buf, size_t n)
{
	size_t block = k->encr->out_len, end = n - k->integ->out_len;
	own_blob plain = { 0 };

	assert_int_equal(sk_open(k, BYTES(buf, n), IKE_HDR + 4, &plain), 0);
	buf[end - block - 1] ^= (uint8_t)(end - IKE_HDR - 4 - block - plain.n - 1) ^ e->padding;
	mac_make(k->integ, BYTES(k->a, k->integ->key_len), &BYTES(buf, end), 1, buf + end);
	e->padding = 0;
}

/* Sealed with what the node opens by; false: it does not fit. */
static bool send_out(struct peer *e, struct sa *sa, uint8_t exchange, uint8_t flags, uint32_t id)
{
	const struct sk_keys *k = sa->initiator ? &sa->keys.r : &sa->keys.i;
	unsigned at = e->n_kept++ % PEER_KEPT;
	uint8_t *buf = e->kept[at].data;
	ssize_t n = msg_end(&e->out);

	e->kept[at].n = 0;
	if (n < 0)
		return false;
	n = msg_seal(buf, PEER_OUT, k, sa->spi_i, sa->spi_r, exchange,
		flags | (sa->initiator ? 0 : F_INITIATOR), id, msg_first(&e->out),
		BYTES(e->buf, n));
	if (n < 0)
		return false;
	if (e->padding)
		claim_padding(e, k, buf, (size_t)n);
	e->kept[at].n = (size_t)n;
	deliver(e, sa, BYTES(buf, n), false);
	return true;
}

/* Opens what the node sealed. */
static bool open_own(struct peer *e, const struct sk_keys *k, struct bytes data)
{
	blob_free(&e->plain);
	return msg_parse(data, &e->in) == 0 && (e->in.has & P(SK)) &&
		sk_open(k, e->in.raw, e->in.sk_head, &e->plain) == 0 &&
		msg_parse_inner(blob_view(&e->plain), e->in.sk_first, &e->in) == 0;
}

bool peer_asks(struct peer *e, struct sa *sa, uint8_t exchange)
{
	const struct sk_keys k = sa->initiator ? sa->keys.i : sa->keys.r;
	struct dgram *g, *last = NULL;
	uint32_t id = sa->mid_in;
	static uint8_t answer[sizeof(g->data)];
	size_t n = 0;

	empty_queue(e->p);
	if (!send_out(e, sa, exchange, 0, id)) /* which may be the end of sa */
		return false;
	TAILQ_FOREACH (g, &e->p->queue, link)
		if (g->data[19] & F_RESPONSE)
			last = g;
	if (last) {
		n = last->n;
		memcpy(answer, last->data, n);
	}
	empty_queue(e->p);
	return n && open_own(e, &k, BYTES(answer, n));
}

bool peer_reads(struct peer *e, struct sa *sa)
{
	if (!sa->task || !sa->request.n)
		return false;
	return open_own(
		e, sa->initiator ? &sa->keys.i : &sa->keys.r, blob_view(&sa->request.at[0]));
}

bool peer_answers(struct peer *e, struct sa *sa)
{
	return sa->task && sa->request.n &&
		send_out(e, sa, x_exchange(sa->task->kind), F_RESPONSE, sa->mid_out);
}

void peer_repeats(struct peer *e, unsigned n, bool elsewhere)
{
	n %= PEER_KEPT;
	if (e->kept[n].n)
		deliver(e, peer_sa(e, 0), BYTES(e->kept[n].data, e->kept[n].n), elsewhere);
}

void peer_put_nonce(struct peer *e, size_t n)
{
	uint8_t nonce[NONCE_MAX + 1];

	memset(nonce, (int)(e->n_kept * 7 + 1), sizeof(nonce));
	put_nonce(&e->out, BYTES(nonce, n));
}

void peer_put_ke(struct peer *e, uint16_t group)
{
	const struct alg *alg = alg_find(ALG_DH, group, 0);

	dh_free(e->dh);
	e->dh = NULL;
	if (!alg || dh_new(alg, &e->dh) < 0)
		put_ke(&e->out, group, BYTES(e->buf, 4));
	else
		put_ke(&e->out, group, dh_public(e->dh));
}

static void spi_octets(uint64_t spi, uint8_t *out, size_t n)
{
	while (n--) {
		out[n] = (uint8_t)spi;
		spi >>= 8;
	}
}

void peer_put_sa(struct peer *e, const struct prop_list *list, uint8_t proto)
{
	struct prop_list one = { .p = { list->p[0] }, .n = 1 };
	struct prop *p = &one.p[0];

	p->num = 1;
	p->proto = proto;
	p->spi_len = proto == PROTO_IKE ? 8 : 4;
	spi_octets(proto == PROTO_IKE ? ++e->ike_spi : ++e->spi, p->spi, p->spi_len);
	put_sa(&e->out, &one);
}

void peer_put_spi_notify(struct peer *e, uint16_t type, uint32_t spi)
{
	uint8_t octets[4];

	spi_octets(spi, octets, sizeof(octets));
	if (type == N_INVALID_SPI)
		put_notify(&e->out, 0, BYTES_NONE, type, BYTES_OF(octets));
	else
		put_notify(&e->out, PROTO_ESP, BYTES_OF(octets), type, BYTES_NONE);
}

static uint16_t first_group(const struct prop_list *list)
{
	const struct alg *alg = prop_first_group(list);

	return alg ? alg->id : 0;
}

void peer_wants_child(struct peer *e, struct sa *sa, struct trap *t, const struct child *old)
{
	struct ts_list local, remote;

	peer_begin(e);
	if (old)
		peer_put_spi_notify(e, N_REKEY_SA, old->spi_out);
	if (t->conn->type != CONN_TUNNEL)
		put_notify(&e->out, 0, BYTES_NONE, N_USE_TRANSPORT_MODE, BYTES_NONE);
	peer_put_sa(e, &t->conn->esp, PROTO_ESP);
	peer_put_nonce(e, NONCE_LEN);
	peer_put_ke(e, first_group(&t->conn->esp));
	nego_conn_ts(sa, t, &local, &remote);
	put_ts(&e->out, PLD_TSI, &remote);
	put_ts(&e->out, PLD_TSR, &local);
}

void peer_wants_new_sa(struct peer *e, struct sa *sa)
{
	const struct prop_list *ike = &sa->peer->conn->ike;

	peer_begin(e);
	peer_put_sa(e, ike, PROTO_IKE);
	peer_put_nonce(e, NONCE_LEN);
	peer_put_ke(e, first_group(ike));
}

void peer_deletes(struct peer *e, uint8_t proto, const uint32_t *spis, size_t n)
{
	uint8_t octets[4 * 64];

	for (size_t i = 0; i < n && i < 64; i++)
		spi_octets(spis[i], octets + 4 * i, 4);
	if (proto == PROTO_IKE)
		put_delete(&e->out, proto, 0, 0, BYTES_NONE);
	else
		put_delete(&e->out, proto, 4, (uint16_t)n, BYTES(octets, 4 * n));
}

/* What was asked for is granted; a DELETE or nothing is answered by nothing. */
void peer_agrees(struct peer *e, struct sa *sa)
{
	const struct notify *transport;
	uint8_t proto;

	peer_begin(e);
	if (!peer_reads(e, sa) || !e->in.sa.n)
		return;
	proto = e->in.sa.p[0].proto;
	transport = msg_notify(&e->in, N_USE_TRANSPORT_MODE);
	if (transport)
		put_notify(&e->out, 0, BYTES_NONE, N_USE_TRANSPORT_MODE, BYTES_NONE);
	for (size_t i = 0; i < e->in.sa.p[0].n_tf; i++) /* one transform a type */
		for (size_t k = i + 1; k < e->in.sa.p[0].n_tf; k++)
			if (e->in.sa.p[0].tf[k].type == e->in.sa.p[0].tf[i].type)
				e->in.sa.p[0].tf[k--] = e->in.sa.p[0].tf[--e->in.sa.p[0].n_tf];
	peer_put_sa(e, &e->in.sa, proto);
	if (e->in.has & P(NONCE))
		peer_put_nonce(e, NONCE_LEN);
	if (e->in.has & P(KE))
		peer_put_ke(e, e->in.ke.group);
	if (e->in.has & P(TSI))
		put_ts(&e->out, PLD_TSI, &e->in.tsi);
	if (e->in.has & P(TSR))
		put_ts(&e->out, PLD_TSR, &e->in.tsr);
}
