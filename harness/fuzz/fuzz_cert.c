/* A certificate as a CERT payload brings it: parsed, asked for an identity, judged without any CA.
 */
#include <stdint.h>

#include "crypto/sig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct trust trust = { .policy = CRL_STRICT };
	struct ident id = { 0 };
	struct cert *c = NULL;
	const struct cert *ca;

	if (cert_parse(BYTES(data, n), &c) < 0)
		return 0;
	cert_subject_ident(c, &id);
	ident_str(&id);
	cert_has_ident(c, &id);
	ident_match(&id, &id);
	sig_verify(c, SIG_RSA_SHA1, BYTES(data, n), BYTES(data, n < 256 ? n : 256));
	if (trust_init(&trust) == 0)
		trust_check(&trust, c, &c, 1, 1227080000, &ca);
	trust_free(&trust);
	ident_free(&id);
	cert_free(c);
	return 0;
}
