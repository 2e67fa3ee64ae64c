#include "unit/unit.h"
#include "unit/mip/mn_stage.h"

struct mn *mn_of(const struct stage *w)
{
	return w->mip.nodes;
}

static void add_node(struct stage *w)
{
	struct mn *mn = calloc(1, sizeof(*mn));

	assert_non_null(mn);
	w->mip.nodes = mn;
	assert_int_equal(mn_start(&w->mip.env, &w->mip.bul, w->mip.env.conf->home_links, mn), 0);
	where_watch(&w->mip.where, &mn->view);
	assert_int_equal(where_start(&w->mip.where, &w->mip.env), 0);
}

struct stage *mn_stage_begin_with(const char *conf)
{
	struct stage *w = stage_new(conf);
	struct sp_pair base = { .role = MIP_MN };

	assert_int_equal(sp_base_install(&w->mip.env, &base), 0);
	add_node(w);
	return w;
}

struct stage *mn_stage_begin(void)
{
	return mn_stage_begin_with("carol.mip6d.conf");
}

struct stage *mn_stage_registered(void)
{
	struct stage *w = mn_stage_begin();

	stage_addr(w, OLD, 0, false);
	stage_ba(w, BA_ACCEPTED, 600);
	assert_int_equal(mn_of(w)->state, MN_REGISTERED);
	stage_clear(w);
	return w;
}

void mn_stage_end(struct stage *w)
{
	struct mn *mn = mn_of(w);

	where_stop(&w->mip.where);
	if (mn) {
		mn_clear(mn, &w->mip.bul);
		free(mn);
	}
	bul_free(&w->mip.bul);
	stage_free(w);
}
