#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/names.h"
#include "mip/mip.h"
#include "mip/net/probe.h"

static void node_stopped(struct mn *mn, void *arg)
{
	struct mip *mip = arg;

	(void)mn;
	for (const struct mn *n = mip->nodes; n; n = n->next) {
		if (n->state != MN_STOPPED)
			return;
	}
	mip->stopped(mip->arg);
}

static int node_up(struct mip *mip, const struct mip_home_link *home)
{
	struct mn *mn = calloc(1, sizeof(*mn));
	int rc;

	if (!mn)
		return -ENOMEM;
	mn->on_stopped = node_stopped;
	mn->arg = mip;
	mn->next = mip->nodes;
	mip->nodes = mn;
	rc = mn_start(&mip->env, &mip->bul, home, mn);
	where_watch(&mip->where, &mn->view);
	return rc;
}

static int mn_up(struct mip *mip)
{
	int rc = mip->env.conf->home_links ? 0 : -EINVAL;

	if (rc < 0)
		log_mip(0, "a mobile node needs an MnHomeLink block");
	for (const struct mip_home_link *h = mip->env.conf->home_links; !rc && h; h = h->next)
		rc = node_up(mip, h);
	if (!rc)
		rc = rt_listen(where_event, where_lost, &mip->where, &mip->events);
	if (rc < 0)
		return rc;
	rc = where_start(&mip->where, &mip->env);
	if (rc == -ENODEV)
		log_mip(0, "none of the configured interfaces exists");
	return rc;
}

static int ha_up(struct mip *mip)
{
	int rc = ha_start(&mip->ha, &mip->env);

	return rc ? rc : rt_listen(ha_rt_event, ha_rt_lost, &mip->ha, &mip->events);
}

static int cn_up(struct mip *mip)
{
	(void)mip; /* the base policies are all */
	return 0;
}

static void mn_down(struct mip *mip)
{
	struct mn *mn;

	where_stop(&mip->where);
	while ((mn = mip->nodes)) {
		mip->nodes = mn->next;
		mn_clear(mn, &mip->bul);
		free(mn);
	}
	bul_free(&mip->bul);
}

static void ha_down(struct mip *mip)
{
	ha_clear(&mip->ha);
}

static void cn_down(struct mip *mip)
{
	(void)mip;
}

static const struct role {
	int (*up)(struct mip *mip);
	void (*down)(struct mip *mip);
} roles[] = {
	[MIP_CN] = { cn_up, cn_down },
	[MIP_HA] = { ha_up, ha_down },
	[MIP_MN] = { mn_up, mn_down },
};

static struct sp_pair base_of(const struct mip *mip)
{
	return (struct sp_pair){ .role = mip->env.conf->role };
}

/* D-019, D-060: these names promise less than they do. */
static const struct name wider[] = {
	{ MP_HOME_REG_BINDING, "every mobility header received or forwarded, whatever its type" },
	{ MP_TUNNEL_HOME_TESTING,
		"every mobility header received or forwarded, whatever its type" },
	{ MP_MOB_PFX_DISC, "all ICMPv6 but neighbour discovery, whatever its type" },
};

static void say_layout(const struct mip_conf *c)
{
	for (const struct mip_policy_set *set = c->policy_sets; set; set = set->next) {
		for (size_t i = 0; i < set->n_policies; i++) {
			const struct mip_policy *p = &set->policies[i];

			for (size_t k = 0; k < sizeof(wider) / sizeof(wider[0]); k++)
				if (wider[k].value == (int)p->kind)
					log_mip(1, "%s:%u: %s protects %s", p->at.file, p->at.line,
						mip_policy_str(p->kind), wider[k].name);
		}
	}
}

int mip_up(struct mip *mip)
{
	struct sp_pair base = base_of(mip);
	int rc = probe_kernel(&mip->env);

	mip->ha.env = &mip->env;
	say_layout(mip->env.conf);
	if (!rc)
		rc = sp_base_install(&mip->env, &base);
	return rc ? rc : roles[base.role].up(mip);
}

void mip_stop(struct mip *mip)
{
	struct mn *next;

	if (!mip->nodes)
		return mip->stopped(mip->arg);
	for (struct mn *mn = mip->nodes; mn; mn = next) {
		next = mn->next;
		mn_event(mn, ME_STOP);
	}
}

void mip_down(struct mip *mip)
{
	struct sp_pair base = base_of(mip);

	nl_free(mip->events);
	mip->events = NULL;
	roles[base.role].down(mip);
	sp_base_remove(&mip->env, &base);
}

/*
 * Running objects point into the lists of interfaces, home links and policies, so these stay; all
 * else is the fresh file's. Positions in files are of use at the start only.
 */
void mip_reload(struct mip *mip, struct mip_conf *fresh)
{
	struct mip_conf *old = mip->env.conf, kept = *old;

	if (fresh->role != old->role || fresh->use_mn_ha_ipsec != old->use_mn_ha_ipsec) {
		log_mip(0, "NodeConfig and UseMnHaIPsec need a restart, configuration kept");
		mip_conf_free(fresh);
		return;
	}
	old->policy_sets = fresh->policy_sets;
	old->ifaces = fresh->ifaces;
	old->home_links = fresh->home_links;
	old->text = fresh->text;
	fresh->policy_sets = kept.policy_sets;
	fresh->ifaces = kept.ifaces;
	fresh->home_links = kept.home_links;
	fresh->text = kept.text;
	mip->env.conf = fresh;
	mip_conf_free(old);
	log_mip(1, "configuration reloaded");
}
