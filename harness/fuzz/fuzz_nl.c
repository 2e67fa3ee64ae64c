/* Attributes of a netlink message, two levels deep: the first octet is the size of the body. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/nl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static volatile unsigned sum;

static int touch(uint16_t type, const void *data, size_t n, void *arg)
{
	const uint8_t *p = data;

	(void)arg;
	for (size_t i = 0; i < n; i++)
		sum += p[i];
	return type == (uint16_t)NLA_TYPE_MASK ? -1 : 0;
}

/* The message alone in memory of its exact size, so that a read past it is seen. */
static void attrs(const void *data, size_t n, size_t body)
{
	struct nlmsghdr *msg = malloc(NLMSG_HDRLEN + n);

	if (!msg)
		abort();
	*msg = (struct nlmsghdr){ .nlmsg_len = (uint32_t)(NLMSG_HDRLEN + n) };
	if (n)
		memcpy(NLMSG_DATA(msg), data, n);
	nl_attrs(msg, body, touch, NULL);
	free(msg);
}

static int inner(uint16_t type, const void *data, size_t n, void *arg)
{
	(void)type, (void)arg;
	attrs(data, n, 0);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct nlmsghdr *msg;

	if (!n)
		return 0;
	attrs(data + 1, n - 1, data[0]);
	msg = malloc(NLMSG_HDRLEN + n - 1);
	if (!msg)
		abort();
	*msg = (struct nlmsghdr){ .nlmsg_len = (uint32_t)(NLMSG_HDRLEN + n - 1) };
	if (n > 1)
		memcpy(NLMSG_DATA(msg), data + 1, n - 1);
	nl_attrs(msg, data[0], inner, NULL);
	free(msg);
	return 0;
}
