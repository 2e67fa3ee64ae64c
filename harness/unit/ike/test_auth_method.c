/* The ways to prove an identity: which row an end of a connection gets. */
#include "ike/auth/method.h"
#include "unit/unit.h"

static void only_what_the_connection_asks_for_is_taken(void **state)
{
	const struct conn_end asks = { .auth = AUTH_PUBKEY };
	unsigned n = 0;

	(void)state;
	for (unsigned number = 0; number < 256; number++)
		n += auth_method_of(&asks, (uint8_t)number) != NULL;
	assert_int_equal(n, 1);
	assert_int_equal(auth_method_of(&asks, SIG_RSA_SHA1)->number, SIG_RSA_SHA1);
}

static void a_signature_alone_makes_nobody_known(void **state)
{
	const struct conn_end asks = { .auth = AUTH_PUBKEY };

	(void)state;
	assert_int_equal(auth_method_of(&asks, SIG_RSA_SHA1)->needs,
		SA_PROVED_AUTH | SA_PROVED_CERT | SA_PROVED_ID);
}

static void without_a_key_we_prove_nothing(void **state)
{
	const struct conn_end own_end = { .auth = AUTH_PUBKEY };
	const struct cred no_key = { .file = NULL };

	(void)state;
	assert_null(auth_method_ours(&own_end, NULL));
	assert_null(auth_method_ours(&own_end, &no_key));
}

UNIT_MAIN(T(only_what_the_connection_asks_for_is_taken, "A-274"),
	T(a_signature_alone_makes_nobody_known, "A-274"),
	T(without_a_key_we_prove_nothing, "A-274"))
