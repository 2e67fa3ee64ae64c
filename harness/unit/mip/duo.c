#include "unit/mip/duo.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/wr.h"
#include "kernel/xfrm_sa.h"
#include "unit/fake/fake_keys.h"
#include "unit/unit.h"

#define CONF(name) TOP "/harness/unit/mip/data/" name ".mip6d.conf"

enum { MH = 135, ICMP = 58 };

static const struct prefix anywhere;

static struct in6_addr addr(const char *text)
{
	struct in6_addr a = { 0 };

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

/* The kernel's way with a packet. */

struct look {
	const struct sel *packet;
	enum xdir dir;
	bool sub;
	struct xfrm_policy best;
	bool found;
};

static bool matches(const struct sel *s, const struct sel *packet)
{
	bool type = s->type == SEL_ANY ||
		(s->type_mask ? (packet->type & s->type_mask) == s->type : s->type == packet->type);

	return prefix_within(&s->src, &packet->src) && prefix_within(&s->dst, &packet->dst) &&
		(!s->proto || (s->proto == packet->proto && type));
}

static int look_at(const struct xfrm_policy *p, void *arg)
{
	struct look *l = arg;

	if (p->dir != l->dir || p->sub != l->sub || !matches(&p->sel, l->packet) ||
		(l->found && l->best.priority <= p->priority))
		return 0;
	l->best = *p;
	l->found = true;
	return 0;
}

static bool policy_of(
	struct side *s, const struct sel *packet, enum xdir dir, bool sub, struct xfrm_policy *out)
{
	struct look l = { .packet = packet, .dir = dir, .sub = sub };

	assert_int_equal(xfrm_policy_dump(s->mip.env.xfrm, look_at, &l), 0);
	*out = l.best;
	return l.found;
}

struct find {
	struct in6_addr src, dst;
	uint8_t proto;
	uint32_t reqid;
	struct xfrm_sa sa;
	bool found;
};

static int find_sa(const struct xfrm_sa *sa, void *arg)
{
	struct find *f = arg;

	if (sa->proto == f->proto && sa->reqid == f->reqid && addr_eq(&sa->src, &f->src) &&
		addr_eq(&sa->dst, &f->dst) && !sa->larval) {
		f->sa = *sa;
		f->found = true;
	}
	return 0;
}

static bool has_sa(struct side *s, struct find *f)
{
	assert_int_equal(xfrm_sa_dump(s->mip.env.xfrm, find_sa, f), 0);
	return f->found;
}

static struct side *other(struct side *s)
{
	return s == &s->w->carol ? &s->w->moon : &s->w->carol;
}

/* What IKE does for an ACQUIRE: one SA for each direction, in both kernels. */
static void negotiate(struct side *s, const struct find *f, enum xfrm_mode_ mode)
{
	static uint32_t spi = 0x1000;

	for (int dir = 0; dir < 2 && !s->w->no_ike; dir++) {
		struct xfrm_sa sa = { .src = dir ? f->dst : f->src,
			.dst = dir ? f->src : f->dst,
			.proto = XP_ESP,
			.mode = mode,
			.reqid = f->reqid,
			.spi = ++spi,
			.replay_window = 32,
			.sel = SEL(anywhere, anywhere, 0),
			.enc_name = "cbc(aes)",
			.enc_key = FAKE_KEY(16),
			.auth_name = "hmac(sha1)",
			.auth_key = FAKE_KEY(20),
			.auth_trunc = 96 };

		assert_int_equal(xfrm_sa_add(s->mip.env.xfrm, &sa), 0);
		assert_int_equal(xfrm_sa_add(other(s)->mip.env.xfrm, &sa), 0);
	}
}

/* ESP of the main policy: 0 none asked for, 1 there is one, -EAGAIN it has to come first. */
static int esp_of(struct side *s, const struct sel *packet)
{
	struct xfrm_policy p;
	struct find f = { .proto = XP_ESP };

	if (!policy_of(s, packet, XD_OUT, false, &p) || !p.n_tmpl)
		return 0;
	f.reqid = p.tmpl[0].reqid;
	f.src = p.tmpl[0].mode == XM_TUNNEL ? p.tmpl[0].src : packet->src.addr;
	f.dst = p.tmpl[0].mode == XM_TUNNEL ? p.tmpl[0].dst : packet->dst.addr;
	if (has_sa(s, &f))
		return 1;
	negotiate(s, &f, p.tmpl[0].mode);
	return -EAGAIN;
}

/* HAO of the sub policy, with the care-of address of its state. */
static void put_hao(struct side *s, const struct xfrm_policy *sub, struct mip_packet *p)
{
	struct find f = { .src = p->src, .dst = p->dst, .proto = XP_HAO };

	if (!sub->n_tmpl || sub->tmpl[0].proto != XP_HAO || !has_sa(s, &f))
		return;
	p->has_hao = true;
	p->hao = f.sa.coa;
}

static void put_rh2(struct side *s, const struct xfrm_policy *sub, struct mip_packet *p)
{
	struct find f = { .src = p->src, .dst = p->dst, .proto = XP_ROUTE2 };

	if (!sub->n_tmpl || sub->tmpl[0].proto != XP_ROUTE2 || !has_sa(s, &f))
		return;
	p->has_rh2 = true;
	p->rh2 = f.sa.coa;
}

static struct sel packet_sel(int proto, const struct mip_packet *p)
{
	struct prefix src = { p->src, 128 }, dst = { p->dst, 128 };
	struct sel s = SEL(src, dst, (uint8_t)proto);

	s.type = proto == MH ? p->data.p[2] : p->data.p[0];
	return s;
}

/* In: what the main policy demands must be there. */
static bool admitted(struct side *s, const struct sel *packet, bool esp)
{
	struct xfrm_policy p;

	return !policy_of(s, packet, XD_IN, false, &p) || !p.n_tmpl || esp;
}

static bool owns(const struct side *s, const struct in6_addr *a)
{
	return fake_rt_has(&s->rt, addr_str(a)) != 0;
}

static void deliver(struct duo *w)
{
	for (size_t i = 0; i < w->n_queue; i++) {
		struct queued q = w->queue[i];

		q.p.data.p = q.data;
		(q.proto == MH ? recv_mh : recv_icmp6)(&q.p, &q.to->mip);
	}
	w->n_queue = 0;
}

static void enqueue(struct side *from, const struct sent *s, struct bytes data)
{
	struct duo *w = from->w;
	struct queued *q = &w->queue[w->n_queue];

	assert_true(w->n_queue < DUO_QUEUE_MAX && data.n <= sizeof(q->data));
	*q = (struct queued){ .to = other(from), .proto = s->proto, .p = s->p };
	memcpy(q->data, data.p, data.n);
	q->p.data = BYTES(NULL, data.n);
	q->p.ifindex = q->to->eth0;
	if (owns(q->to, &q->p.dst))
		w->n_queue++;
}

static int send_packet(void *ctx, int proto, const struct mip_packet *p)
{
	struct side *s = ctx;
	struct duo *w = s->w;
	struct sel sel = packet_sel(proto, p);
	struct sent *out = &w->sent[w->n_sent++];
	struct xfrm_policy sub;
	bool has_sub = policy_of(s, &sel, XD_OUT, true, &sub);
	int esp;

	assert_true(w->n_sent < DUO_SENT_MAX);
	*out = (struct sent){ .from = s, .proto = proto, .p = *p, .at_ms = loop_now() };
	out->is_mh = proto == MH && mh_parse(p->data, &p->src, &p->dst, &out->m) == 0;
	out->type = p->data.p[0];
	if (has_sub && sub.block)
		return out->result = -EPERM;
	if (has_sub && !p->has_rh2) {
		put_hao(s, &sub, &out->p);
		put_rh2(s, &sub, &out->p);
	}
	esp = esp_of(s, &sel);
	out->esp = esp == 1;
	out->lost = esp < 0 || w->lose;
	w->lose -= esp >= 0 && w->lose;
	if (!out->lost && admitted(other(s), &sel, out->esp))
		enqueue(s, out, p->data);
	return 0;
}

/* The link operations. */

static struct duo *the_duo;

static int announce(int ifindex, const uint8_t mac[6], const struct in6_addr *target)
{
	struct side *s = ifindex == the_duo->moon.eth0 ? &the_duo->moon : &the_duo->carol;

	(void)mac, (void)target;
	s->announced++;
	return 0;
}

static int dad_open(int ifindex, const struct in6_addr *target, int *fd)
{
	(void)ifindex, (void)target;
	*fd = dup(the_duo->dad_fd[0]);
	return *fd < 0 ? -errno : 0;
}

static int dad_probe(int fd, int ifindex, const uint8_t mac[6], const struct in6_addr *target)
{
	(void)fd, (void)ifindex, (void)mac, (void)target;
	return 0;
}

static int dad_read(int fd, const uint8_t own_mac[6], const struct in6_addr *target)
{
	char octet;

	(void)own_mac, (void)target;
	loop_stop();
	return recv(fd, &octet, 1, MSG_DONTWAIT) == 1 ? 1 : -EAGAIN;
}

static int no_sysctl(const char *path, const char *value)
{
	(void)path, (void)value;
	return 0;
}

static const struct mip_link_ops ops = {
	.announce = announce,
	.dad_open = dad_open,
	.dad_probe = dad_probe,
	.dad_read = dad_read,
	.sysctl = no_sysctl,
};

void duo_home_address_in_use(struct duo *w)
{
	assert_int_equal(send(w->dad_fd[1], "!", 1, 0), 1);
	loop_run();
	deliver(w);
}

/* Life. */

static void stopped(void *arg)
{
	struct side *s = arg;

	s->stopped = true;
}

static void side_open(struct duo *w, struct side *s, const char *conf)
{
	struct conf_log log = { 0 };
	struct mip_env *env = &s->mip.env;

	s->w = w;
	s->xfrm = fake_xfrm_new();
	s->mip.stopped = stopped;
	s->mip.arg = s;
	env->link = &ops;
	assert_int_equal(mip_conf_load(conf, &log, &env->conf), 0);
	assert_int_equal(log.n_errors, 0);
	assert_int_equal(nl_open_peer(fake_xfrm_peer, s->xfrm, &env->xfrm), 0);
	assert_int_equal(nl_open_peer(fake_rt_peer, &s->rt, &env->rt), 0);
	assert_int_equal(mip_net_open_peer(send_packet, s, &env->net), 0);
}

static void side_close(struct side *s)
{
	mip_down(&s->mip);
	assert_int_equal(fake_xfrm_n_policy(s->xfrm), 0);
	assert_int_equal(s->rt.n_rules, 0);
	assert_int_equal(s->rt.n_proxies, 0);
	assert_null(fake_rt_tunnel(&s->rt));
	mip_net_free(s->mip.env.net);
	nl_free(s->mip.env.rt);
	nl_free(s->mip.env.xfrm);
	mip_conf_free(s->mip.env.conf);
	fake_xfrm_free(s->xfrm);
}

void duo_open(struct duo *w)
{
	duo_open_at(w, COA "/64");
}

void duo_open_at(struct duo *w, const char *prefix)
{
	memset(w, 0, sizeof(*w));
	the_duo = w;
	loop_virtual(1000000);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, w->dad_fd), 0);
	side_open(w, &w->moon, CONF("moon-alone"));
	w->moon.rt.last_ifindex = 100; /* so that indexes tell the two apart */
	w->moon.eth0 = fake_rt_link(&w->moon.rt, "eth0");
	fake_rt_addr(&w->moon.rt, w->moon.eth0, HA "/64");
	w->moon.rt.addrs[0].valid_s = w->moon.rt.addrs[0].preferred_s = UINT32_MAX;
	side_open(w, &w->carol, CONF("carol"));
	w->carol.eth0 = fake_rt_link(&w->carol.rt, "eth0");
	fake_rt_addr(&w->carol.rt, w->carol.eth0, "fe80::1/64");
	if (prefix)
		fake_rt_addr(&w->carol.rt, w->carol.eth0, prefix);
	assert_int_equal(mip_up(&w->moon.mip), 0);
	assert_int_equal(mip_up(&w->carol.mip), 0);
	deliver(w);
}

void duo_close(struct duo *w)
{
	side_close(&w->carol);
	side_close(&w->moon);
	close(w->dad_fd[0]);
	close(w->dad_fd[1]);
	loop_end();
}

void duo_run(struct duo *w, unsigned ms)
{
	deliver(w);
	for (unsigned i = 0; i < ms; i += 10) {
		loop_advance(10);
		while (w->n_queue)
			deliver(w);
	}
}

/* carol's surroundings. */

static void tell(struct duo *w, enum rt_event_kind kind, const struct rt_addr *a)
{
	struct rt_event ev = { .kind = kind, .addr = *a };

	where_event(&ev, &w->carol.mip.where);
	deliver(w);
}

void duo_add_address(struct duo *w, const char *prefix)
{
	struct rt_addr a = fake_rt_addr(&w->carol.rt, w->carol.eth0, prefix);

	tell(w, RE_ADDR, &a);
}

void duo_del_address(struct duo *w, const char *text)
{
	struct rt_addr a = fake_rt_addr_del(&w->carol.rt, text);

	tell(w, RE_ADDR_DEL, &a);
}

void duo_link(struct duo *w, bool up)
{
	struct rt_event ev = { .kind = RE_LINK, .link = w->carol.rt.links[0].l };

	ev.link.flags = up ? IFF_UP | IFF_RUNNING : IFF_UP;
	where_event(&ev, &w->carol.mip.where);
	deliver(w);
}

void duo_router(struct duo *w, const char *prefix, bool home_agent)
{
	struct prefix p;
	uint8_t buf[64] = { ICMP6_ROUTER_ADVERT, [4] = 64, home_agent ? 0x20 : 0, 0x07,
		0x08, [16] = 3, 4 };
	struct mip_packet ra = { .src = addr("fe80::fe"),
		.dst = addr("ff02::1"),
		.ifindex = w->carol.eth0,
		.hop_limit = 255,
		.data = BYTES(buf, 48) };

	assert_int_equal(prefix_parse(prefix, &p), 0);
	buf[18] = p.len;
	buf[19] = 0xc0;
	memset(buf + 20, 0x10, 4); /* valid longer than preferred */
	memset(buf + 24, 0x08, 4);
	memcpy(buf + 32, &p.addr, sizeof(p.addr));
	recv_icmp6(&ra, &w->carol.mip);
	deliver(w);
}

/* Questions. */

struct mn *duo_mn(struct duo *w)
{
	return w->carol.mip.nodes;
}

struct ha_binding *duo_binding(struct duo *w)
{
	struct in6_addr hoa = addr(HOA);

	return ha_binding_of(&w->moon.mip.ha, &hoa);
}

const struct sent *duo_sent_mh(const struct duo *w, enum mh_type type, unsigned n)
{
	for (size_t i = w->n_sent; i-- > 0;)
		if (w->sent[i].is_mh && w->sent[i].m.type == type && !n--)
			return &w->sent[i];
	return NULL;
}

unsigned duo_count_mh(const struct duo *w, enum mh_type type)
{
	unsigned n = 0;

	for (size_t i = 0; i < w->n_sent; i++)
		n += w->sent[i].is_mh && w->sent[i].m.type == type;
	return n;
}

unsigned duo_count_icmp6(const struct duo *w, uint8_t type)
{
	unsigned n = 0;

	for (size_t i = 0; i < w->n_sent; i++)
		n += w->sent[i].proto == ICMP && w->sent[i].type == type;
	return n;
}

struct xfrm_policy duo_payload_policy(struct side *s, enum xdir dir)
{
	bool to_cn = (s == &s->w->carol) == (dir == XD_OUT);
	struct prefix hoa = { addr(HOA), 128 }, cn = { addr("2001:9::9"), 128 };
	struct sel packet = SEL(to_cn ? hoa : cn, to_cn ? cn : hoa, 17);
	struct xfrm_policy p = { 0 };

	policy_of(s, &packet, dir, false, &p);
	return p;
}

int duo_payload(struct side *s)
{
	bool out = s == &s->w->carol;
	struct prefix hoa = { addr(HOA), 128 }, cn = { addr("2001:9::9"), 128 };
	struct sel packet = SEL(out ? hoa : cn, out ? cn : hoa, 17);
	struct xfrm_policy p;

	if (policy_of(s, &packet, XD_OUT, true, &p) && p.block)
		return -EPERM;
	return esp_of(s, &packet) < 0 ? 1 : 0;
}
