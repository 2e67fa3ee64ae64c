/* Fuzz: what comes beside a packet. The first octet chooses the kind, the rest is its data. */
#include <stdlib.h>
#include <string.h>

#include "mip/message/net_in.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const int types[] = { IPV6_DSTOPTS, IPV6_RTHDR, IPV6_PKTINFO, IPV6_HOPLIMIT };
	struct mip_packet p = { .hop_limit = -1 };
	struct msghdr msg = { 0 };
	struct cmsghdr *c;

	if (!n)
		return 0;
	msg.msg_controllen = CMSG_SPACE(n - 1);
	msg.msg_control = calloc(1, msg.msg_controllen);
	c = CMSG_FIRSTHDR(&msg);
	if (c) {
		*c = (struct cmsghdr){ CMSG_LEN(n - 1), IPPROTO_IPV6, types[data[0] % 4] };
		memcpy(CMSG_DATA(c), data + 1, n - 1);
		net_control_read(&msg, &p);
	}
	free(msg.msg_control);
	return 0;
}
