/*
 * xfrm_move - one SA of the kernel to new ends: numbers, window, age and all attributes go along.
 *
 * Newer kernels do it in one step (XFRM_MSG_MIGRATE_STATE). Elsewhere the SA is deleted and added
 * again; what the kernel tells of the delete has the last number that was used, so none comes
 * twice. A packet that meets the time between is dropped: a larval state keeps the kernel from
 * asking for an SA.
 * Errors:  0 or the kernel's -errno (-ESRCH no such SA, -EEXIST its SPI is taken at the new ends:
 *          then it stands where it was).
 * Source:  Documentation/networking/xfrm/xfrm_migrate_state.rst, linux/xfrm.h, RFC 4303 3.3.3.
 */
#pragma once

#include "kernel/xfrm_sa.h"

enum xfrm_move_way {
	XW_UNKNOWN, /* not asked yet */
	XW_STATE, /* the kernel moves an SA in one step */
	XW_AGAIN, /* it is deleted and added */
};

/* A number that the kernel may have used after it was read, when its word on the delete is lost:
 * so many are left out. */
enum { XFRM_MOVE_MARGIN = 1 << 16 };

/* An SPI that nobody can have is unknown (-ESRCH) only to a kernel that knows the request. */
enum xfrm_move_way xfrm_move_probe(struct nl *nl);

struct xfrm_move {
	struct xfrm_sa_key key; /* where it stands */
	struct in6_addr src, dst; /* where to */
	bool out; /* we send by it */
};

int xfrm_move(struct nl *nl, enum xfrm_move_way way, const struct xfrm_move *m);
