#include <errno.h>

#include "ike/message/pld.h"

/*
 * RFC 7296 section 3.5: type(8) reserved(24) data(...). The body stays as it came: AUTH covers
 * it (section 2.15).
 */
int pld_id_read(struct rd in, uint8_t type, struct msg *m)
{
	struct rd whole = in;
	struct idp id = { .body = rd_rest(&whole) };

	id.type = rd_u8(&in);
	rd_skip(&in, 3);
	id.data = rd_rest(&in);
	if (rd_done(&in) < 0 || !id.type || !id.data.n)
		return -EPROTO;
	*(type == PLD_IDI ? &m->idi : &m->idr) = id;
	return 0;
}

void put_id(struct msg_out *o, uint8_t pld, const struct ident *id)
{
	size_t mark = pld_open(o, pld);

	wr_u8(&o->w, id->type);
	wr_zero(&o->w, 3);
	wr_bytes(&o->w, blob_view(&id->data));
	pld_close(o, mark);
}
