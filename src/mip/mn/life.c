#include <errno.h>

#include "base/log.h"
#include "mip/mn/act.h"

static void on_timer(void *arg)
{
	mn_event(arg, ME_TIMER);
}

static void on_end(void *arg)
{
	mn_event(arg, ME_END);
}

static void on_place(void *arg, enum where_event ev, const struct where_place *place)
{
	struct mn *mn = arg;

	mn->told = *place;
	switch (ev) {
	case WE_COA:
		return mn_event(mn, ME_COA);
	case WE_COA_GONE:
		return mn_event(mn, ME_COA_GONE);
	case WE_HOME:
		return mn_event(mn, ME_HOME);
	case WE_LINK_DOWN:
		return mn_event(mn, ME_LINK_DOWN);
	case WE_LIFETIME:
		if (addr_eq(&mn->place.coa, &place->coa))
			mn->place.valid_s = place->valid_s;
	}
}

/* Policies before addresses: the home address appears when nothing of it can leave unprotected. */
static int put_up(struct mn *mn)
{
	int rc = mn_net_clean(mn);

	if (!rc)
		rc = sp_install(mn->env, &mn->pair, SP_BLOCK);
	mn->blocked = true;
	if (rc || addr_is_any(&mn->pair.ha))
		return rc;
	return seek_take(mn);
}

int mn_start(struct mip_env *env, struct bul *bul, const struct mip_home_link *home, struct mn *mn)
{
	int rc;

	mn->env = env;
	mn->home = home;
	mn->pair = (struct sp_pair){ .role = MIP_MN, .hoa = home->hoa.addr, .ha = home->ha };
	mn->pair.end = mn->pair.hoa;
	mn->view = (struct where_view){
		.hoa = mn->pair.hoa, .home_prefix = home->home_prefix, .tell = on_place, .arg = mn
	};
	timer_init(&mn->timer, on_timer, mn);
	timer_init(&mn->end, on_end, mn);
	mps_init(mn);
	mn->bul.key = (struct binding_key){ .hoa = mn->pair.hoa, .peer = mn->pair.ha };
	rc = bul_find_hoa(bul, &mn->pair.hoa) ? -EEXIST : bul_add(bul, &mn->bul);
	if (rc < 0)
		return env_said(rc, "binding update list", &mn->pair.hoa);
	return put_up(mn);
}

void mn_clear(struct mn *mn, struct bul *bul)
{
	timer_stop(&mn->timer);
	timer_stop(&mn->end);
	mps_stop(mn);
	mn_net_none(mn);
	seek_forget(mn);
	sp_remove(mn->env, &mn->pair, SP_BLOCK);
	bul_del(bul, &mn->bul);
}
