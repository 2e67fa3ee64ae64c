#include "kernel/xfrm_heard.h"

#include <errno.h>
#include <linux/xfrm.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "kernel/xfrm_migrate.h"

enum { EVENT_MAX = 4096 };

/* RFC 3849 */
static const struct prefix here = { { { { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } } }, 128 };
static const struct prefix there = { { { { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 } } }, 128 };

static int open_group(void)
{
	const struct sockaddr_nl group = {
		.nl_family = AF_NETLINK,
		.nl_groups = 1u << (XFRMNLGRP_MIGRATE - 1),
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_XFRM);

	if (fd >= 0 && bind(fd, (const struct sockaddr *)&group, sizeof(group)) < 0)
		own_fd_close(&fd);
	return fd;
}

static int move_something(struct nl *nl)
{
	const struct xfrm_policy p = {
		.sel = SEL(here, there, 0),
		.dir = XD_OUT,
		.sub = true,
		.priority = 1,
		.tmpl = { { .proto = XP_ESP, .mode = XM_TRANSPORT, .reqid = 1 } },
		.n_tmpl = 1,
	};
	const struct xfrm_migrate m = {
		.sel = p.sel,
		.dir = p.dir,
		.sub = true,
		.proto = XP_ESP,
		.mode = XM_TRANSPORT,
		.reqid = 1,
		.new_src = here.addr,
		.new_dst = there.addr,
	};
	int rc = xfrm_policy_update(nl, &p), gone;

	if (rc < 0)
		return rc;
	rc = xfrm_migrate(nl, &m);
	gone = xfrm_policy_del(nl, &p.sel, p.dir, p.sub);
	return rc ? rc : gone;
}

/* The kernel queues the event before it answers the request: it is here, or it never comes. */
static int hear(int fd)
{
	alignas(struct nlmsghdr) uint8_t buf[EVENT_MAX];
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0) {
		const struct nlmsghdr *msg = (const struct nlmsghdr *)buf;

		if (NLMSG_OK(msg, (size_t)n) && msg->nlmsg_type == XFRM_MSG_MIGRATE)
			return 0;
	}
	return -ENOMSG;
}

int xfrm_migrate_heard(struct nl *nl)
{
	own_fd fd = open_group();
	int rc;

	if (fd < 0)
		return -errno;
	rc = move_something(nl);
	return rc ? rc : hear(fd);
}
