/* One rtnetlink message as the kernel would multicast it; the length in its header is that of the
 * input. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/rt_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct rt_event ev;
	struct nlmsghdr *msg;

	if (n < NLMSG_HDRLEN || n > UINT16_MAX)
		return 0;
	msg = malloc(n);
	if (!msg)
		return 0;
	memcpy(msg, data, n);
	msg->nlmsg_len = (uint32_t)n;
	if (rt_event_parse(msg, &ev) == 0 && ev.kind == RE_ADDR)
		prefix_str(&ev.addr.prefix);
	free(msg);
	return 0;
}
