/* Home address options that no binding stands behind. */
#include "mip/net/be.h"
#include "unit/mip/duo.h"
#include "unit/unit.h"

static struct duo w;

/* What the kernel tells of an echo request with that option. */
static struct xfrm_event reported(const char *hoa, const char *coa)
{
	struct xfrm_event ev = { .kind = XE_REPORT };

	ev.report.proto = XP_HAO;
	ev.report.sel.proto = IPPROTO_ICMPV6;
	assert_int_equal(addr_parse(hoa, &ev.report.sel.src.addr), 0);
	assert_int_equal(addr_parse(HA, &ev.report.sel.dst.addr), 0);
	assert_int_equal(addr_parse(coa, &ev.report.coa), 0);
	return ev;
}

static void an_option_without_a_binding_is_told_to_where_it_came_from(void **state)
{
	struct xfrm_event ev = reported(HOA, COA2);
	const struct sent *be;

	(void)state;
	duo_open_at(&w, NULL);
	be_report(&ev, &w.moon.mip.env);
	be = duo_sent_mh(&w, MH_BE, 0);
	assert_int_equal(be->m.be.status, BE_NO_BINDING);
	assert_string_equal(addr_str(&be->p.dst), COA2);
	assert_string_equal(addr_str(&be->p.src), HA);
	assert_string_equal(addr_str(&be->m.be.hoa), HOA);
	duo_close(&w);
}

static void what_may_not_be_answered_is_not(void **state)
{
	static const char *const never[] = { "::", "ff02::1", "fe80::1", "::1" };
	struct xfrm_event ev;

	(void)state;
	duo_open_at(&w, NULL);
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		ev = reported(HOA, never[i]);
		be_report(&ev, &w.moon.mip.env);
	}
	ev = reported(HOA, COA2);
	ev.report.sel.proto = IPPROTO_MH;
	be_report(&ev, &w.moon.mip.env);
	ev = reported(HOA, COA2);
	assert_int_equal(addr_parse("ff02::1", &ev.report.sel.dst.addr), 0);
	be_report(&ev, &w.moon.mip.env);
	assert_int_equal(duo_count_mh(&w, MH_BE), 0);
	duo_close(&w);
}

/* One small answer to one packet at most, and few of them: nobody gains by a reflection. */
static void a_flood_of_options_gets_five_answers_a_second(void **state)
{
	struct xfrm_event ev = reported(HOA, COA2);

	(void)state;
	duo_open_at(&w, NULL);
	duo_run(&w, 2000);
	for (int i = 0; i < 10000; i++)
		be_report(&ev, &w.moon.mip.env);
	assert_in_range(duo_count_mh(&w, MH_BE), 1, 5);
	assert_true(w.moon.mip.env.counters[MC_DROP_RATE] >= 9995);
	duo_close(&w);
}

UNIT_MAIN(T(an_option_without_a_binding_is_told_to_where_it_came_from, "C-010! C-027!"),
	T(what_may_not_be_answered_is_not, "C-027 F-006"),
	T(a_flood_of_options_gets_five_answers_a_second, "C-027 F-006"))
