/*
 * xfrm_event - what the kernel tells: ACQUIRE, EXPIRE, MIGRATE, policy and SA changes, REPORT.
 *
 * Shapes:  one tagged struct; n_attrs/attrs list the attribute types in the order they came
 *          (the log prints them).
 * Errors:  xfrm_event_parse gives -EBADMSG (a length does not fit, an entry is invalid) or
 *          -ENOMSG (not ours).
 * Source:  linux/xfrm.h.
 */
#pragma once

#include "base/nl.h"
#include "kernel/xfrm_migrate.h"
#include "kernel/xfrm_policy.h"
#include "kernel/xfrm_sa.h"

enum xfrm_event_kind {
	XE_ACQUIRE,
	XE_EXPIRE,
	XE_MIGRATE,
	XE_POLICY,
	XE_POLICY_DEL,
	XE_SA,
	XE_SA_DEL,
	XE_SA_FLUSH,
	XE_REPORT,
};

enum { XE_ATTRS_MAX = 16, XE_MIGRATE_MAX = 6 };

struct xfrm_event {
	enum xfrm_event_kind kind;
	uint16_t attrs[XE_ATTRS_MAX];
	size_t n_attrs;
	union {
		struct {
			struct sel sel;
			struct in6_addr src, dst; /* of the larval state */
			uint32_t seq, reqid, policy_index;
			uint8_t proto;
			enum xfrm_mode_ mode;
		} acquire;
		struct {
			struct xfrm_sa_key key;
			struct in6_addr src;
			uint32_t reqid;
			bool hard, larval;
		} expire;
		struct {
			/* each with the common selector, dir, km */
			struct xfrm_migrate m[XE_MIGRATE_MAX];
			size_t n;
		} migrate;
		struct xfrm_policy policy; /* XE_POLICY; XE_POLICY_DEL has only sel, dir, sub */
		struct {
			/* a packet whose Mobile IPv6 header nothing asks for, as if that had
			 * been taken off: from the home address */
			struct sel sel;
			uint8_t proto; /* XP_HAO */
			struct in6_addr coa; /* :: not told */
		} report;
		/* XE_SA; XE_SA_DEL has only addresses, proto, spi; XE_SA_FLUSH only proto */
		struct xfrm_sa sa;
	};
};

int xfrm_event_parse(const struct nlmsghdr *msg, struct xfrm_event *out);

/* Name of an attribute type as the log prints it: "XFRMA_KMADDRESS". */
const char *xfrm_attr_str(uint16_t type);

typedef void xfrm_event_fn(const struct xfrm_event *ev, void *arg);

/* Listen: groups ACQUIRE, EXPIRE, … as asked (bits 1 << enum xfrm_nlgroups). */
int xfrm_listen(
	unsigned groups, xfrm_event_fn *fn, void (*overrun)(void *arg), void *arg, struct nl **out);
