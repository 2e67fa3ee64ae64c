#include <errno.h>
#include <fcntl.h>
#include <linux/xfrm.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "unit/mip/stage_rt.h"
#include "unit/unit.h"

const struct in6_addr HOA = { .s6_addr = { 0x20, 1, 0, 1, [15] = 0x10 } };
const struct in6_addr HA = { .s6_addr = { 0x20, 1, 0, 1, [15] = 0x01 } };
const struct in6_addr COA = { .s6_addr = { 0x20, 1, [15] = 0x40 } };
const struct in6_addr COA2 = { .s6_addr = { 0x20, 1, [15] = 0x50 } };
static struct stage *here; /* for what has no context of its own */

void stage_note(struct stage *w, const char *fmt, ...)
{
	va_list ap;

	assert_true(w->n_journal < STAGE_LINES);
	va_start(ap, fmt);
	vsnprintf(w->journal[w->n_journal++], STAGE_LINE, fmt, ap);
	va_end(ap);
}

void stage_clear(struct stage *w)
{
	w->n_journal = 0;
}

void stage_expect(const struct stage *w, const char *const *lines, size_t n)
{
	for (size_t i = 0; i < n || i < w->n_journal; i++) {
		const char *want = i < n ? lines[i] : "(end)";
		const char *have = i < w->n_journal ? w->journal[i] : "(end)";

		if (!strcmp(want, have))
			continue;
		for (size_t k = 0; k < w->n_journal; k++)
			print_message("   %s\n", w->journal[k]);
		assert_string_equal(have, want);
	}
}

unsigned stage_count(const struct stage *w, const char *begin)
{
	unsigned n = 0;

	for (size_t i = 0; i < w->n_journal; i++)
		n += !strncmp(w->journal[i], begin, strlen(begin));
	return n;
}

static const char *proto_str(uint8_t proto)
{
	return proto == XP_HAO ? "hao" : proto == XP_ROUTE2 ? "route2" : "esp";
}

static void note_migrate(struct stage *w, const struct nlmsghdr *req)
{
	struct xfrm_event ev;
	const struct xfrm_migrate *m = &ev.migrate.m[0];

	assert_int_equal(xfrm_event_parse(req, &ev), 0);
	assert_int_equal(ev.migrate.n, 1);
	stage_note(w, "MIGRATE %s === %s %s to %s...%s%s%s%s%s", sel_src_str(&m->sel),
		sel_dst_str(&m->sel), xdir_str(m->dir), addr_str(&m->new_src),
		addr_str(&m->new_dst), m->has_km ? " km " : "",
		m->has_km ? addr_str(&m->km_local) : "", m->has_km ? "..." : "",
		m->has_km ? addr_str(&m->km_remote) : "");
}

static void note_policy(struct stage *w, const struct nlmsghdr *req)
{
	struct xfrm_policy p;

	assert_int_equal(xfrm_policy_parse(req, &p), 0);
	stage_note(w, "%s %s === %s %s",
		p.block		? "block"
			: p.sub ? "sub"
				: "main",
		sel_src_str(&p.sel), sel_dst_str(&p.sel), xdir_str(p.dir));
}

static void note_policy_del(struct stage *w, const struct nlmsghdr *req)
{
	const struct xfrm_userpolicy_id *id = nl_data(req);
	struct sel sel;

	sel_from_kernel(&id->sel, &sel);
	stage_note(w, "no policy %s === %s %s", sel_src_str(&sel), sel_dst_str(&sel),
		xdir_str(id->dir));
}

static void note_sa(struct stage *w, const struct nlmsghdr *req)
{
	struct xfrm_sa sa;

	assert_int_equal(xfrm_sa_parse(req, &sa), 0);
	stage_note(w, "%s %s at %s", proto_str(sa.proto), addr_str(&sa.src), addr_str(&sa.coa));
}

static void note_sa_del(struct stage *w, const struct nlmsghdr *req)
{
	const struct xfrm_usersa_id *id = nl_data(req);

	stage_note(w, "no %s to %s", proto_str(id->proto), addr_str(&id->daddr.in6));
}

static const struct {
	uint16_t type;
	void (*note)(struct stage *w, const struct nlmsghdr *req);
} xfrm_rows[] = {
	{ XFRM_MSG_MIGRATE, note_migrate },
	{ XFRM_MSG_NEWPOLICY, note_policy },
	{ XFRM_MSG_UPDPOLICY, note_policy },
	{ XFRM_MSG_DELPOLICY, note_policy_del },
	{ XFRM_MSG_NEWSA, note_sa },
	{ XFRM_MSG_UPDSA, note_sa },
	{ XFRM_MSG_DELSA, note_sa_del },
};

/* The kernel in memory, with a line for what changed it. */
static int xfrm_peer(void *ctx, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	struct stage *w = ctx;
	int rc = fake_xfrm_peer(w->kernel, req, reply, arg);

	for (size_t i = 0; rc == 0 && i < sizeof(xfrm_rows) / sizeof(xfrm_rows[0]); i++) {
		if (xfrm_rows[i].type == req->nlmsg_type)
			xfrm_rows[i].note(w, req);
	}
	return rc;
}

static void note_bu(struct stage *w, const struct mh *m)
{
	bool alternate = m->opt.has & MHO_BIT(MHO_ALT_COA);

	stage_note(w, "BU%s%s%s%s, %u s%s%s", m->bu.flags & BU_ACK ? " A" : "",
		m->bu.flags & BU_HOME ? " H" : "", m->bu.flags & BU_KEY ? " K" : "",
		m->bu.flags & BU_LINK_LOCAL ? " L" : "", m->bu.lifetime,
		alternate ? ", alternate " : "", alternate ? addr_str(&m->opt.alt_coa) : "");
}

static void note_ba(struct stage *w, const struct mh *m, const struct mip_packet *p)
{
	stage_note(w, "BA %u%s, %u s%s%s", m->ba.status, m->ba.flags & BA_KEY ? " K" : "",
		m->ba.lifetime, p->has_rh2 ? " by " : "", p->has_rh2 ? addr_str(&p->rh2) : "");
}

static int net_peer(void *ctx, int proto, const struct mip_packet *p)
{
	struct stage *w = ctx;

	if (proto == IPPROTO_ICMPV6) {
		stage_note(w, "ICMPv6 %u to %s", p->data.p[0], addr_str(&p->dst));
		assert_true(p->data.n <= sizeof(w->last_icmp6));
		memcpy(w->last_icmp6, p->data.p, p->data.n);
		w->n_last_icmp6 = p->data.n;
		return 0;
	}
	assert_int_equal(mh_parse(p->data, &p->src, &p->dst, &w->last), 0);
	if (w->last.type == MH_BU)
		note_bu(w, &w->last);
	else if (w->last.type == MH_BA)
		note_ba(w, &w->last, p);
	else
		stage_note(w, "%s to %s", mh_type_str(w->last.type), addr_str(&p->dst));
	return 0;
}

static int announce(int ifindex, const uint8_t mac[6], const struct in6_addr *target)
{
	(void)ifindex, (void)mac;
	stage_note(here, "NA for %s", addr_str(target));
	return 0;
}

static int dad_open(int ifindex, const struct in6_addr *target, int *fd)
{
	int ends[2];

	(void)ifindex, (void)target;
	assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
	if (here->dad_answer >= 0)
		close(here->dad_answer);
	*fd = ends[0];
	here->dad_answer = ends[1];
	return 0;
}

static int dad_probe(int fd, int ifindex, const uint8_t mac[6], const struct in6_addr *target)
{
	(void)fd, (void)ifindex, (void)mac;
	stage_note(here, "probe for %s", addr_str(target));
	return 0;
}

static int dad_read(int fd, const uint8_t own[6], const struct in6_addr *target)
{
	char c;

	(void)own, (void)target;
	if (read(fd, &c, 1) != 1)
		return -EAGAIN;
	loop_stop();
	return 1;
}

static int note_sysctl(const char *path, const char *value)
{
	stage_note(here, "sysctl %s %s", path, value);
	return 0;
}

static const struct mip_link_ops ops = {
	.announce = announce,
	.dad_open = dad_open,
	.dad_probe = dad_probe,
	.dad_read = dad_read,
	.sysctl = note_sysctl,
};

static struct mip_conf *load(const char *name)
{
	char path[512];
	struct conf_log log = { 0 };
	struct mip_conf *c = NULL;

	snprintf(path, sizeof(path), "%s/harness/unit/mip/data/%s", TOP, name);
	assert_int_equal(mip_conf_load(path, &log, &c), 0);
	assert_int_equal(log.n_errors, 0);
	return c;
}

struct stage *stage_new(const char *conf)
{
	struct stage *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	here = w;
	log_set_level(LOG_G_MIP, -1);
	loop_virtual(1000000);
	w->dad_answer = -1;
	w->kernel = fake_xfrm_new();
	strcpy(w->links[0], "eth0");
	w->mip.env.conf = load(conf);
	w->mip.env.link = &ops;
	assert_int_equal(nl_open_peer(xfrm_peer, w, &w->mip.env.xfrm), 0);
	assert_int_equal(nl_open_peer(stage_rt_peer, w, &w->mip.env.rt), 0);
	assert_int_equal(mip_net_open_peer(net_peer, w, &w->mip.env.net), 0);
	w->mip.ha.env = &w->mip.env;
	return w;
}

void stage_free(struct stage *w)
{
	assert_int_equal(w->mip.env.counters[MC_IMPOSSIBLE], 0);
	mip_net_free(w->mip.env.net);
	nl_free(w->mip.env.xfrm);
	nl_free(w->mip.env.rt);
	mip_conf_free(w->mip.env.conf);
	fake_xfrm_free(w->kernel);
	if (w->dad_answer >= 0)
		close(w->dad_answer);
	loop_end();
	free(w);
}
