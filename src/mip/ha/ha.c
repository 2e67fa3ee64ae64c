#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/names.h"
#include "kernel/rt_link.h"
#include "mip/ha/act.h"
#include "mip/net/ba.h"

enum { GRACE_MS = 10000 /* MAX_DELETE_BCE_TIMEOUT */ };

static const struct name states[] = {
	{ HB_NONE, "none" },
	{ HB_DAD, "dad" },
	{ HB_VALID, "valid" },
	{ HB_DYING, "dying" },
};

static const struct name events[] = {
	{ HE_BU, "BU" },
	{ HE_DELETE, "BU that deletes" },
	{ HE_IN_USE, "address in use" },
	{ HE_FREE, "address free" },
	{ HE_TIMER, "timer" },
};

const char *hb_state_str(enum hb_state s)
{
	return names_str(NAMES(states), s);
}

const char *ha_event_str(enum ha_event ev)
{
	return names_str(NAMES(events), ev);
}

struct ha_binding *ha_binding_at(struct bc_entry *e)
{
	return e ? LINKED(e, struct ha_binding, bc) : NULL;
}

struct ha_binding *ha_binding_of(const struct ha *ha, const struct in6_addr *hoa)
{
	return ha_binding_at(bc_find_hoa(&ha->bc, hoa));
}

/* What the entry remembers of a BU is enough to answer it later. */
static void take_bu(struct ha_binding *b, const struct ha_bu *bu)
{
	b->bc.coa = bu->coa;
	b->bc.seq = bu->m->bu.seq;
	b->bc.flags = bu->m->bu.flags;
	b->bc.lifetime = bu->m->bu.lifetime;
	b->ifindex = bu->ifindex;
	b->back = bu->back;
}

static struct ha_life prefix_life(const struct ha_binding *b)
{
	const struct ha_prefix *home = ha_prefix_of(b->ha, &b->bc.key.hoa);

	return home ? ha_life_of(b->ha, home) : (struct ha_life){ 0 };
}

/* RFC 6275 section 10.3.1: does the prefix end with the binding, or is deprecated before? */
static uint8_t accepted(const struct ha_binding *b)
{
	struct ha_life life = prefix_life(b);
	uint32_t units = b->bc.lifetime / MH_LIFETIME_UNIT;
	bool ends = life.valid_s / MH_LIFETIME_UNIT <= units;

	if (units && (ends || life.preferred_s / MH_LIFETIME_UNIT < units))
		return BA_PREFIX_DISCOVERY;
	return BA_ACCEPTED;
}

/* Section 10.3.1: lifetime and K. Of the prefix counts what is left of it now. */
static void grant(struct ha_binding *b)
{
	const struct mip_conf *c = b->ha->env->conf;
	uint32_t left = prefix_life(b).valid_s;

	b->bc.lifetime = bc_lifetime(b->bc.lifetime, c->ha_max_binding_life, left);
	b->bc.since_ms = loop_now();
	b->bc.k = (b->bc.flags & BU_KEY) && c->key_mng_mob_capability && c->use_mn_ha_ipsec;
}

static enum ha_verdict refuse(struct ha_binding *b, enum mh_ba_status status)
{
	b->status = (uint8_t)status;
	return HV_REFUSE;
}

static void run(struct ha_binding *b, enum ha_event ev, const struct ha_bu *bu);

static void in_use(struct ha_binding *b)
{
	run(b, HE_IN_USE, NULL);
}

static enum ha_verdict first(struct ha_binding *b, const struct ha_bu *bu)
{
	take_bu(b, bu);
	return ha_dad_start(b, in_use) < 0 ? refuse(b, BA_UNSPECIFIED) : HV_GO;
}

/* Section 10.3.1: a BU sent again while the probe runs is answered with the one answer to come. */
static enum ha_verdict meanwhile(struct ha_binding *b, const struct ha_bu *bu)
{
	take_bu(b, bu);
	return HV_STAY;
}

static enum ha_verdict registered(struct ha_binding *b, const struct ha_bu *bu)
{
	(void)bu;
	ha_dad_stop(b);
	grant(b);
	if (!b->bc.lifetime) /* the prefix has ended while we probed */
		return refuse(b, BA_NOT_HOME_SUBNET);
	if (ha_place(b) == 0)
		return HV_ANSWER;
	ha_withdraw(b, false);
	return refuse(b, BA_NO_RESOURCES);
}

static void say_bound(struct ha_binding *b)
{
	log_mip(1, "binding for %s at %s, %u s", addr_str(&b->bc.key.hoa), addr_str(&b->bc.coa),
		b->bc.lifetime);
}

static enum ha_verdict taken(struct ha_binding *b, const struct ha_bu *bu)
{
	(void)bu;
	ha_dad_stop(b);
	log_mip(0, "home address %s is in use on the home link, refused", addr_str(&b->bc.key.hoa));
	return refuse(b, BA_DAD_FAILED);
}

static bool is_at_home(const struct ha_bu *bu)
{
	return addr_eq(&bu->back, &bu->hoa);
}

static enum ha_verdict updated(struct ha_binding *b, const struct ha_bu *bu)
{
	bool moved = !addr_eq(&b->bc.coa, &bu->coa);

	take_bu(b, bu);
	grant(b);
	if (moved)
		ha_move(b);
	ha_link_local(b);
	ha_at_home(b, is_at_home(bu));
	return HV_ANSWER;
}

/* Section 10.3.1 has no refusal for it where a binding stands: the next BU with L asks again. */
static enum ha_verdict not_ours(struct ha_binding *b, const struct ha_bu *bu)
{
	(void)bu;
	ha_dad_stop(b);
	log_mip(0, "link-local address %s of %s is in use on the home link, not answered for",
		addr_str(&b->link_local), addr_str(&b->bc.key.hoa));
	return HV_STAY;
}

static enum ha_verdict ours_too(struct ha_binding *b, const struct ha_bu *bu)
{
	(void)bu;
	ha_link_local_free(b);
	return HV_STAY;
}

static void follow(struct ha_binding *b)
{
	if (addr_eq(&b->tunnel.remote, &b->bc.coa))
		return;
	ha_follow(b);
	log_mip(1, "binding for %s moved to %s", addr_str(&b->bc.key.hoa), addr_str(&b->bc.coa));
}

/* Section 10.3.2 */
static enum ha_verdict deleted(struct ha_binding *b, const struct ha_bu *bu)
{
	ha_withdraw(b, is_at_home(bu));
	b->bc.seq = bu->m->bu.seq;
	b->bc.lifetime = 0;
	return HV_ANSWER;
}

static void say_deleted(struct ha_binding *b)
{
	log_mip(1, "binding for %s deleted", addr_str(&b->bc.key.hoa));
}

/* Nothing stands yet, or nothing any more. */
static enum ha_verdict deleted_anyway(struct ha_binding *b, const struct ha_bu *bu)
{
	b->bc.seq = bu->m->bu.seq;
	b->bc.lifetime = 0;
	return HV_ANSWER;
}

static enum ha_verdict expired(struct ha_binding *b, const struct ha_bu *bu)
{
	(void)bu;
	log_mip(1, "binding for %s expired", addr_str(&b->bc.key.hoa));
	ha_withdraw(b, false);
	return HV_GO;
}

static enum ha_verdict forgotten(struct ha_binding *b, const struct ha_bu *bu)
{
	(void)b, (void)bu;
	return HV_GO;
}

/* clang-format off */
const struct ha_row ha_rows[] = {
	{ HB_NONE, HE_BU, first, HB_DAD, HB_NONE, "probe the home link", NULL },

	{ HB_DAD, HE_BU, meanwhile, HB_DAD, HB_NEVER, "the probe is running", NULL },
	{ HB_DAD, HE_DELETE, deleted_anyway, HB_NONE, HB_NEVER, "it never came to be", NULL },
	{ HB_DAD, HE_IN_USE, taken, HB_NEVER, HB_NONE, "somebody has the address", NULL },
	{ HB_DAD, HE_TIMER, registered, HB_VALID, HB_NONE, "nobody has the address", say_bound },

	{ HB_VALID, HE_BU, updated, HB_VALID, HB_NEVER, "refreshed or moved", follow },
	{ HB_VALID, HE_DELETE, deleted, HB_DYING, HB_NEVER, "deleted by its owner", say_deleted },
	{ HB_VALID, HE_IN_USE, not_ours, HB_VALID, HB_NEVER, "its link-local is taken", NULL },
	{ HB_VALID, HE_FREE, ours_too, HB_VALID, HB_NEVER, "its link-local is free", NULL },
	{ HB_VALID, HE_TIMER, expired, HB_NONE, HB_NEVER, "end of the lifetime", NULL },

	{ HB_DYING, HE_BU, first, HB_DAD, HB_NONE, "registered anew", NULL },
	{ HB_DYING, HE_DELETE, deleted_anyway, HB_DYING, HB_NEVER, "our answer was lost", NULL },
	{ HB_DYING, HE_TIMER, forgotten, HB_NONE, HB_NEVER, "end of the grace", NULL },
};

const size_t ha_n_rows = sizeof(ha_rows) / sizeof(ha_rows[0]);

#define E(event) (1u << HE_##event)

/* Without a binding there is no timer and nothing to delete (check.c); two states have a probe. */
const struct ha_empty ha_empty[] = {
	[HB_NONE] = { E(DELETE) | E(IN_USE) | E(FREE) | E(TIMER), 0 },
	[HB_DAD] = { E(FREE), 0 },
	[HB_VALID] = { 0, 0 },
	[HB_DYING] = { E(IN_USE) | E(FREE), 0 },
};
/* clang-format on */

static uint64_t wait_ms(const struct ha_binding *b)
{
	switch (b->state) {
	case HB_DAD:
		return HA_DAD_MS;
	case HB_VALID:
		return (uint64_t)b->bc.lifetime * 1000;
	case HB_DYING:
		return GRACE_MS;
	case HB_NONE:
	case HB_STATES:
		break;
	}
	return 0;
}

static void drop_binding(struct ha_binding *b)
{
	timer_stop(&b->timer);
	timer_stop(&b->announce);
	ha_forget(b);
	bc_del(&b->ha->bc, &b->bc);
	free(b);
}

static void on_timer(void *arg)
{
	run(arg, HE_TIMER, NULL);
}

static void on_late(void *arg)
{
	run(arg, HE_FREE, NULL);
}

static struct ha_binding *binding_new(struct ha *ha, const struct ha_bu *bu)
{
	struct ha_binding *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->ha = ha;
	b->sa_end = bu->hoa; /* SAs of a node at home end there */
	b->bc.key = (struct binding_key){ .hoa = bu->hoa, .peer = bu->ha };
	b->probes[0].fd = b->probes[1].fd = -1;
	timer_init(&b->timer, on_timer, b);
	timer_init(&b->late, on_late, b);
	if (bc_add(&ha->bc, &b->bc) == 0)
		return b;
	free(b);
	return NULL;
}

static const struct ha_row *find_row(enum hb_state state, enum ha_event ev)
{
	for (const struct ha_row *r = ha_rows; r < ha_rows + ha_n_rows; r++) {
		if (r->state == state && r->event == ev)
			return r;
	}
	return NULL;
}

/* Section 9.5.4: an answer goes to where the BU came from, also one that was long in coming. */
static void obey(struct ha_binding *b, const struct ha_bu *bu, enum ha_verdict v)
{
	const struct ba_to to = { b->bc.key.peer, b->bc.key.hoa, bu ? bu->back : b->back };

	timer_stop(&b->timer);
	if (b->state != HB_NONE)
		timer_set(&b->timer, wait_ms(b));
	if (v == HV_ANSWER)
		ba_send(b->ha->env, &to,
			&(struct mh_ba){ .status = accepted(b),
				.flags = b->bc.k ? BA_KEY : 0,
				.seq = b->bc.seq,
				.lifetime = b->bc.lifetime });
	else if (v == HV_REFUSE)
		ba_send(b->ha->env, &to, &(struct mh_ba){ .status = b->status, .seq = b->bc.seq });
}

static void run(struct ha_binding *b, enum ha_event ev, const struct ha_bu *bu)
{
	const struct ha_row *row = find_row(b->state, ev);
	enum ha_verdict v;

	if (!row) {
		env_count(b->ha->env, MC_IMPOSSIBLE);
		log_mip(0, "binding for %s is %s, where \"%s\" is impossible: ignored",
			addr_str(&b->bc.key.hoa), hb_state_str(b->state), ha_event_str(ev));
		return;
	}
	log_mip(2, "%s: %s", addr_str(&b->bc.key.hoa), row->story);
	v = row->handler(b, bu);
	if (v == HV_STAY)
		return;
	b->state = v == HV_REFUSE ? row->refused : row->to;
	obey(b, bu, v);
	if (row->after && v != HV_REFUSE)
		row->after(b);
	if (b->state == HB_NONE)
		drop_binding(b);
}

static void refuse_bu(struct ha *ha, const struct ha_bu *bu, uint8_t status)
{
	const struct ba_to to = { bu->ha, bu->hoa, bu->back };
	uint16_t seq = status == BA_SEQUENCE ? bu->b->bc.seq : bu->m->bu.seq;

	env_count(ha->env, MC_REFUSED);
	log_mip(1, "BU %u for %s refused: %s (%u)", bu->m->bu.seq, addr_str(&bu->hoa),
		mh_status_str(status), status);
	if (bu->b && bu->b->state == HB_VALID)
		ha_at_home(bu->b, is_at_home(bu));
	ba_send(ha->env, &to, &(struct mh_ba){ .status = status, .seq = seq });
}

static void drop(struct ha *ha, enum mip_counter why, const struct mip_packet *p, const char *text)
{
	env_drop(ha->env, why, p, "BU", text);
}

/* F-001: a home BU counts only where our policy let nothing but ESP bring it. */
static struct ha_peer *sender(struct ha *ha, const struct mip_packet *p)
{
	struct ha_peer *peer = ha_peer_find(ha, &p->src, &p->dst);

	if (!ha->env->conf->use_mn_ha_ipsec)
		return peer ? peer : ha_peer_add(ha, &p->src, &p->dst);
	return peer && sp_protected(ha->env, &peer->pair) ? peer : NULL;
}

static void describe(
	struct ha *ha, const struct mip_packet *p, const struct mh *m, struct ha_bu *bu)
{
	const struct ha_prefix *home = ha_prefix_of(ha, &p->src);

	*bu = (struct ha_bu){ .m = m, .hoa = p->src, .ha = p->dst, .peer = bu->peer };
	bu->back = p->has_hao ? p->hao : p->src;
	bu->coa = m->opt.has & MHO_BIT(MHO_ALT_COA) ? m->opt.alt_coa : bu->back; /* F-003 */
	bu->deletes = !m->bu.lifetime || addr_eq(&bu->coa, &bu->hoa);
	bu->ifindex = home ? home->a.ifindex : 0;
	bu->prefix_valid = home ? ha_life_of(ha, home).valid_s : 0;
	bu->b = ha_binding_of(ha, &bu->hoa);
}

void ha_take_bu(struct ha *ha, const struct mip_packet *p, const struct mh *m)
{
	struct ha_bu bu = { .peer = NULL };
	uint8_t status;

	env_count(ha->env, MC_BU_IN);
	if (!mh_is_home_bu(m) || !env_is_unicast(&p->src))
		return drop(ha, MC_DROP_UNEXPECTED, p, "not a home registration");
	bu.peer = sender(ha, p);
	if (!bu.peer)
		return drop(ha, MC_DROP_UNPROTECTED, p, "no IPsec policy protects it");
	if (!rate_take(&bu.peer->rate, HA_BU_PER_SECOND))
		return drop(ha, MC_DROP_RATE, p, "too many");
	if (ha->env->conf->use_mn_ha_ipsec)
		rate_trust();
	describe(ha, p, m, &bu);
	status = ha_check(ha, &bu);
	if (status == BA_ACCEPTED && !bu.b) {
		bu.b = binding_new(ha, &bu);
		status = bu.b ? BA_ACCEPTED : BA_NO_RESOURCES;
	}
	if (status != BA_ACCEPTED)
		return refuse_bu(ha, &bu, status);
	run(bu.b, bu.deletes ? HE_DELETE : HE_BU, &bu);
}

int ha_start(struct ha *ha, struct mip_env *env)
{
	int rc;

	ha->env = env;
	rc = ha_links_start(ha);
	if (!rc)
		ha_forget_old(ha);
	return rc ? rc : ha_peers_start(ha);
}

void ha_clear(struct ha *ha)
{
	struct ha_binding *b;

	while ((b = ha_binding_at(bc_next(&ha->bc, NULL)))) {
		if (b->state == HB_VALID)
			ha_withdraw(b, false);
		drop_binding(b);
	}
	bc_free(&ha->bc);
	ha_peers_clear(ha);
	ha_links_clear(ha);
}
