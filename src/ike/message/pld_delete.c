#include <errno.h>

#include "ike/message/pld.h"

/* RFC 7296 section 3.11: the IKE SA is named by the header, ESP and AH by SPIs of four octets. */
static bool spi_len_fits(const struct delete *d)
{
	return d->proto == PROTO_IKE ? !d->spi_len && !d->n : d->spi_len == 4;
}

/* RFC 7296 section 3.11: proto(8) spi_len(8) n(16) spis(n * spi_len) */
int pld_delete_read(struct rd in, uint8_t type, struct msg *m)
{
	struct delete d = { 0 };

	(void)type;
	d.proto = rd_u8(&in);
	d.spi_len = rd_u8(&in);
	d.n = rd_u16(&in);
	d.spis = rd_bytes(&in, (size_t)d.n * d.spi_len);
	if (rd_done(&in) < 0 || !spi_len_fits(&d) || m->n_delete == MSG_MAX_DELETE)
		return -EPROTO;
	m->delete[m->n_delete++] = d;
	return 0;
}

void put_delete(struct msg_out *o, uint8_t proto, uint8_t spi_len, uint16_t n, struct bytes spis)
{
	size_t mark = pld_open(o, PLD_DELETE);

	wr_u8(&o->w, proto);
	wr_u8(&o->w, spi_len);
	wr_u16(&o->w, n);
	wr_bytes(&o->w, spis);
	pld_close(o, mark);
}
