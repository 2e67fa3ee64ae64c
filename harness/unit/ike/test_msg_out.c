/* Messages out: the chain, lengths, sealing; what we write we can read. */
#include <errno.h>

#include "base/log.h"
#include "base/mem.h"
#include "crypto/sk.h"
#include "ike/message/msg.h"
#include "unit/unit.h"

enum { SPI_I = 0x1111111111111111, SPI_R = 0x2222222222222222 };

static void ident_of(const char *text, struct ident *out)
{
	*out = (struct ident){ .type = ID_RFC822 };
	assert_int_equal(blob_set(&out->data, BYTES_STR(text)), 0);
}

/* The page's IKE_AUTH request, behind SK. */
static ssize_t auth_request(struct msg_out *o, uint8_t *buf, size_t cap)
{
	static const uint8_t octets[40] = { 7 };
	struct prefix hoa = { .len = 128 };
	struct ts_list ts = { .n = 1 };
	struct prop_list sa = { .n = 1 };
	struct ident me;
	const char *why;

	assert_int_equal(prop_word("aes128-sha1", PROTO_ESP, &sa.p[0], &why), 0);
	sa.p[0].spi_len = 4;
	memcpy(sa.p[0].spi, "\xc5\x95\x9a\xc2", 4);
	ts.ts[0] = ts_of(&hoa, 135, SEL_ANY);
	ident_of("carol@strongswan.org", &me);
	msg_begin_inner(o, buf, cap);
	put_id(o, PLD_IDI, &me);
	put_cert(o, BYTES_OF(octets));
	put_certreq(o, BYTES(octets, 20));
	put_id(o, PLD_IDR, &me);
	put_auth(o, 1, BYTES_OF(octets));
	put_notify(o, 0, BYTES_NONE, N_USE_TRANSPORT_MODE, BYTES_NONE);
	put_sa(o, &sa);
	put_ts(o, PLD_TSI, &ts);
	put_ts(o, PLD_TSR, &ts);
	blob_free(&me.data);
	return msg_end(o);
}

static void the_page_s_auth_request_comes_back(void **state)
{
	static struct msg m;
	static uint8_t buf[2000], sealed[2000];
	struct msg_out o;
	struct sk_keys k = { alg_word("aes128"), alg_word("sha1"), { 1 }, { 2 } };
	ssize_t n = auth_request(&o, buf, sizeof(buf));
	own_blob plain = { 0 };

	(void)state;
	assert_true(n > 0);
	n = msg_seal(sealed, sizeof(sealed), &k, SPI_I, SPI_R, XCHG_IKE_AUTH, F_INITIATOR, 1,
		msg_first(&o), BYTES(buf, (size_t)n));
	assert_true(n > 0);
	assert_int_equal(msg_parse(BYTES(sealed, (size_t)n), &m), 0);
	assert_int_equal(sk_open(&k, m.raw, m.sk_head, &plain), 0);
	assert_int_equal(msg_parse_inner(blob_view(&plain), m.sk_first, &m), 0);
	assert_string_equal(msg_str(&m),
		"IKE_AUTH request 1 [ IDi CERT CERTREQ IDr AUTH N(USE_TRANSP) SA TSi TSr ]");
	assert_memory_equal(m.sa.p[0].spi, "\xc5\x95\x9a\xc2", 4);
	assert_string_equal(log_safe(m.idi.data), "carol@strongswan.org");
	assert_int_equal(m.idi.body.n, m.idi.data.n + 4);
	sealed[n - 1] ^= 1;
	assert_int_equal(sk_open(&k, m.raw, m.sk_head, &plain), -EBADMSG);
}

static void a_message_that_does_not_fit_is_not_sent(void **state)
{
	static uint8_t buf[2000], out[64];
	struct msg_out o;
	struct sk_keys k = { alg_word("aes128"), alg_word("sha1"), { 1 }, { 2 } };
	ssize_t whole = auth_request(&o, buf, sizeof(buf));

	(void)state;
	for (ssize_t cap = 0; cap < whole; cap++)
		assert_int_equal(auth_request(&o, buf, (size_t)cap), -ENOSPC);
	assert_int_equal(msg_seal(out, sizeof(out), &k, SPI_I, SPI_R, XCHG_IKE_AUTH, 0, 1, PLD_IDI,
				 BYTES(buf, (size_t)whole)),
		-ENOSPC);
}

static void an_empty_chain_is_a_message(void **state)
{
	static struct msg m;
	uint8_t buf[IKE_HDR];
	struct msg_out o;

	(void)state;
	msg_begin(&o, buf, sizeof(buf), SPI_I, SPI_R, XCHG_INFORMATIONAL, F_RESPONSE, 9);
	assert_int_equal(msg_end(&o), IKE_HDR);
	assert_int_equal(msg_parse(BYTES_OF(buf), &m), 0);
	assert_string_equal(msg_str(&m), "INFORMATIONAL response 9 [ ]");
	msg_begin_inner(&o, buf, sizeof(buf));
	assert_int_equal(msg_end(&o), 0);
	assert_int_equal(msg_first(&o), PLD_NONE);
}

static void reserved_octets_are_sent_as_zero(void **state)
{
	static const uint8_t value[2] = { 0xaa, 0xbb };
	static const uint8_t want[] = { 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x22, 0x22,
		0x22, 0x22, 0x22, 0x22, 0x22, 0x22, PLD_KE, 0x20, 36, 8, 0, 0, 0, 2, 0, 0, 0, 38, 0,
		0, 0, 10, 0, 14, 0, 0, 0xaa, 0xbb };
	uint8_t buf[64];
	struct msg_out o;

	(void)state;
	memset(buf, 0xff, sizeof(buf));
	msg_begin(&o, buf, sizeof(buf), SPI_I, SPI_R, XCHG_CREATE_CHILD_SA, F_INITIATOR, 2);
	put_ke(&o, 14, BYTES_OF(value));
	assert_int_equal(msg_end(&o), sizeof(want));
	assert_memory_equal(buf, want, sizeof(want));
}

UNIT_MAIN(T(the_page_s_auth_request_comes_back, "A-061 A-080"),
	T(a_message_that_does_not_fit_is_not_sent, ""), T(an_empty_chain_is_a_message, "A-027"),
	T(reserved_octets_are_sent_as_zero, "A-003 A-007"))
