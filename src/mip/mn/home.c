#include "base/log.h"
#include "mip/mn/act.h"

/* Signalling without HAO, no tunnel, the home address on the home link. Payload stays blocked. */
static void go_home(struct mn *mn)
{
	if (mn->data)
		sp_remove(mn->env, &mn->pair, SP_DATA);
	mn->data = false;
	sp_remove(mn->env, &mn->pair, SP_PAYLOAD);
	sp_hao_del(mn->env, &mn->pair);
	sp_install(mn->env, &mn->pair, SP_SIGNAL_HOME);
	mn_net_home(mn);
	mps_stop(mn);
	mn->place.coa = mn->pair.hoa;
}

/*
 * RFC 6275 section 11.5.5: the SAs of the signalling stay, those of the payload move back to the
 * home address and wait for the next journey.
 */
enum mn_verdict home_return(struct mn *mn)
{
	mn_block(mn);
	sp_migrate(mn->env, &mn->pair, &mn->pair.hoa, reg_keys_follow(mn));
	go_home(mn);
	mn->ask = 0;
	mn->resyncs = 0;
	return MV_SEND;
}

/*
 * The home agent still answers for our address, so a solicitation from it would be answered into
 * the tunnel: the question comes from the link-local address, and the kernel's waiting entry takes
 * the answer.
 */
void home_resolve(struct mn *mn)
{
	uint8_t buf[64];
	struct wr w = WR_OF(buf);
	struct mip_packet p = { .src = mn->place.link_local,
		.dst = icmp6_solicited_node(&mn->pair.ha),
		.ifindex = mn->place.ifindex,
		.hop_limit = 255,
		.own = true };

	if (addr_is_any(&p.src))
		return;
	icmp6_ns_write(&w, &mn->pair.ha, mn->place.mac);
	if (wr_done(&w) < 0)
		return;
	p.data = wr_view(&w);
	mip_net_send_icmp6(mn->env->net, &p);
}

/* Neighbours still have the home agent's link-layer address for ours (section 11.5.5). */
enum mn_verdict home_settle(struct mn *mn)
{
	if (mn->away)
		go_home(mn);
	else if (!mn->hoa_at.ifindex)
		mn_net_home(mn); /* no home agent was ever needed */
	if (addr_is_any(&mn->home->ha) && mn->env->conf->reset_dhaad_at_home)
		seek_forget(mn);
	mn->bul.bound = false;
	mn->bul.lifetime = 0;
	mn->env->link->announce(mn->place.ifindex, mn->place.mac, &mn->pair.hoa);
	mn_unblock(mn);
	return MV_GO;
}

/* A link that comes back may be another one. */
enum mn_verdict home_unsure(struct mn *mn)
{
	mn_block(mn);
	return MV_GO;
}

enum mn_verdict home_leave(struct mn *mn)
{
	mn_block(mn);
	mn->bul.bound = false;
	sp_install(mn->env, &mn->pair, SP_SIGNAL);
	sp_install(mn->env, &mn->pair, SP_PAYLOAD);
	mn_net_away(mn);
	return reg_move(mn);
}
