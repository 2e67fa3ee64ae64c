/* What carries a mobile node's payload, and between which addresses, while two daemons live. */
#include <errno.h>

#include "unit/mip/duo.h"
#include "unit/unit.h"

static struct duo w;

static void assert_addr(const struct in6_addr *a, const char *text)
{
	assert_string_equal(addr_str(a), text);
}

static void before_the_first_care_of_address_the_tunnel_ends_at_home(void **state)
{
	struct xfrm_policy out, in;

	(void)state;
	duo_open_at(&w, NULL);
	duo_run(&w, 5000);
	assert_int_equal(duo_mn(&w)->state, MN_STARTING);
	out = duo_payload_policy(&w.carol, XD_OUT);
	in = duo_payload_policy(&w.carol, XD_IN);
	assert_addr(&out.tmpl[0].src, HOA);
	assert_addr(&out.tmpl[0].dst, HA);
	assert_addr(&in.tmpl[0].dst, HOA);
	assert_int_equal(duo_payload(&w.carol), -EPERM);
	duo_add_address(&w, COA2 "/64");
	out = duo_payload_policy(&w.carol, XD_OUT);
	assert_addr(&out.tmpl[0].src, COA2);
	duo_close(&w);
}

static void with_a_care_of_address_the_tunnel_never_ends_at_home(void **state)
{
	struct xfrm_policy out;

	(void)state;
	duo_open(&w);
	for (int ms = 0; ms < 5000; ms += 500) {
		duo_run(&w, 500);
		out = duo_payload_policy(&w.carol, XD_OUT);
		assert_addr(&out.tmpl[0].src, COA);
	}
	assert_int_equal(duo_mn(&w)->state, MN_REGISTERED);
	duo_close(&w);
}

/* Inner source and outer source are bound to each other by a template that is not optional. */
static void reverse_tunnelled_packets_must_come_from_the_care_of_address(void **state)
{
	static const enum xdir dirs[] = { XD_IN, XD_FWD };

	(void)state;
	duo_open(&w);
	duo_run(&w, 5000);
	duo_add_address(&w, COA2 "/128");
	for (size_t moved = 0; moved < 2; moved++) {
		for (size_t i = 0; i < 2; i++) {
			struct xfrm_policy p = duo_payload_policy(&w.moon, dirs[i]);

			assert_int_equal(p.n_tmpl, 1);
			assert_int_equal(p.tmpl[0].proto, XP_ESP);
			assert_int_equal(p.tmpl[0].mode, XM_TUNNEL);
			assert_false(p.tmpl[0].optional);
			assert_addr(&p.tmpl[0].src, moved ? COA2 : COA);
			assert_addr(&p.tmpl[0].dst, HA);
		}
		if (!moved)
			duo_del_address(&w, COA);
	}
	duo_close(&w);
}

UNIT_MAIN(T(before_the_first_care_of_address_the_tunnel_ends_at_home, "D-020 C-065"),
	T(with_a_care_of_address_the_tunnel_never_ends_at_home, "D-020!"),
	T(reverse_tunnelled_packets_must_come_from_the_care_of_address, "C-046! D-013!"))
