#include <errno.h>

#include "ike/message/pld.h"

/* RFC 7296 section 3.8: method(8) reserved(24) data(...) */
int pld_auth_read(struct rd in, uint8_t type, struct msg *m)
{
	struct authp auth = { 0 };

	(void)type;
	auth.method = rd_u8(&in);
	rd_skip(&in, 3);
	auth.data = rd_rest(&in);
	if (rd_done(&in) < 0 || !auth.data.n)
		return -EPROTO;
	m->auth = auth;
	return 0;
}

void put_auth(struct msg_out *o, uint8_t method, struct bytes data)
{
	size_t mark = pld_open(o, PLD_AUTH);

	wr_u8(&o->w, method);
	wr_zero(&o->w, 3);
	wr_bytes(&o->w, data);
	pld_close(o, mark);
}
