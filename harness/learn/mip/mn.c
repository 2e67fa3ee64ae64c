#include "base/wr.h"
#include "learn/mip/mip.h"
#include "mip/mn/act.h"
#include "unit/mip/mn_stage.h"
#include "unit/mip/tables.h"

/* The probes: every event that anybody raises, and where it led. */

static bool listening;
static enum mn_state state, first; /* as it was left last, and when the letter began */
static bool ended; /* the binding's time was over */

void __real_mn_event(struct mn *mn, enum mn_event ev);
void __wrap_mn_event(struct mn *mn, enum mn_event ev);
void __real_mn_ba(struct mn *mn, const struct mip_packet *p, const struct mh *m);
void __wrap_mn_ba(struct mn *mn, const struct mip_packet *p, const struct mh *m);

static void left_as_it_was(const struct mn *mn)
{
	if (listening && mn->state != state)
		learn_past(0, state, mn->state, NULL);
}

static void told(const struct mn *mn, enum mn_event ev)
{
	const struct machine *m = mn_machine();

	if (!listening)
		return;
	if (m->impossible(state, ev))
		learn_fault("mobile node: \"%s\" in %s, where it is impossible", m->event(ev),
			m->state(state));
	else if (!m->ignored(state, ev))
		learn_arrow(0, state, ev, NULL, mn->state, NULL);
	else if (mn->state != state)
		learn_fault("mobile node: %s --> %s by \"%s\", which is ignored there",
			m->state(state), m->state(mn->state), m->event(ev));
	state = mn->state;
}

void __wrap_mn_event(struct mn *mn, enum mn_event ev)
{
	left_as_it_was(mn);
	ended = ended || ev == ME_END;
	__real_mn_event(mn, ev);
	told(mn, ev);
}

/* RFC 6275 section 6.1.8, and what docs/machines.md calls it. */
static enum mn_event meaning(const struct mn *mn, const struct mh_ba *ba)
{
	if (ba->status < 128)
		return ba->lifetime || !mn->bul.asked ? ME_BA_OK : ME_BA_REFUSED;
	if (ba->status == 135)
		return ME_BA_SEQUENCE;
	return ba->status == 128 || ba->status == 130 ? ME_BA_LATER : ME_BA_REFUSED;
}

/* mn.c raises these itself, where nothing can stand between. */
void __wrap_mn_ba(struct mn *mn, const struct mip_packet *p, const struct mh *m)
{
	uint64_t dropped = mn->env->counters[MC_DROP_UNEXPECTED];
	enum mn_event ev = meaning(mn, &m->ba);

	left_as_it_was(mn);
	__real_mn_ba(mn, p, m);
	if (mn->env->counters[MC_DROP_UNEXPECTED] == dropped)
		told(mn, ev);
	else
		left_as_it_was(mn);
}

/* The letters. */

static const struct in6_addr second = { .s6_addr = { 0x20, 1, 0, 1, [15] = 0x02 } };
static const struct in6_addr stranger = { .s6_addr = { 0x20, 1, 0, 1, [15] = 0x66 } };

enum { ABROAD, ABROAD_2, ADDRESSES };
static const char *const addresses[ADDRESSES] = { OLD, NEW };
static const char *const prefixes[] = { "2001:1::/64", "2001::/64", "2001:2::/64" };

static bool gain(void *world, int arg)
{
	stage_addr(world, addresses[arg], 0, false);
	return true;
}

static bool lose(void *world, int arg)
{
	stage_addr(world, addresses[arg], 0, true);
	return true;
}

static bool advertise(void *world, int arg)
{
	stage_ra(world, prefixes[arg]);
	return true;
}

static bool link_is(void *world, int up)
{
	stage_link(world, up);
	return true;
}

enum { STATUS = 0xff, NO_TIME = 0x100, OTHER_NUMBER = 0x200, OTHER_WAY = 0x400 };

static bool answer(void *world, int how)
{
	struct stage *w = world;
	struct mn *mn = mn_of(w);
	uint16_t seq = mn->bul.seq + (how & OTHER_NUMBER ? 7 : 0);
	struct in6_addr ha = mn->pair.ha;

	if (addr_is_any(&ha))
		return false;
	if (addr_eq(&ha, &HA))
		stage_ba_seq(w, how & STATUS, how & NO_TIME || !mn->bul.asked ? 0 : 600, seq,
			!(how & OTHER_WAY) == mn->away);
	else
		stage_ba_of(w, &ha, how & STATUS);
	return true;
}

static bool ask(void *world, int arg)
{
	struct stage *w = world;

	(void)arg;
	stage_brr(w, mn_of(w)->away);
	return true;
}

static bool complain(void *world, int status)
{
	stage_be(world, (uint8_t)status, &HA);
	return true;
}

static bool problem(void *world, int code)
{
	struct stage *w = world;
	const struct mn *mn = mn_of(w);
	uint16_t seq = mn->bul.seq;
	const uint8_t bu[] = { 59, 1, MH_BU, 0, 0, 0, (uint8_t)(seq >> 8), (uint8_t)seq };
	const struct icmp6_invoking about = { mn->place.coa, mn->pair.ha, IPPROTO_MH,
		BYTES_OF(bu) };
	struct mip_packet p = { .src = mn->pair.ha, .dst = mn->place.coa, .ifindex = ETH0 };
	uint8_t buf[128];
	struct wr out = WR_OF(buf);

	icmp6_problem_write(&out, (uint8_t)code, 0, &about);
	p.data = wr_view(&out);
	recv_icmp6(&p, &w->mip);
	return true;
}

/* n home agents of which policies name 0, 1 or 2. */
static bool found(void *world, int n)
{
	struct stage *w = world;
	struct icmp6_agents a = { .id = mn_of(w)->seek.id, .n_agents = (size_t)n + 1 };
	struct mip_packet p = { .src = HA, .dst = mn_of(w)->place.coa, .ifindex = ETH0 };
	uint8_t buf[128];
	struct wr out = WR_OF(buf);

	a.agents[0] = stranger;
	a.agents[1] = HA;
	a.agents[2] = second;
	icmp6_dhaad_reply_write(&out, &a);
	p.data = wr_view(&out);
	recv_icmp6(&p, &w->mip);
	return true;
}

static bool link_was_away(void *world, int changes)
{
	stage_carrier(world, true, (uint32_t)changes);
	return true;
}

static bool is_elsewhere(struct stage *w)
{
	return mn_of(w)->state != first;
}

static bool has_ended(struct stage *w)
{
	(void)w;
	return ended;
}

static bool (*const untils[])(struct stage *w) = { is_elsewhere, is_elsewhere, has_ended };

static bool time_passes(void *world, int until)
{
	return mip_wait(world, untils[until], !until);
}

static bool stop(void *world, int arg)
{
	struct stage *w = world;

	(void)arg;
	mip_stop(&w->mip);
	return true;
}

enum { ALL = 1 };

/* clang-format off */
static const struct learn_letter letters[] = {
	{ "time until something is said", time_passes, 0, ALL },
	{ "time until the state is another", time_passes, 1, ALL },
	{ "time until the binding ends", time_passes, 2, ALL },
	{ "the link was away, unnoticed", link_was_away, 2, ALL },
	{ "address 2001::40", gain, ABROAD, ALL },
	{ "address 2001::50", gain, ABROAD_2, ALL },
	{ "2001::40 is gone", lose, ABROAD, ALL },
	{ "2001::50 is gone", lose, ABROAD_2, ALL },
	{ "RA of the home link", advertise, 0, ALL },
	{ "RA of a foreign link", advertise, 1, ALL },
	{ "link down", link_is, false, ALL },
	{ "link up", link_is, true, ALL },
	{ "BA 0", answer, 0, ALL },
	{ "BA 1", answer, 1, ALL },
	{ "BA 0 for no time", answer, NO_TIME, ALL },
	{ "BA 0 to another BU", answer, OTHER_NUMBER, ALL },
	{ "BA 0 by another way", answer, OTHER_WAY, ALL },
	{ "BA 128", answer, 128, ALL },
	{ "BA 130", answer, 130, ALL },
	{ "BA 131", answer, 131, ALL },
	{ "BA 135", answer, 135 | OTHER_NUMBER, ALL },
	{ "BRR", ask, 0, ALL },
	{ "BE 1", complain, 1, ALL },
	{ "BE 2", complain, 2, ALL },
	{ "parameter problem 1", problem, 1, ALL },
	{ "parameter problem 2", problem, 2, ALL },
	{ "no home agent that fits", found, 0, ALL },
	{ "one home agent", found, 1, ALL },
	{ "two home agents", found, 2, ALL },
	{ "stop", stop, 0, ALL },
};
/* clang-format on */

static const char *const confs[] = { "carol.mip6d.conf", "seeker.mip6d.conf" };

static void *open_node(const struct learn_start *s)
{
	return mn_stage_begin_with(confs[s->arg]);
}

static void *open_registered(const struct learn_start *s)
{
	(void)s;
	return mn_stage_registered();
}

/* It is about to delete its binding, and the home link goes. */
static void *open_returning(const struct learn_start *s)
{
	struct stage *w = mn_stage_begin_with(confs[s->arg]);

	w->mip.env.conf->reset_dhaad_at_home = true;
	gain(w, ABROAD);
	found(w, 2);
	answer(w, 0);
	link_is(w, false);
	link_is(w, true);
	advertise(w, 0);
	link_is(w, false);
	return w;
}

static const struct learn_start starts[] = {
	{ "a node that knows its home agent", open_node, ALL, 0 },
	{ "a node that seeks its home agent", open_node, ALL, 1 },
	{ "a registered node", open_registered, ALL, 0 },
	{ "a node that returned and lost the link", open_returning, ALL, 0 },
	{ "one that sought its home agent, returned and lost the link", open_returning, ALL, 1 },
};

static void begin(void *world)
{
	stage_clear(world);
	state = first = mn_of(world)->state;
	ended = false;
	listening = true;
}

static void end(void *world)
{
	left_as_it_was(mn_of(world));
	listening = false;
}

static void look(void *world, FILE *f)
{
	const struct stage *w = world;
	const struct mn *mn = mn_of(w);
	const struct where_view *v = &mn->view;

	fprintf(f, "%s%s%s%s, at %s, told %s", mn_state_str(mn->state),
		mn->blocked ? ", blocked" : "", mn->data ? ", data" : "", mn->away ? ", away" : "",
		addr_str(&mn->place.coa), addr_str(&mn->told.coa));
	fprintf(f, ", view %s%s%s%s", addr_str(&v->in_use.coa), v->home ? ", home" : "",
		v->unsure ? ", unsure" : "", v->abroad ? ", abroad" : "");
	fprintf(f, ", %s%s of %s asked %u for %u, repeated %u, resyncs %u",
		mn->bul.bound ? "bound" : "unbound", mn->bul.waiting ? ", waiting" : "",
		addr_str(&mn->pair.ha), mn->bul.asked, mn->bul.lifetime, mn->bul.resends,
		mn->resyncs);
	fprintf(f, ", sought %u, %zu of %zu", mn->seek.tries, mn->seek.next, mn->seek.n);
	fprintf(f, "%s%s%s%s, %zu links, %zu addresses", mn->timer.armed ? ", timer" : "",
		mn->end.armed ? ", end" : "", mn->mps_timer.armed ? ", prefixes" : "",
		mn->mps_waiting ? ", asked for prefixes" : "", w->mip.where.seen.n_links,
		w->mip.where.seen.n_addrs);
}

const struct learn_world mn_world = {
	.name = "mobile node",
	.starts = starts,
	.n_starts = sizeof(starts) / sizeof(starts[0]),
	.letters = letters,
	.n_letters = sizeof(letters) / sizeof(letters[0]),
	.forks = true,
	.look = look,
	.begin = begin,
	.end = end,
	.machine = { mn_machine },
};
