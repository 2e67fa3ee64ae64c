#include <errno.h>

#include "ike/message/pld.h"

enum { X509_SIGNATURE = 4 };

/* RFC 7296 sections 3.6 and 3.7: encoding(8) data(...) */
static int encoded_read(struct rd in, struct certp *list, size_t cap, size_t *n)
{
	struct certp c = { 0 };

	c.encoding = rd_u8(&in);
	c.data = rd_rest(&in);
	if (rd_done(&in) < 0 || *n == cap)
		return -EPROTO;
	list[(*n)++] = c;
	return 0;
}

int pld_cert_read(struct rd in, uint8_t type, struct msg *m)
{
	(void)type;
	return encoded_read(in, m->cert, MSG_MAX_CERT, &m->n_cert);
}

int pld_certreq_read(struct rd in, uint8_t type, struct msg *m)
{
	(void)type;
	return encoded_read(in, m->certreq, MSG_MAX_CERTREQ, &m->n_certreq);
}

void put_cert(struct msg_out *o, struct bytes der)
{
	size_t mark = pld_open(o, PLD_CERT);

	wr_u8(&o->w, X509_SIGNATURE);
	wr_bytes(&o->w, der);
	pld_close(o, mark);
}

void put_certreq(struct msg_out *o, struct bytes hashes)
{
	size_t mark = pld_open(o, PLD_CERTREQ);

	wr_u8(&o->w, X509_SIGNATURE);
	wr_bytes(&o->w, hashes);
	pld_close(o, mark);
}
