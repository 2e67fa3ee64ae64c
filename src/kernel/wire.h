/*
 * wire - the kernel's structs out of its messages, by copy and with the length checked.
 *
 * Shapes:  bodies and attributes are copied into the caller's struct: no pointer into a message.
 * Errors:  -EBADMSG when there are fewer octets than the struct has.
 * Source:  linux/netlink.h, linux/xfrm.h.
 */
#pragma once

#include <linux/xfrm.h>
#include <netinet/in.h>
#include <stddef.h>

#include "base/nl.h"

int wire_body(const struct nlmsghdr *msg, void *out, size_t n);
int wire_attr(const void *data, size_t have, void *out, size_t n);

/* The attributes inside a nested attribute: fn for each, in order. -EBADMSG or what fn returned.
 */
int wire_nested(
	const void *data, size_t n, int (*fn)(uint16_t, const void *, size_t, void *), void *arg);

/* IPv4 becomes ::ffff:a.b.c.d. */
struct in6_addr wire_addr(const xfrm_address_t *a, uint16_t family);
