/*
 * ra - router discovery in the kernel's place: addresses and default routes of advertisements.
 *
 * For MnRouterDiscovery; otherwise the kernel does it and nothing here is called.
 * Shapes:  the advertisement is one that where.c believed.
 * Units:   lifetimes seconds.
 * Errors:  a kernel call that fails is logged.
 * Source:  RFC 4861 section 6.3.4, RFC 4862 section 5.5.3; requirement D-046.
 */
#pragma once

#include "mip/message/icmp6.h"
#include "mip/movement/seen.h"
#include "mip/net/env.h"

/* The kernel hears no advertisements on this interface from now on. */
void ra_take_over(struct mip_env *env, const char *ifname);

void ra_apply(struct mip_env *env, const struct seen *s, const struct where_link *l,
	const struct in6_addr *router, const struct icmp6_ra *ra);
