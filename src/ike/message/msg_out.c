#include <errno.h>

#include "crypto/sk.h"
#include "ike/message/msg.h"

enum { VERSION_2_0 = 0x20, AT_NEXT = 16, AT_LENGTH = 24, PLD_HDR = 4 };

static void header(
	struct wr *w, uint64_t spi_i, uint64_t spi_r, uint8_t exchange, uint8_t flags, uint32_t id)
{
	wr_u64(w, spi_i);
	wr_u64(w, spi_r);
	wr_u8(w, PLD_NONE);
	wr_u8(w, VERSION_2_0);
	wr_u8(w, exchange);
	wr_u8(w, flags);
	wr_u32(w, id);
	wr_u32(w, 0);
}

void msg_begin(struct msg_out *o, uint8_t *buf, size_t cap, uint64_t spi_i, uint64_t spi_r,
	uint8_t exchange, uint8_t flags, uint32_t id)
{
	*o = (struct msg_out){ .w = wr_of(buf, cap), .next_at = AT_NEXT };
	header(&o->w, spi_i, spi_r, exchange, flags, id);
}

void msg_begin_inner(struct msg_out *o, uint8_t *buf, size_t cap)
{
	*o = (struct msg_out){ .w = wr_of(buf, cap), .inner = true };
}

uint8_t msg_first(const struct msg_out *o)
{
	return o->first;
}

ssize_t msg_end(struct msg_out *o)
{
	if (!o->inner)
		wr_put_u32(&o->w, AT_LENGTH, (uint32_t)o->w.n);
	return wr_done(&o->w);
}

/* Inside SK the first type has no octet of its own here: it goes to the SK payload's header. */
size_t pld_open(struct msg_out *o, uint8_t type)
{
	size_t here = o->w.n;

	if (!o->first)
		o->first = type;
	if (here)
		wr_put_u8(&o->w, o->next_at, type);
	o->next_at = here;
	wr_u8(&o->w, PLD_NONE);
	wr_u8(&o->w, 0);
	return wr_mark16(&o->w);
}

void pld_close(struct msg_out *o, size_t mark)
{
	wr_close16(&o->w, mark, mark - 2);
}

ssize_t msg_seal(uint8_t *buf, size_t cap, const struct sk_keys *k, uint64_t spi_i, uint64_t spi_r,
	uint8_t exchange, uint8_t flags, uint32_t id, uint8_t first, struct bytes inner)
{
	struct wr w = wr_of(buf, cap);
	size_t body = PLD_HDR + sk_size(k, inner.n), n = 0;
	int err;

	if (body > UINT16_MAX)
		return -ENOSPC;
	header(&w, spi_i, spi_r, exchange, flags, id);
	wr_put_u8(&w, AT_NEXT, PLD_SK);
	wr_put_u32(&w, AT_LENGTH, (uint32_t)(IKE_HDR + body));
	wr_u8(&w, first);
	wr_u8(&w, 0);
	wr_u16(&w, (uint16_t)body);
	if (wr_done(&w) < 0)
		return -ENOSPC;
	err = sk_seal(k, buf, w.n, cap, inner, &n);
	return err < 0 ? err : (ssize_t)n;
}
