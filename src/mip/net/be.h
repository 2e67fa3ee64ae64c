/*
 * be - binding errors: the answer to a home address option without a binding, and to a mobility
 *      header of an unknown type.
 *
 * Shapes:  be_report is an xfrm_event_fn; its arg is struct mip_env.
 * Units:   five a second at most, all causes together.
 * Errors:  what may not be answered is not (multicast, no unicast to answer to, too many).
 * Source:  RFC 6275 sections 6.1.9, 9.3.1 and 9.3.3.
 */
#pragma once

#include "kernel/xfrm_event.h"
#include "mip/net/env.h"
#include "mip/message/mh.h"

/* From own to the address that the packet came from; hoa :: there was no option. */
void be_send(struct mip_env *env, enum mh_be_status status, const struct in6_addr *own,
	const struct in6_addr *to, const struct in6_addr *hoa);

void be_report(const struct xfrm_event *ev, void *env);
void be_lost(void *env);
