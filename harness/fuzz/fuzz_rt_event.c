/* One rtnetlink message as the kernel would multicast it. */
#include "fuzz/input.h"
#include "kernel/rt_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void parse(const struct nlmsghdr *msg)
{
	struct rt_event ev;

	if (rt_event_parse(msg, &ev) == 0 && ev.kind == RE_ADDR)
		prefix_str(&ev.addr.prefix);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	input_message(data, n, parse);
	return 0;
}
