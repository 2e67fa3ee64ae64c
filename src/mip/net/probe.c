#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "kernel/xfrm_migrate.h"
#include "kernel/xfrm_policy.h"
#include "kernel/xfrm_sa.h"
#include "mip/net/probe.h"

/* Documentation addresses (RFC 3849): no packet has them. */
static const struct prefix here = { { { { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } } }, 128 };
static const struct prefix there = { { { { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 } } }, 128 };

static int try_hao(struct nl *nl)
{
	struct xfrm_sa sa = { .src = here.addr,
		.dst = there.addr,
		.proto = XP_HAO,
		.mode = XM_RO,
		.sel = SEL(here, there, 0),
		.coa = here.addr };
	struct xfrm_sa_key key = { .src = sa.src, .dst = sa.dst, .proto = sa.proto };
	int rc = xfrm_sa_add(nl, &sa);

	if (!rc || rc == -EEXIST)
		rc = xfrm_sa_del(nl, &key);
	return rc;
}

static int try_sub(struct nl *nl)
{
	struct xfrm_policy p = {
		.sel = SEL(here, there, 0), .dir = XD_OUT, .sub = true, .priority = 1
	};
	int rc = xfrm_policy_update(nl, &p);

	return rc ? rc : xfrm_policy_del(nl, &p.sel, p.dir, p.sub);
}

/* There is no such policy: whoever says so understood the question. */
static int try_migrate(struct nl *nl)
{
	struct xfrm_migrate m = { .sel = SEL(here, there, 0),
		.dir = XD_OUT,
		.proto = XP_ESP,
		.mode = XM_TUNNEL,
		.reqid = 1,
		.old_src = here.addr,
		.old_dst = there.addr,
		.new_src = there.addr,
		.new_dst = here.addr };
	int rc = xfrm_migrate(nl, &m);

	return rc == -ENOENT || rc == -ENODATA ? 0 : rc;
}

static const struct {
	int (*probe)(struct nl *nl);
	const char *feature;
} probes[] = {
	{ try_hao, "home address option (CONFIG_IPV6_MIP6, module mip6)" },
	{ try_sub, "sub policies (CONFIG_XFRM_SUB_POLICY)" },
	{ try_migrate, "migration of SAs (CONFIG_XFRM_MIGRATE)" },
};

/* Key management follows by what the kernel tells it: without that, no K bit (B-071). */
static int probe_events(const struct mip_env *env)
{
	int rc = env->link->migrate_heard ? env->link->migrate_heard(env->xfrm) : 0;

	if (rc != -ENOMSG || !env->conf->key_mng_mob_capability)
		return 0;
	log_mip(0,
		"this kernel tells MIGRATE only to the initial network namespace (mended in Linux "
		"6.1.176 and 6.12.94): run there, or disable KeyMngMobCapability");
	return -ENOSYS;
}

int probe_kernel(const struct mip_env *env)
{
	int missing = 0;

	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		int rc = probes[i].probe(env->xfrm);

		if (!rc)
			continue;
		log_mip(0, "this kernel lacks: %s: %s", probes[i].feature, strerror(-rc));
		missing = -ENOSYS;
	}
	return missing ? missing : probe_events(env);
}
