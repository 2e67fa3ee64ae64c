/* One xfrm message as the kernel would multicast it; the length in its header is that of the
 * input. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/xfrm_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct xfrm_event ev;
	struct nlmsghdr *msg;

	if (n < NLMSG_HDRLEN || n > UINT16_MAX)
		return 0;
	msg = malloc(n);
	if (!msg)
		return 0;
	memcpy(msg, data, n);
	msg->nlmsg_len = (uint32_t)n;
	if (xfrm_event_parse(msg, &ev) == 0) {
		for (size_t i = 0; i < ev.n_attrs; i++)
			xfrm_attr_str(ev.attrs[i]);
		if (ev.kind == XE_ACQUIRE)
			sel_src_str(&ev.acquire.sel);
		if (ev.kind == XE_MIGRATE)
			sel_dst_str(&ev.migrate.m[ev.migrate.n - 1].sel);
	}
	free(msg);
	return 0;
}
