/*
 * mip - the daemon as one struct: what packets, status and start-up share.
 *
 * Shapes:  env for all roles; nodes, bul, where for a mobile node; ha for a home agent.
 * Errors:  mip_up gives 0 or -errno, already logged; mip_down never fails.
 * Source:  none.
 */
#pragma once

#include "mip/ha/ha.h"
#include "mip/mn/mn.h"

struct mip {
	struct mip_env env;
	struct nl *events;
	struct mn *nodes; /* one a home address */
	struct bul bul;
	struct where where;
	struct ha ha;
	void (*stopped)(void *arg); /* mip_stop() is through */
	void *arg;
};

/* Sockets, policies, the role. */
int mip_up(struct mip *mip);
/* Say good-bye where that is due, then call stopped(). */
void mip_stop(struct mip *mip);
/* Remove everything. */
void mip_down(struct mip *mip);
/* Take over what a reload may change; the rest needs a restart and says so. */
void mip_reload(struct mip *mip, struct mip_conf *fresh);

/* The packets of mip/net.h, arg is struct mip. */
void recv_mh(const struct mip_packet *p, void *mip);
void recv_icmp6(const struct mip_packet *p, void *mip);
