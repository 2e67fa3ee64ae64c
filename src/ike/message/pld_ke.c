#include <errno.h>

#include "ike/message/pld.h"

/* RFC 7296 section 3.4: group(16) reserved(16) data(...) */
int pld_ke_read(struct rd in, uint8_t type, struct msg *m)
{
	struct ke ke = { 0 };

	(void)type;
	ke.group = rd_u16(&in);
	rd_skip(&in, 2);
	ke.data = rd_rest(&in);
	if (rd_done(&in) < 0 || !ke.data.n)
		return -EPROTO;
	m->ke = ke;
	return 0;
}

void put_ke(struct msg_out *o, uint16_t group, struct bytes data)
{
	size_t mark = pld_open(o, PLD_KE);

	wr_u16(&o->w, group);
	wr_u16(&o->w, 0);
	wr_bytes(&o->w, data);
	pld_close(o, mark);
}

/* RFC 7296 section 3.9: between 16 and 256 octets. */
int pld_nonce_read(struct rd in, uint8_t type, struct msg *m)
{
	struct bytes nonce = rd_rest(&in);

	(void)type;
	if (nonce.n < NONCE_MIN || nonce.n > NONCE_MAX)
		return -EPROTO;
	m->nonce = nonce;
	return 0;
}

void put_nonce(struct msg_out *o, struct bytes nonce)
{
	size_t mark = pld_open(o, PLD_NONCE);

	wr_bytes(&o->w, nonce);
	pld_close(o, mark);
}
