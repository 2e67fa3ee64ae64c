#include "unit/fake/fake_keys.h"

#include <arpa/inet.h>
#include <linux/xfrm.h>
#include <string.h>

static int take(uint16_t type, const void *data, size_t n, void *arg)
{
	struct fake_keys *k = arg;
	size_t head = type == XFRMA_ALG_CRYPT ? sizeof(struct xfrm_algo)
					      : sizeof(struct xfrm_algo_auth);

	if ((type == XFRMA_ALG_CRYPT || type == XFRMA_ALG_AUTH_TRUNC) && n >= head &&
		n - head <= XFRM_KEY_MAX)
		memcpy(type == XFRMA_ALG_CRYPT ? k->enc : k->auth, (const uint8_t *)data + head,
			n - head);
	return 0;
}

static int on_sa(const struct nlmsghdr *msg, void *arg)
{
	return nl_attrs(msg, sizeof(struct xfrm_usersa_info), take, arg);
}

int fake_keys(struct nl *nl, const struct xfrm_sa_key *key, struct fake_keys *out)
{
	struct nl_req rq;
	struct xfrm_usersa_id *id = nl_begin(&rq, XFRM_MSG_GETSA, 0, sizeof(*id));

	id->daddr.in6 = key->dst;
	id->spi = htonl(key->spi);
	id->family = AF_INET6;
	id->proto = key->proto;
	memset(out, 0, sizeof(*out));
	return nl_get(nl, &rq, on_sa, out);
}
