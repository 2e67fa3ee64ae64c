#include <string.h>

#include "base/loop.h"
#include "base/mem.h"
#include "base/wr.h"
#include "crypto/prf.h"
#include "crypto/rand.h"
#include "ike/machine/cookie.h"

enum { SECRET_MS = 60000, MAC_LEN = COOKIE_LEN - 1, PRF_HMAC_SHA2_256 = 5 };

static void rotate(struct cookie_secret *s)
{
	uint64_t now = loop_now(), age = now - s->made_at;

	if (s->made_at && age < SECRET_MS)
		return;
	s->old_ok = s->made_at && age < 2 * SECRET_MS;
	s->made_at = now ? now : 1;
	s->version++;
	rand_bytes(s->key[s->version & 1], sizeof(s->key[0]));
}

static bool mac(const struct cookie_secret *s, uint8_t version, const struct in6_addr *from,
	const struct msg *in, uint8_t out[MAC_LEN])
{
	const struct alg *a = alg_find(ALG_PRF, PRF_HMAC_SHA2_256, 0);
	uint8_t tail[24];
	struct wr w = WR_OF(tail);
	struct bytes parts[2] = { in->nonce };

	wr_in6(&w, *from);
	wr_u64(&w, in->spi_i);
	parts[1] = wr_view(&w);
	return a && !prf(a, BYTES(s->key[version & 1], sizeof(s->key[0])), parts, 2, out);
}

void cookie_make(struct cookie_secret *s, const struct in6_addr *from, const struct msg *in,
	uint8_t out[COOKIE_LEN])
{
	rotate(s);
	out[0] = s->version;
	if (!mac(s, s->version, from, in, out + 1))
		rand_bytes(out + 1, MAC_LEN); /* nobody can bring back the right one then */
}

bool cookie_ok(struct cookie_secret *s, const struct in6_addr *from, const struct msg *in)
{
	const struct notify *n = msg_notify(in, N_COOKIE);
	uint8_t want[MAC_LEN], version;

	rotate(s);
	if (!n || n->data.n != COOKIE_LEN)
		return false;
	version = n->data.p[0];
	if (version != s->version && !(s->old_ok && version == (uint8_t)(s->version - 1)))
		return false;
	return mac(s, version, from, in, want) &&
		bytes_eq_ct(BYTES_OF(want), BYTES(n->data.p + 1, MAC_LEN));
}

void cookie_wipe(struct cookie_secret *s)
{
	mem_wipe(s, sizeof(*s));
}
