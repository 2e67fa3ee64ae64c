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

struct mn_row {
	enum mn_state state;
	enum mn_event event;
	enum mn_verdict (*handler)(struct mn *mn);
	enum mn_state to;
	void (*after)(struct mn *mn); /* what need not be in the way of BU or payload */
	const char *story;
};

/* The first row that fits counts. */
/* clang-format off */
static const struct mn_row rows[] = {
	{ MN_STARTING, ME_COA, reg_move, MN_REGISTERING, NULL, "first care-of address" },
	{ MN_STARTING, ME_HOME, home_settle, MN_HOME, NULL, "at home" },
	{ MN_STARTING, ME_SEEK, seek_start, MN_SEEKING, NULL, "first care-of address" },

	{ MN_SEEKING, ME_SEEK, seek_start, MN_SEEKING, NULL, "moved on" },
	{ MN_SEEKING, ME_COA_GONE, reg_lost, MN_STARTING, NULL, "care-of address gone" },
	{ MN_SEEKING, ME_TIMER, seek_again, MN_SEEKING, NULL, "no answer" },
	{ MN_SEEKING, ME_AGENT, seek_found, MN_REGISTERING, NULL, "home agent found" },
	{ MN_SEEKING, ME_HOME, home_settle, MN_HOME, NULL, "at home" },
	{ MN_REGISTERING, ME_AGENT_LOST, seek_next, MN_SEEKING, NULL, "another home agent" },
	{ MN_REFRESHING, ME_AGENT_LOST, seek_next, MN_SEEKING, NULL, "another home agent" },
	{ MN_HOME, ME_SEEK, seek_start, MN_SEEKING, NULL, "left home" },
	{ MN_LEAVING, ME_SEEK, seek_start, MN_SEEKING, NULL, "left home" },

	{ MN_REGISTERING, ME_COA, reg_move, MN_REGISTERING, NULL, "moved on" },
	{ MN_REGISTERING, ME_COA_GONE, reg_lost, MN_MOVING, NULL, "care-of address gone" },
	{ MN_REGISTERING, ME_BA_OK, reg_accepted, MN_REGISTERED, reg_follow, "accepted" },
	{ MN_REGISTERING, ME_BA_SEQUENCE, reg_resync, MN_REGISTERING, NULL, "renumbered" },
	{ MN_REGISTERING, ME_BA_LATER, reg_later, MN_REFUSED, NULL, "has no room" },
	{ MN_REGISTERING, ME_BA_REFUSED, reg_refused, MN_REFUSED, NULL, "refused" },
	{ MN_REGISTERING, ME_PROBLEM, reg_problem, MN_REFUSED, NULL, "no home agent" },
	{ MN_REGISTERING, ME_TIMER, reg_again, MN_REGISTERING, NULL, "no answer" },

	{ MN_REGISTERED, ME_COA, reg_move, MN_REGISTERING, NULL, "moved" },
	{ MN_REGISTERED, ME_COA_GONE, reg_lost, MN_MOVING, NULL, "care-of address gone" },
	{ MN_REGISTERED, ME_TIMER, reg_refresh, MN_REFRESHING, NULL, "refresh is due" },
	{ MN_REGISTERED, ME_ASKED, reg_refresh, MN_REFRESHING, NULL, "asked for an update" },

	{ MN_REFRESHING, ME_COA, reg_move, MN_REGISTERING, NULL, "moved" },
	{ MN_REFRESHING, ME_COA_GONE, reg_lost, MN_MOVING, NULL, "care-of address gone" },
	{ MN_REFRESHING, ME_BA_OK, reg_accepted, MN_REGISTERED, NULL, "accepted again" },
	{ MN_REFRESHING, ME_BA_SEQUENCE, reg_resync, MN_REFRESHING, NULL, "renumbered" },
	{ MN_REFRESHING, ME_BA_LATER, reg_later, MN_REFUSED, NULL, "has no room" },
	{ MN_REFRESHING, ME_BA_REFUSED, reg_refused, MN_REFUSED, NULL, "refused" },
	{ MN_REFRESHING, ME_TIMER, reg_again, MN_REFRESHING, NULL, "no answer" },

	{ MN_MOVING, ME_COA, reg_move, MN_REGISTERING, NULL, "moved" },
	{ MN_REFUSED, ME_COA, reg_move, MN_REGISTERING, NULL, "moved" },
	{ MN_REFUSED, ME_COA_GONE, reg_lost, MN_MOVING, NULL, "care-of address gone" },
	{ MN_REFUSED, ME_TIMER, reg_refresh, MN_REGISTERING, NULL, "trying again" },

	{ MN_RETURNING, ME_COA, home_leave, MN_REGISTERING, NULL, "left home again" },
	{ MN_RETURNING, ME_BA_OK, home_settle, MN_HOME, NULL, "binding deleted" },
	{ MN_RETURNING, ME_BA_SEQUENCE, reg_resync, MN_RETURNING, home_resolve, "renumbered" },
	{ MN_RETURNING, ME_BA_LATER, home_settle, MN_HOME, NULL, "had no binding" },
	{ MN_RETURNING, ME_BA_REFUSED, home_settle, MN_HOME, NULL, "had no binding" },
	{ MN_RETURNING, ME_TIMER, reg_again, MN_RETURNING, home_resolve, "no answer" },

	{ MN_HOME, ME_COA, home_leave, MN_REGISTERING, NULL, "left home" },
	{ MN_HOME, ME_LINK_DOWN, home_unsure, MN_LEAVING, NULL, "home link lost" },
	{ MN_LEAVING, ME_COA, home_leave, MN_REGISTERING, NULL, "left home" },
	{ MN_LEAVING, ME_HOME, home_settle, MN_HOME, NULL, "still at home" },

	{ MN_DEREGISTERING, ME_BA_OK, stop_done, MN_STOPPED, NULL, "binding deleted" },
	{ MN_DEREGISTERING, ME_BA_SEQUENCE, reg_resync, MN_DEREGISTERING, NULL, "renumbered" },
	{ MN_DEREGISTERING, ME_BA_LATER, stop_done, MN_STOPPED, NULL, "had no binding" },
	{ MN_DEREGISTERING, ME_BA_REFUSED, stop_done, MN_STOPPED, NULL, "had no binding" },
	{ MN_DEREGISTERING, ME_TIMER, stop_done, MN_STOPPED, NULL, "no answer" },

	{ MN_REGISTERING, ME_STOP, stop_deregister, MN_DEREGISTERING, NULL, "stopping" },
	{ MN_REGISTERED, ME_STOP, stop_deregister, MN_DEREGISTERING, NULL, "stopping" },
	{ MN_REFRESHING, ME_STOP, stop_deregister, MN_DEREGISTERING, NULL, "stopping" },
	{ MN_RETURNING, ME_STOP, stop_done, MN_STOPPED, NULL, "stopping" },
	{ MN_DEREGISTERING, ME_STOP, stop_done, MN_STOPPED, NULL, "stopping at once" },
	{ MN_ANY, ME_STOP, stop_done, MN_STOPPED, NULL, "stopping" },
	{ MN_MOVING, ME_HOME, home_return, MN_RETURNING, home_resolve, "returned home" },
	{ MN_REGISTERING, ME_HOME, home_return, MN_RETURNING, home_resolve, "returned home" },
	{ MN_REGISTERED, ME_HOME, home_return, MN_RETURNING, home_resolve, "returned home" },
	{ MN_REFRESHING, ME_HOME, home_return, MN_RETURNING, home_resolve, "returned home" },
	{ MN_REFUSED, ME_HOME, home_return, MN_RETURNING, home_resolve, "returned home" },
};
/* clang-format on */

const char *mn_state_str(enum mn_state s)
{
	return names_str(NAMES(states), s);
}

static const struct mn_row *find_row(enum mn_state state, enum mn_event ev)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].event == ev && (rows[i].state == state || rows[i].state == MN_ANY))
			return &rows[i];
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
	struct bul_entry *b = mn->bul;
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

	return mn->bul->bound ? c->bindack_rereg_ms : c->bindack_first_ms;
}

static void obey(struct mn *mn, enum mn_verdict v)
{
	switch (v) {
	case MV_STAY:
		return;
	case MV_GO:
		mn->bul->waiting = false;
		timer_stop(&mn->timer);
		if (mn->wait_ms)
			timer_set(&mn->timer, mn->wait_ms);
		return;
	case MV_SEND:
		mn->bul->resends = 0;
		mn->bul->delay_ms = first_delay(mn);
		break;
	case MV_RESEND:
		mn->bul->resends++;
		env_count(mn->env, MC_BU_RESENT);
		mn->bul->delay_ms = bul_backoff(mn->bul->delay_ms);
		break;
	}
	send_bu(mn);
	timer_set(&mn->timer, mn->state == MN_DEREGISTERING ? mn->wait_ms : mn->bul->delay_ms);
}

void mn_event(struct mn *mn, enum mn_event ev)
{
	const struct mn_row *row = find_row(mn->state, seek_meaning(mn, ev));
	enum mn_state from = mn->state;
	enum mn_verdict v;

	row = row ? row : find_row(mn->state, ev);
	if (!row)
		return;
	mn->wait_ms = 0;
	v = row->handler(mn);
	if (v == MV_STAY)
		return;
	mn->state = row->to;
	mn->bul->state = mn_state_str(row->to);
	obey(mn, v);
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
	if (ba->status < BA_UNSPECIFIED && !ba->lifetime && mn->bul->asked)
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
	bool fits = m->ba.seq == mn->bul->seq || m->ba.status == BA_SEQUENCE;

	env_count(mn->env, MC_BA_IN);
	if (!addr_eq(&p->src, &mn->pair.ha) || !mn->bul->waiting || !fits ||
		p->has_rh2 != mn->away) {
		env_drop(mn->env, MC_DROP_UNEXPECTED, p, "BA", "not the answer to our BU");
		log_mip(2, "%s: BA %u from %s is not the answer to BU %u, ignored",
			addr_str(&mn->pair.hoa), m->ba.seq, addr_str(&p->src), mn->bul->seq);
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
