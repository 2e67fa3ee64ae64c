#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/names.h"
#include "mip/mn/mn.h"
#include "mip/mn/act.h"

static const struct name states[] = {
	{ MN_STARTING, "starting" },
	{ MN_SEEKING, "seeking" },
	{ MN_REGISTERING, "registering" },
	{ MN_REGISTERED, "registered" },
	{ MN_REFRESHING, "refreshing" },
	{ MN_MOVING, "moving" },
	{ MN_REFUSED, "refused" },
	{ MN_RETURNING, "returning" },
	{ MN_HOME, "home" },
	{ MN_LEAVING, "leaving" },
	{ MN_DEREGISTERING, "deregistering" },
	{ MN_STOPPED, "stopped" },
};

static const struct name events[] = {
	{ ME_COA, "care-of address" },
	{ ME_COA_GONE, "care-of address gone" },
	{ ME_HOME, "home link" },
	{ ME_LINK_DOWN, "link down" },
	{ ME_BA_OK, "BA: accepted" },
	{ ME_BA_SEQUENCE, "BA: sequence number" },
	{ ME_BA_LATER, "BA: no room" },
	{ ME_BA_REFUSED, "BA: refused" },
	{ ME_PROBLEM, "parameter problem" },
	{ ME_ASKED, "asked for a BU" },
	{ ME_AGENT, "home agents found" },
	{ ME_END, "end of the binding" },
	{ ME_TIMER, "timer" },
	{ ME_STOP, "stop" },
};

/* The first row that fits counts. */
/* clang-format off */
const struct mn_row mn_rows[] = {
	{ MN_STARTING, ME_COA, &seek_unknown, seek_start, MN_SEEKING, "first address", NULL },
	{ MN_STARTING, ME_COA, NULL, reg_move, MN_REGISTERING, "first address", NULL },
	{ MN_STARTING, ME_HOME, NULL, home_settle, MN_HOME, "at home", NULL },

	{ MN_SEEKING, ME_COA, NULL, seek_start, MN_SEEKING, "moved on", NULL },
	{ MN_SEEKING, ME_COA_GONE, NULL, reg_lost, MN_STARTING, "care-of address gone", NULL },
	{ MN_SEEKING, ME_HOME, NULL, home_settle, MN_HOME, "at home", NULL },
	{ MN_SEEKING, ME_AGENT, NULL, seek_found, MN_REGISTERING, "home agent found", NULL },
	{ MN_SEEKING, ME_TIMER, &seek_another, seek_found, MN_REGISTERING, "the next one", NULL },
	{ MN_SEEKING, ME_TIMER, NULL, seek_again, MN_SEEKING, "no answer", NULL },

	{ MN_REGISTERING, ME_COA, NULL, reg_move, MN_REGISTERING, "moved on", NULL },
	{ MN_REGISTERING, ME_COA_GONE, NULL, reg_lost, MN_MOVING, "care-of address gone", NULL },
	{ MN_REGISTERING, ME_HOME, NULL, home_return, MN_RETURNING, "returned home", home_resolve },
	{ MN_REGISTERING, ME_BA_OK, NULL, reg_accepted, MN_REGISTERED, "accepted", reg_follow },
	{ MN_REGISTERING, ME_BA_SEQUENCE, NULL, reg_resync, MN_REGISTERING, "resync", NULL },
	{ MN_REGISTERING, ME_BA_LATER, NULL, reg_later, MN_REFUSED, "has no room", NULL },
	{ MN_REGISTERING, ME_BA_REFUSED, &seek_own, seek_next, MN_SEEKING, "gives way", NULL },
	{ MN_REGISTERING, ME_BA_REFUSED, NULL, reg_refused, MN_REFUSED, "refused", NULL },
	{ MN_REGISTERING, ME_PROBLEM, &seek_own, seek_next, MN_SEEKING, "gives way", NULL },
	{ MN_REGISTERING, ME_PROBLEM, NULL, reg_problem, MN_REFUSED, "no home agent", NULL },
	{ MN_REGISTERING, ME_END, NULL, reg_ended, MN_REGISTERING, "blocked", NULL },
	{ MN_REGISTERING, ME_TIMER, &seek_silent, seek_next, MN_SEEKING, "gives way", NULL },
	{ MN_REGISTERING, ME_TIMER, NULL, reg_again, MN_REGISTERING, "no answer", NULL },
	{ MN_REGISTERING, ME_STOP, NULL, stop_deregister, MN_DEREGISTERING, "stopping", NULL },

	{ MN_REGISTERED, ME_COA, NULL, reg_move, MN_REGISTERING, "moved", NULL },
	{ MN_REGISTERED, ME_COA_GONE, NULL, reg_lost, MN_MOVING, "care-of address gone", NULL },
	{ MN_REGISTERED, ME_HOME, NULL, home_return, MN_RETURNING, "returned home", home_resolve },
	{ MN_REGISTERED, ME_ASKED, NULL, reg_refresh, MN_REFRESHING, "asked for an update", NULL },
	{ MN_REGISTERED, ME_TIMER, NULL, reg_refresh, MN_REFRESHING, "refresh is due", NULL },
	{ MN_REGISTERED, ME_STOP, NULL, stop_deregister, MN_DEREGISTERING, "stopping", NULL },

	{ MN_REFRESHING, ME_COA, NULL, reg_move, MN_REGISTERING, "moved", NULL },
	{ MN_REFRESHING, ME_COA_GONE, NULL, reg_lost, MN_MOVING, "care-of address gone", NULL },
	{ MN_REFRESHING, ME_HOME, NULL, home_return, MN_RETURNING, "returned home", home_resolve },
	{ MN_REFRESHING, ME_BA_OK, NULL, reg_accepted, MN_REGISTERED, "accepted again", mps_start },
	{ MN_REFRESHING, ME_BA_SEQUENCE, NULL, reg_resync, MN_REFRESHING, "resync", NULL },
	{ MN_REFRESHING, ME_BA_LATER, NULL, reg_later, MN_REFUSED, "has no room", NULL },
	{ MN_REFRESHING, ME_BA_REFUSED, &seek_own, seek_next, MN_SEEKING, "gives way", NULL },
	{ MN_REFRESHING, ME_BA_REFUSED, NULL, reg_refused, MN_REFUSED, "refused", NULL },
	{ MN_REFRESHING, ME_PROBLEM, &seek_own, seek_next, MN_SEEKING, "gives way", NULL },
	{ MN_REFRESHING, ME_PROBLEM, NULL, reg_problem, MN_REFUSED, "no home agent", NULL },
	{ MN_REFRESHING, ME_END, NULL, reg_ended, MN_REFRESHING, "blocked", NULL },
	{ MN_REFRESHING, ME_TIMER, &seek_silent, seek_next, MN_SEEKING, "gives way", NULL },
	{ MN_REFRESHING, ME_TIMER, NULL, reg_again, MN_REFRESHING, "no answer", NULL },
	{ MN_REFRESHING, ME_STOP, NULL, stop_deregister, MN_DEREGISTERING, "stopping", NULL },

	{ MN_MOVING, ME_COA, NULL, reg_move, MN_REGISTERING, "moved", NULL },
	{ MN_MOVING, ME_HOME, NULL, home_return, MN_RETURNING, "returned home", home_resolve },
	{ MN_MOVING, ME_END, NULL, reg_ended, MN_MOVING, "blocked", NULL },

	{ MN_REFUSED, ME_COA, NULL, reg_move, MN_REGISTERING, "moved", NULL },
	{ MN_REFUSED, ME_COA_GONE, NULL, reg_lost, MN_MOVING, "care-of address gone", NULL },
	{ MN_REFUSED, ME_HOME, NULL, home_return, MN_RETURNING, "returned home", home_resolve },
	{ MN_REFUSED, ME_END, NULL, reg_ended, MN_REFUSED, "blocked", NULL },
	{ MN_REFUSED, ME_TIMER, NULL, reg_refresh, MN_REGISTERING, "trying again", NULL },

	{ MN_RETURNING, ME_COA, NULL, home_leave, MN_REGISTERING, "left home again", NULL },
	{ MN_RETURNING, ME_BA_OK, NULL, home_settle, MN_HOME, "binding deleted", NULL },
	{ MN_RETURNING, ME_BA_SEQUENCE, NULL, reg_resync, MN_RETURNING, "resync", home_resolve },
	{ MN_RETURNING, ME_BA_LATER, NULL, home_settle, MN_HOME, "had no binding", NULL },
	{ MN_RETURNING, ME_BA_REFUSED, NULL, home_settle, MN_HOME, "had no binding", NULL },
	{ MN_RETURNING, ME_END, NULL, home_settle, MN_HOME, "the binding ended", NULL },
	{ MN_RETURNING, ME_TIMER, NULL, reg_again, MN_RETURNING, "no answer", home_resolve },

	{ MN_HOME, ME_COA, &seek_unknown, seek_start, MN_SEEKING, "left home", NULL },
	{ MN_HOME, ME_COA, NULL, home_leave, MN_REGISTERING, "left home", NULL },
	{ MN_HOME, ME_LINK_DOWN, NULL, home_unsure, MN_LEAVING, "home link lost", NULL },

	{ MN_LEAVING, ME_COA, &seek_unknown, seek_start, MN_SEEKING, "left home", NULL },
	{ MN_LEAVING, ME_COA, NULL, home_leave, MN_REGISTERING, "left home", NULL },
	{ MN_LEAVING, ME_HOME, NULL, home_settle, MN_HOME, "still at home", NULL },

	{ MN_DEREGISTERING, ME_BA_OK, NULL, stop_done, MN_STOPPED, "binding deleted", NULL },
	{ MN_DEREGISTERING, ME_BA_SEQUENCE, NULL, reg_resync, MN_DEREGISTERING, "resync", NULL },
	{ MN_DEREGISTERING, ME_BA_LATER, NULL, stop_done, MN_STOPPED, "had no binding", NULL },
	{ MN_DEREGISTERING, ME_BA_REFUSED, NULL, stop_done, MN_STOPPED, "had no binding", NULL },
	{ MN_DEREGISTERING, ME_TIMER, NULL, stop_done, MN_STOPPED, "no answer", NULL },

	{ MN_ANY, ME_STOP, NULL, stop_done, MN_STOPPED, "stopping", NULL },
};

const size_t mn_n_rows = sizeof(mn_rows) / sizeof(mn_rows[0]);

#define E(event) (1u << ME_##event)
/* Answers count while a BU is out, which is so in four states. */
#define ANSWERS (E(BA_OK) | E(BA_SEQUENCE) | E(BA_LATER) | E(BA_REFUSED) | E(PROBLEM))

/*
 * What has no row. Impossible: no caller raises it there. Ignored: it may come and changes nothing,
 * as the next BU (asked), the next router (link down) or the end (after a stop) has the say.
 */
const struct mn_empty mn_empty[] = {
	[MN_STARTING] = { ANSWERS | E(COA_GONE) | E(AGENT) | E(END) | E(TIMER),
		E(LINK_DOWN) | E(ASKED) },
	[MN_SEEKING] = { ANSWERS | E(END), E(LINK_DOWN) | E(ASKED) },
	[MN_REGISTERING] = { E(AGENT), E(LINK_DOWN) | E(ASKED) },
	[MN_REGISTERED] = { ANSWERS | E(AGENT) | E(END), E(LINK_DOWN) },
	[MN_REFRESHING] = { E(AGENT), E(LINK_DOWN) | E(ASKED) },
	[MN_MOVING] = { ANSWERS | E(COA_GONE) | E(AGENT) | E(TIMER), E(LINK_DOWN) | E(ASKED) },
	[MN_REFUSED] = { ANSWERS | E(AGENT), E(LINK_DOWN) | E(ASKED) },
	[MN_RETURNING] = { E(COA_GONE) | E(AGENT), E(HOME) | E(LINK_DOWN) | E(PROBLEM) | E(ASKED) },
	[MN_HOME] = { ANSWERS | E(COA_GONE) | E(AGENT) | E(END) | E(TIMER), E(HOME) | E(ASKED) },
	[MN_LEAVING] = { ANSWERS | E(COA_GONE) | E(AGENT) | E(END) | E(TIMER),
		E(LINK_DOWN) | E(ASKED) },
	[MN_DEREGISTERING] = { E(AGENT),
		E(COA) | E(COA_GONE) | E(HOME) | E(LINK_DOWN) | E(PROBLEM) | E(ASKED) | E(END) },
	[MN_STOPPED] = { ANSWERS | E(AGENT) | E(TIMER),
		E(COA) | E(COA_GONE) | E(HOME) | E(LINK_DOWN) | E(ASKED) | E(END) },
};
/* clang-format on */

const char *mn_state_str(enum mn_state s)
{
	return names_str(NAMES(states), s);
}

struct mn *mn_of_bul(struct bul_entry *e)
{
	return LINKED(e, struct mn, bul);
}

const char *mn_event_str(enum mn_event ev)
{
	return names_str(NAMES(events), ev);
}

static const struct mn_row *find_row(const struct mn *mn, enum mn_event ev)
{
	for (const struct mn_row *r = mn_rows; r < mn_rows + mn_n_rows; r++) {
		if (r->event == ev && (r->state == mn->state || r->state == MN_ANY) &&
			(!r->when || r->when->is(mn)))
			return r;
	}
	return NULL;
}

/* RFC 6275 section 11.7.1: L only where the link-local address ends as the home address does. */
static bool same_interface_id(const struct mn *mn)
{
	return memcmp(&mn->place.link_local.s6_addr[8], &mn->pair.hoa.s6_addr[8], 8) == 0;
}

static uint16_t bu_flags(const struct mn *mn)
{
	uint16_t flags = BU_ACK | BU_HOME;

	if (mn->env->conf->key_mng_mob_capability && mn->env->conf->use_mn_ha_ipsec)
		flags |= BU_KEY;
	if (same_interface_id(mn))
		flags |= BU_LINK_LOCAL;
	return flags;
}

/* Every transmission has a number of its own (section 11.8). At home: no alternate CoA (4.3 of
 * RFC 4877). */
static void send_bu(struct mn *mn)
{
	struct bul_entry *b = &mn->bul;
	struct mh m = { .type = MH_BU };
	uint8_t buf[MH_MAX];
	struct mip_packet p = {
		.src = mn->pair.hoa, .dst = mn->pair.ha, .hop_limit = -1, .own = true
	};
	ssize_t n;
	int rc;

	b->seq++;
	b->flags = bu_flags(mn);
	b->asked = mn->ask;
	b->coa = mn->place.coa;
	b->waiting = true;
	m.bu = (struct mh_bu){ .seq = b->seq, .flags = b->flags, .lifetime = b->asked };
	if (mn->away) {
		m.opt.has = MHO_BIT(MHO_ALT_COA);
		m.opt.alt_coa = b->coa;
	}
	n = mh_write(&m, &p.src, &p.dst, buf, sizeof(buf));
	if (n < 0)
		return;
	p.data = BYTES(buf, (size_t)n);
	rc = mip_net_send_mh(mn->env->net, &p);
	env_count(mn->env, MC_BU_OUT);
	log_mip(2, "%s: BU %u to %s from %s, lifetime %u s%s%s", addr_str(&p.src), b->seq,
		addr_str(&p.dst), addr_str(&b->coa), b->asked, rc < 0 ? ": " : "",
		rc < 0 ? strerror(-rc) : "");
}

/* RFC 6275 section 11.8: the home agent's DAD makes the first answer late. */
static uint32_t first_delay(const struct mn *mn)
{
	const struct mip_conf *c = mn->env->conf;

	return mn->bul.bound ? c->bindack_rereg_ms : c->bindack_first_ms;
}

/* Whatever happens meanwhile: without an answer until its end the binding is gone. */
static void keep_end(struct mn *mn)
{
	const struct bul_entry *b = &mn->bul;
	uint64_t end = b->since_ms + (uint64_t)b->lifetime * 1000, now = loop_now();

	timer_stop(&mn->end);
	if (b->bound)
		timer_set(&mn->end, end > now ? end - now : 0);
}

static void obey(struct mn *mn, enum mn_verdict v)
{
	switch (v) {
	case MV_STAY:
		return;
	case MV_GO:
		mn->bul.waiting = false;
		timer_stop(&mn->timer);
		if (mn->wait_ms)
			timer_set(&mn->timer, mn->wait_ms);
		return;
	case MV_ASK:
		mn->bul.waiting = false;
		seek_ask(mn);
		timer_set(&mn->timer, mn->seek.delay_ms);
		return;
	case MV_SEND:
		mn->bul.resends = 0;
		mn->bul.delay_ms = first_delay(mn);
		break;
	case MV_RESEND:
		mn->bul.resends++;
		env_count(mn->env, MC_BU_RESENT);
		mn->bul.delay_ms = bul_backoff(mn->bul.delay_ms);
		break;
	}
	send_bu(mn);
	timer_set(&mn->timer, mn->state == MN_DEREGISTERING ? mn->wait_ms : mn->bul.delay_ms);
}

static void no_row(struct mn *mn, enum mn_event ev)
{
	if (!(mn_empty[mn->state].impossible >> ev & 1))
		return;
	env_count(mn->env, MC_IMPOSSIBLE);
	log_mip(0, "%s is %s, where \"%s\" is impossible: ignored", addr_str(&mn->pair.hoa),
		mn_state_str(mn->state), mn_event_str(ev));
}

void mn_event(struct mn *mn, enum mn_event ev)
{
	const struct mn_row *row = find_row(mn, ev);
	enum mn_state from = mn->state;
	enum mn_verdict v;

	if (!row)
		return no_row(mn, ev);
	if (ev == ME_COA || ev == ME_HOME)
		mn->place = mn->told;
	mn->wait_ms = 0;
	v = row->handler(mn);
	if (v == MV_STAY)
		return;
	mn->state = row->to;
	obey(mn, v);
	keep_end(mn);
	if (row->after)
		row->after(mn);
	if (from != row->to || v == MV_SEND)
		log_mip(1, "%s is %s: %s (care-of address %s)", addr_str(&mn->pair.hoa),
			mn_state_str(row->to), row->story, addr_str(&mn->place.coa));
	if (mn->state == MN_STOPPED && mn->on_stopped)
		mn->on_stopped(mn, mn->arg);
}

static const struct {
	uint8_t first, last;
	enum mn_event event;
} answers[] = {
	{ BA_ACCEPTED, BA_PREFIX_DISCOVERY, ME_BA_OK },
	{ 2, BA_UNSPECIFIED - 1, ME_BA_OK }, /* section 6.1.8: below 128 is accepted */
	{ BA_UNSPECIFIED, BA_UNSPECIFIED, ME_BA_LATER },
	{ BA_NO_RESOURCES, BA_NO_RESOURCES, ME_BA_LATER },
	{ BA_SEQUENCE, BA_SEQUENCE, ME_BA_SEQUENCE },
	{ BA_UNSPECIFIED, 255, ME_BA_REFUSED },
};

static enum mn_event answer(const struct mn *mn, const struct mh_ba *ba)
{
	if (ba->status < BA_UNSPECIFIED && !ba->lifetime && mn->bul.asked)
		return ME_BA_REFUSED; /* accepted for no time at all */
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		if (ba->status >= answers[i].first && ba->status <= answers[i].last)
			return answers[i].event;
	}
	return ME_BA_REFUSED;
}

/* Section 11.7.3. That ESP brought it is the kernel's work: nothing else passes to HoA from HA. */
void mn_ba(struct mn *mn, const struct mip_packet *p, const struct mh *m)
{
	bool fits = m->ba.seq == mn->bul.seq || m->ba.status == BA_SEQUENCE;

	env_count(mn->env, MC_BA_IN);
	if (!addr_eq(&p->src, &mn->pair.ha) || !mn->bul.waiting || !fits ||
		p->has_rh2 != mn->away) {
		env_drop(mn->env, MC_DROP_UNEXPECTED, p, "BA", "not the answer to our BU");
		log_mip(2, "%s: BA %u from %s is not the answer to BU %u, ignored",
			addr_str(&mn->pair.hoa), m->ba.seq, addr_str(&p->src), mn->bul.seq);
		return;
	}
	if (mn->env->conf->use_mn_ha_ipsec)
		rate_trust();
	if (m->ba.status != BA_ACCEPTED)
		log_mip(1, "%s: %s answers: %s (%u)", addr_str(&mn->pair.hoa), addr_str(&p->src),
			mh_status_str(m->ba.status), m->ba.status);
	mn->ba = m;
	mn_event(mn, answer(mn, &m->ba));
	mn->ba = NULL;
}
