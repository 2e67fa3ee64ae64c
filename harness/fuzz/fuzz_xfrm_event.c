/* One xfrm message as the kernel would multicast it. */
#include "fuzz/input.h"
#include "kernel/xfrm_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void parse(const struct nlmsghdr *msg)
{
	struct xfrm_event ev;

	if (xfrm_event_parse(msg, &ev) < 0)
		return;
	for (size_t i = 0; i < ev.n_attrs; i++)
		xfrm_attr_str(ev.attrs[i]);
	if (ev.kind == XE_ACQUIRE)
		sel_src_str(&ev.acquire.sel);
	if (ev.kind == XE_MIGRATE)
		sel_dst_str(&ev.migrate.m[ev.migrate.n - 1].sel);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	input_message(data, n, parse);
	return 0;
}
