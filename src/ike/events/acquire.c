#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "ike/events/acquire.h"
#include "ike/lifecycle/close.h"
#include "ike/lifecycle/rekey.h"
#include "ike/lifecycle/want.h"
#include "ike/sa/child.h"

enum { LEVEL_FOREIGN = 3 };

/* The packet's selector is printed, so that one sees what asked. */
void acquire_event(struct reqids *r, const struct xfrm_event *ev)
{
	const struct sel *sel = &ev->acquire.sel;
	struct acquire acq = { .sel = *sel, .seq = ev->acquire.seq, .reqid = ev->acquire.reqid };
	struct trap *t;
	int rc;

	if (ev->acquire.proto != XP_ESP) { /* B-040: hao and route2 are the mobility daemon's */
		log_knl(LEVEL_FOREIGN, "ACQUIRE of protocol %u is not ours", ev->acquire.proto);
		return;
	}
	log_knl(2, "received a XFRM_MSG_ACQUIRE");
	for (size_t i = 0; i < ev->n_attrs; i++)
		log_knl(2, "  %s", xfrm_attr_str(ev->attrs[i]));
	t = reqids_for_packet(r, sel, acq.reqid, ev->acquire.mode);
	if (!t) {
		log_knl(2, "no connection for %s === %s with reqid {%u}", sel_src_str(sel),
			sel_dst_str(sel), acq.reqid);
		return;
	}
	log_knl(1, "creating acquire job for policy %s === %s with reqid {%u}", sel_src_str(sel),
		sel_dst_str(sel), acq.reqid);
	rc = iked_want_child(reqids_iked(r), t, &acq);
	if (rc == -EALREADY)
		log_knl(2, "a CHILD_SA for '%s' is under way already", t->conn->name);
	else if (rc == -EBUSY)
		log_knl(1, "'%s' failed a moment ago and is held back", t->conn->name);
}

void child_expired(struct child *c, bool hard)
{
	struct iked *d = c->sa->d;
	struct trap *trap = c->trap;

	if (!hard) {
		if (c->state == CHILD_UP)
			iked_rekey_child(c);
		return;
	}
	if (c->state == CHILD_DELETING)
		return;
	log_chd(1, "CHILD_SA %s expired", child_name(c));
	trap_ref(trap);
	iked_close_child(c);
	if (trap->routed && !child_of_trap(trap))
		iked_want_child(d, trap, NULL);
	trap_unref(trap);
}

void expire_event(struct reqids *r, const struct xfrm_event *ev)
{
	struct iked *d = reqids_iked(r);
	const struct xfrm_sa_key *key = &ev->expire.key;
	struct child *c;

	if (key->proto != XP_ESP || ev->expire.larval) /* B-045, A-136 */
		return;
	c = child_by_spi_in(d, key->spi);
	if (!c || !addr_eq(&c->in_dst, &key->dst))
		c = child_by_spi_out(d, key->spi, &key->dst);
	if (!c)
		return;
	log_knl(2, "received a XFRM_MSG_EXPIRE");
	log_knl(1, "creating %s job for CHILD_SA %s with SPI %08x",
		ev->expire.hard ? "delete" : "rekey", child_name(c), key->spi);
	child_expired(c, ev->expire.hard);
}
