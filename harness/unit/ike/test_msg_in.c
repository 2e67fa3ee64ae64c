/* Whole messages in: header, chain of payloads, what is refused and how. */
#include <errno.h>

#include "ike/message/msg.h"
#include "unit/unit.h"

enum { SPI = 0x0102030405060708 };

static const uint8_t nonce[32] = { 1, 2, 3 }, public_value[256] = { 4 }, hash[20] = { 5 };

struct draft {
	uint8_t buf[70000];
	size_t n;
};

static struct draft d;

/* The page's IKE_SA_INIT request. */
static size_t init_into(uint8_t *buf, size_t cap)
{
	struct prop_list sa = { .n = 1 };
	struct msg_out o;
	const char *why;

	assert_int_equal(prop_word("aes128-sha1-modp2048", PROTO_IKE, &sa.p[0], &why), 0);
	msg_begin(&o, buf, cap, SPI, 0, XCHG_IKE_SA_INIT, F_INITIATOR, 0);
	put_sa(&o, &sa);
	put_ke(&o, 14, BYTES_OF(public_value));
	put_nonce(&o, BYTES_OF(nonce));
	put_notify(&o, 0, BYTES_NONE, N_NATD_SOURCE, BYTES_OF(hash));
	put_notify(&o, 0, BYTES_NONE, N_NATD_DESTINATION, BYTES_OF(hash));
	return (size_t)msg_end(&o);
}

static struct bytes init_message(void)
{
	d.n = init_into(d.buf, sizeof(d.buf));
	return BYTES(d.buf, d.n);
}

/* A message of this exchange whose chain is `body`, lengths right. */
static struct bytes around(uint8_t exchange, uint8_t first, const void *body, size_t n)
{
	struct msg_out o;

	msg_begin(&o, d.buf, sizeof(d.buf), SPI, SPI, exchange, F_INITIATOR, 1);
	wr_put_u8(&o.w, 16, first);
	wr_bytes(&o.w, BYTES(body, n));
	d.n = (size_t)msg_end(&o);
	return BYTES(d.buf, d.n);
}

static int parse(struct bytes datagram)
{
	static struct msg m;

	return msg_parse(datagram, &m);
}

static void the_page_s_first_message_is_read(void **state)
{
	static struct msg m;

	(void)state;
	assert_int_equal(msg_parse(init_message(), &m), 0);
	assert_string_equal(
		msg_str(&m), "IKE_SA_INIT request 0 [ SA KE No N(NATD_S_IP) N(NATD_D_IP) ]");
	assert_true(m.spi_i == SPI && m.spi_r == 0);
	assert_int_equal(m.ke.group, 14);
	assert_int_equal(m.nonce.n, sizeof(nonce));
	assert_int_equal(m.has, P(SA) | P(KE) | P(NONCE) | P(NOTIFY));
	assert_int_equal(msg_notify(&m, N_NATD_SOURCE)->data.n, 20);
	assert_null(msg_error(&m));
}

static void every_cut_is_dropped(void **state)
{
	struct bytes whole = init_message();

	(void)state;
	for (size_t cut = 0; cut < whole.n; cut++)
		assert_int_equal(parse(BYTES(whole.p, cut)), -EBADMSG);
}

static void every_cut_with_a_right_length_is_refused(void **state)
{
	static uint8_t copy[1000];
	size_t n = init_message().n;

	(void)state;
	for (size_t cut = IKE_HDR + 1; cut < n; cut++) {
		memcpy(copy, d.buf, cut);
		copy[26] = (uint8_t)(cut >> 8);
		copy[27] = (uint8_t)cut;
		assert_int_equal(parse(BYTES(copy, cut)), -EPROTO);
	}
}

static void broken_headers_are_dropped(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *what;
	} rows[] = {
		{ 0, 0, "initiator SPI 0 (others zero below)" },
		{ 8, 1, "responder SPI in the first request" },
		{ 17, 0x10, "version 1.0" },
		{ 18, 0, "exchange 0" },
		{ 18, 33, "exchange 33" },
		{ 18, 200, "exchange 200" },
		{ 23, 1, "IKE_SA_INIT with message id 1" },
		{ 24, 1, "a length beyond the datagram" },
		{ 27, 0, "a shorter length" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes m = init_message();

		if (!rows[i].at)
			memset(d.buf, 0, 8);
		d.buf[rows[i].at] = rows[i].value;
		if (parse(m) != -EBADMSG)
			fail_msg("accepted: %s", rows[i].what);
	}
}

static void a_length_field_of_nothing_is_dropped(void **state)
{
	struct bytes m = init_message();

	(void)state;
	memset(d.buf + 24, 0, 4);
	assert_int_equal(parse(m), -EBADMSG);
	d.buf[27] = 27;
	assert_int_equal(parse(m), -EBADMSG);
	init_message();
	assert_int_equal(parse(BYTES(d.buf, d.n + 1)), -EBADMSG);
}

static void a_newer_major_version_can_be_answered(void **state)
{
	static struct msg m;
	struct bytes b = init_message();

	(void)state;
	d.buf[17] = 0x30;
	assert_int_equal(msg_parse(b, &m), -EPROTONOSUPPORT);
	assert_true(m.spi_i == SPI);
	assert_int_equal(m.major, 3);
	d.buf[17] = 0x2f; /* the minor version says nothing */
	assert_int_equal(parse(b), 0);
}

static void reserved_bits_are_ignored(void **state)
{
	struct bytes b = init_message();

	(void)state;
	d.buf[19] |= 0xc7;
	assert_int_equal(parse(b), 0);
	d.buf[IKE_HDR + 1] = 0x7f; /* reserved bits of the SA payload */
	assert_int_equal(parse(b), 0);
	d.buf[IKE_HDR + 1] = 0x80; /* critical has no meaning for what is known */
	assert_int_equal(parse(b), 0);
}

static void a_payload_beyond_the_message_is_refused(void **state)
{
	struct bytes b = init_message();

	(void)state;
	d.buf[IKE_HDR + 2] = 0xff;
	assert_int_equal(parse(b), -EPROTO);
	init_message();
	d.buf[IKE_HDR + 2] = d.buf[IKE_HDR + 3] = 0; /* a length of 0 would loop for ever */
	assert_int_equal(parse(b), -EPROTO);
	d.buf[IKE_HDR + 3] = 3;
	assert_int_equal(parse(b), -EPROTO);
}

static void more_than_a_hundred_payloads_are_dropped(void **state)
{
	static uint8_t chain[101 * 4];

	(void)state;
	for (size_t i = 0; i < 101; i++) {
		chain[i * 4] = i < 100 ? PLD_VENDOR : PLD_NONE;
		chain[i * 4 + 3] = 4;
	}
	assert_int_equal(
		parse(around(XCHG_INFORMATIONAL, PLD_VENDOR, chain, sizeof(chain))), -EBADMSG);
	chain[99 * 4] = PLD_NONE;
	assert_int_equal(parse(around(XCHG_INFORMATIONAL, PLD_VENDOR, chain, 100 * 4)), 0);
}

static void fifty_vendor_ids_are_ignored(void **state)
{
	static uint8_t chain[50 * 180];

	(void)state;
	for (size_t i = 0; i < 50; i++) {
		chain[i * 180] = i < 49 ? PLD_VENDOR : PLD_NONE;
		chain[i * 180 + 3] = 180;
	}
	assert_int_equal(parse(around(XCHG_INFORMATIONAL, PLD_VENDOR, chain, sizeof(chain))), 0);
}

static void a_large_message_without_protection_is_dropped(void **state)
{
	static uint8_t vendor[IKE_MAX_UNAUTH];

	(void)state;
	vendor[2] = (uint8_t)(sizeof(vendor) >> 8);
	vendor[3] = (uint8_t)sizeof(vendor);
	assert_int_equal(
		parse(around(XCHG_IKE_SA_INIT, PLD_VENDOR, vendor, sizeof(vendor))), -EBADMSG);
}

static void an_unknown_payload_is_skipped_unless_critical(void **state)
{
	static const uint8_t plain[] = { 0, 0, 0, 6, 1, 2 }, critical[] = { 0, 0x80, 0, 6, 1, 2 };
	static struct msg m;

	(void)state;
	assert_int_equal(msg_parse(around(XCHG_INFORMATIONAL, 99, plain, sizeof(plain)), &m), 0);
	assert_int_equal(m.n_order, 0);
	assert_int_equal(msg_parse(around(XCHG_INFORMATIONAL, 99, critical, sizeof(critical)), &m),
		-ENOPROTOOPT);
	assert_int_equal(m.critical, 99);
}

static void single_payloads_come_once(void **state)
{
	uint8_t two[2 * 20] = { PLD_NONCE, 0, 0, 20 };

	(void)state;
	two[20 + 3] = 20;
	assert_int_equal(parse(around(XCHG_IKE_SA_INIT, PLD_NONCE, two, 20)), -EBADMSG); /* id 1 */
	assert_int_equal(parse(around(XCHG_CREATE_CHILD_SA, PLD_NONCE, two, sizeof(two))), -EPROTO);
	two[0] = PLD_NONE;
	assert_int_equal(parse(around(XCHG_CREATE_CHILD_SA, PLD_NONCE, two, 20)), 0);
}

static void octets_behind_the_last_payload_are_refused(void **state)
{
	static const uint8_t chain[] = { 0, 0, 0, 4, 9 };

	(void)state;
	assert_int_equal(
		parse(around(XCHG_INFORMATIONAL, PLD_VENDOR, chain, sizeof(chain))), -EPROTO);
}

static void sk_is_last_and_alone(void **state)
{
	static const uint8_t sk[] = { PLD_IDI, 0, 0, 8, 1, 2, 3, 4 };
	static const uint8_t behind[] = { PLD_IDI, 0, 0, 8, 1, 2, 3, 4, 0, 0, 0, 4 };
	static const uint8_t beside[] = { PLD_SK, 0, 0, 4, PLD_IDI, 0, 0, 8, 1, 2, 3, 4 };
	static struct msg m;

	(void)state;
	assert_int_equal(msg_parse(around(XCHG_IKE_AUTH, PLD_SK, sk, sizeof(sk)), &m), 0);
	assert_int_equal(m.has, P(SK));
	assert_int_equal(m.sk_first, PLD_IDI);
	assert_int_equal(m.sk_head, IKE_HDR + 4);
	assert_int_equal(parse(around(XCHG_IKE_AUTH, PLD_SK, behind, sizeof(behind))), -EPROTO);
	assert_int_equal(parse(around(XCHG_IKE_AUTH, PLD_VENDOR, beside, sizeof(beside))), -EPROTO);
	assert_int_equal(msg_parse_inner(BYTES_OF(sk), PLD_SK, &m), -EPROTO);
}

static void a_fragment_is_dropped(void **state)
{
	static const uint8_t skf[] = { 0, 0, 0, 12, 0, 1, 0, 2, 1, 2, 3, 4 };

	(void)state;
	assert_int_equal(parse(around(XCHG_IKE_AUTH, PLD_SKF, skf, sizeof(skf))), -EBADMSG);
}

static void what_is_inside_is_read_like_what_is_outside(void **state)
{
	static const uint8_t sk[] = { PLD_NOTIFY, 0, 0, 8, 1, 2, 3, 4 };
	static const uint8_t auth_failed[] = { 0, 0, 0, 8, 0, 0, 0, 24 };
	static const uint8_t critical[] = { 0, 0x80, 0, 4 };
	static struct msg m;

	(void)state;
	assert_int_equal(msg_parse(around(XCHG_INFORMATIONAL, PLD_SK, sk, sizeof(sk)), &m), 0);
	assert_int_equal(msg_parse_inner(BYTES_OF(auth_failed), PLD_NOTIFY, &m), 0);
	assert_int_equal(msg_error(&m)->type, N_AUTHENTICATION_FAILED);
	assert_string_equal(msg_str(&m), "INFORMATIONAL request 1 [ N(AUTH_FAILED) ]");
	for (size_t cut = 0; cut < sizeof(auth_failed); cut++)
		assert_int_equal(msg_parse_inner(BYTES(auth_failed, cut), PLD_NOTIFY, &m), -EPROTO);
	assert_int_equal(msg_parse_inner(BYTES_OF(critical), 99, &m), -ENOPROTOOPT);
	assert_int_equal(m.critical, 99);
	assert_int_equal(msg_parse_inner(BYTES_NONE, PLD_NONE, &m), 0);
}

UNIT_MAIN(T(the_page_s_first_message_is_read, "A-003 A-040 A-050 A-004"),
	T(every_cut_is_dropped, "A-004! F-024!"),
	T(every_cut_with_a_right_length_is_refused, "F-024!"),
	T(broken_headers_are_dropped, "A-003! A-005! A-010! A-020!"),
	T(a_length_field_of_nothing_is_dropped, "A-004!"),
	T(a_newer_major_version_can_be_answered, "A-005"),
	T(reserved_bits_are_ignored, "A-003! A-007!"),
	T(a_payload_beyond_the_message_is_refused, "A-006!"),
	T(more_than_a_hundred_payloads_are_dropped, ""), T(fifty_vendor_ids_are_ignored, "A-053"),
	T(a_large_message_without_protection_is_dropped, "A-004!"),
	T(an_unknown_payload_is_skipped_unless_critical, "A-006"),
	T(single_payloads_come_once, "A-009"), T(octets_behind_the_last_payload_are_refused, ""),
	T(sk_is_last_and_alone, "A-008"), T(a_fragment_is_dropped, ""),
	T(what_is_inside_is_read_like_what_is_outside, "A-006 A-062"))
