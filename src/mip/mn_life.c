#include <errno.h>

#include "base/log.h"
#include "mip/mn_act.h"

static void on_timer(void *arg)
{
	mn_event(arg, ME_TIMER);
}

/* Policies before addresses: the home address appears when nothing of it can leave unprotected. */
static int put_up(struct mn *mn)
{
	static const enum sp_group groups[] = { SP_BLOCK, SP_PEER, SP_SIGNAL, SP_PAYLOAD };
	int rc = mn_net_clean(mn);

	for (size_t i = 0; !rc && i < sizeof(groups) / sizeof(groups[0]); i++)
		rc = sp_install(mn->env, &mn->pair, groups[i]);
	if (!rc)
		rc = sp_remove(mn->env, &mn->pair, SP_DATA);
	return rc ? rc : mn_net_away(mn);
}

int mn_start(struct mip_env *env, struct bul *bul, const struct mip_home_link *home, struct mn *mn)
{
	int rc;

	mn->env = env;
	mn->home = home;
	mn->state = MN_STARTING;
	mn->pair = (struct sp_pair){ .role = MIP_MN, .hoa = home->hoa.addr, .ha = home->ha };
	mn->pair.end = mn->pair.hoa;
	timer_init(&mn->timer, on_timer, mn);
	mps_init(mn);
	rc = bul_add(bul, &mn->pair.hoa, &mn->pair.ha, &mn->bul);
	if (rc < 0)
		return env_said(rc, "binding update list", &mn->pair.hoa);
	mn->bul->state = mn_state_str(mn->state);
	sp_find_foreign(env, &mn->pair);
	mn->blocked = true;
	return put_up(mn);
}

void mn_clear(struct mn *mn, struct bul *bul)
{
	static const enum sp_group groups[] = { SP_DATA, SP_PAYLOAD, SP_SIGNAL, SP_PEER, SP_BLOCK };

	timer_stop(&mn->timer);
	mps_stop(mn);
	mn_net_none(mn);
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		sp_remove(mn->env, &mn->pair, groups[i]);
	sp_hao_del(mn->env, &mn->pair);
	bul_del(bul, mn->bul);
	mn->bul = NULL;
}
