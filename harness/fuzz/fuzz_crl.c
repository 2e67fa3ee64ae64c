/* A certificate revocation list, in DER. */
#include <stdint.h>

#include "crypto/crl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct crl *crl = NULL;

	if (crl_parse(BYTES(data, n), &crl) < 0)
		return 0;
	crl_is_newer(crl, crl);
	crl_same_scope(crl, crl);
	crl_n_revoked(crl);
	crl_free(crl);
	return 0;
}
