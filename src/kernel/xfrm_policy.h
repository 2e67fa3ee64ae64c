/*
 * xfrm_policy - one policy of the kernel: add, update, get, delete, dump.
 *
 * Shapes:  a policy is named by {sel, dir, sub}; templates up to two.
 * Errors:  0 or the kernel's -errno (-ENOENT no such policy, -EEXIST).
 * Source:  linux/xfrm.h; the layout of docs/DESIGN.md (rules P1 to P5).
 */
#pragma once

#include "base/nl.h"
#include "kernel/xfrm_types.h"

enum { XFRM_TMPL_MAX = 6 };

struct xfrm_tmpl_ {
	struct in6_addr src, dst;
	uint8_t proto;
	enum xfrm_mode_ mode;
	uint32_t reqid, spi;
	bool optional; /* "level use" */
};

struct xfrm_policy {
	struct sel sel;
	enum xdir dir;
	bool sub; /* ptype sub instead of main */
	bool block; /* action */
	uint32_t priority, index;
	struct xfrm_tmpl_ tmpl[XFRM_TMPL_MAX];
	size_t n_tmpl;
	uint64_t use_time; /* out: seconds since the epoch, 0 never */
};

int xfrm_policy_add(struct nl *nl, const struct xfrm_policy *p); /* NEWPOLICY, exclusive */
int xfrm_policy_update(
	struct nl *nl, const struct xfrm_policy *p); /* UPDPOLICY: create or replace */
int xfrm_policy_get(
	struct nl *nl, const struct sel *sel, enum xdir dir, bool sub, struct xfrm_policy *out);
int xfrm_policy_del(struct nl *nl, const struct sel *sel, enum xdir dir, bool sub);
/* Per-socket policies are not handed out. */
int xfrm_policy_dump(struct nl *nl, int (*fn)(const struct xfrm_policy *p, void *arg), void *arg);
struct xfrm_userpolicy_info;
/* What the kernel's struct says; *out keeps what it does not say. */
void xfrm_policy_from_kernel(const struct xfrm_userpolicy_info *info, struct xfrm_policy *out);
int xfrm_policy_parse(const struct nlmsghdr *msg, struct xfrm_policy *out);

/* setsockopt IPV6_XFRM_POLICY in and out: this socket's traffic passes without IPsec whatever the
 * policies say. */
int xfrm_socket_bypass(int fd);
