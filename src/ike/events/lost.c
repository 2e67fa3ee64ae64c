#include <errno.h>
#include <linux/xfrm.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ike/events/km.h"
#include "ike/events/lost.h"
#include "ike/lifecycle/close.h"
#include "ike/lifecycle/rekey.h"
#include "ike/lifecycle/want.h"
#include "ike/sa/child.h"
#include "kernel/xfrm_sa.h"

enum { OLDS_FIRST = 64 };

/* The rekey tells the peer which CHILD_SA is meant; without an IKE_SA for it there is a new one. */
static void replace(struct child *c)
{
	struct iked *d = c->sa->d;
	struct trap *t = c->trap;

	log_knl(1, "the kernel has lost an SA of %s, making it anew", child_name(c));
	c->lost = true;
	if (iked_rekey_child(c) == 0)
		return;
	trap_ref(t);
	iked_close_child(c);
	iked_want_child(d, t, NULL);
	trap_unref(t);
}

static bool is_lost(const struct child *c)
{
	return c->state == CHILD_UP && !c->lost &&
		((c->out_installed && !child_stands(c, true)) ||
			(c->in_installed && !child_stands(c, false)));
}

void lost_event(struct iked *d, const struct xfrm_event *ev)
{
	struct child *c;

	if (ev->sa.proto != XP_ESP)
		return;
	c = child_by_spi_out(d, ev->sa.spi, &ev->sa.dst);
	if (!c)
		c = child_by_spi_in(d, ev->sa.spi);
	if (c && is_lost(c))
		replace(c);
}

static size_t n_children(const struct iked *d)
{
	const struct child *c;
	const struct sa *sa;
	size_t n = 0;

	LIST_FOREACH (sa, &d->sas, all)
		LIST_FOREACH (c, &sa->children, of_sa)
			n++;
	return n;
}

/* To replace one may end others, so they are noted by SPI first. */
void lost_look(struct iked *d)
{
	own_mem uint32_t *spis = calloc(n_children(d) + 1, sizeof(*spis));
	size_t n = 0;
	struct child *c;
	struct sa *sa;

	LIST_FOREACH (sa, &d->sas, all)
		LIST_FOREACH (c, &sa->children, of_sa)
			if (spis && is_lost(c))
				spis[n++] = c->spi_in;
	for (size_t i = 0; i < n; i++) {
		c = child_by_spi_in(d, spis[i]);
		if (c && c->state == CHILD_UP && !c->lost)
			replace(c);
	}
}

/* An SA of an earlier run; with SPI 0 what the kernel asked for while nobody listened. */
struct old {
	struct xfrm_sa_key key;
	struct in6_addr src;
	enum xfrm_mode_ mode;
	uint32_t reqid;
};

struct olds {
	struct iked *d;
	struct old *at;
	size_t n, room;
};

static bool has_room(struct olds *o)
{
	size_t room = o->room ? 2 * o->room : OLDS_FIRST;
	struct old *at = o->n < o->room ? o->at : reallocarray(o->at, room, sizeof(*at));

	if (!at)
		return false;
	o->room = o->n < o->room ? o->room : room;
	o->at = at;
	return true;
}

static int note_old(const struct xfrm_sa *sa, void *arg)
{
	struct olds *o = arg;

	if (sa->proto != XP_ESP || !sa->reqid || !trap_by_reqid(o->d, sa->reqid, NULL))
		return 0;
	if (sa->spi && (child_has_spi(o->d, sa->spi) || child_by_spi_out(o->d, sa->spi, &sa->dst)))
		return 0;
	if (!has_room(o))
		return -ENOMEM;
	o->at[o->n++] = (struct old){ .key = { .dst = sa->dst, .proto = XP_ESP, .spi = sa->spi },
		.src = sa->src,
		.mode = sa->mode,
		.reqid = sa->reqid };
	return 0;
}

/* B-101: where nothing else tells it, the tunnel's ends do. */
static void learn_ends(struct trap *t, const struct old *old)
{
	const struct iked_seams *seams = &t->d->seams;
	bool out;

	if (old->mode != XM_TUNNEL || t->peer->has_km || !seams->iface)
		return;
	out = seams->iface(seams->arg, &old->src) != NULL;
	if (out || seams->iface(seams->arg, &old->key.dst))
		km_set(t, out ? &old->src : &old->key.dst, out ? &old->key.dst : &old->src);
}

/* The peer hears INITIAL_CONTACT and takes its half away. */
static void make_anew(const struct olds *o, enum xfrm_mode_ mode)
{
	for (size_t i = 0; i < o->n; i++) {
		struct trap *t = NULL;

		while (o->at[i].mode == mode && (t = trap_by_reqid(o->d, o->at[i].reqid, t)))
			if (!trap_is_shared(t) && !child_of_trap(t))
				iked_want_child(o->d, t, NULL);
	}
}

static void take_away(const struct olds *o, const struct old *old)
{
	if (!old->key.spi) { /* P12: it goes when the SA comes */
		log_knl(1, "an SA with reqid {%u} was asked for before", old->reqid);
		return;
	}
	log_knl(1, "deleting SAD entry with SPI %08x of an earlier run", old->key.spi);
	xfrm_sa_del(o->d->seams.xfrm, &old->key);
}

/* Tunnels first, in IKE_AUTH: between the end of the old one and the new one no packet is lost. */
void lost_earlier_run(struct reqids *r)
{
	struct olds o = { .d = reqids_iked(r) };
	int rc = xfrm_sa_dump(o.d->seams.xfrm, note_old, &o);

	if (rc < 0)
		log_knl(1, "reading the SAs of an earlier run failed: %s", strerror(-rc));
	for (size_t i = 0; i < o.n; i++) {
		struct trap *t = NULL;

		take_away(&o, &o.at[i]);
		while ((t = trap_by_reqid(o.d, o.at[i].reqid, t)))
			learn_ends(t, &o.at[i]);
	}
	make_anew(&o, XM_TUNNEL);
	make_anew(&o, XM_TRANSPORT);
	free(o.at);
}
