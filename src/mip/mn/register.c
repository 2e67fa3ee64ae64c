#include "base/log.h"
#include "mip/mn/act.h"

enum { RESYNCS_MAX = 3, LATER_MS = BUL_MAX_DELAY_MS, REFUSED_MS = 60000 };

int mn_block(struct mn *mn)
{
	int rc = mn->blocked ? 0 : sp_install(mn->env, &mn->pair, SP_BLOCK);

	mn->blocked = true;
	return rc;
}

int mn_unblock(struct mn *mn)
{
	int rc = mn->blocked ? sp_remove(mn->env, &mn->pair, SP_BLOCK) : 0;

	mn->blocked = false;
	return rc;
}

static uint32_t lifetime_wanted(const struct mn *mn)
{
	return bul_ask(mn->env->conf->mn_max_ha_binding_life, mps_hoa_left(mn), mn->place.valid_s);
}

bool reg_keys_follow(const struct mn *mn)
{
	return mn->env->conf->key_mng_mob_capability && !mn->bul.no_k;
}

/*
 * RFC 6275 section 11.5.2, RFC 4877 section 4.3: nothing from the home address until the home
 * agent knows; policies and SAs move before the BU, so that a key exchange it needs comes from the
 * new care-of address.
 */
enum mn_verdict reg_move(struct mn *mn)
{
	const struct mip_conf *c = mn->env->conf;

	if (!c->optimistic_handoff || !mn->bul.bound)
		mn_block(mn);
	sp_migrate(mn->env, &mn->pair, &mn->place.coa, reg_keys_follow(mn));
	sp_hao_set(mn->env, &mn->pair, &mn->place.coa);
	mn->ask = lifetime_wanted(mn);
	mn->resyncs = 0;
	return MV_SEND;
}

/* A change of the tunnel device takes the kernel a grace period of its own: nobody waits for it. */
void reg_follow(struct mn *mn)
{
	mps_start(mn);
	mn_net_coa(mn);
}

enum mn_verdict reg_lost(struct mn *mn)
{
	mn_block(mn);
	return MV_GO;
}

/*
 * RFC 6275 section 11.7.3: an IKE_SA that we let follow ends at an address that the home agent's
 * does not know. A MIGRATE without KMADDRESS tells the IKE daemon to make another one.
 */
static void take_k(struct mn *mn, bool first)
{
	struct bul_entry *b = &mn->bul;
	bool asked = b->flags & BU_KEY, refused = asked && !(mn->ba->ba.flags & BA_KEY);

	if (refused && !b->no_k && !first)
		sp_migrate(mn->env, &mn->pair, &mn->place.coa, false);
	b->k = asked && !refused;
	b->no_k = refused;
}

/* Section 11.7.3 */
enum mn_verdict reg_accepted(struct mn *mn)
{
	struct bul_entry *b = &mn->bul;
	const struct mh *m = mn->ba;
	bool first = !b->bound;

	b->bound = true;
	b->lifetime = bul_granted(b->asked, m->ba.lifetime);
	b->since_ms = loop_now();
	take_k(mn, first);
	b->refresh_s = bul_refresh_after(
		b->lifetime, m->opt.has & MHO_BIT(MHO_REFRESH) ? m->opt.refresh : 0);
	mn->resyncs = 0;
	mn->wait_ms = b->refresh_s * 1000;
	if (!mn->data)
		sp_install(mn->env, &mn->pair, SP_DATA);
	mn->data = true;
	mn_unblock(mn);
	mn->mps_due = first || m->ba.status == BA_PREFIX_DISCOVERY;
	return MV_GO;
}

/* The way back is gone with the binding. */
enum mn_verdict reg_ended(struct mn *mn)
{
	mn->bul.bound = false;
	mn_block(mn);
	return MV_STAY;
}

enum mn_verdict reg_again(struct mn *mn)
{
	(void)mn;
	return MV_RESEND;
}

/* Status 135: the home agent knows a later number than ours, go on from there at once. */
enum mn_verdict reg_resync(struct mn *mn)
{
	mn->wait_ms = (uint32_t)timer_left(&mn->timer);
	if (++mn->resyncs > RESYNCS_MAX)
		return MV_STAY; /* the retransmission timer is still running */
	mn->bul.seq = mn->ba->ba.seq;
	return MV_SEND;
}

enum mn_verdict reg_later(struct mn *mn)
{
	mn_block(mn);
	mn->wait_ms = LATER_MS;
	return MV_GO;
}

enum mn_verdict reg_refused(struct mn *mn)
{
	mn_block(mn);
	env_count(mn->env, MC_REFUSED);
	mn->bul.bound = false;
	mn->wait_ms = REFUSED_MS;
	log_mip(0, "%s: home agent %s refuses the binding: %s (%u)", addr_str(&mn->pair.hoa),
		addr_str(&mn->pair.ha), mh_status_str(mn->ba->ba.status), mn->ba->ba.status);
	return MV_GO;
}

enum mn_verdict reg_problem(struct mn *mn)
{
	mn_block(mn);
	env_count(mn->env, MC_REFUSED);
	mn->wait_ms = REFUSED_MS;
	log_mip(0, "%s: %s knows no Mobile IPv6", addr_str(&mn->pair.hoa), addr_str(&mn->pair.ha));
	return MV_GO;
}

enum mn_verdict reg_refresh(struct mn *mn)
{
	mn->ask = lifetime_wanted(mn);
	mn->resyncs = 0;
	return MV_SEND;
}
