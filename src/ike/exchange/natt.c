#include "base/wr.h"
#include "crypto/prf.h"
#include "ike/message/packet.h"
#include "ike/exchange/natt.h"

enum { HASH_LEN = 20 };

/* SHA1(SPIi | SPIr | address | port), of the message that carries it. */
static void natt_hash(uint64_t spi_i, uint64_t spi_r, const struct in6_addr *addr, uint16_t port,
	uint8_t out[HASH_LEN])
{
	uint8_t text[16 + 16 + 2];
	struct wr w = WR_OF(text);
	struct bytes all;

	wr_u64(&w, spi_i);
	wr_u64(&w, spi_r);
	if (addr_is_v4(addr))
		wr_bytes(&w, BYTES(addr->s6_addr + 12, 4));
	else
		wr_in6(&w, *addr);
	wr_u16(&w, port);
	all = wr_view(&w);
	hash_sha1(&all, 1, out);
}

void natt_put(const struct sa *sa, uint64_t spi_r, struct msg_out *out)
{
	uint8_t hash[HASH_LEN];

	natt_hash(sa->spi_i, spi_r, &sa->local, sa->local_port, hash);
	put_notify(out, 0, BYTES_NONE, N_NATD_SOURCE, BYTES_OF(hash));
	natt_hash(sa->spi_i, spi_r, &sa->remote, sa->remote_port, hash);
	put_notify(out, 0, BYTES_NONE, N_NATD_DESTINATION, BYTES_OF(hash));
}

/* A peer with several addresses sends several source hashes: one that fits is enough. */
static bool mismatch(const struct msg *in, uint16_t type, const uint8_t want[HASH_LEN])
{
	bool any = false;

	for (size_t i = 0; i < in->n_notify; i++) {
		const struct notify *n = &in->notify[i];

		if (n->type != type || n->data.n != HASH_LEN)
			continue;
		any = true;
		if (bytes_eq(n->data, BYTES(want, HASH_LEN)))
			return false;
	}
	return any;
}

bool natt_detected(const struct packet *p, const struct msg *in)
{
	uint8_t from[HASH_LEN], to[HASH_LEN];

	natt_hash(in->spi_i, in->spi_r, &p->remote, p->remote_port, from);
	natt_hash(in->spi_i, in->spi_r, &p->local, p->local_port, to);
	return mismatch(in, N_NATD_SOURCE, from) || mismatch(in, N_NATD_DESTINATION, to);
}
