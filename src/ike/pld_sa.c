#include <errno.h>

#include "ike/pld.h"

int pld_sa_read(struct rd in, uint8_t type, struct msg *m)
{
	(void)type;
	return prop_parse(in, &m->sa) < 0 ? -EPROTO : 0;
}

void put_sa(struct msg_out *o, const struct prop_list *list)
{
	size_t mark = pld_open(o, PLD_SA);

	prop_write(&o->w, list);
	pld_close(o, mark);
}
