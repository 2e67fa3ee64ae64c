#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "kernel/neigh.h"
#include "kernel/rt_link.h"
#include "kernel/rt_route.h"
#include "mip/ha/act.h"

enum {
	DAD_MS = 1000, /* one probe, RetransTimer */
	ANNOUNCES = 3, /* MAX_NEIGHBOR_ADVERTISEMENT */
	ANNOUNCE_MS = 1000,
	METRIC_TUNNEL = 192,
	METRIC_DIRECT = 128,
	OLD_MAX = 64,
};

static const uint8_t *mac_of(struct ha *ha, const struct bc_entry *e)
{
	static const uint8_t none[6];
	const struct ha_link *l = ha_link_of(ha, e->ifindex);

	return l ? l->mac : none;
}

static void dad_end(struct bc_entry *e, bool in_use)
{
	ha_dad_stop(e);
	e->dad_done(e, in_use);
}

static void dad_timer(void *arg)
{
	dad_end(arg, false);
}

static void dad_readable(int fd, void *arg)
{
	struct bc_probe *p = arg;
	struct ha *ha = p->e->owner;
	int rc;

	do {
		rc = ha->env->link->dad_read(fd, mac_of(ha, p->e), &p->target);
	} while (rc == 0);
	if (rc == 1)
		dad_end(p->e, true);
}

static int probe(struct ha *ha, struct bc_entry *e, struct bc_probe *p)
{
	const struct mip_link_ops *ops = ha->env->link;
	int rc = ops->dad_open(e->ifindex, &p->target, &p->fd);

	p->e = e;
	if (!rc)
		rc = loop_io(p->fd, dad_readable, p, &p->io);
	if (!rc)
		rc = ops->dad_probe(p->fd, e->ifindex, mac_of(ha, e), &p->target);
	return env_said(rc, "duplicate address detection", &p->target);
}

static struct in6_addr link_local_of(const struct in6_addr *hoa)
{
	struct in6_addr a = { .s6_addr = { 0xfe, 0x80 } };

	memcpy(&a.s6_addr[8], &hoa->s6_addr[8], 8);
	return a;
}

/* RFC 6275 section 10.3.1: is the address free on the home link? With L, the link-local one too? */
int ha_dad_start(struct ha *ha, struct bc_entry *e, void (*done)(struct bc_entry *e, bool in_use))
{
	int rc;

	e->dad_done = done;
	e->link_local = link_local_of(&e->hoa);
	e->probes[0].target = e->hoa;
	e->probes[1].target = e->link_local;
	rc = probe(ha, e, &e->probes[0]);
	if (!rc && e->flags & BU_LINK_LOCAL)
		rc = probe(ha, e, &e->probes[1]);
	if (rc < 0) {
		ha_dad_stop(e);
		return rc;
	}
	timer_stop(&e->timer);
	timer_init(&e->dad_timer, dad_timer, e);
	timer_set(&e->dad_timer, DAD_MS);
	return 0;
}

void ha_dad_stop(struct bc_entry *e)
{
	for (size_t i = 0; i < sizeof(e->probes) / sizeof(e->probes[0]); i++) {
		io_free(take(e->probes[i].io));
		own_fd_close(&e->probes[i].fd);
		e->probes[i].fd = -1;
	}
	timer_stop(&e->dad_timer);
}

/* Section 10.4.1: the home link learns that we answer for the address. */
static void announce(void *arg)
{
	struct bc_entry *e = arg;
	struct ha *ha = e->owner;

	env_said(ha->env->link->announce(e->ifindex, mac_of(ha, e), &e->hoa),
		"neighbour advertisement", &e->hoa);
	if (e->proxies_link_local)
		ha->env->link->announce(e->ifindex, mac_of(ha, e), &e->link_local);
	if (--e->announces_left)
		timer_set(&e->announce, ANNOUNCE_MS);
}

static int proxy(struct ha *ha, struct bc_entry *e)
{
	int rc = neigh_proxy_add(ha->env->rt, e->ifindex, &e->hoa);

	if (e->flags & BU_LINK_LOCAL)
		e->proxies_link_local = !neigh_proxy_add(ha->env->rt, e->ifindex, &e->link_local);
	e->announces_left = ANNOUNCES;
	timer_init(&e->announce, announce, e);
	announce(e);
	return env_said(rc, "proxy neighbour", &e->hoa);
}

static void forget_link_local(struct ha *ha, struct bc_entry *e)
{
	if (e->proxies_link_local)
		neigh_proxy_del(ha->env->rt, e->ifindex, &e->link_local);
	e->proxies_link_local = false;
}

void ha_link_local(struct ha *ha, struct bc_entry *e)
{
	if (!(e->flags & BU_LINK_LOCAL))
		forget_link_local(ha, e);
}

static struct rt_route tunnel_route(const struct bc_entry *e)
{
	return (struct rt_route){ .dst = { e->hoa, 128 },
		.ifindex = e->tunnel.ifindex,
		.table = RT_TABLE_MAIN,
		.metric = METRIC_TUNNEL };
}

/* What we send to the node ourselves, also after its binding is gone: the link itself. */
static struct rt_route direct_route(const struct bc_entry *e)
{
	return (struct rt_route){ .dst = { e->hoa, 128 },
		.src = { e->ha, 128 },
		.ifindex = e->ifindex,
		.table = RT_TABLE_MIP6,
		.metric = METRIC_DIRECT };
}

void ha_move(struct ha *ha, struct bc_entry *e, struct sp_pair *pair)
{
	sp_migrate(ha->env, pair, &e->coa, e->k);
	e->sa_end = pair->end;
	sp_route2_set(ha->env, pair, &e->coa);
	sp_hao_set(ha->env, pair, &e->coa);
}

void ha_follow(struct ha *ha, struct bc_entry *e)
{
	e->tunnel.remote = e->coa;
	env_said(tunnel_change(ha->env->rt, &e->tunnel), "tunnel", &e->hoa);
}

int ha_place(struct ha *ha, struct bc_entry *e, struct sp_pair *pair)
{
	struct rt_route r, direct = direct_route(e);
	int rc;

	e->tunnel = (struct tunnel){ .local = e->ha, .remote = e->coa };
	rc = env_said(tunnel_add(ha->env->rt, &e->tunnel), "tunnel", &e->hoa);
	if (rc < 0)
		return rc;
	r = tunnel_route(e);
	rc = env_said(rt_route_add(ha->env->rt, &r), "route", &e->hoa);
	if (!rc)
		rc = sp_install(ha->env, pair, SP_PAYLOAD);
	if (rc < 0)
		return rc;
	sp_migrate(ha->env, pair, &e->coa, e->k);
	e->sa_end = pair->end;
	rc = env_said(rt_route_add(ha->env->rt, &direct), "route of table 252", &e->hoa);
	if (!rc)
		rc = proxy(ha, e);
	if (!rc)
		rc = sp_route2_set(ha->env, pair, &e->coa);
	if (!rc)
		rc = sp_hao_set(ha->env, pair, &e->coa);
	return rc ? rc : sp_install(ha->env, pair, SP_DATA);
}

/*
 * At home the SAs go back to the home address and wait there for the next journey. Else they stay
 * where they are: a node that registers again soon finds them there.
 */
void ha_withdraw(struct ha *ha, struct bc_entry *e, struct sp_pair *pair, bool home)
{
	struct rt_route r = tunnel_route(e);

	timer_stop(&e->announce);
	neigh_proxy_del(ha->env->rt, e->ifindex, &e->hoa);
	forget_link_local(ha, e);
	if (home)
		sp_migrate(ha->env, pair, &e->hoa, e->k);
	e->sa_end = pair->end;
	sp_remove(ha->env, pair, SP_DATA);
	sp_route2_del(ha->env, pair);
	sp_hao_del(ha->env, pair);
	sp_remove(ha->env, pair, SP_PAYLOAD);
	if (e->tunnel.ifindex) {
		rt_route_del(ha->env->rt, &r);
		env_said(tunnel_del(ha->env->rt, &e->tunnel), "tunnel", &e->hoa);
	}
	e->tunnel = (struct tunnel){ 0 };
	neigh_flush(ha->env->rt, e->ifindex, &e->hoa);
}

struct old {
	struct rt_route routes[OLD_MAX];
	size_t n;
};

static int note_old(const struct rt_route *r, void *arg)
{
	struct old *old = arg;
	bool tunnel = r->table == RT_TABLE_MAIN && r->metric == METRIC_TUNNEL;
	bool direct = r->table == RT_TABLE_MIP6 && r->metric == METRIC_DIRECT;

	if (r->ours && r->dst.len == 128 && (tunnel || direct) && old->n < OLD_MAX)
		old->routes[old->n++] = *r;
	return 0;
}

static int forget_route(struct ha *ha, const struct rt_route *r)
{
	struct tunnel t = { .ifindex = r->ifindex };
	struct rt_link l;
	int rc = rt_route_del(ha->env->rt, r);

	for (size_t i = 0; i < ha->n_links; i++)
		neigh_proxy_del(ha->env->rt, ha->links[i].ifindex, &r->dst.addr);
	if (rt_link_get(ha->env->rt, r->ifindex, NULL, &l) == 0 && l.is_ip6tnl)
		env_said(tunnel_del(ha->env->rt, &t), "old tunnel", &r->dst.addr);
	return env_said(rc, "old route", &r->dst.addr);
}

/*
 * RFC 6275 section 10.1: no binding outlives us. What a run that was killed left would lead packets
 * for the mobile node into a tunnel that no policy protects any more.
 */
void ha_forget_old(struct ha *ha)
{
	struct old old;
	int rc;

	do {
		old.n = 0;
		rc = env_said(rt_route_dump(ha->env->rt, note_old, &old), "routes", &addr_any);
		for (size_t i = 0; !rc && i < old.n; i++)
			rc = forget_route(ha, &old.routes[i]);
	} while (!rc && old.n == OLD_MAX);
}

void ha_forget(struct ha *ha, struct bc_entry *e)
{
	struct rt_route direct = direct_route(e);

	ha_dad_stop(e);
	rt_route_del(ha->env->rt, &direct);
}
