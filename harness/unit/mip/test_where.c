/* The detector tells whoever watches, and knows nothing of a node. */
#include <linux/if_addr.h>

#include "unit/mip/stage.h"
#include "unit/unit.h"

#define OLD "2001::40/64"
#define NEW "2001:2::40/64"

struct watcher {
	struct where_view view;
	enum where_event told[16];
	struct where_place place;
	size_t n;
};

static void note(void *arg, enum where_event ev, const struct where_place *place)
{
	struct watcher *a = arg;

	assert_true(a->n < 16);
	a->told[a->n++] = ev;
	a->place = *place;
}

static struct stage *watch(struct watcher *a)
{
	struct stage *w = stage_new("carol.mip6d.conf");
	const struct mip_home_link *home = w->mip.env.conf->home_links;

	*a = (struct watcher){ .view = { .hoa = home->hoa.addr,
				       .home_prefix = home->home_prefix,
				       .tell = note,
				       .arg = a } };
	where_watch(&w->mip.where, &a->view);
	assert_int_equal(where_start(&w->mip.where, &w->mip.env), 0);
	return w;
}

static void end(struct stage *w)
{
	where_stop(&w->mip.where);
	stage_free(w);
}

#define TOLD(a, ...)                                                                               \
	do {                                                                                       \
		static const enum where_event want_[] = { __VA_ARGS__ };                           \
		assert_int_equal((a)->n, sizeof(want_) / sizeof(want_[0]));                        \
		assert_memory_equal((a)->told, want_, sizeof(want_));                              \
		(a)->n = 0;                                                                        \
	} while (0)

static void an_address_comes_lives_on_and_goes(void **state)
{
	struct watcher a;
	struct stage *w = watch(&a);

	(void)state;
	assert_int_equal(a.n, 0);
	stage_addr(w, OLD, 0, false);
	TOLD(&a, WE_COA);
	assert_true(addr_eq(&a.place.coa, &COA));
	assert_int_equal(a.place.ifindex, ETH0);
	stage_addr(w, OLD, 0, false);
	TOLD(&a, WE_LIFETIME);
	stage_addr(w, OLD, 0, true);
	TOLD(&a, WE_COA_GONE);
	stage_addr(w, "2001:2::77/64", 0, true); /* nothing was in use */
	assert_int_equal(a.n, 0);
	end(w);
}

static void home_is_told_once_and_again_when_the_link_was_lost(void **state)
{
	struct watcher a;
	struct stage *w = watch(&a);

	(void)state;
	stage_ra(w, "2001:1::/64");
	TOLD(&a, WE_HOME);
	assert_true(addr_eq(&a.place.coa, &HOA));
	stage_ra(w, "2001:1::/64");
	assert_int_equal(a.n, 0);
	stage_addr(w, OLD, 0, false); /* at home nobody asks for a care-of address */
	assert_int_equal(a.n, 0);
	stage_link(w, false);
	TOLD(&a, WE_LINK_DOWN);
	stage_link(w, true);
	stage_ra(w, "2001:1::/64");
	TOLD(&a, WE_HOME);
	end(w);
}

static void a_link_of_which_only_the_return_is_told_was_lost(void **state)
{
	struct watcher a;
	struct stage *w = watch(&a);

	(void)state;
	stage_carrier(w, true, 1);
	stage_ra(w, "2001:1::/64");
	TOLD(&a, WE_HOME);
	stage_clear(w);
	stage_carrier(w, true, 1);
	assert_int_equal(a.n, 0);
	stage_carrier(w, true, 3);
	TOLD(&a, WE_LINK_DOWN);
	assert_int_equal(stage_count(w, "ICMPv6 133 to ff02::2"), 1);
	stage_carrier(w, false, 4);
	TOLD(&a, WE_LINK_DOWN);
	stage_carrier(w, false, 6);
	assert_int_equal(a.n, 0);
	end(w);
}

static void another_link_where_home_was_is_told_before_its_address(void **state)
{
	struct watcher a;
	struct stage *w = watch(&a);

	(void)state;
	stage_ra(w, "2001:1::/64");
	TOLD(&a, WE_HOME);
	stage_link(w, false);
	stage_link(w, true);
	stage_ra(w, "2001:2::/64");
	stage_addr(w, NEW, 0, false);
	TOLD(&a, WE_LINK_DOWN, WE_LINK_DOWN, WE_COA);
	end(w);
}

static void each_home_address_has_a_view_of_its_own(void **state)
{
	struct watcher a, b = { .n = 0 };
	struct stage *w = watch(&a);

	(void)state;
	b.view = (struct where_view){ .hoa = COA2, .tell = note, .arg = &b };
	assert_int_equal(prefix_parse("2001:2::/64", &b.view.home_prefix), 0);
	where_watch(&w->mip.where, &b.view);
	stage_ra(w, "2001:2::/64");
	TOLD(&b, WE_HOME);
	stage_addr(w, NEW, 0, false);
	TOLD(&a, WE_COA);
	assert_int_equal(b.n, 0);
	end(w);
}

UNIT_MAIN(T(an_address_comes_lives_on_and_goes, "C-073 C-076"),
	T(home_is_told_once_and_again_when_the_link_was_lost, "C-072"),
	T(a_link_of_which_only_the_return_is_told_was_lost, "C-102"),
	T(another_link_where_home_was_is_told_before_its_address, "C-072"),
	T(each_home_address_has_a_view_of_its_own, "C-076"))
