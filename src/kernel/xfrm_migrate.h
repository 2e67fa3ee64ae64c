/*
 * xfrm_migrate - move one policy and its SAs to new endpoints; tell key management (KMADDRESS).
 *
 * xfrm_migrate() sends the request as it is. xfrm_migrate_sure() first removes larval states
 * between the old ends (they make a MIGRATE fail), verifies by reading the policy back, and where
 * the policy has not moved rewrites its template by UPDPOLICY (rules P6, P7). Shapes:  one entry a
 * message. For transport mode old addresses are ::. Errors:  0; -ENOENT no such policy; -ENODATA
 * nothing matched; -EINVAL. Source:  linux/xfrm.h, RFC 4877, RFC 3776;
 * draft-ebalard-mext-pfkey-enhanced-migrate.
 */
#pragma once

#include "base/nl.h"
#include "kernel/xfrm_policy.h"

struct xfrm_migrate {
	struct sel sel;
	enum xdir dir;
	bool sub;
	uint8_t proto;
	enum xfrm_mode_ mode;
	uint32_t reqid;
	struct in6_addr old_src, old_dst, new_src, new_dst;
	bool has_km;
	struct in6_addr km_local, km_remote;
};

enum migrate_how {
	MIGRATE_DONE,
	MIGRATE_WAS_DONE,
	MIGRATE_LARVAL_REPLACED,
	MIGRATE_POLICY_REWRITTEN
};

int xfrm_migrate(struct nl *nl, const struct xfrm_migrate *m);
int xfrm_migrate_sure(struct nl *nl, const struct xfrm_migrate *m, enum migrate_how *how);
