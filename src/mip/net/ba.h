/*
 * ba - a binding acknowledgement to where the binding update came from.
 *
 * Shapes:  by a type 2 routing header to `back`, unless that is the home address: the node is at
 *          home. No binding is needed for that.
 * Errors:  the result of the send.
 * Source:  RFC 6275 sections 9.5.4 and 10.3.
 */
#pragma once

#include "mip/net/env.h"
#include "mip/message/mh.h"

struct ba_to {
	struct in6_addr own, hoa, back;
};

int ba_send(struct mip_env *env, const struct ba_to *to, const struct mh_ba *ba);
