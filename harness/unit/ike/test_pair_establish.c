/*
 * Two daemons meet: IKE_SA_INIT, IKE_AUTH, CREATE_CHILD_SA as the reference page has them.
 */
#include "unit/ike/pair.h"

static void the_page_s_two_child_sas_come_up(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	struct child *c;
	(void)state;

	pair_establish(p, true);
	assert_int_equal(p->carol->n_sent, 3);
	assert_int_equal(p->moon->n_sent, 3);
	assert_int_equal(p->carol->n_done, 2);
	c = pair_child(p->carol, "mh");
	assert_true(c->proxy);
	assert_string_equal(addr_str(&c->local), "2001:1::10");
	assert_string_equal(addr_str(&c->remote), "2001:1::1");
	assert_string_equal(child_name(pair_child(p->carol, "tunnel")), "tunnel{2}");
	assert_int_equal(fake_xfrm_n_larval(p->carol->kernel), 0);
	assert_int_equal(fake_xfrm_n_sa(p->carol->kernel), 4);
	assert_int_equal(fake_xfrm_n_sa(p->moon->kernel), 4);
	pair_free(p);
}

UNIT_MAIN(T(the_page_s_two_child_sas_come_up, "A-040 A-080 A-121 B-021 B-048"))
