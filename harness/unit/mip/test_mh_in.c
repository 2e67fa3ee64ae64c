#include <errno.h>

#include "unit/mip/mh_sample.h"
#include "unit/unit.h"

#define PARSE(v, out) mh_parse(BYTES_OF(v), &hoa, &ha, out)

static void a_binding_update_is_read_field_by_field(void **state)
{
	struct mh m;

	(void)state;
	assert_int_equal(PARSE(sample_bu, &m), 0);
	assert_int_equal(m.type, MH_BU);
	assert_int_equal(m.bu.seq, 0x1234);
	assert_int_equal(m.bu.flags, BU_ACK | BU_HOME | BU_KEY);
	assert_int_equal(m.bu.lifetime, 4800);
	assert_int_equal(m.opt.has, MHO_BIT(MHO_ALT_COA));
	assert_true(addr_eq(&m.opt.alt_coa, &coa));
}

static void a_binding_acknowledgement_is_read_field_by_field(void **state)
{
	struct mh m;

	(void)state;
	assert_int_equal(mh_parse(BYTES_OF(sample_ba), &ha, &hoa, &m), 0);
	assert_int_equal(m.type, MH_BA);
	assert_int_equal(m.ba.status, BA_ACCEPTED);
	assert_int_equal(m.ba.flags, BA_KEY);
	assert_int_equal(m.ba.seq, 0x1234);
	assert_int_equal(m.ba.lifetime, 4800);
	assert_int_equal(m.opt.refresh, 1200);
}

static void every_cut_is_refused(void **state)
{
	struct mh m = { .type = MH_BRR };

	(void)state;
	for (size_t cut = 0; cut < sizeof(sample_bu); cut++)
		assert_int_equal(mh_parse(BYTES(sample_bu, cut), &hoa, &ha, &m), -EBADMSG);
	for (size_t cut = 0; cut < sizeof(sample_ba); cut++)
		assert_int_equal(mh_parse(BYTES(sample_ba, cut), &ha, &hoa, &m), -EBADMSG);
	assert_int_equal(m.type, MH_BRR); /* untouched */
}

static void octets_behind_the_message_are_not_part_of_it(void **state)
{
	uint8_t longer[sizeof(sample_bu) + 5] = { 0 };
	struct mh m;

	(void)state;
	memcpy(longer, sample_bu, sizeof(sample_bu));
	longer[sizeof(sample_bu)] = 0xff;
	assert_int_equal(PARSE(longer, &m), 0);
}

static void a_checksum_over_the_care_of_address_is_wrong(void **state)
{
	struct mh m;

	(void)state;
	assert_int_equal(mh_parse(BYTES_OF(sample_bu), &coa, &ha, &m), -EBADMSG);
}

static void every_flipped_bit_is_noticed(void **state)
{
	struct mh m;

	(void)state;
	for (size_t bit = 0; bit < 8 * sizeof(sample_bu); bit++) {
		uint8_t v[sizeof(sample_bu)];

		memcpy(v, sample_bu, sizeof(v));
		v[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(PARSE(v, &m), -EBADMSG);
	}
}

static void an_unknown_type_asks_for_a_binding_error(void **state)
{
	struct mh m;

	(void)state;
	for (unsigned type = MH_TYPES; type <= UINT8_MAX; type++) {
		struct made v = made_of((uint8_t)type, 0);

		assert_int_equal(made_parse(&v, &m), -EOPNOTSUPP);
	}
	assert_int_equal(mh_problem_at(-EOPNOTSUPP), -1);
}

static void a_payload_protocol_is_pointed_at(void **state)
{
	struct made v = made_of(MH_BU, 1);
	struct mh m;

	(void)state;
	v.p[0] = IPPROTO_TCP;
	made_sum(&v);
	assert_int_equal(made_parse(&v, &m), -EPROTO);
	assert_int_equal(mh_problem_at(-EPROTO), 0);
}

static void a_length_below_the_minimum_of_its_type_is_pointed_at(void **state)
{
	static const uint8_t least[MH_TYPES] = { [MH_HOTI] = 1,
		[MH_COTI] = 1,
		[MH_HOT] = 2,
		[MH_COT] = 2,
		[MH_BU] = 1,
		[MH_BA] = 1,
		[MH_BE] = 2 };
	struct mh m;

	(void)state;
	for (uint8_t type = 0; type < MH_TYPES; type++)
		for (uint8_t len = 0; len < 4; len++) {
			struct made v = made_of(type, len);

			assert_int_equal(made_parse(&v, &m), len < least[type] ? -ERANGE : 0);
		}
	assert_int_equal(mh_problem_at(-ERANGE), 1);
}

static void checks_are_made_in_the_order_of_the_standard(void **state)
{
	struct made v = made_of(200, 0);
	struct mh m;

	(void)state;
	v.p[0] = IPPROTO_TCP;
	assert_int_equal(made_parse(&v, &m), -EBADMSG); /* checksum first */
	made_sum(&v);
	assert_int_equal(made_parse(&v, &m), -EOPNOTSUPP); /* then the type */
	v.p[2] = MH_BU;
	made_sum(&v);
	assert_int_equal(made_parse(&v, &m), -EPROTO); /* then the payload protocol */
	v.p[0] = MH_NO_PAYLOAD;
	made_sum(&v);
	assert_int_equal(made_parse(&v, &m), -ERANGE); /* then the length */
}

static void the_fields_of_all_eight_types_are_read(void **state)
{
	static const uint8_t hot[] = { 0, 7, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17,
		18 };
	struct made v = made_of(MH_HOT, 2);
	struct mh m;

	(void)state;
	memcpy(v.p + 6, hot, sizeof(hot));
	made_sum(&v);
	assert_int_equal(made_parse(&v, &m), 0);
	assert_int_equal(m.test.nonce_index, 7);
	assert_int_equal(m.test.cookie, 0x0102030405060708);
	assert_int_equal(m.test.token, 0x0b0c0d0e0f101112);
	v = made_of(MH_HOTI, 1);
	memcpy(v.p + 6, hot, 10);
	made_sum(&v);
	assert_int_equal(made_parse(&v, &m), 0);
	assert_int_equal(m.test.cookie, 0x0102030405060708);
	assert_int_equal(m.test.nonce_index, 0); /* reserved there */
	v = made_of(MH_BE, 2);
	v.p[6] = BE_UNKNOWN_TYPE;
	memcpy(v.p + 8, &coa, sizeof(coa));
	made_sum(&v);
	assert_int_equal(made_parse(&v, &m), 0);
	assert_int_equal(m.be.status, BE_UNKNOWN_TYPE);
	assert_true(addr_eq(&m.be.hoa, &coa));
}

static void padding_and_unknown_options_are_skipped(void **state)
{
	uint8_t opts[2 + 255 + 100 + 4 + 18] = { MHO_PADN, 255 };
	uint8_t *p = opts + 2 + 255 + 100; /* one hundred Pad1 */
	struct made v;
	struct mh m;

	(void)state;
	memcpy(p, (uint8_t[]){ 200, 2, 0xff, 0xff, MHO_ALT_COA, 16 }, 6);
	memcpy(p + 6, &coa, sizeof(coa)); /* at no particular alignment */
	v = made_bu(opts, sizeof(opts));
	assert_int_equal(made_parse(&v, &m), 0);
	assert_int_equal(m.opt.has, MHO_BIT(MHO_ALT_COA));
	assert_true(addr_eq(&m.opt.alt_coa, &coa));
}

static void an_option_that_runs_over_the_end_is_refused(void **state)
{
	static const uint8_t rows[][4] = { { MHO_PADN, 3 }, { 200, 255 }, { 0, 0, 0, MHO_PADN } };
	struct mh m;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct made v = made_bu(rows[i], sizeof(rows[i]));

		assert_int_equal(made_parse(&v, &m), -EBADMSG);
	}
}

static void an_option_of_the_wrong_length_is_refused(void **state)
{
	static const uint8_t rows[][2] = { { MHO_ALT_COA, 15 }, { MHO_ALT_COA, 17 },
		{ MHO_NONCES, 3 }, { MHO_NONCES, 5 }, { MHO_AUTH, 11 }, { MHO_AUTH, 13 },
		{ MHO_PREFIX, 17 }, { MHO_ALT_COA, 0 } };
	struct mh m;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t opts[20] = { rows[i][0], rows[i][1] };
		struct made v = made_bu(opts, sizeof(opts));

		assert_int_equal(made_parse(&v, &m), -EBADMSG);
	}
}

static void a_prefix_longer_than_an_address_is_refused(void **state)
{
	uint8_t opts[20] = { MHO_PREFIX, 18, 0, 129 };
	struct made v = made_bu(opts, sizeof(opts));
	struct mh m;

	(void)state;
	assert_int_equal(made_parse(&v, &m), -EBADMSG);
}

static void an_option_where_it_does_not_belong_is_ignored(void **state)
{
	static const uint8_t refresh[] = { MHO_REFRESH, 2, 0, 9 };
	struct made v = made_bu(refresh, sizeof(refresh));
	struct mh m;

	(void)state;
	assert_int_equal(made_parse(&v, &m), 0);
	assert_int_equal(m.opt.has, 0);
	assert_int_equal(m.opt.refresh, 0);
	v = made_of(MH_BA, 3);
	v.p[12] = MHO_ALT_COA;
	v.p[13] = 3; /* nor does its length matter then */
	made_sum(&v);
	assert_int_equal(made_parse(&v, &m), 0);
	assert_int_equal(m.opt.has, 0);
}

static void of_two_options_the_first_counts(void **state)
{
	uint8_t opts[36] = { MHO_ALT_COA, 16, [18] = MHO_ALT_COA, [19] = 16 };
	struct made v;
	struct mh m;

	(void)state;
	memcpy(opts + 2, &coa, sizeof(coa));
	memcpy(opts + 20, &ha, sizeof(ha));
	v = made_bu(opts, sizeof(opts));
	assert_int_equal(made_parse(&v, &m), 0);
	assert_true(addr_eq(&m.opt.alt_coa, &coa));
}

static void of_prefixes_as_many_as_fit_are_kept(void **state)
{
	uint8_t opts[20 * (MH_PREFIXES_MAX + 2)] = { 0 };
	struct made v;
	struct mh m;

	(void)state;
	for (uint8_t i = 0; i < MH_PREFIXES_MAX + 2; i++)
		memcpy(opts + 20 * i, (uint8_t[]){ MHO_PREFIX, 18, 0, (uint8_t)(48 + i), i }, 5);
	v = made_bu(opts, sizeof(opts));
	assert_int_equal(made_parse(&v, &m), 0);
	assert_int_equal(m.opt.n_prefixes, MH_PREFIXES_MAX);
	assert_int_equal(m.opt.prefixes[7].len, 55);
	assert_int_equal(m.opt.prefixes[7].addr.s6_addr[0], 7);
}

static void the_authenticator_is_last_and_covers_all_before_it(void **state)
{
	uint8_t opts[] = { MHO_NONCES, 4, 0, 1, 0, 2, MHO_AUTH, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
		11, 12, MHO_PADN, 0 };
	struct made v = made_bu(opts, sizeof(opts));
	struct mh m;

	(void)state;
	assert_int_equal(made_parse(&v, &m), 0);
	assert_int_equal(m.opt.home_nonce, 1);
	assert_int_equal(m.opt.coa_nonce, 2);
	assert_int_equal(m.opt.auth.n, MH_AUTH_LEN);
	assert_ptr_equal(m.opt.auth.p, v.p + 20);
	assert_ptr_equal(m.opt.auth_data.p, v.p);
	assert_int_equal(m.opt.auth_data.n, 20);
	opts[20] = 200;
	v = made_bu(opts, sizeof(opts));
	assert_int_equal(made_parse(&v, &m), -EBADMSG);
}

static void names_are_those_of_the_field(void **state)
{
	(void)state;
	assert_string_equal(mh_type_str(MH_BU), "BU");
	assert_string_equal(mh_type_str(MH_HOTI), "HoTI");
	assert_string_equal(mh_type_str(12), "(12)");
	assert_string_equal(mh_status_str(BA_SEQUENCE), "sequence number out of window");
	assert_string_equal(mh_status_str(200), "(200)");
}

UNIT_MAIN(T(a_binding_update_is_read_field_by_field, "C-001 C-003 C-004"),
	T(a_binding_acknowledgement_is_read_field_by_field, "C-003 C-004"),
	T(every_cut_is_refused, "C-003! F-024!"),
	T(octets_behind_the_message_are_not_part_of_it, "C-002!"),
	T(a_checksum_over_the_care_of_address_is_wrong, "C-001!"),
	T(every_flipped_bit_is_noticed, "C-001! F-024!"),
	T(an_unknown_type_asks_for_a_binding_error, "C-003! C-027!"),
	T(a_payload_protocol_is_pointed_at, "C-001 C-003"),
	T(a_length_below_the_minimum_of_its_type_is_pointed_at, "C-003"),
	T(checks_are_made_in_the_order_of_the_standard, "C-003"),
	T(the_fields_of_all_eight_types_are_read, "C-003"),
	T(padding_and_unknown_options_are_skipped, "C-004! C-005!"),
	T(an_option_that_runs_over_the_end_is_refused, "C-003! C-004!"),
	T(an_option_of_the_wrong_length_is_refused, "C-004!"),
	T(a_prefix_longer_than_an_address_is_refused, "C-004!"),
	T(an_option_where_it_does_not_belong_is_ignored, "C-006"),
	T(of_two_options_the_first_counts, "C-007"),
	T(of_prefixes_as_many_as_fit_are_kept, "C-007!"),
	T(the_authenticator_is_last_and_covers_all_before_it, "C-004 C-023"),
	T(names_are_those_of_the_field, ""))
