#include "kernel/wire.h"

#include <errno.h>
#include <string.h>

int wire_body(const struct nlmsghdr *msg, void *out, size_t n)
{
	if (msg->nlmsg_len < NLMSG_HDRLEN + n)
		return -EBADMSG;
	memcpy(out, nl_data(msg), n);
	return 0;
}

int wire_attr(const void *data, size_t have, void *out, size_t n)
{
	if (have < n)
		return -EBADMSG;
	memcpy(out, data, n);
	return 0;
}

int wire_nested(
	const void *data, size_t n, int (*fn)(uint16_t, const void *, size_t, void *), void *arg)
{
	const uint8_t *p = data;
	int r = 0;

	while (r == 0 && n) {
		struct nlattr a;
		size_t step;

		if (wire_attr(p, n, &a, sizeof(a)) < 0 || a.nla_len < sizeof(a) || a.nla_len > n)
			return -EBADMSG;
		r = fn(a.nla_type & NLA_TYPE_MASK, p + NLA_HDRLEN, a.nla_len - NLA_HDRLEN, arg);
		step = NLA_ALIGN((size_t)a.nla_len);
		step = step < n ? step : n;
		p += step;
		n -= step;
	}
	return r;
}

struct in6_addr wire_addr(const xfrm_address_t *a, uint16_t family)
{
	struct in6_addr out = { 0 };

	if (family != AF_INET)
		return a->in6;
	out.s6_addr[10] = out.s6_addr[11] = 0xff;
	memcpy(&out.s6_addr[12], &a->a4, sizeof(a->a4));
	return out;
}
