#include "unit/ike/forge.h"

/* carol's first IKE_SA_INIT, as it lies in the queue. */
struct dgram *forge_first(struct pair *p)
{
	pair_acquire(p, p->carol, "mh");
	assert_non_null(TAILQ_FIRST(&p->queue));
	return TAILQ_FIRST(&p->queue);
}

struct packet forge_packet(struct pair *p, struct bytes data)
{
	return (struct packet){ p->moon->addr, p->carol->addr, 500, 500, data };
}

/* What moon says to these octets: DROPPED, GOOD, or the type of the notify. */
int forge_reaction(struct pair *p, struct bytes data)
{
	struct packet in = forge_packet(p, data);
	struct dgram *g;
	struct msg m;
	int type = DROPPED;

	iked_packet(p->moon->d, &in);
	TAILQ_FOREACH (g, &p->queue, link) {
		if (g->from != p->moon)
			continue;
		assert_int_equal(msg_parse(BYTES(g->data, g->n), &m), 0);
		type = m.n_notify && !(m.has & P(SA)) ? m.notify[0].type : GOOD;
		TAILQ_REMOVE(&p->queue, g, link);
		free(g);
		break;
	}
	return type;
}

void forge_put32(uint8_t *at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(v >> (24 - 8 * i));
}

struct bytes forge_init(const struct forged *f, const char *suite, uint8_t *buf, size_t cap)
{
	struct prop_list props = { .n = 1 };
	uint8_t ke[1024], nonce[512];
	struct msg_out o;
	const char *why;

	memset(ke, f->ke_fill, sizeof(ke));
	memset(nonce, 7, sizeof(nonce));
	if (*suite)
		assert_int_equal(prop_word(suite, PROTO_IKE, &props.p[0], &why), 0);
	else
		props.n = 0;
	msg_begin(&o, buf, cap, 0x1122334455667788, 0, XCHG_IKE_SA_INIT, F_INITIATOR, 0);
	for (unsigned k = 0; k < (f->twice ? 2 : 1); k++) {
		if (!(f->without & P(SA)) && (!k || f->twice & P(SA)))
			put_sa(&o, &props);
		if (!(f->without & P(KE)) && (!k || f->twice & P(KE)))
			put_ke(&o, f->group, BYTES(ke, f->ke_len));
		if (!(f->without & P(NONCE)) && (!k || f->twice & P(NONCE)))
			put_nonce(&o, BYTES(nonce, f->nonce_len));
	}
	if (f->contact)
		put_notify(&o, 0, BYTES_NONE, N_INITIAL_CONTACT, BYTES_NONE);
	assert_true(msg_end(&o) > 0);
	return BYTES(buf, o.w.n);
}
