#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "unit/mip/stage_rt.h"
#include "unit/unit.h"

const uint8_t stage_mac[6] = { 6, 0x1a, 0xa8, 0x6f, 0x0c, 0x67 };

struct wanted {
	uint16_t type;
	char *out;
	size_t cap;
};

static int pick(uint16_t type, const void *data, size_t n, void *arg)
{
	const struct wanted *s = arg;

	if (type == s->type && n <= s->cap)
		memcpy(s->out, data, n);
	return 0;
}

static void name_in(const struct nlmsghdr *req, char out[16])
{
	struct wanted s = { IFLA_IFNAME, out, 16 };

	memset(out, 0, 16);
	nl_attrs(req, sizeof(struct ifinfomsg), pick, &s);
}

static int number_of(int slot)
{
	return slot ? TUNNEL_FIRST + slot : ETH0;
}

static const char *name_of(const struct stage *w, int index)
{
	for (int i = 0; i < STAGE_LINKS; i++) {
		if (number_of(i) == index)
			return w->links[i];
	}
	return "";
}

static int answer_link(const struct stage *w, int index, nl_fn *reply, void *arg)
{
	struct nl_req rq;
	struct ifinfomsg *body = nl_begin(&rq, RTM_NEWLINK, 0, sizeof(*body));
	const char *name = name_of(w, index);

	body->ifi_index = index;
	body->ifi_flags = IFF_UP | IFF_RUNNING;
	nl_put(&rq, IFLA_IFNAME, name, strlen(name) + 1);
	nl_put(&rq, IFLA_ADDRESS, stage_mac, sizeof(stage_mac));
	return reply((const struct nlmsghdr *)rq.buf, arg);
}

static int get_link(struct stage *w, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	const struct ifinfomsg *in = nl_data(req);
	char name[16];

	if (req->nlmsg_flags & NLM_F_ROOT)
		return answer_link(w, ETH0, reply, arg);
	name_in(req, name);
	for (int i = 0; i < STAGE_LINKS; i++) {
		if (!w->links[i][0])
			continue;
		if (in->ifi_index == number_of(i) || (!in->ifi_index && !strcmp(name, w->links[i])))
			return answer_link(w, number_of(i), reply, arg);
	}
	return -ENODEV;
}

static int new_link(struct stage *w, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	const struct ifinfomsg *in = nl_data(req);
	int slot = 1;

	(void)reply, (void)arg;
	if (in->ifi_index) {
		stage_note(w, "tunnel %s changed", name_of(w, in->ifi_index));
		return 0;
	}
	while (slot < STAGE_LINKS - 1 && w->links[slot][0])
		slot++;
	name_in(req, w->links[slot]);
	stage_note(w, "tunnel %s", w->links[slot]);
	return 0;
}

static int set_link(struct stage *w, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	const struct ifinfomsg *in = nl_data(req);

	(void)reply, (void)arg;
	return name_of(w, in->ifi_index)[0] ? 0 : -ENODEV;
}

static int del_link(struct stage *w, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	const struct ifinfomsg *in = nl_data(req);

	(void)reply, (void)arg;
	stage_note(w, "no tunnel %s", name_of(w, in->ifi_index));
	for (int i = 1; i < STAGE_LINKS; i++) {
		if (number_of(i) == in->ifi_index)
			w->links[i][0] = '\0';
	}
	return 0;
}

static int get_addr(struct stage *w, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	int rc = 0;

	(void)req;
	for (size_t i = 0; !rc && i < w->n_addrs; i++) {
		const struct rt_addr *a = &w->addrs[i];
		struct nl_req rq;
		struct ifaddrmsg *body = nl_begin(&rq, RTM_NEWADDR, 0, sizeof(*body));

		body->ifa_family = AF_INET6;
		body->ifa_prefixlen = a->prefix.len;
		body->ifa_index = (uint32_t)a->ifindex;
		nl_put(&rq, IFA_ADDRESS, &a->prefix.addr, sizeof(a->prefix.addr));
		nl_put(&rq, IFA_FLAGS, &a->flags, sizeof(a->flags));
		rc = reply((const struct nlmsghdr *)rq.buf, arg);
	}
	return rc;
}

static int note_addr(struct stage *w, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	struct rt_addr a;

	(void)reply, (void)arg;
	assert_int_equal(rt_addr_parse(req, &a), 0);
	stage_note(w, "%saddress %s dev %s", req->nlmsg_type == RTM_DELADDR ? "no " : "",
		prefix_str(&a.prefix), name_of(w, a.ifindex));
	return 0;
}

static int note_route(struct stage *w, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	struct rt_route r;
	bool via;

	(void)reply, (void)arg;
	assert_int_equal(rt_route_parse(req, &r), 0);
	via = !addr_is_any(&r.via);
	stage_note(w, "%sroute %s table %u dev %s%s%s",
		req->nlmsg_type == RTM_DELROUTE ? "no " : "", prefix_str(&r.dst), r.table,
		name_of(w, r.ifindex), via ? " via " : "", via ? addr_str(&r.via) : "");
	return 0;
}

static int get_nothing(struct stage *w, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	(void)w, (void)req, (void)reply, (void)arg;
	return 0;
}

static int note_rule(struct stage *w, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	uint32_t priority = 0;
	struct wanted s = { FRA_PRIORITY, (char *)&priority, sizeof(priority) };

	(void)reply, (void)arg;
	nl_attrs(req, sizeof(struct fib_rule_hdr), pick, &s);
	stage_note(w, "%srule %u", req->nlmsg_type == RTM_DELRULE ? "no " : "", priority);
	return 0;
}

static int note_neigh(struct stage *w, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	const struct ndmsg *in = nl_data(req);

	(void)reply, (void)arg;
	stage_note(w, "%s%s", req->nlmsg_type == RTM_DELNEIGH ? "no " : "",
		in->ndm_flags & NTF_PROXY ? "proxy" : "neighbour");
	return 0;
}

static const struct {
	uint16_t type;
	int (*fn)(struct stage *w, const struct nlmsghdr *req, nl_fn *reply, void *arg);
} rows[] = {
	{ RTM_GETLINK, get_link },
	{ RTM_NEWLINK, new_link },
	{ RTM_SETLINK, set_link },
	{ RTM_DELLINK, del_link },
	{ RTM_GETADDR, get_addr },
	{ RTM_NEWADDR, note_addr },
	{ RTM_DELADDR, note_addr },
	{ RTM_GETROUTE, get_nothing },
	{ RTM_NEWROUTE, note_route },
	{ RTM_DELROUTE, note_route },
	{ RTM_GETRULE, get_nothing },
	{ RTM_NEWRULE, note_rule },
	{ RTM_DELRULE, note_rule },
	{ RTM_NEWNEIGH, note_neigh },
	{ RTM_DELNEIGH, note_neigh },
};

int stage_rt_peer(void *ctx, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].type == req->nlmsg_type)
			return rows[i].fn(ctx, req, reply, arg);
	}
	return -EOPNOTSUPP;
}
