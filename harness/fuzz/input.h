/*
 * input - the octets of a fuzz target as the file or the netlink message that they stand for.
 *
 * Shapes:  a file lies in memory and is closed by the caller; a message lives during the call, the
 *          length in its header is that of the input.
 * Errors:  aborts, as a finding would.
 * Source:  none.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/nl.h"

enum { INPUT_PATH = 64 };

/* A descriptor, and the path that opens it again. */
static inline int input_file(const uint8_t *data, size_t n, char path[INPUT_PATH])
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, n) != (ssize_t)n)
		abort();
	snprintf(path, INPUT_PATH, "/proc/self/fd/%d", fd);
	return fd;
}

/* The emit of a conf_log: findings are welcome and of no interest. */
static inline void input_ignore(void *arg, bool error, const char *line)
{
	(void)arg, (void)error, (void)line;
}

static inline void input_message(
	const uint8_t *data, size_t n, void (*fn)(const struct nlmsghdr *msg))
{
	struct nlmsghdr *msg;

	if (n < NLMSG_HDRLEN || n > UINT16_MAX)
		return;
	msg = malloc(n);
	if (!msg)
		return;
	memcpy(msg, data, n);
	msg->nlmsg_len = (uint32_t)n;
	fn(msg);
	free(msg);
}
