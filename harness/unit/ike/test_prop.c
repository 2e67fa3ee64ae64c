/* Proposals: read, write, choose, verify, words and names. */
#include <errno.h>
#include <time.h>

#include "ike/message/prop.h"
#include "unit/unit.h"

/* The body of the page's SA payload: aes128-sha1-modp2048 for IKE. */
static const uint8_t page_ike[] = {
	0, 0, 0, 44, 1, 1, 0, 4, /* proposal 1, IKE, no SPI, 4 transforms */
	3, 0, 0, 12, 1, 0, 0, 12, 0x80, 14, 0, 128, /* AES_CBC-128 */
	3, 0, 0, 8, 3, 0, 0, 2, /* HMAC_SHA1_96 */
	3, 0, 0, 8, 2, 0, 0, 2, /* PRF_HMAC_SHA1 */
	0, 0, 0, 8, 4, 0, 0, 14, /* MODP_2048 */
};

static struct prop_list words(const char *text, uint8_t proto)
{
	struct prop_list list = { .n = 1 };
	const char *why;

	assert_int_equal(prop_word(text, proto, &list.p[0], &why), 0);
	return list;
}

static int parse_broken(size_t at, uint8_t value)
{
	uint8_t bad[sizeof(page_ike)];
	struct prop_list list;

	memcpy(bad, page_ike, sizeof(bad));
	bad[at] = value;
	return prop_parse(rd_of(BYTES_OF(bad)), &list);
}

static void the_page_s_proposal_is_read_and_written(void **state)
{
	struct prop_list own = words("aes128-sha1-modp2048", PROTO_IKE), list;
	struct suite s;
	uint8_t buf[128];
	struct wr w = WR_OF(buf);

	(void)state;
	assert_int_equal(prop_parse(rd_of(BYTES_OF(page_ike)), &list), 0);
	assert_int_equal(prop_choose(&own, &list, true, &s), 0);
	assert_string_equal(
		suite_status_str(&s), "AES_CBC-128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048_BIT");
	prop_write(&w, &list);
	assert_int_equal(wr_done(&w), sizeof(page_ike));
	assert_memory_equal(buf, page_ike, sizeof(page_ike));
}

static void every_cut_is_refused(void **state)
{
	struct prop_list list;

	(void)state;
	for (size_t cut = 1; cut < sizeof(page_ike); cut++)
		assert_int_equal(prop_parse(rd_cut(page_ike, cut), &list), -EBADMSG);
}

static void an_empty_payload_offers_nothing(void **state)
{
	struct prop_list own = words("aes128-sha1-modp2048", PROTO_IKE), list;
	struct suite s;

	(void)state;
	assert_int_equal(prop_parse(rd_of(BYTES_NONE), &list), 0);
	assert_int_equal(list.n, 0);
	assert_int_equal(prop_choose(&own, &list, true, &s), -ENOENT);
}

static void broken_structure_is_a_syntax_error(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *what;
	} breaks[] = {
		{ 0, 2, "more proposals promised" },
		{ 0, 1, "an odd last octet" },
		{ 3, 43, "a proposal one octet short" },
		{ 7, 3, "fewer transforms than there are" },
		{ 7, 5, "more transforms than there are" },
		{ 8, 0, "the last bit too early" },
		{ 36, 3, "the last bit missing" },
		{ 6, 255, "an SPI of 255 octets" },
		{ 6, 4, "an SPI of 4 octets for IKE" },
		{ 11, 13, "a transform of another length" },
		{ 16, 0, "a short attribute read as a long one" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++)
		if (parse_broken(breaks[i].at, breaks[i].value) != -EBADMSG)
			fail_msg("accepted: %s", breaks[i].what);
}

static void proposals_are_numbered_in_order(void **state)
{
	uint8_t two[2 * sizeof(page_ike)];
	struct prop_list list;

	(void)state;
	memcpy(two, page_ike, sizeof(page_ike));
	memcpy(two + sizeof(page_ike), page_ike, sizeof(page_ike));
	two[0] = 2;
	assert_int_equal(prop_parse(rd_of(BYTES_OF(two)), &list), -EBADMSG);
	two[sizeof(page_ike) + 4] = 2;
	assert_int_equal(prop_parse(rd_of(BYTES_OF(two)), &list), 0);
	assert_int_equal(list.n, 2);
}

/* clang-format off */
static const uint8_t odd_attribute[] = {
	0, 0, 0, 60, 1, 1, 0, 5, 3, 0, 0, 16, 1, 0, 0, 12, 0x80, 14, 0, 128, 0x80, 77, 0, 1,
	3, 0, 0, 12, 1, 0, 0, 12, 0x80, 14, 1, 0, 3, 0, 0, 8, 3, 0, 0, 2, 3, 0, 0, 8, 2, 0, 0,
	2, 0, 0, 0, 8, 4, 0, 0, 14,
};
/* clang-format on */

static void an_unknown_attribute_spoils_its_transform_only(void **state)
{
	struct prop_list a128 = words("aes128-sha1-modp2048", PROTO_IKE), list;
	struct prop_list a256 = words("aes256-sha1-modp2048", PROTO_IKE);
	struct suite s;

	(void)state;
	assert_int_equal(prop_parse(rd_of(BYTES_OF(odd_attribute)), &list), 0);
	assert_int_equal(prop_choose(&a128, &list, true, &s), -ENOENT);
	assert_int_equal(prop_choose(&a256, &list, true, &s), 0);
}

/* clang-format off */
static const uint8_t two_lengths[] = {
	0, 0, 0, 48, 1, 1, 0, 4, 3, 0, 0, 16, 1, 0, 0, 12, 0x80, 14, 0, 128, 0x80, 14, 0, 128,
	3, 0, 0, 8, 3, 0, 0, 2, 3, 0, 0, 8, 2, 0, 0, 2, 0, 0, 0, 8, 4, 0, 0, 14,
};
/* clang-format on */

static void a_key_length_given_twice_spoils_its_transform(void **state)
{
	struct prop_list own = words("aes128-sha1-modp2048", PROTO_IKE), list;
	struct suite s;

	(void)state;
	assert_int_equal(prop_parse(rd_of(BYTES_OF(two_lengths)), &list), 0);
	assert_int_equal(prop_choose(&own, &list, true, &s), -ENOENT);
}

static void an_unknown_type_or_protocol_spoils_its_proposal(void **state)
{
	uint8_t type[sizeof(page_ike)], proto[sizeof(page_ike)];
	struct prop_list own = words("aes128-sha1-modp2048", PROTO_IKE), list;
	struct suite s;

	(void)state;
	memcpy(type, page_ike, sizeof(type));
	type[40] = 9;
	assert_int_equal(prop_parse(rd_of(BYTES_OF(type)), &list), 0);
	assert_true(list.p[0].unusable);
	assert_int_equal(prop_choose(&own, &list, true, &s), -ENOENT);
	memcpy(proto, page_ike, sizeof(proto));
	proto[5] = 9;
	assert_int_equal(prop_parse(rd_of(BYTES_OF(proto)), &list), 0);
	assert_int_equal(prop_choose(&own, &list, true, &s), -ENOENT);
}

static void a_reserved_esp_spi_is_not_chosen(void **state)
{
	struct prop_list own = words("aes128-sha1", PROTO_ESP), offer = own, list;
	struct suite s;
	uint8_t buf[128];
	struct wr w;

	(void)state;
	offer.p[0].spi_len = 4;
	memcpy(offer.p[0].spi, "\x00\x00\x00\xff", 4);
	w = WR_OF(buf);
	prop_write(&w, &offer);
	assert_int_equal(prop_parse(rd_of(wr_view(&w)), &list), 0);
	assert_int_equal(prop_choose(&own, &list, false, &s), -ENOENT);
	memcpy(offer.p[0].spi, "\xc0\x00\x00\x01", 4);
	w = WR_OF(buf);
	prop_write(&w, &offer);
	assert_int_equal(prop_parse(rd_of(wr_view(&w)), &list), 0);
	assert_int_equal(prop_choose(&own, &list, false, &s), 0);
	assert_memory_equal(s.spi, "\xc0\x00\x00\x01", 4);
	offer.p[0].spi_len = 3;
	w = WR_OF(buf);
	prop_write(&w, &offer);
	assert_int_equal(prop_parse(rd_of(wr_view(&w)), &list), -EBADMSG);
}

static size_t big_offer(uint8_t *buf, size_t cap, unsigned n_prop, unsigned n_tf)
{
	struct wr w = wr_of(buf, cap);

	for (unsigned i = 1; i <= n_prop; i++) {
		wr_u8(&w, i == n_prop ? 0 : 2);
		wr_u8(&w, 0);
		wr_u16(&w, (uint16_t)(8 + n_tf * 8));
		wr_u8(&w, (uint8_t)i);
		wr_u8(&w, 1);
		wr_u8(&w, 0);
		wr_u8(&w, (uint8_t)n_tf);
		for (unsigned k = 1; k <= n_tf; k++) {
			wr_u8(&w, k == n_tf ? 0 : 3);
			wr_u8(&w, 0);
			wr_u16(&w, 8);
			wr_u8(&w, (uint8_t)(1 + k % 4));
			wr_u8(&w, 0);
			wr_u16(&w, (uint16_t)(1000 + k));
		}
	}
	return (size_t)wr_done(&w);
}

static void a_huge_offer_takes_bounded_time(void **state)
{
	static uint8_t buf[600000];
	size_t n = big_offer(buf, sizeof(buf), 255, 255);
	struct prop_list own = words("aes128-sha1-modp2048", PROTO_IKE), list;
	struct suite s;
	clock_t start = clock();

	(void)state;
	assert_int_equal(prop_parse(rd_cut(buf, n), &list), 0);
	assert_int_equal(prop_choose(&own, &list, true, &s), -ENOENT);
	assert_int_equal(list.n, PROP_MAX);
	assert_int_equal(list.left_out, 255 - PROP_MAX);
	assert_true((clock() - start) * 1000 / CLOCKS_PER_SEC < 50);
}

static void unknown_transforms_do_not_crowd_out_known_ones(void **state)
{
	uint8_t buf[600];
	size_t n = big_offer(buf, sizeof(buf), 1, 40);
	struct prop_list own = words("aes128-sha1-modp2048", PROTO_IKE), list;
	struct suite s;

	(void)state;
	/* The known four in the place of the last four. */
	buf[3] = (uint8_t)(n - 32 + sizeof(page_ike) - 8);
	buf[2] = (uint8_t)((n - 32 + sizeof(page_ike) - 8) >> 8);
	memcpy(buf + n - 32, page_ike + 8, sizeof(page_ike) - 8);
	assert_int_equal(prop_parse(rd_cut(buf, n - 32 + sizeof(page_ike) - 8), &list), 0);
	assert_int_equal(prop_choose(&own, &list, true, &s), 0);
}

static void the_first_own_proposal_wins(void **state)
{
	struct prop_list own = words("aes256-sha256-curve25519", PROTO_IKE), offer;
	struct suite s;

	(void)state;
	own.p[own.n++] = words("aes128-sha1-modp2048", PROTO_IKE).p[0];
	offer = words("aes128-aes256-sha1-sha256-modp2048-curve25519", PROTO_IKE);
	assert_int_equal(prop_choose(&own, &offer, true, &s), 0);
	assert_string_equal(suite_status_str(&s),
		"AES_CBC-256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/CURVE_25519");
	offer = words("aes128-sha1-modp2048", PROTO_IKE);
	assert_int_equal(prop_choose(&own, &offer, true, &s), 1);
	offer = words("aes128-sha1-curve25519", PROTO_IKE);
	assert_int_equal(prop_choose(&own, &offer, true, &s), -ENOENT);
}

static void a_key_length_not_offered_is_not_chosen(void **state)
{
	struct prop_list own = words("aes128-sha1", PROTO_ESP);
	struct prop_list offer = words("aes256-sha1", PROTO_ESP);
	struct suite s;

	(void)state;
	assert_int_equal(prop_choose(&own, &offer, false, &s), -ENOENT);
}

static void the_first_child_leaves_diffie_hellman_out(void **state)
{
	struct prop_list own = words("aes128-sha1-modp2048", PROTO_ESP), bare;
	struct suite s;

	(void)state;
	prop_without_dh(&own, &bare);
	assert_false(prop_has_group(&bare, 14));
	assert_int_equal(prop_choose(&own, &bare, false, &s), 0);
	assert_null(s.dh);
	assert_int_equal(prop_choose(&own, &bare, true, &s), -ENOENT);
	assert_int_equal(prop_choose(&bare, &own, true, &s), -ENOENT);
	assert_int_equal(prop_choose(&own, &own, true, &s), 0);
	assert_int_equal(s.dh->id, 14);
	assert_string_equal(suite_status_str(&s), "AES_CBC-128/HMAC_SHA1_96");
}

static void an_answer_must_be_what_was_offered(void **state)
{
	struct prop_list offer = words("aes128-aes256-sha1-modp2048", PROTO_IKE), answer;
	struct suite s, t;

	(void)state;
	assert_int_equal(prop_choose(&offer, &offer, true, &s), 0);
	s.num = 1;
	prop_of_suite(&s, PROTO_IKE, &answer);
	assert_int_equal(prop_verify(&offer, &answer, true, &t), 0);
	assert_ptr_equal(t.encr, s.encr);
	answer.p[0].num = 7;
	assert_int_equal(prop_verify(&offer, &answer, true, &t), -EINVAL);
	answer = offer; /* two transforms of one type */
	answer.p[0].num = 1;
	assert_int_equal(prop_verify(&offer, &answer, true, &t), -EINVAL);
	answer = words("aes128-sha256-modp2048", PROTO_IKE);
	answer.p[0].num = 1;
	assert_int_equal(prop_verify(&offer, &answer, true, &t), -EINVAL);
	prop_of_suite(&s, PROTO_IKE, &answer);
	answer.p[0].n_tf--;
	assert_int_equal(prop_verify(&offer, &answer, true, &t), -EINVAL);
	prop_of_suite(&s, PROTO_IKE, &answer);
	answer.n = 2;
	assert_int_equal(prop_verify(&offer, &answer, true, &t), -EINVAL);
}

static void words_are_read_and_refused(void **state)
{
	static const struct {
		const char *text;
		uint8_t proto;
		const char *shown; /* NULL: refused */
	} rows[] = {
		{ "aes128-sha1-modp2048", PROTO_IKE,
			"AES_CBC_128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048" },
		{ "aes-sha-prfsha256-x25519", PROTO_IKE,
			"AES_CBC_128/HMAC_SHA1_96/PRF_HMAC_SHA2_256/CURVE_25519" },
		{ "aes128-sha1-modp2048", PROTO_ESP,
			"AES_CBC_128/HMAC_SHA1_96/MODP_2048/NO_EXT_SEQ" },
		{ "aes128-sha1-noesn", PROTO_ESP, "AES_CBC_128/HMAC_SHA1_96/NO_EXT_SEQ" },
		{ "aes128-sha1-modpnone", PROTO_ESP, "AES_CBC_128/HMAC_SHA1_96/NO_EXT_SEQ" },
		{ "null-sha1", PROTO_ESP, NULL },
		{ "aes128", PROTO_ESP, NULL },
		{ "sha1", PROTO_ESP, NULL },
		{ "aes128-sha1", PROTO_IKE, NULL },
		{ "aes128-prfsha1-sha1", PROTO_ESP, NULL },
		{ "aes128--sha1", PROTO_ESP, NULL },
		{ "aes128-sha1-", PROTO_ESP, NULL },
		{ "", PROTO_ESP, NULL },
		{ "des-md5-modp768", PROTO_IKE, NULL },
		{ "aes128-sha1-waytoolongforanyalgorithmthatthereis", PROTO_ESP, NULL },
	};
	struct prop_list list = { .n = 1 };
	const char *why = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int err = prop_word(rows[i].text, rows[i].proto, &list.p[0], &why);

		assert_int_equal(err, rows[i].shown ? 0 : -EINVAL);
		if (rows[i].shown)
			assert_string_equal(prop_list_str(&list), rows[i].shown);
		else
			assert_non_null(why);
	}
}

static void the_defaults_are_modern(void **state)
{
	struct prop_list ike = { 0 }, esp = { 0 };

	(void)state;
	prop_defaults(PROTO_IKE, &ike);
	prop_defaults(PROTO_ESP, &esp);
	assert_int_equal(ike.n, 1);
	assert_int_equal(esp.n, 1);
	assert_null(strstr(prop_list_str(&ike), "SHA1"));
	assert_null(strstr(prop_list_str(&esp), "SHA1"));
	assert_int_equal(prop_first_group(&ike)->id, 31);
	assert_true(prop_has_group(&ike, 14));
	assert_false(prop_has_group(&ike, 2));
}

UNIT_MAIN(T(the_page_s_proposal_is_read_and_written, "A-041"),
	T(every_cut_is_refused, "A-041! F-024!"), T(an_empty_payload_offers_nothing, "A-043!"),
	T(broken_structure_is_a_syntax_error, "A-041!"),
	T(proposals_are_numbered_in_order, "A-041"),
	T(an_unknown_attribute_spoils_its_transform_only, "A-043!"),
	T(a_key_length_given_twice_spoils_its_transform, "A-043!"),
	T(an_unknown_type_or_protocol_spoils_its_proposal, "A-043!"),
	T(a_reserved_esp_spi_is_not_chosen, "A-120!"), T(a_huge_offer_takes_bounded_time, ""),
	T(unknown_transforms_do_not_crowd_out_known_ones, "A-042!"),
	T(the_first_own_proposal_wins, "A-042"), T(a_key_length_not_offered_is_not_chosen, "A-192"),
	T(the_first_child_leaves_diffie_hellman_out, "A-120"),
	T(an_answer_must_be_what_was_offered, "A-044"),
	T(words_are_read_and_refused, "E-021 A-190"), T(the_defaults_are_modern, "A-191"))
