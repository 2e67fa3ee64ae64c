#include <errno.h>
#include <string.h>

#include "base/rd.h"
#include "ike/message/pld.h"

enum { VERSION_MAJOR = 2, CRITICAL = 0x80 };

/* What is known of each payload type. Without a reader the body is not looked at. */
static const struct {
	uint8_t type;
	bool repeats;
	pld_fn *read;
} payloads[] = {
	{ PLD_SA, false, pld_sa_read },
	{ PLD_KE, false, pld_ke_read },
	{ PLD_IDI, false, pld_id_read },
	{ PLD_IDR, false, pld_id_read },
	{ PLD_CERT, true, pld_cert_read },
	{ PLD_CERTREQ, true, pld_certreq_read },
	{ PLD_AUTH, false, pld_auth_read },
	{ PLD_NONCE, false, pld_nonce_read },
	{ PLD_NOTIFY, true, pld_notify_read },
	{ PLD_DELETE, true, pld_delete_read },
	{ PLD_VENDOR, true, NULL },
	{ PLD_TSI, false, pld_ts_read },
	{ PLD_TSR, false, pld_ts_read },
	{ PLD_CP, false, NULL },
	{ PLD_EAP, false, NULL },
};

/* One payload as the chain names it. */
struct chain {
	struct rd in;
	uint8_t type;
	bool inner; /* inside SK */
	size_t n;
};

/* RFC 7296 section 3.2: 1 = known and read, 0 = unknown and skipped. */
static int payload_take(struct rd body, uint8_t type, uint8_t flags, struct msg *m)
{
	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
		if (payloads[i].type != type)
			continue;
		if (!payloads[i].repeats && (m->has & P_BIT(type)))
			return -EPROTO;
		if (payloads[i].read && payloads[i].read(body, type, m) < 0)
			return -EPROTO;
		m->has |= P_BIT(type);
		m->order[m->n_order++] = type;
		return 1;
	}
	if (!(flags & CRITICAL))
		return 0;
	m->critical = type;
	return -ENOPROTOOPT;
}

/*
 * RFC 7296 section 3.14: SK is the last payload and its "next payload" is the first one inside. It
 * stands alone, for what is beside it would be read by everybody.
 */
static int sk_take(const struct chain *c, uint8_t first, struct msg *m)
{
	if (c->inner || rd_left(&c->in) || m->has)
		return -EPROTO;
	m->has |= P(SK);
	m->sk_first = first;
	return 0;
}

/* Generic header: next(8) flags(8) len(16). */
static int payload_read(struct chain *c, struct msg *m)
{
	uint8_t type = c->type, next = rd_u8(&c->in), flags = rd_u8(&c->in);
	uint16_t len = rd_u16(&c->in);
	struct rd body = rd_sub(&c->in, len >= 4 ? len - 4u : SIZE_MAX);
	int err;

	if (rd_ok(&body) < 0)
		return -EPROTO;
	if (++c->n > MSG_MAX_PAYLOADS || m->n_order == MSG_MAX_PAYLOADS)
		return -EBADMSG;
	if (type == PLD_SKF) /* never negotiated here */
		return -EBADMSG;
	c->type = next;
	if (type == PLD_SK) {
		m->sk_head = m->raw.n - rd_left(&body);
		c->type = PLD_NONE;
		return sk_take(c, next, m);
	}
	err = payload_take(body, type, flags, m);
	return err < 0 ? err : 0;
}

static int chain_read(struct chain *c, struct msg *m)
{
	int err;

	while (c->type != PLD_NONE) {
		err = payload_read(c, m);
		if (err < 0)
			return err;
	}
	return rd_done(&c->in) < 0 ? -EPROTO : 0;
}

/* Section 3.1, and what each exchange says of its first message: nobody sends these by mistake. */
static bool header_fits(const struct msg *m)
{
	bool init = m->exchange == XCHG_IKE_SA_INIT;

	if (!m->spi_i || m->exchange < XCHG_IKE_SA_INIT || m->exchange > XCHG_INFORMATIONAL)
		return false;
	if (init && m->id)
		return false;
	return !init || (m->flags & F_RESPONSE) || !m->spi_r;
}

/*
 * RFC 7296 section 3.1: spi_i(64) spi_r(64) next(8) version(8) exchange(8) flags(8) id(32)
 * length(32)
 */
int msg_parse(struct bytes datagram, struct msg *out)
{
	struct msg *m = out;
	struct rd in = rd_of(datagram);
	struct chain c = { 0 };
	uint32_t length;
	uint8_t version;

	memset(m, 0, sizeof(*m));
	m->raw = datagram;
	m->spi_i = rd_u64(&in);
	m->spi_r = rd_u64(&in);
	c.type = rd_u8(&in);
	version = rd_u8(&in);
	m->major = version >> 4;
	m->minor = version & 0xf;
	m->exchange = rd_u8(&in);
	m->flags = rd_u8(&in);
	m->id = rd_u32(&in);
	length = rd_u32(&in);
	if (rd_ok(&in) < 0 || length != datagram.n || length > IKE_MAX || m->major < VERSION_MAJOR)
		return -EBADMSG;
	if (m->major > VERSION_MAJOR)
		return -EPROTONOSUPPORT;
	if (!header_fits(m) || (c.type != PLD_SK && length > IKE_MAX_UNAUTH))
		return -EBADMSG;
	c.in = in;
	return chain_read(&c, m);
}

int msg_parse_inner(struct bytes plain, uint8_t first, struct msg *io)
{
	struct chain c = { .in = rd_of(plain), .type = first, .inner = true };

	return chain_read(&c, io);
}
