#include <errno.h>

#include "ike/message/pld.h"

/* A start behind its end is no broken payload: TS_UNACCEPTABLE answers it. */
int pld_ts_read(struct rd in, uint8_t type, struct msg *m)
{
	int err = ts_parse(in, type == PLD_TSI ? &m->tsi : &m->tsr);

	if (err == -ERANGE)
		m->ts_error = err;
	return err == -EBADMSG ? -EPROTO : 0;
}

void put_ts(struct msg_out *o, uint8_t pld, const struct ts_list *list)
{
	size_t mark = pld_open(o, pld);

	ts_write(&o->w, list);
	pld_close(o, mark);
}
