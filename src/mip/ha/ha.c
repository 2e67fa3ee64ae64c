#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "kernel/rt_link.h"
#include "mip/ha/act.h"

enum { GRACE_MS = 10000 }; /* MAX_DELETE_BCE_TIMEOUT */

enum ha_event { HE_BU, HE_DELETE, HE_FREE, HE_IN_USE, HE_TIMER };

static void run(struct ha *ha, enum ha_event ev, const struct ha_bu *bu, struct bc_entry *e);

static struct sp_pair pair_of(const struct bc_entry *e)
{
	return (struct sp_pair){ .role = MIP_HA, .hoa = e->hoa, .ha = e->ha, .end = e->sa_end };
}

/* What the entry remembers of a BU is enough to answer it later. */
static void take_bu(struct bc_entry *e, const struct ha_bu *bu)
{
	e->ha = bu->ha;
	e->coa = bu->coa;
	e->seq = bu->m->bu.seq;
	e->flags = bu->m->bu.flags;
	e->ifindex = bu->ifindex;
	e->prefix_valid = bu->prefix_valid;
	e->lifetime = bu->m->bu.lifetime;
}

static struct ha_bu bu_of(struct bc_entry *e)
{
	return (struct ha_bu){ .hoa = e->hoa, .ha = e->ha, .coa = e->coa, .back = e->coa, .e = e };
}

/* RFC 6275 section 10.3.1: lifetime, K, and the timer of the end. */
static void grant(struct ha *ha, struct bc_entry *e)
{
	const struct mip_conf *c = ha->env->conf;

	e->lifetime = bc_lifetime(e->lifetime, c->ha_max_binding_life, e->prefix_valid);
	e->since_ms = loop_now();
	e->k = (e->flags & BU_KEY) && c->key_mng_mob_capability && c->use_mn_ha_ipsec;
	timer_set(&e->timer, (uint64_t)e->lifetime * 1000);
}

static void dad_done(struct bc_entry *e, bool in_use)
{
	run(e->owner, in_use ? HE_IN_USE : HE_FREE, NULL, e);
}

static enum bc_state first(struct ha *ha, const struct ha_bu *bu, struct bc_entry *e)
{
	take_bu(e, bu);
	if (ha_dad_start(ha, e, dad_done) == 0)
		return BC_DAD;
	ha_answer(ha, bu, BA_UNSPECIFIED, e->seq, 0);
	return BC_NONE;
}

/* Section 10.3.1: a BU sent again while the probe runs is answered with the one answer to come. */
static enum bc_state meanwhile(struct ha *ha, const struct ha_bu *bu, struct bc_entry *e)
{
	(void)ha;
	take_bu(e, bu);
	return BC_DAD;
}

static enum bc_state registered(struct ha *ha, const struct ha_bu *bu, struct bc_entry *e)
{
	struct sp_pair pair = pair_of(e);
	struct ha_bu late = bu_of(e);

	(void)bu;
	grant(ha, e);
	if (ha_place(ha, e, &pair) < 0) {
		ha_withdraw(ha, e, &pair, false);
		ha_answer(ha, &late, BA_NO_RESOURCES, e->seq, 0);
		return BC_NONE;
	}
	e->state = BC_VALID;
	ha_answer(ha, &late, BA_ACCEPTED, e->seq, e->lifetime);
	log_mip(1, "binding for %s at %s, %u s", addr_str(&e->hoa), addr_str(&e->coa), e->lifetime);
	return BC_VALID;
}

static enum bc_state taken(struct ha *ha, const struct ha_bu *bu, struct bc_entry *e)
{
	struct ha_bu late = bu_of(e);

	(void)bu;
	log_mip(0, "home address %s is in use on the home link, refused", addr_str(&e->hoa));
	ha_answer(ha, &late, BA_DAD_FAILED, e->seq, 0);
	return BC_NONE;
}

static enum bc_state updated(struct ha *ha, const struct ha_bu *bu, struct bc_entry *e)
{
	bool moved = !addr_eq(&e->coa, &bu->coa);
	struct sp_pair pair;

	take_bu(e, bu);
	grant(ha, e);
	pair = pair_of(e);
	if (moved)
		ha_move(ha, e, &pair);
	ha_link_local(ha, e);
	ha_answer(ha, bu, BA_ACCEPTED, e->seq, e->lifetime);
	if (moved) {
		ha_follow(ha, e);
		log_mip(1, "binding for %s moved to %s", addr_str(&e->hoa), addr_str(&e->coa));
	}
	return BC_VALID;
}

/* Section 10.3.2 */
static enum bc_state deleted(struct ha *ha, const struct ha_bu *bu, struct bc_entry *e)
{
	struct sp_pair pair = pair_of(e);
	bool home = addr_eq(&bu->back, &bu->hoa);

	ha_withdraw(ha, e, &pair, home);
	e->seq = bu->m->bu.seq;
	e->lifetime = 0;
	e->state = BC_DYING;
	ha_answer(ha, bu, BA_ACCEPTED, e->seq, 0);
	timer_set(&e->timer, GRACE_MS);
	log_mip(1, "binding for %s deleted", addr_str(&e->hoa));
	return BC_DYING;
}

static enum bc_state deleted_early(struct ha *ha, const struct ha_bu *bu, struct bc_entry *e)
{
	ha_answer(ha, bu, BA_ACCEPTED, bu->m->bu.seq, 0);
	(void)e;
	return BC_NONE;
}

static enum bc_state deleted_again(struct ha *ha, const struct ha_bu *bu, struct bc_entry *e)
{
	e->seq = bu->m->bu.seq;
	ha_answer(ha, bu, BA_ACCEPTED, e->seq, 0);
	return BC_DYING;
}

static enum bc_state expired(struct ha *ha, const struct ha_bu *bu, struct bc_entry *e)
{
	struct sp_pair pair = pair_of(e);

	(void)bu;
	log_mip(1, "binding for %s expired", addr_str(&e->hoa));
	ha_withdraw(ha, e, &pair, false);
	return BC_NONE;
}

static enum bc_state forgotten(struct ha *ha, const struct ha_bu *bu, struct bc_entry *e)
{
	(void)ha, (void)bu, (void)e;
	return BC_NONE;
}

static const struct {
	enum bc_state state;
	enum ha_event event;
	enum bc_state (*handler)(struct ha *ha, const struct ha_bu *bu, struct bc_entry *e);
	const char *story;
} rows[] = {
	{ BC_NONE, HE_BU, first, "probe the home link" },
	{ BC_DAD, HE_BU, meanwhile, "the probe is running" },
	{ BC_DAD, HE_DELETE, deleted_early, "it never came to be" },
	{ BC_DAD, HE_FREE, registered, "nobody has the address" },
	{ BC_DAD, HE_IN_USE, taken, "somebody has the address" },
	{ BC_VALID, HE_BU, updated, "refreshed or moved" },
	{ BC_VALID, HE_DELETE, deleted, "deleted by its owner" },
	{ BC_VALID, HE_TIMER, expired, "end of the lifetime" },
	{ BC_DYING, HE_BU, first, "registered anew" },
	{ BC_DYING, HE_DELETE, deleted_again, "our answer was lost" },
	{ BC_DYING, HE_TIMER, forgotten, "end of the grace" },
};

static void on_timer(void *arg)
{
	struct bc_entry *e = arg;

	run(e->owner, HE_TIMER, NULL, e);
}

static struct bc_entry *entry_new(struct ha *ha, const struct ha_bu *bu)
{
	struct bc_entry *e;

	if (bc_add(&ha->bc, &bu->hoa, &e) < 0)
		return NULL;
	e->owner = ha;
	timer_init(&e->timer, on_timer, e);
	return e;
}

static void run(struct ha *ha, enum ha_event ev, const struct ha_bu *bu, struct bc_entry *e)
{
	enum bc_state state = e ? e->state : BC_NONE;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].state != state || rows[i].event != ev)
			continue;
		if (!e && !(e = entry_new(ha, bu)))
			return ha_answer(ha, bu, BA_NO_RESOURCES, bu->m->bu.seq, 0);
		log_mip(2, "%s: %s", addr_str(&e->hoa), rows[i].story);
		e->state = rows[i].handler(ha, bu, e);
		if (e->state == BC_NONE) {
			ha_forget(ha, e);
			bc_del(&ha->bc, e);
		}
		return;
	}
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
	bu->e = bc_find(&ha->bc, &bu->hoa);
}

void ha_bu(struct ha *ha, const struct mip_packet *p, const struct mh *m)
{
	struct ha_bu bu = { .peer = NULL };
	uint8_t status;

	env_count(ha->env, MC_BU_IN);
	if (!(m->bu.flags & BU_HOME) || !env_is_unicast(&p->src))
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
	if (status != BA_ACCEPTED) {
		env_count(ha->env, MC_REFUSED);
		log_mip(1, "BU %u for %s refused: %s (%u)", m->bu.seq, addr_str(&bu.hoa),
			mh_status_str(status), status);
		return ha_answer(ha, &bu, status, status == BA_SEQUENCE ? bu.e->seq : m->bu.seq, 0);
	}
	run(ha, bu.deletes ? HE_DELETE : HE_BU, &bu, bu.e);
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

static void clear_one(struct bc_entry *e, void *arg)
{
	struct ha *ha = arg;
	struct sp_pair pair = pair_of(e);

	if (e->state == BC_VALID)
		ha_withdraw(ha, e, &pair, false);
	ha_forget(ha, e);
	bc_del(&ha->bc, e);
}

void ha_clear(struct ha *ha)
{
	bc_each(&ha->bc, clear_one, ha);
	ha_peers_clear(ha);
	ha_links_clear(ha);
}
