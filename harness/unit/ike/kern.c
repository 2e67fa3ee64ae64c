#include <arpa/inet.h>

#include "unit/ike/kern.h"

static void on_event(const struct xfrm_event *ev, void *arg)
{
	struct kern *k = arg;

	switch (ev->kind) {
	case XE_ACQUIRE:
		acquire_event(k->r, ev);
		break;
	case XE_EXPIRE:
		expire_event(k->r, ev);
		break;
	case XE_MIGRATE:
		migrate_event(k->r, ev);
		break;
	case XE_POLICY:
		policy_event(k->r, ev);
		break;
	case XE_SA_DEL:
		lost_event(reqids_iked(k->r), ev);
		break;
	case XE_SA_FLUSH:
		lost_look(reqids_iked(k->r));
		break;
	case XE_POLICY_DEL:
	case XE_SA:
	case XE_REPORT:
		break;
	}
}

void kern_open(struct kern *k, struct node *n, bool is_home)
{
	struct trap *t;

	*k = (struct kern){ .n = n, .is_home = is_home };
	assert_int_equal(reqids_new(n->d, &k->r), 0);
	fake_xfrm_events(n->kernel, on_event, k);
	TAILQ_FOREACH (t, &n->d->traps, all)
		km_trap(k->r, t);
}

void kern_close(struct kern *k)
{
	fake_xfrm_events(k->n->kernel, NULL, NULL);
	reqids_free(k->r);
}

struct in6_addr kern_addr(const char *text)
{
	struct in6_addr a;

	assert_int_equal(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

static struct prefix host(const char *text)
{
	return (struct prefix){ kern_addr(text), 128 };
}

/* From the home address, or to it? */
static bool from_hoa(const struct kern *k, enum xdir dir)
{
	return (dir == XD_OUT) != k->is_home;
}

struct xfrm_policy kern_policy(
	const struct kern *k, bool tunnel, enum xdir dir, uint32_t reqid, const char *coa)
{
	static const struct prefix any;
	struct prefix far = tunnel ? any : host(HOME);
	bool up = from_hoa(k, dir);
	struct xfrm_policy p = { .sel = up ? SEL(host(HOA), far, 0) : SEL(far, host(HOA), 0),
		.dir = dir,
		.priority = tunnel ? 10 : 2,
		.tmpl = { { .proto = XP_ESP,
			.mode = tunnel ? XM_TUNNEL : XM_TRANSPORT,
			.reqid = reqid } },
		.n_tmpl = 1 };

	p.sel.proto = tunnel ? 0 : IPPROTO_MH;
	if (tunnel) {
		p.tmpl[0].src = kern_addr(up ? coa : HOME);
		p.tmpl[0].dst = kern_addr(up ? HOME : coa);
	}
	return p;
}

void kern_add_policies(struct kern *k, uint32_t mh, uint32_t tunnel, const char *coa)
{
	for (int i = 0; i < 4; i++) {
		struct xfrm_policy p =
			kern_policy(k, i >= 2, i % 2 ? XD_IN : XD_OUT, i >= 2 ? tunnel : mh, coa);

		assert_int_equal(xfrm_policy_add(k->n->nl, &p), 0);
	}
	fake_xfrm_deliver(k->n->kernel);
}

int kern_migrate(
	struct kern *k, bool tunnel, enum xdir dir, const char *from, const char *to, bool km)
{
	struct xfrm_policy p = kern_policy(k, tunnel, dir, 0, from),
			   q = kern_policy(k, tunnel, dir, 0, to);
	bool up = from_hoa(k, dir);
	struct xfrm_policy now;
	struct xfrm_migrate m = { .sel = p.sel,
		.dir = dir,
		.proto = XP_ESP,
		.mode = p.tmpl[0].mode,
		.old_src = p.tmpl[0].src,
		.old_dst = p.tmpl[0].dst,
		.new_src = tunnel ? q.tmpl[0].src : kern_addr(up ? to : HOME),
		.new_dst = tunnel ? q.tmpl[0].dst : kern_addr(up ? HOME : to),
		.has_km = km,
		.km_local = kern_addr(k->is_home ? HOME : to),
		.km_remote = kern_addr(k->is_home ? to : HOME) };
	int rc = xfrm_policy_get(k->n->nl, &p.sel, dir, false, &now);

	if (rc < 0)
		return rc;
	m.reqid = now.tmpl[0].reqid;
	rc = xfrm_migrate(k->n->nl, &m);
	fake_xfrm_deliver(k->n->kernel);
	return rc;
}

void kern_move(struct kern *k, const char *from, const char *to, bool km)
{
	for (int i = 0; i < 4; i++)
		assert_int_equal(kern_migrate(k, i >= 2, i % 2 ? XD_IN : XD_OUT, from, to, km), 0);
}

int kern_packet(struct kern *k, uint8_t proto, int type)
{
	struct sel packet = SEL(host(HOA), host(HOME), proto);
	int rc;

	packet.type = type;
	rc = fake_xfrm_packet(k->n->kernel, &packet);
	fake_xfrm_deliver(k->n->kernel);
	return rc;
}

struct in6_addr kern_sa_src(struct kern *k, const char *dst, uint32_t spi)
{
	struct xfrm_sa_key key = { .dst = kern_addr(dst), .proto = XP_ESP, .spi = spi };
	struct xfrm_sa sa;

	return xfrm_sa_get(k->n->nl, &key, &sa) < 0 ? addr_any : sa.src;
}

void kerns_open(struct kerns *s, const char *carol)
{
	s->p = pair_new(carol, PAIR_MOON);
	kern_open(&s->carol, s->p->carol, false);
	kern_open(&s->moon, s->p->moon, true);
}

void kerns_start(struct kerns *s, bool km)
{
	kern_add_policies(&s->carol, 1, 2, HOA);
	kern_add_policies(&s->moon, 1, 2, HOA);
	kern_move(&s->carol, HOA, FIRST, km);
	kern_move(&s->moon, HOA, FIRST, km);
}

void kerns_establish(struct kerns *s, bool km)
{
	kerns_open(s, PAIR_CAROL);
	kerns_start(s, km);
	assert_int_equal(kern_packet(&s->carol, IPPROTO_MH, 5), 1);
	pair_run(s->p);
	assert_int_equal(kern_packet(&s->carol, IPPROTO_ICMPV6, 146), 1);
	pair_run(s->p);
	assert_true(pair_up(s->p, "mh", "carol-mh"));
	assert_true(pair_up(s->p, "tunnel", "carol-tunnel"));
}

void kerns_close(struct kerns *s)
{
	kern_close(&s->carol);
	kern_close(&s->moon);
	pair_free(s->p);
}
