/* What asks for a binding update, and whom the mobile node believes. */
#include "unit/unit.h"
#include "unit/mip/mn_stage.h"

static void a_refresh_request_of_the_home_agent_is_answered(void **state)
{
	struct stage *w = mn_stage_registered();

	(void)state;
	stage_brr(w, true);
	EXPECT(w, "BU A H K, 262140 s, alternate 2001::40");
	stage_brr(w, true); /* the answer is under way */
	assert_int_equal(w->n_journal, 1);
	stage_ba(w, BA_ACCEPTED, 600);
	assert_int_equal(mn_of(w)->state, MN_REGISTERED);
	stage_brr(w, false); /* not by the way that the home agent takes */
	assert_int_equal(stage_count(w, "BU"), 1);
	for (int i = 0; i < 20; i++) {
		stage_brr(w, true);
		stage_ba(w, BA_ACCEPTED, 600);
	}
	assert_in_range(stage_count(w, "BU"), 2, 3); /* MAX_UPDATE_RATE */
	mn_stage_end(w);
}

static void a_lost_binding_is_made_anew_and_an_alleged_loss_harms_nobody(void **state)
{
	struct stage *w = mn_stage_registered();

	(void)state;
	stage_be(w, BE_NO_BINDING, &COA2);
	stage_be(w, BE_UNKNOWN_TYPE, &HA);
	assert_int_equal(w->n_journal, 0);
	assert_int_equal(mn_of(w)->state, MN_REGISTERED);
	stage_be(w, BE_NO_BINDING, &HA);
	EXPECT(w, "BU A H K, 262140 s, alternate 2001::40");
	assert_int_equal(stage_count(w, "block"), 0);
	assert_true(mn_of(w)->bul->bound);
	for (int i = 0; i < 100; i++) {
		stage_ba(w, BA_ACCEPTED, 600);
		stage_be(w, BE_NO_BINDING, &HA);
	}
	assert_in_range(stage_count(w, "BU"), 1, 3);
	mn_stage_end(w);
}

UNIT_MAIN(T(a_refresh_request_of_the_home_agent_is_answered, "C-070"),
	T(a_lost_binding_is_made_anew_and_an_alleged_loss_harms_nobody, "C-069"))
