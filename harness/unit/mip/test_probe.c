#include <errno.h>
#include <linux/xfrm.h>

#include "mip/net/probe.h"
#include "unit/mip/stage.h"
#include "unit/unit.h"

static int deaf(struct nl *xfrm)
{
	(void)xfrm;
	return -ENOMSG;
}

static void a_kernel_that_can_all_is_left_as_it_was(void **state)
{
	struct stage *w = stage_new("carol.mip6d.conf");

	(void)state;
	assert_int_equal(probe_kernel(&w->mip.env), 0);
	assert_int_equal(fake_xfrm_n_policy(w->kernel), 0);
	assert_int_equal(fake_xfrm_n_sa(w->kernel), 0);
	stage_free(w);
}

static void a_missing_feature_stops_the_start(void **state)
{
	static const struct {
		uint16_t type;
		int error;
	} rows[] = {
		{ XFRM_MSG_NEWSA, -EPROTONOSUPPORT },
		{ XFRM_MSG_UPDPOLICY, -EINVAL },
		{ XFRM_MSG_MIGRATE, -ENOPROTOOPT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stage *w = stage_new("carol.mip6d.conf");

		fake_xfrm_fail(w->kernel, rows[i].type, 1, rows[i].error);
		assert_int_equal(probe_kernel(&w->mip.env), -ENOSYS);
		stage_free(w);
	}
}

static void a_kernel_that_tells_migrate_elsewhere_is_refused(void **state)
{
	struct stage *w = stage_new("carol.mip6d.conf");
	struct mip_link_ops ops = *w->mip.env.link;

	(void)state;
	ops.migrate_heard = deaf;
	w->mip.env.link = &ops;
	assert_int_equal(probe_kernel(&w->mip.env), -ENOSYS);
	w->mip.env.conf->key_mng_mob_capability = false;
	assert_int_equal(probe_kernel(&w->mip.env), 0);
	stage_free(w);
}

UNIT_MAIN(T(a_kernel_that_can_all_is_left_as_it_was, "D-002"),
	T(a_missing_feature_stops_the_start, "D-002!"),
	T(a_kernel_that_tells_migrate_elsewhere_is_refused, "B-103!"))
