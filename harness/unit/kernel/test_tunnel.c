#include <errno.h>
#include <net/if.h>

#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/ip6_tunnel.h>
#include <linux/rtnetlink.h>

#include "kernel/tunnel.h"
#include "unit/unit.h"

static const struct in6_addr hoa = { .s6_addr = { 0x20, 0x01, 0, 1, [15] = 0x10 } };
static const struct in6_addr coa = { .s6_addr = { 0x20, 0x01, [15] = 0x50 } };
static const struct in6_addr ha = { .s6_addr = { 0x20, 0x01, 0, 1, [15] = 0x01 } };

/* A kernel with devices ip6tnl0 to ip6tnl(n-1); a new one gets index 100 and the next number. */
struct kernel {
	int n;
	char made[IF_NAMESIZE], kind[16];
	struct in6_addr local, remote;
	uint8_t ttl, proto;
	uint32_t flags;
	int changed, deleted;
	bool up;
};

static int data_attr(uint16_t type, const void *data, size_t n, void *arg)
{
	struct kernel *k = arg;
	const struct {
		uint16_t type;
		void *to;
		size_t n;
	} rows[] = {
		{ IFLA_IPTUN_LOCAL, &k->local, sizeof(k->local) },
		{ IFLA_IPTUN_REMOTE, &k->remote, sizeof(k->remote) },
		{ IFLA_IPTUN_TTL, &k->ttl, sizeof(k->ttl) },
		{ IFLA_IPTUN_PROTO, &k->proto, sizeof(k->proto) },
		{ IFLA_IPTUN_FLAGS, &k->flags, sizeof(k->flags) },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].type == type && rows[i].n == n)
			memcpy(rows[i].to, data, n);
	return 0;
}

/* Attributes within an attribute, as a message without a body. */
static void nested(
	const void *data, size_t n, int (*fn)(uint16_t, const void *, size_t, void *), void *arg)
{
	static _Alignas(struct nlmsghdr) uint8_t buf[NL_REQ_MAX];
	struct nlmsghdr *msg = (void *)buf;

	msg->nlmsg_len = (uint32_t)(NLMSG_HDRLEN + n);
	memcpy(buf + NLMSG_HDRLEN, data, n);
	assert_int_equal(nl_attrs(msg, 0, fn, arg), 0);
}

static int info_attr(uint16_t type, const void *data, size_t n, void *arg)
{
	struct kernel *k = arg;
	uint8_t copy[256];

	assert_true(n <= sizeof(copy));
	memcpy(copy, data, n);
	if (type == IFLA_INFO_KIND)
		memcpy(k->kind, copy, n);
	if (type == IFLA_INFO_DATA)
		nested(copy, n, data_attr, k);
	return 0;
}

static int name_attr(uint16_t type, const void *data, size_t n, void *arg)
{
	if (type == IFLA_IFNAME)
		memcpy(arg, data, n);
	return 0;
}

static int link_attr(uint16_t type, const void *data, size_t n, void *arg)
{
	struct kernel *k = arg;

	name_attr(type, data, n, k->made);
	if (type == IFLA_LINKINFO)
		nested(data, n, info_attr, k);
	return 0;
}

static int answer_link(const struct kernel *k, const char *name, nl_fn *reply, void *arg)
{
	struct nl_req rq;
	struct ifinfomsg *body = nl_begin(&rq, RTM_NEWLINK, 0, sizeof(*body));
	int number = -1;

	sscanf(name, "ip6tnl%d", &number);
	if (strcmp(name, k->made) != 0 && (number < 0 || number >= k->n))
		return -ENODEV;
	body->ifi_index = strcmp(name, k->made) ? number + 1 : 100;
	nl_put(&rq, IFLA_IFNAME, name, strlen(name) + 1);
	return reply((const void *)rq.buf, arg);
}

static int play(void *ctx, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	struct kernel *k = ctx;
	const struct ifinfomsg *body = NLMSG_DATA(req);
	char name[IF_NAMESIZE] = "";

	switch (req->nlmsg_type) {
	case RTM_GETLINK:
		nl_attrs(req, sizeof(*body), name_attr, name);
		return answer_link(k, name, reply, arg);
	case RTM_NEWLINK:
	case RTM_SETLINK:
		k->up |= (body->ifi_flags & IFF_UP) != 0;
		k->changed = req->nlmsg_flags & NLM_F_CREATE ? k->changed : body->ifi_index;
		return nl_attrs(req, sizeof(*body), link_attr, k);
	case RTM_DELLINK:
		k->deleted = body->ifi_index;
		return 0;
	}
	return -EOPNOTSUPP;
}

static struct nl *open_kernel(struct kernel *k)
{
	struct nl *nl;

	assert_int_equal(nl_open_peer(play, k, &nl), 0);
	return nl;
}

static void a_tunnel_takes_the_first_free_name_and_is_up(void **state)
{
	struct kernel k = { .n = 1 };
	struct nl *nl = open_kernel(&k);
	struct tunnel t = { .local = hoa, .remote = ha };

	(void)state;
	assert_int_equal(tunnel_add(nl, &t), 0);
	assert_string_equal(t.name, "ip6tnl1");
	assert_int_equal(t.ifindex, 100);
	assert_true(k.up);
	assert_string_equal(k.kind, "ip6tnl");
	assert_true(addr_eq(&k.local, &hoa) && addr_eq(&k.remote, &ha));
	k.n = 3;
	t = (struct tunnel){ .local = hoa, .remote = ha };
	assert_int_equal(tunnel_add(nl, &t), 0);
	assert_string_equal(t.name, "ip6tnl3");
	nl_free(nl);
}

static void it_carries_ipv6_alone_without_encapsulation_limit(void **state)
{
	struct kernel k = { .n = 1 };
	struct nl *nl = open_kernel(&k);
	struct tunnel t = { .local = hoa, .remote = ha };

	(void)state;
	assert_int_equal(tunnel_add(nl, &t), 0);
	assert_true(k.flags & IP6_TNL_F_IGN_ENCAP_LIMIT);
	assert_int_equal(k.ttl, 64);
	assert_int_equal(k.proto, IPPROTO_IPV6);
	nl_free(nl);
}

static void a_change_says_all_of_it_again(void **state)
{
	struct kernel k = { .n = 1 };
	struct nl *nl = open_kernel(&k);
	const struct tunnel t = { "ip6tnl1", 100, 0, coa, ha };

	(void)state;
	assert_int_equal(tunnel_change(nl, &t), 0);
	assert_int_equal(k.changed, 100);
	assert_true(addr_eq(&k.local, &coa) && addr_eq(&k.remote, &ha));
	assert_int_equal(k.ttl, 64);
	assert_true(k.flags & IP6_TNL_F_IGN_ENCAP_LIMIT);
	nl_free(nl);
}

static void a_tunnel_is_deleted_by_its_index(void **state)
{
	struct kernel k = { .n = 1 };
	struct nl *nl = open_kernel(&k);

	(void)state;
	assert_int_equal(tunnel_del(nl, &(struct tunnel){ .ifindex = 100 }), 0);
	assert_int_equal(k.deleted, 100);
	nl_free(nl);
}

UNIT_MAIN(T(a_tunnel_takes_the_first_free_name_and_is_up, "D-040"),
	T(it_carries_ipv6_alone_without_encapsulation_limit, "D-040"),
	T(a_change_says_all_of_it_again, "D-040 C-066"),
	T(a_tunnel_is_deleted_by_its_index, "D-040"))
