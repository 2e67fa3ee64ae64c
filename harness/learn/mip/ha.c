#include <errno.h>
#include <linux/xfrm.h>
#include <unistd.h>

#include "base/loop.h"
#include "learn/mip/mip.h"
#include "mip/ha/act.h"
#include "unit/mip/ha_stage.h"
#include "unit/mip/tables.h"

/*
 * What is seen of a binding: its state before and after, the BA that left, and whether the BU was
 * refused before it came to the machine.
 */
struct facts {
	unsigned state;
	uint64_t aside; /* BUs that were dropped or refused by a check */
	bool probing; /* whether somebody has the address */
};

static struct facts before;
static uint16_t number; /* of the last BU */
static bool no_socket, no_policy, ends; /* what will go wrong, and is not seen yet */

static unsigned state_of(struct stage *w)
{
	const struct ha_binding *b = ha_stage_binding(w);

	return b ? b->state : HB_NONE;
}

static bool is_probing(struct stage *w)
{
	const struct ha_binding *b = ha_stage_binding(w);

	return b && (b->probes[0].fd >= 0 || b->probes[1].fd >= 0);
}

static struct facts facts_of(struct stage *w)
{
	const uint64_t *c = w->mip.env.counters;

	return (struct facts){ state_of(w),
		c[MC_REFUSED] + c[MC_DROP_MALFORMED] + c[MC_DROP_UNPROTECTED] +
			c[MC_DROP_UNEXPECTED] + c[MC_DROP_RATE],
		is_probing(w) };
}

/* The BA that left accepts, refuses, or there is none: then nothing was refused. */
static const char *outcome(const struct stage *w)
{
	bool said = stage_count(w, "BA") > 0;

	return said && w->last.type == MH_BA && w->last.ba.status >= 128 ? "refused" : "done";
}

static void happened(struct stage *w, enum ha_event ev)
{
	struct facts now = facts_of(w);

	if (now.aside == before.aside)
		learn_arrow(0, before.state, ev, outcome(w), now.state, NULL);
	else if (now.state != before.state)
		learn_past(0, before.state, now.state, NULL);
}

static int no_probe(int ifindex, const struct in6_addr *target, int *fd)
{
	(void)ifindex, (void)target, (void)fd;
	return -EMFILE;
}

static bool say_bu(struct stage *w, int lifetime, const char *coa)
{
	static struct mip_link_ops ops;
	const struct mip_link_ops *own = w->mip.env.link;

	if (no_socket) {
		ops = *own;
		ops.dad_open = no_probe;
		w->mip.env.link = &ops;
	}
	stage_bu(w, number, HOME, (uint32_t)lifetime, coa);
	w->mip.env.link = own;
	no_socket = false;
	happened(w, lifetime && coa ? HE_BU : HE_DELETE);
	return true;
}

static bool bu(void *world, int lifetime)
{
	number++;
	return say_bu(world, lifetime, "2001::40");
}

static bool bu_elsewhere(void *world, int lifetime)
{
	number++;
	return say_bu(world, lifetime, "2001::50");
}

static bool bu_from_home(void *world, int lifetime)
{
	number++;
	return say_bu(world, lifetime, NULL);
}

static bool bu_once_more(void *world, int lifetime)
{
	return say_bu(world, lifetime, "2001::40");
}

static bool bu_with_l(void *world, int lifetime)
{
	stage_bu(world, ++number, HOME | BU_LINK_LOCAL, (uint32_t)lifetime, "2001::40");
	happened(world, HE_BU);
	return true;
}

static bool bu_without_h(void *world, int lifetime)
{
	stage_bu(world, ++number, BU_ACK, (uint32_t)lifetime, "2001::40");
	happened(world, HE_BU);
	return true;
}

static bool is_in_use(void *world, int arg)
{
	struct stage *w = world;

	(void)arg;
	if (!before.probing)
		return false;
	if (write(w->dad_answer, "!", 1) != 1)
		learn_fault("the stage cannot answer a probe");
	loop_run();
	happened(w, HE_IN_USE);
	return true;
}

static bool moved_on(struct stage *w)
{
	return state_of(w) != before.state || is_probing(w) != before.probing;
}

static bool time_passes(void *world, int arg)
{
	struct stage *w = world;

	(void)arg;
	if (!mip_wait(w, moved_on, true))
		return false;
	if (state_of(w) != before.state || stage_count(w, "BA"))
		happened(w, HE_TIMER);
	else if (before.probing && !is_probing(w))
		happened(w, HE_FREE);
	return true;
}

static bool next_fails(void *world, int arg)
{
	struct stage *w = world;

	if (arg)
		fake_xfrm_fail(w->kernel, XFRM_MSG_UPDPOLICY, 1, -ENOMEM);
	no_policy = no_policy || arg;
	no_socket = no_socket || !arg;
	return true;
}

static bool prefix_ends(void *world, int arg)
{
	struct stage *w = world;

	(void)arg;
	ends = true;
	w->addrs[0].valid_s = w->addrs[0].preferred_s = 1;
	ha_rt_lost(&w->mip.ha);
	return true;
}

enum { ALL = 1 };

/* clang-format off */
static const struct learn_letter letters[] = {
	{ "time until something is done", time_passes, 0, ALL },
	{ "BU for 600 s", bu, 600, ALL },
	{ "BU for 600 s from elsewhere", bu_elsewhere, 600, ALL },
	{ "BU for 0 s", bu, 0, ALL },
	{ "BU for 0 s from home", bu_from_home, 0, ALL },
	{ "BU for 600 s from home", bu_from_home, 600, ALL },
	{ "the last number in a BU for 600 s", bu_once_more, 600, ALL },
	{ "BU with L for 600 s", bu_with_l, 600, ALL },
	{ "BU without H", bu_without_h, 600, ALL },
	{ "the home address is in use", is_in_use, 0, ALL },
	{ "the next probe has no socket", next_fails, 0, ALL },
	{ "the kernel refuses the next policy", next_fails, 1, ALL },
	{ "the home prefix ends soon", prefix_ends, 0, ALL },
};
/* clang-format on */

static void *open_free(const struct learn_start *s)
{
	(void)s;
	number = 100;
	return ha_stage_begin();
}

static void *open_bound(const struct learn_start *s)
{
	(void)s;
	number = 100;
	return ha_stage_bound();
}

static const struct learn_start starts[] = {
	{ "no binding", open_free, ALL, 0 },
	{ "a binding", open_bound, ALL, 0 },
};

static void begin(void *world)
{
	stage_clear(world);
	before = facts_of(world);
}

/* Whatever a letter was: it was told, or nothing moved. */
static void end(void *world)
{
	struct stage *w = world;

	if (w->mip.env.counters[MC_IMPOSSIBLE])
		learn_fault("home agent: an event where it is impossible");
}

static void look(void *world, FILE *f)
{
	struct stage *w = world;
	const struct ha_binding *b = ha_stage_binding(w);

	fprintf(f, "%s%s%s", no_socket ? "no socket, " : "", no_policy ? "no policy, " : "",
		ends ? "the prefix ends, " : "");
	if (!b) {
		fputs("none", f);
		return;
	}
	fprintf(f, "%s%s, ", b->proxies_link_local ? "link-local" : "",
		is_probing(w) ? ", probing" : "");
	fprintf(f, "%s at %s, %u s%s%s, %u to announce, tunnel %d to %s, SAs to %s",
		hb_state_str(b->state), addr_str(&b->bc.coa), b->bc.lifetime, b->bc.k ? ", K" : "",
		b->timer.armed ? ", timer" : "", b->announces_left, b->tunnel.ifindex != 0,
		addr_str(&b->tunnel.remote), addr_str(&b->sa_end));
}

const struct learn_world ha_world = {
	.name = "home agent",
	.starts = starts,
	.n_starts = sizeof(starts) / sizeof(starts[0]),
	.letters = letters,
	.n_letters = sizeof(letters) / sizeof(letters[0]),
	.look = look,
	.begin = begin,
	.end = end,
	.machine = { ha_machine },
};
