#include "base/loop.h"
#include "unit/mip/ha_stage.h"
#include "unit/unit.h"

void ha_stage_address(struct stage *w, const char *prefix)
{
	struct rt_addr *a = &w->addrs[w->n_addrs++];

	*a = (struct rt_addr){ .ifindex = ETH0, .valid_s = UINT32_MAX, .preferred_s = UINT32_MAX };
	assert_int_equal(prefix_parse(prefix, &a->prefix), 0);
}

struct stage *ha_stage_started(void)
{
	struct stage *w = stage_new("agent.mip6d.conf");
	struct sp_pair base = { .role = MIP_HA };

	ha_stage_address(w, "2001:1::1/64");
	assert_int_equal(sp_base_install(&w->mip.env, &base), 0);
	assert_int_equal(ha_start(&w->mip.ha, &w->mip.env), 0);
	return w;
}

struct stage *ha_stage_begin(void)
{
	struct stage *w = ha_stage_started();

	stage_clear(w);
	return w;
}

struct stage *ha_stage_bound(void)
{
	struct stage *w = ha_stage_begin();

	stage_bu(w, 100, HOME, 600, "2001::40");
	loop_advance(1000);
	stage_clear(w);
	return w;
}

void ha_stage_end(struct stage *w)
{
	ha_clear(&w->mip.ha);
	stage_free(w);
}

struct ha_binding *ha_stage_binding(struct stage *w)
{
	return ha_binding_of(&w->mip.ha, &HOA);
}
