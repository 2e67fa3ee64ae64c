/* Dynamic home agent address discovery of the mobile node (RFC 6275 section 11.4.1). */
#include "base/log.h"
#include "crypto/rand.h"
#include "mip/mn/act.h"

enum { DHAAD_RETRIES = 4, INITIAL_DHAAD_MS = 3000, PAUSE_MS = 60000 };

static bool discovers(const struct mn *mn)
{
	return addr_is_any(&mn->home->ha);
}

static bool unknown(const struct mn *mn)
{
	return addr_is_any(&mn->pair.ha);
}

static bool silent(const struct mn *mn)
{
	uint32_t most = mn->env->conf->max_resends;

	return discovers(mn) && most && mn->bul.resends >= most;
}

static bool another(const struct mn *mn)
{
	return unknown(mn) && mn->seek.next < mn->seek.n;
}

const struct mn_when seek_unknown = { unknown, "no home agent is known" };
const struct mn_when seek_another = { another, "another is left to try" };
const struct mn_when seek_own = { discovers, "the home agent was discovered" };
const struct mn_when seek_silent = { silent, "discovered, and silent too often" };

/* From the care-of address, for nobody knows the home address yet. */
void seek_ask(struct mn *mn)
{
	uint8_t buf[8];
	struct wr w = WR_OF(buf);
	struct mip_packet p = { .src = mn->place.coa,
		.dst = icmp6_agents_anycast(&mn->home->home_prefix),
		.hop_limit = -1,
		.own = true };

	icmp6_dhaad_request_write(&w, mn->seek.id);
	if (wr_done(&w) < 0)
		return;
	p.data = wr_view(&w);
	mip_net_send_icmp6(mn->env->net, &p);
}

enum mn_verdict seek_start(struct mn *mn)
{
	mn_block(mn);
	mn_net_none(mn);
	mn->seek = (struct mn_seek){ .id = (uint16_t)rand_below(0x10000),
		.delay_ms = INITIAL_DHAAD_MS };
	return MV_ASK;
}

/* The same request, each time after twice as long; after the last of them a new one. */
enum mn_verdict seek_again(struct mn *mn)
{
	if (mn->seek.tries == DHAAD_RETRIES)
		return seek_start(mn);
	mn->seek.tries++;
	mn->seek.delay_ms *= 2;
	return MV_ASK;
}

int seek_take(struct mn *mn)
{
	static const enum sp_group groups[] = { SP_PEER, SP_SIGNAL, SP_PAYLOAD };
	int rc = 0;

	sp_find_foreign(mn->env, &mn->pair);
	for (size_t i = 0; !rc && i < sizeof(groups) / sizeof(groups[0]); i++)
		rc = sp_install(mn->env, &mn->pair, groups[i]);
	if (!rc)
		rc = sp_remove(mn->env, &mn->pair, SP_DATA);
	return rc ? rc : mn_net_away(mn);
}

void seek_forget(struct mn *mn)
{
	static const enum sp_group groups[] = { SP_DATA, SP_PAYLOAD, SP_SIGNAL, SP_PEER };

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		sp_remove(mn->env, &mn->pair, groups[i]);
	sp_hao_del(mn->env, &mn->pair);
	mn->data = false;
	mn->pair.ha = mn->bul.key.peer = addr_any;
	mn->pair.end = mn->pair.hoa;
}

enum mn_verdict seek_found(struct mn *mn)
{
	mn->pair.ha = mn->bul.key.peer = mn->seek.agents[mn->seek.next++];
	log_mip(1, "%s: home agent %s", addr_str(&mn->pair.hoa), addr_str(&mn->pair.ha));
	if (seek_take(mn) < 0)
		log_mip(0, "%s: not everything is in place for home agent %s",
			addr_str(&mn->pair.hoa), addr_str(&mn->pair.ha));
	return reg_move(mn);
}

/* Not sooner than a first answer could have come; when all refused, not sooner than a refusal. */
enum mn_verdict seek_next(struct mn *mn)
{
	log_mip(1, "%s: home agent %s is given up", addr_str(&mn->pair.hoa),
		addr_str(&mn->pair.ha));
	mn_block(mn);
	mn_net_none(mn);
	seek_forget(mn);
	mn->bul.bound = false;
	mn->seek.tries = DHAAD_RETRIES;
	mn->wait_ms = another(mn) ? mn->env->conf->bindack_first_ms : PAUSE_MS;
	return MV_GO;
}
