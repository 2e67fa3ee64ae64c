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
	ANNOUNCES = 3, /* MAX_NEIGHBOR_ADVERTISEMENT */
	ANNOUNCE_MS = 1000,
	METRIC_TUNNEL = 192,
	METRIC_DIRECT = 128,
	OLD_MAX = 64,
};

static const uint8_t *mac_of(const struct ha_binding *b)
{
	static const uint8_t none[6];
	const struct ha_link *l = ha_link_of(b->ha, b->ifindex);

	return l ? l->mac : none;
}

static struct sp_pair pair_of(const struct ha_binding *b)
{
	return (struct sp_pair){
		.role = MIP_HA, .hoa = b->bc.key.hoa, .ha = b->bc.key.peer, .end = b->sa_end
	};
}

static void dad_readable(int fd, void *arg)
{
	struct ha_probe *p = arg;
	struct ha_binding *b = p->b;
	int rc;

	do {
		rc = b->ha->env->link->dad_read(fd, mac_of(b), &p->target);
	} while (rc == 0);
	if (rc == 1)
		b->in_use(b);
}

static int probe(struct ha_binding *b, struct ha_probe *p)
{
	const struct mip_link_ops *ops = b->ha->env->link;
	int rc = ops->dad_open(b->ifindex, &p->target, &p->fd);

	p->b = b;
	if (!rc)
		rc = loop_io(p->fd, dad_readable, p, &p->io);
	if (!rc)
		rc = ops->dad_probe(p->fd, b->ifindex, mac_of(b), &p->target);
	return env_said(rc, "duplicate address detection", &p->target);
}

struct in6_addr ha_link_local_of(const struct in6_addr *hoa)
{
	struct in6_addr a = { .s6_addr = { 0xfe, 0x80 } };

	memcpy(&a.s6_addr[8], &hoa->s6_addr[8], 8);
	return a;
}

/* RFC 6275 section 10.3.1: is the address free on the home link? With L, the link-local one too? */
int ha_dad_start(struct ha_binding *b, void (*in_use)(struct ha_binding *b))
{
	int rc;

	b->in_use = in_use;
	b->link_local = ha_link_local_of(&b->bc.key.hoa);
	b->probes[0].target = b->bc.key.hoa;
	b->probes[1].target = b->link_local;
	rc = probe(b, &b->probes[0]);
	if (!rc && b->bc.flags & BU_LINK_LOCAL)
		rc = probe(b, &b->probes[1]);
	if (rc < 0)
		ha_dad_stop(b);
	return rc;
}

void ha_dad_stop(struct ha_binding *b)
{
	timer_stop(&b->late);
	for (size_t i = 0; i < sizeof(b->probes) / sizeof(b->probes[0]); i++) {
		io_free(take(b->probes[i].io));
		own_fd_close(&b->probes[i].fd);
		b->probes[i].fd = -1;
	}
}

/* Section 10.4.1: the home link learns that we answer for the address. */
static void announce(void *arg)
{
	struct ha_binding *b = arg;
	const struct mip_link_ops *ops = b->ha->env->link;

	env_said(ops->announce(b->ifindex, mac_of(b), &b->bc.key.hoa), "neighbour advertisement",
		&b->bc.key.hoa);
	if (b->proxies_link_local)
		ops->announce(b->ifindex, mac_of(b), &b->link_local);
	if (--b->announces_left)
		timer_set(&b->announce, ANNOUNCE_MS);
}

static int proxy_link_local(struct ha_binding *b)
{
	int rc = neigh_proxy_add(b->ha->env->rt, b->ifindex, &b->link_local);

	b->proxies_link_local = !rc;
	return env_said(rc, "proxy neighbour", &b->link_local);
}

static void announce_begin(struct ha_binding *b)
{
	timer_stop(&b->announce);
	b->announces_left = ANNOUNCES;
	timer_init(&b->announce, announce, b);
	announce(b);
}

static int proxy(struct ha_binding *b)
{
	int rc = neigh_proxy_add(b->ha->env->rt, b->ifindex, &b->bc.key.hoa);

	if (b->bc.flags & BU_LINK_LOCAL)
		proxy_link_local(b);
	announce_begin(b);
	return env_said(rc, "proxy neighbour", &b->bc.key.hoa);
}

static void forget_link_local(struct ha_binding *b)
{
	ha_dad_stop(b);
	if (b->proxies_link_local)
		neigh_proxy_del(b->ha->env->rt, b->ifindex, &b->link_local);
	b->proxies_link_local = false;
}

void ha_link_local(struct ha_binding *b)
{
	if (!(b->bc.flags & BU_LINK_LOCAL))
		forget_link_local(b);
	else if (!b->proxies_link_local && !b->late.armed && probe(b, &b->probes[1]) == 0)
		timer_set(&b->late, HA_DAD_MS);
}

void ha_link_local_free(struct ha_binding *b)
{
	ha_dad_stop(b);
	if (proxy_link_local(b) == 0)
		announce_begin(b);
}

static struct rt_route tunnel_route(const struct ha_binding *b)
{
	return (struct rt_route){ .dst = { b->bc.key.hoa, 128 },
		.ifindex = b->tunnel.ifindex,
		.table = RT_TABLE_MAIN,
		.metric = METRIC_TUNNEL };
}

/* What we send to the node ourselves, also after its binding is gone: the link itself. */
static struct rt_route direct_route(const struct ha_binding *b)
{
	return (struct rt_route){ .dst = { b->bc.key.hoa, 128 },
		.src = { b->bc.key.peer, 128 },
		.ifindex = b->ifindex,
		.table = RT_TABLE_MIP6,
		.metric = METRIC_DIRECT };
}

void ha_move(struct ha_binding *b)
{
	struct mip_env *env = b->ha->env;
	struct sp_pair pair = pair_of(b);

	sp_migrate(env, &pair, &b->bc.coa, b->bc.k);
	b->sa_end = pair.end;
	sp_route2_set(env, &pair, &b->bc.coa);
	sp_hao_set(env, &pair, &b->bc.coa);
}

void ha_follow(struct ha_binding *b)
{
	if (addr_eq(&b->tunnel.remote, &b->bc.coa))
		return;
	b->tunnel.remote = b->bc.coa;
	env_said(tunnel_change(b->ha->env->rt, &b->tunnel), "tunnel", &b->bc.key.hoa);
}

static int tunnel_up(struct ha_binding *b)
{
	struct nl *rt = b->ha->env->rt;
	struct rt_route r;
	int rc;

	b->tunnel = (struct tunnel){ .local = b->bc.key.peer, .remote = b->bc.coa };
	rc = env_said(tunnel_add(rt, &b->tunnel), "tunnel", &b->bc.key.hoa);
	if (rc < 0)
		return rc;
	r = tunnel_route(b);
	return env_said(rt_route_add(rt, &r), "route", &b->bc.key.hoa);
}

int ha_place(struct ha_binding *b)
{
	struct mip_env *env = b->ha->env;
	struct rt_route direct = direct_route(b);
	struct sp_pair pair = pair_of(b);
	int rc = tunnel_up(b);

	if (!rc)
		rc = sp_install(env, &pair, SP_PAYLOAD);
	if (rc < 0)
		return rc;
	sp_migrate(env, &pair, &b->bc.coa, b->bc.k);
	b->sa_end = pair.end;
	rc = env_said(rt_route_add(env->rt, &direct), "route of table 252", &b->bc.key.hoa);
	if (!rc)
		rc = proxy(b);
	if (!rc)
		rc = sp_route2_set(env, &pair, &b->bc.coa);
	if (!rc)
		rc = sp_hao_set(env, &pair, &b->bc.coa);
	return rc ? rc : sp_install(env, &pair, SP_DATA);
}

/*
 * The answer goes to the home link, where the kernel asks for the node's link-layer address.
 * Nothing but the tunnel may bring packets of a bound node, so what the node says to that would be
 * dropped.
 */
void ha_at_home(struct ha_binding *b, bool at_home)
{
	struct sp_pair pair = pair_of(b);

	if (at_home && !b->at_home)
		sp_install(b->ha->env, &pair, SP_AT_HOME);
	else if (!at_home && b->at_home)
		sp_remove(b->ha->env, &pair, SP_AT_HOME);
	b->at_home = at_home;
}

/*
 * At home the SAs go back to the home address and wait there for the next journey. Else they stay
 * where they are: a node that registers again soon finds them there.
 */
void ha_withdraw(struct ha_binding *b, bool home)
{
	struct mip_env *env = b->ha->env;
	struct rt_route r = tunnel_route(b);
	struct sp_pair pair = pair_of(b);

	timer_stop(&b->announce);
	ha_at_home(b, false);
	neigh_proxy_del(env->rt, b->ifindex, &b->bc.key.hoa);
	forget_link_local(b);
	if (home)
		sp_migrate(env, &pair, &b->bc.key.hoa, b->bc.k);
	b->sa_end = pair.end;
	sp_remove(env, &pair, SP_DATA);
	sp_route2_del(env, &pair);
	sp_hao_del(env, &pair);
	sp_remove(env, &pair, SP_PAYLOAD);
	if (b->tunnel.ifindex) {
		rt_route_del(env->rt, &r);
		env_said(tunnel_del(env->rt, &b->tunnel), "tunnel", &b->bc.key.hoa);
	}
	b->tunnel = (struct tunnel){ 0 };
	neigh_flush(env->rt, b->ifindex, &b->bc.key.hoa);
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

void ha_forget(struct ha_binding *b)
{
	struct rt_route direct = direct_route(b);

	ha_dad_stop(b);
	rt_route_del(b->ha->env->rt, &direct);
}
