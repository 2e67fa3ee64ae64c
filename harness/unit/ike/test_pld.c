/* Payload bodies one by one: vectors, cuts, limits, round trips. */
#include <errno.h>

#include "base/log.h"
#include "ike/message/pld.h"
#include "unit/unit.h"

static struct msg m;

static int read_body(pld_fn *fn, uint8_t type, const void *body, size_t n)
{
	memset(&m, 0, sizeof(m));
	return fn(rd_of(BYTES(body, n)), type, &m);
}

static void fixed_parts_are_cut_proof(void **state)
{
	static const struct {
		pld_fn *fn;
		uint8_t type;
		size_t min; /* octets without which a body is refused */
	} rows[] = {
		{ pld_ke_read, PLD_KE, 5 },
		{ pld_nonce_read, PLD_NONCE, 16 },
		{ pld_id_read, PLD_IDI, 5 },
		{ pld_id_read, PLD_IDR, 5 },
		{ pld_cert_read, PLD_CERT, 1 },
		{ pld_certreq_read, PLD_CERTREQ, 1 },
		{ pld_auth_read, PLD_AUTH, 5 },
		{ pld_notify_read, PLD_NOTIFY, 4 },
		{ pld_delete_read, PLD_DELETE, 4 },
	};
	uint8_t body[32] = { 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t cut = 0; cut < rows[i].min; cut++)
			assert_int_equal(read_body(rows[i].fn, rows[i].type, body, cut), -EPROTO);
		assert_int_equal(read_body(rows[i].fn, rows[i].type, body, rows[i].min), 0);
	}
}

static void a_nonce_has_16_to_256_octets(void **state)
{
	static const uint8_t octets[257];

	(void)state;
	assert_int_equal(read_body(pld_nonce_read, PLD_NONCE, octets, 15), -EPROTO);
	assert_int_equal(read_body(pld_nonce_read, PLD_NONCE, octets, 16), 0);
	assert_int_equal(read_body(pld_nonce_read, PLD_NONCE, octets, 256), 0);
	assert_int_equal(read_body(pld_nonce_read, PLD_NONCE, octets, 257), -EPROTO);
}

static void an_identity_of_any_octets_is_carried(void **state)
{
	static uint8_t body[60000] = { ID_FQDN, 9, 9, 9, 'a', 0, '\n', 0x1b };

	(void)state;
	assert_int_equal(read_body(pld_id_read, PLD_IDI, body, sizeof(body)), 0);
	assert_int_equal(m.idi.data.n, sizeof(body) - 4);
	assert_int_equal(m.idi.body.n, sizeof(body)); /* reserved octets as received, for AUTH */
	assert_int_equal(m.idi.body.p[1], 9);
	assert_string_equal(log_safe(BYTES(m.idi.data.p, 4)), "a\\x00\\x0a\\x1b");
	assert_int_equal(read_body(pld_id_read, PLD_IDR, body, 8), 0);
	assert_int_equal(m.idr.data.n, 4);
	body[0] = 0;
	assert_int_equal(read_body(pld_id_read, PLD_IDI, body, 8), -EPROTO);
}

static void certificates_of_any_encoding_are_kept_up_to_a_limit(void **state)
{
	static const uint8_t odd[] = { 99, 1, 2, 3 };

	(void)state;
	memset(&m, 0, sizeof(m));
	for (size_t i = 0; i < MSG_MAX_CERT; i++)
		assert_int_equal(pld_cert_read(rd_of(BYTES_OF(odd)), PLD_CERT, &m), 0);
	assert_int_equal(m.cert[0].encoding, 99);
	assert_int_equal(pld_cert_read(rd_of(BYTES_OF(odd)), PLD_CERT, &m), -EPROTO);
	assert_int_equal(m.n_cert, MSG_MAX_CERT);
}

static void a_notify_keeps_spi_and_data_apart(void **state)
{
	static const uint8_t rekey[] = { 3, 4, 0x40, 0x09, 0xc0, 0, 0, 1, 'x' };
	static const uint8_t no_spi[] = { 3, 0, 0x40, 0x05, 1, 2 };

	(void)state;
	for (size_t cut = 0; cut < 8; cut++)
		assert_int_equal(read_body(pld_notify_read, PLD_NOTIFY, rekey, cut), -EPROTO);
	assert_int_equal(read_body(pld_notify_read, PLD_NOTIFY, rekey, sizeof(rekey)), 0);
	assert_int_equal(m.notify[0].type, N_REKEY_SA);
	assert_int_equal(m.notify[0].proto, 3);
	assert_int_equal(m.notify[0].spi.n, 4);
	assert_int_equal(m.notify[0].data.n, 1);
	assert_int_equal(read_body(pld_notify_read, PLD_NOTIFY, no_spi, sizeof(no_spi)), 0);
	assert_int_equal(m.notify[0].proto, 0);
}

static void a_flood_of_notifies_is_bounded(void **state)
{
	static const uint8_t body[] = { 0, 0, 0x40, 0x00 };

	(void)state;
	memset(&m, 0, sizeof(m));
	for (size_t i = 0; i < 3 * MSG_MAX_NOTIFY; i++)
		assert_int_equal(pld_notify_read(rd_of(BYTES_OF(body)), PLD_NOTIFY, &m), 0);
	assert_int_equal(m.n_notify, MSG_MAX_NOTIFY);
}

static void a_delete_lists_what_it_counts(void **state)
{
	static const uint8_t ike[] = { 1, 0, 0, 0 }, esp[] = { 3, 4, 0, 1, 0xc0, 0, 0, 1 };
	static const uint8_t counted[] = { 3, 4, 0, 2, 0xc0, 0, 0, 1 };
	static const uint8_t many[] = { 3, 4, 0xff, 0xff, 1, 2, 3, 4 };
	static const uint8_t sizes[] = { 3, 8, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8 };
	static const uint8_t ike_spi[] = { 1, 8, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8 };

	(void)state;
	assert_int_equal(read_body(pld_delete_read, PLD_DELETE, ike, sizeof(ike)), 0);
	assert_int_equal(read_body(pld_delete_read, PLD_DELETE, esp, sizeof(esp)), 0);
	assert_int_equal(m.delete[0].n, 1);
	for (size_t cut = 0; cut < sizeof(esp); cut++)
		assert_int_equal(read_body(pld_delete_read, PLD_DELETE, esp, cut), -EPROTO);
	assert_int_equal(read_body(pld_delete_read, PLD_DELETE, counted, sizeof(counted)), -EPROTO);
	assert_int_equal(read_body(pld_delete_read, PLD_DELETE, many, sizeof(many)), -EPROTO);
	assert_int_equal(read_body(pld_delete_read, PLD_DELETE, sizes, sizeof(sizes)), -EPROTO);
	assert_int_equal(read_body(pld_delete_read, PLD_DELETE, ike_spi, sizeof(ike_spi)), -EPROTO);
}

static void a_selector_out_of_order_is_noted_not_refused(void **state)
{
	uint8_t body[44] = { 1, 0, 0, 0, 8, 0, 0, 40, 0, 5, 0, 1 };

	(void)state;
	assert_int_equal(read_body(pld_ts_read, PLD_TSI, body, sizeof(body)), 0);
	assert_int_equal(m.ts_error, -ERANGE);
	assert_int_equal(m.tsi.n, 0);
	body[0] = 0;
	assert_int_equal(read_body(pld_ts_read, PLD_TSI, body, sizeof(body)), -EPROTO);
}

static void names_are_those_of_the_log(void **state)
{
	(void)state;
	assert_string_equal(notify_str(N_NATD_SOURCE), "NATD_S_IP");
	assert_string_equal(notify_str(N_USE_TRANSPORT_MODE), "USE_TRANSP");
	assert_string_equal(notify_str(N_TS_UNACCEPTABLE), "TS_UNACCEPT");
	assert_string_equal(notify_str(40000), "(40000)");
	assert_string_equal(notify_long_str(N_NO_PROPOSAL_CHOSEN), "NO_PROPOSAL_CHOSEN");
}

UNIT_MAIN(T(fixed_parts_are_cut_proof, "A-062 F-024"), T(a_nonce_has_16_to_256_octets, "A-046"),
	T(an_identity_of_any_octets_is_carried, "A-007 F-018"),
	T(certificates_of_any_encoding_are_kept_up_to_a_limit, "A-089! F-012!"),
	T(a_notify_keeps_spi_and_data_apart, "A-027"), T(a_flood_of_notifies_is_bounded, "A-222!"),
	T(a_delete_lists_what_it_counts, "A-150"),
	T(a_selector_out_of_order_is_noted_not_refused, "A-123!"),
	T(names_are_those_of_the_log, ""))
