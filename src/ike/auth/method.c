#include "ike/auth/method.h"

static bool has_key(const struct cred *cred)
{
	return cred && cred->key;
}

static int rsa_sha1_sign(const struct cred *cred, struct bytes text, struct blob *out)
{
	return sig_sign(cred->key, SIG_RSA_SHA1, text, out);
}

static int rsa_sha1_verify(const struct cert *peer, struct bytes text, struct bytes data)
{
	return sig_verify(peer, SIG_RSA_SHA1, text, data);
}

/* clang-format off */
static const struct auth_method methods[] = {
	{ SIG_RSA_SHA1, AUTH_PUBKEY, "RSA signature",
	  SA_PROVED_AUTH | SA_PROVED_CERT | SA_PROVED_ID,
	  has_key, rsa_sha1_sign, rsa_sha1_verify },
};
/* clang-format on */

enum { N_METHODS = sizeof(methods) / sizeof(methods[0]) };

const struct auth_method *auth_method_of(const struct conn_end *e, uint8_t number)
{
	for (size_t i = 0; i < N_METHODS; i++)
		if (methods[i].number == number && methods[i].how == e->auth)
			return &methods[i];
	return NULL;
}

const struct auth_method *auth_method_ours(const struct conn_end *e, const struct cred *cred)
{
	for (size_t i = 0; i < N_METHODS; i++)
		if (methods[i].how == e->auth && methods[i].can(cred))
			return &methods[i];
	return NULL;
}
