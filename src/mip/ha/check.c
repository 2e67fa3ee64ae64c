#include <string.h>

#include "mip/conf/acl.h"
#include "mip/ha/act.h"

enum { RESERVED_FIRST = 0x80 };

/* RFC 4291 section 2.6.1, RFC 2526 section 2: with prefixes of 64 bits. */
static bool is_anycast(const struct in6_addr *a)
{
	static const uint8_t routers[8], agents[7] = { 0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	const uint8_t *id = &a->s6_addr[8];

	return !memcmp(id, routers, sizeof(routers)) ||
		(!memcmp(id, agents, sizeof(agents)) && id[7] >= RESERVED_FIRST);
}

struct wanted {
	const struct in6_addr *a;
	int ifindex; /* 0: on whatever link */
	bool found;
};

static int note_own(const struct rt_addr *own, void *arg)
{
	struct wanted *w = arg;

	w->found = w->found ||
		(addr_eq(&own->prefix.addr, w->a) && (!w->ifindex || own->ifindex == w->ifindex));
	return 0;
}

static bool is_ours(struct ha *ha, const struct in6_addr *a, int ifindex)
{
	struct wanted w = { .a = a, .ifindex = ifindex };

	env_said(rt_addr_dump(ha->env->rt, note_own, &w), "addresses", a);
	return w.found;
}

/* Asked for a care-of address that is new, so that a refresh costs nothing. */
static bool is_coa_ours(struct ha *ha, const struct ha_bu *bu)
{
	if (bu->b && bu->b->state == HB_VALID && addr_eq(&bu->b->bc.coa, &bu->coa))
		return false;
	return is_ours(ha, &bu->coa, 0);
}

/* Where nobody but the node itself can be: what is sent there would be another's, or our own. */
static uint8_t coa_good(struct ha *ha, const struct ha_bu *bu)
{
	const struct in6_addr *a = &bu->coa;

	if (bu->deletes)
		return BA_ACCEPTED;
	if (!env_is_unicast(a) || is_anycast(a) || ha_is_reserved(ha, a) ||
		ha_is_home_address(ha, a) || is_coa_ours(ha, bu))
		return BA_INVALID_COA;
	return BA_ACCEPTED;
}

/* RFC 6275 section 9.5.1 */
static uint8_t sequence_newer(struct ha *ha, const struct ha_bu *bu)
{
	(void)ha;
	if (!bu->b || bc_seq_newer(bu->b->bc.seq, bu->m->bu.seq))
		return BA_ACCEPTED;
	return BA_SEQUENCE;
}

static uint8_t on_home_link(struct ha *ha, const struct ha_bu *bu)
{
	(void)ha;
	return bu->ifindex && bu->prefix_valid >= MH_LIFETIME_UNIT ? BA_ACCEPTED
								   : BA_NOT_HOME_SUBNET;
}

static uint8_t not_reserved(struct ha *ha, const struct ha_bu *bu)
{
	return ha_is_reserved(ha, &bu->hoa) ? BA_PROHIBITED : BA_ACCEPTED;
}

static uint8_t allowed(struct ha *ha, const struct ha_bu *bu)
{
	return acl_check(ha->env->conf, &bu->hoa);
}

static uint8_t router_allowed(struct ha *ha, const struct ha_bu *bu)
{
	(void)ha;
	return bu->m->bu.flags & BU_ROUTER ? BA_ROUTER_REFUSED : BA_ACCEPTED;
}

/* Section 10.3.2 */
static uint8_t known_if_deleted(struct ha *ha, const struct ha_bu *bu)
{
	(void)ha;
	return bu->deletes && !bu->b ? BA_NOT_HA_FOR_MN : BA_ACCEPTED;
}

/* A home address has one tunnel and one proxy: until it ends the binding stays where it is. */
static uint8_t asked_where_it_is(struct ha *ha, const struct ha_bu *bu)
{
	(void)ha;
	return !bu->b || addr_eq(&bu->b->bc.key.peer, &bu->ha) ? BA_ACCEPTED : BA_NO_RESOURCES;
}

static uint8_t room(struct ha *ha, const struct ha_bu *bu)
{
	return bu->b || ha->bc.table.n < HA_BINDINGS_MAX ? BA_ACCEPTED : BA_NO_RESOURCES;
}

/* Section 10.3.1: with L it is answered for as well, and to a probe of ours we do not answer. */
static uint8_t link_local_not_ours(struct ha *ha, const struct ha_bu *bu)
{
	struct in6_addr a = ha_link_local_of(&bu->hoa);

	if (bu->deletes || !(bu->m->bu.flags & BU_LINK_LOCAL) ||
		(bu->b && bu->b->proxies_link_local))
		return BA_ACCEPTED;
	return is_ours(ha, &a, bu->ifindex) ? BA_DAD_FAILED : BA_ACCEPTED;
}

static uint8_t (*const checks[])(struct ha *ha, const struct ha_bu *bu) = {
	sequence_newer,
	coa_good,
	on_home_link,
	not_reserved,
	allowed,
	router_allowed,
	known_if_deleted,
	asked_where_it_is,
	link_local_not_ours,
	room,
};

uint8_t ha_check(struct ha *ha, const struct ha_bu *bu)
{
	uint8_t status = BA_ACCEPTED;

	for (size_t i = 0; status == BA_ACCEPTED && i < sizeof(checks) / sizeof(checks[0]); i++)
		status = checks[i](ha, bu);
	return status;
}
