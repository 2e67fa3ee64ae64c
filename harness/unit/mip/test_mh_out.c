#include <errno.h>

#include "unit/mip/mh_sample.h"
#include "unit/unit.h"

static const uint8_t mac[MH_AUTH_LEN] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };

static const struct mh bu = {
	.type = MH_BU,
	.bu = { 0x1234, BU_ACK | BU_HOME | BU_KEY, 4800 },
	.opt = { .has = MHO_BIT(MHO_ALT_COA), .alt_coa = COA },
};

static void a_binding_update_has_the_octets_of_the_standard(void **state)
{
	uint8_t out[64];

	(void)state;
	assert_int_equal(mh_write(&bu, &hoa, &ha, out, sizeof(out)), sizeof(sample_bu));
	assert_memory_equal(out, sample_bu, sizeof(sample_bu));
}

static void a_binding_acknowledgement_has_the_octets_of_the_standard(void **state)
{
	const struct mh ba = {
		.type = MH_BA,
		.ba = { BA_ACCEPTED, BA_KEY, 0x1234, 4800 },
		.opt = { .has = MHO_BIT(MHO_REFRESH), .refresh = 1200 },
	};
	uint8_t out[64];

	(void)state;
	assert_int_equal(mh_write(&ba, &ha, &hoa, out, sizeof(out)), sizeof(sample_ba));
	assert_memory_equal(out, sample_ba, sizeof(sample_ba));
}

static void every_room_that_is_too_small_is_refused(void **state)
{
	uint8_t out[sizeof(sample_bu)];

	(void)state;
	for (size_t cap = 0; cap < sizeof(out); cap++)
		assert_int_equal(mh_write(&bu, &hoa, &ha, out, cap), -ENOSPC);
}

/* What this message may carry comes back, everything else does not. */
static void round_trip(const struct mh *m)
{
	uint8_t out[MH_MAX];
	ssize_t n = mh_write(m, &hoa, &ha, out, sizeof(out));
	struct mh back;

	assert_true(n > 0 && n % MH_UNIT == 0);
	assert_int_equal(mh_parse(BYTES(out, (size_t)n), &hoa, &ha, &back), 0);
	assert_int_equal(back.type, m->type);
	assert_int_equal(back.opt.has, m->opt.has);
	assert_int_equal(back.opt.n_prefixes, m->opt.n_prefixes);
	if (m->opt.has & MHO_BIT(MHO_AUTH))
		assert_true(bytes_eq(back.opt.auth, m->opt.auth));
	back.opt.auth = m->opt.auth;
	back.opt.auth_data = m->opt.auth_data;
	assert_int_equal(mh_write(&back, &hoa, &ha, out, sizeof(out)), n);
}

static void a_round_trip_keeps_every_type(void **state)
{
	const struct mh rows[] = {
		{ .type = MH_BRR },
		{ .type = MH_HOTI, .test = { 0, 0x0102030405060708, 0 } },
		{ .type = MH_COTI, .test = { 0, UINT64_MAX, 0 } },
		{ .type = MH_HOT, .test = { 7, 1, 2 } },
		{ .type = MH_COT, .test = { UINT16_MAX, 3, 4 } },
		bu,
		{ .type = MH_BA, .ba = { BA_SEQUENCE, BA_KEY, 65535, 0 } },
		{ .type = MH_BE, .be = { BE_NO_BINDING, hoa } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		round_trip(&rows[i]);
}

static void a_round_trip_keeps_every_option(void **state)
{
	struct mh all = bu;

	(void)state;
	all.opt.has |= MHO_BIT(MHO_NONCES) | MHO_BIT(MHO_AUTH) | MHO_BIT(MHO_PREFIX);
	all.opt.home_nonce = 5;
	all.opt.coa_nonce = 6;
	all.opt.auth = BYTES_OF(mac);
	all.opt.n_prefixes = 2;
	all.opt.prefixes[0] = (struct prefix){ hoa, 64 };
	all.opt.prefixes[1] = (struct prefix){ coa, 128 };
	round_trip(&all);
}

/* Where an option stands in a message, from its start; 0: nowhere. */
static size_t place_of(const uint8_t *p, size_t n, uint8_t opt)
{
	for (size_t at = 12; at < n;) {
		if (p[at] == opt)
			return at;
		at += p[at] == MHO_PAD1 ? 1 : 2 + (size_t)p[at + 1];
	}
	return 0;
}

static void options_stand_where_their_alignment_says(void **state)
{
	struct mh m = bu;
	uint8_t out[MH_MAX];
	ssize_t n;

	(void)state;
	m.opt.has |= MHO_BIT(MHO_NONCES) | MHO_BIT(MHO_AUTH) | MHO_BIT(MHO_PREFIX);
	m.opt.n_prefixes = 1;
	n = mh_write(&m, &hoa, &ha, out, sizeof(out));
	assert_int_equal(place_of(out, (size_t)n, MHO_PREFIX) % 8, 4);
	assert_int_equal(place_of(out, (size_t)n, MHO_ALT_COA) % 8, 6);
	assert_int_equal(place_of(out, (size_t)n, MHO_NONCES) % 2, 0);
	assert_int_equal(place_of(out, (size_t)n, MHO_AUTH) % 8, 2);
	assert_int_equal(place_of(out, (size_t)n, MHO_AUTH) + 14, n); /* last, nothing behind */
}

static void lifetimes_are_rounded_down_and_bounded(void **state)
{
	static const struct {
		uint32_t asked, sent;
	} rows[] = { { 0, 0 }, { 3, 0 }, { 4, 4 }, { 4803, 4800 }, { 262140, 262140 },
		{ UINT32_MAX, MH_LIFETIME_MAX } };
	uint8_t out[64];
	struct mh m = { .type = MH_BU }, back;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ssize_t n;

		m.bu.lifetime = rows[i].asked;
		n = mh_write(&m, &hoa, &ha, out, sizeof(out));
		assert_int_equal(mh_parse(BYTES(out, (size_t)n), &hoa, &ha, &back), 0);
		assert_int_equal(back.bu.lifetime, rows[i].sent);
	}
}

UNIT_MAIN(T(a_binding_update_has_the_octets_of_the_standard, "C-001 C-003 C-004"),
	T(a_binding_acknowledgement_has_the_octets_of_the_standard, "C-003 C-004"),
	T(every_room_that_is_too_small_is_refused, ""),
	T(a_round_trip_keeps_every_type, "C-002 C-003"),
	T(a_round_trip_keeps_every_option, "C-004"),
	T(options_stand_where_their_alignment_says, "C-002 C-004 C-005"),
	T(lifetimes_are_rounded_down_and_bounded, "C-003!"))
