#include "crypto/crl.h"

#include <errno.h>
#include <string.h>

#include "unit/crypto/pki.h"
#include "unit/unit.h"

static void every_cut_and_any_octet_behind_is_refused(void **state)
{
	own_blob der = { 0 };
	struct crl *crl = NULL;
	uint8_t longer[4096];

	(void)state;
	pki_crl_der((struct pki_crl){ .number = 1, .revoked = 5, .reason = 1 }, &der);
	for (size_t cut = 0; cut < der.n; cut++)
		assert_int_equal(crl_parse(BYTES(der.p, cut), &crl), -EBADMSG);
	memcpy(longer, der.p, der.n);
	longer[der.n] = 0;
	assert_int_equal(crl_parse(BYTES(longer, der.n + 1), &crl), -EBADMSG);
	assert_null(crl);
}

/* It names revocations, and proves nobody good. */
static void a_delta_list_is_not_complete(void **state)
{
	own_blob der = { 0 };
	struct crl *crl = NULL;

	(void)state;
	pki_crl_der((struct pki_crl){ .critical = true }, &der);
	assert_int_equal(crl_parse(blob_view(&der), &crl), 0);
	assert_false(crl_is_complete(crl));
	crl_free(crl);
}

static void only_the_issuers_key_makes_it_good(void **state)
{
	struct pki no_crl_sign = pki_root(), namesake = pki_root();
	own(cert) *ca = pki_cert(pki_root());
	own(cert) *without = NULL;
	own(cert) *other = NULL;
	own_blob der = { 0 };
	own(crl) *crl = NULL;

	(void)state;
	no_crl_sign.usage = "critical,keyCertSign";
	without = pki_cert(no_crl_sign);
	namesake.key = KEY_SUB;
	other = pki_cert(namesake);
	pki_crl_der((struct pki_crl){ .number = 1 }, &der);
	assert_int_equal(crl_parse(blob_view(&der), &crl), 0);
	assert_true(crl_is_of(crl, ca));
	assert_true(crl_signed_by(crl, ca));
	assert_true(crl_signed_by(crl, ca));
	assert_false(crl_signed_by(crl, other));
	assert_true(crl_signed_by(crl, ca));
	crl_free(take(crl));
	assert_int_equal(crl_parse(blob_view(&der), &crl), 0);
	assert_false(crl_signed_by(crl, without));
}

static void a_serial_is_found_or_not(void **state)
{
	own(cert) *moon = pki_cert(pki_moon());
	own_blob der = { 0 };
	const char *why = NULL;
	time_t when = 0;

	(void)state;
	for (long serial = 4; serial <= 6; serial++) {
		own(crl) *crl = NULL;

		pki_crl_der((struct pki_crl){ .revoked = serial, .reason = 4 }, &der);
		assert_int_equal(crl_parse(blob_view(&der), &crl), 0);
		assert_int_equal(crl_n_revoked(crl), 1);
		assert_int_equal(crl_revokes(crl, moon, &when, &why), serial == 5);
	}
	assert_int_equal(when, PKI_NOW - 3600);
	assert_string_equal(why, "superseded");
}

/* clang-format off */
UNIT_MAIN(T(every_cut_and_any_octet_behind_is_refused, "A-092!"),
	T(a_delta_list_is_not_complete, "A-092"),
	T(only_the_issuers_key_makes_it_good, "A-092!"),
	T(a_serial_is_found_or_not, "A-092"))
