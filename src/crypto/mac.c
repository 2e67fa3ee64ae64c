#include "crypto/mac.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/ossl.h"

int mac_make(const struct alg *integ, struct bytes key, const struct bytes *parts, size_t n_parts,
	uint8_t *out)
{
	uint8_t full[EVP_MAX_MD_SIZE];
	int r = ossl_hmac(integ->ossl, key, parts, n_parts, full);

	if (r == 0)
		memcpy(out, full, integ->out_len);
	mem_wipe(full, sizeof(full));
	return r;
}

int mac_check(const struct alg *integ, struct bytes key, const struct bytes *parts, size_t n_parts,
	struct bytes icv)
{
	uint8_t want[EVP_MAX_MD_SIZE];
	int r = mac_make(integ, key, parts, n_parts, want);

	if (r == 0 && !bytes_eq_ct(BYTES(want, integ->out_len), icv))
		r = -EBADMSG;
	mem_wipe(want, sizeof(want));
	return r;
}
