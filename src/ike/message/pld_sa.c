#include <errno.h>

#include "ike/message/pld.h"

int pld_sa_read(struct rd in, uint8_t type, struct msg *m)
{
	struct prop_list list;

	(void)type;
	if (prop_parse(in, &list) < 0)
		return -EPROTO;
	/* RFC 7296 section 3.3.1: an offer begins with 1, an answer has the number it chose. */
	if (!(m->flags & F_RESPONSE) && list.n && list.p[0].num != 1)
		return -EPROTO;
	m->sa = list;
	return 0;
}

void put_sa(struct msg_out *o, const struct prop_list *list)
{
	size_t mark = pld_open(o, PLD_SA);

	prop_write(&o->w, list);
	pld_close(o, mark);
}
