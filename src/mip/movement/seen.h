/*
 * seen - the lists behind where: links, addresses, routers.
 *
 * Shapes:  bounded arrays; what does not fit is ignored.
 * Errors:  NULL: not known, or no room.
 * Source:  none.
 */
#pragma once

#include "mip/movement/where.h"

struct move_link *seen_link(struct mn_move *mv, int ifindex);
/* Only a configured interface becomes a link. */
struct move_link *seen_link_add(struct mn_move *mv, const struct rt_link *rl);
void seen_link_del(struct mn_move *mv, int ifindex);

void seen_addr(struct mn_move *mv, const struct rt_addr *a);
void seen_addr_del(struct mn_move *mv, const struct rt_addr *a);

/* Around a reading of everything: what was not there goes, what was keeps what we know of it. */
void seen_begin(struct mn_move *mv);
void seen_end(struct mn_move *mv);

void seen_router(struct move_link *l, const struct in6_addr *a, uint16_t lifetime);
