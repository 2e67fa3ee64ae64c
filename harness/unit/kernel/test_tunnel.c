#include "kernel/tunnel.h"

#include <errno.h>
#include <linux/if_tunnel.h>
#include <linux/ip6_tunnel.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "unit/kernel/make.h"
#include "unit/kernel/record.h"
#include "unit/unit.h"

/* A host with ip6tnl1 already there; a new link gets index 42. A setting is kept by its kind. */
struct host {
	alignas(8) uint8_t made[NL_REQ_MAX];
	unsigned n_made;
	int error, set_error;
	bool silent, up, up_first;
};

static int note_gen_mode(uint16_t type, const void *data, size_t n, void *arg)
{
	static const uint8_t none[] = { NLA_HDRLEN + 1, 0, IFLA_INET6_ADDR_GEN_MODE, 0,
		IN6_ADDR_GEN_MODE_NONE };
	const uint8_t *inet6 = data;
	struct host *h = arg;

	if (type == IFLA_AF_SPEC && n >= NLA_HDRLEN + sizeof(none) && inet6[2] == AF_INET6)
		h->silent = !memcmp(inet6 + NLA_HDRLEN, none, sizeof(none));
	return 0;
}

static int set_link(struct host *h, const struct nlmsghdr *req)
{
	const struct ifinfomsg *l = nl_data(req);

	assert_int_equal(l->ifi_index, 42);
	nl_attrs(req, sizeof(*l), note_gen_mode, h);
	h->up = h->up || l->ifi_flags & l->ifi_change & IFF_UP;
	h->up_first = h->up_first || (h->up && !h->silent);
	return h->set_error;
}

static int peer(void *ctx, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	struct host *h = ctx;
	struct nl_req rq;
	struct ifinfomsg *l;
	const char *name = (const char *)req + NLMSG_HDRLEN + sizeof(*l) + NLA_HDRLEN;
	bool first;

	if (req->nlmsg_type == RTM_SETLINK)
		return set_link(h, req);
	if (req->nlmsg_type != RTM_GETLINK) {
		memcpy(h->made, req, req->nlmsg_len);
		h->n_made++;
		return h->error;
	}
	first = !strcmp(name, "ip6tnl1");
	if (!first && !h->n_made)
		return -ENODEV;
	l = nl_begin(&rq, RTM_NEWLINK, 0, sizeof(*l));
	l->ifi_index = first ? 41 : 42;
	return reply((const struct nlmsghdr *)rq.buf, arg);
}

struct field {
	uint16_t type;
	const void *data;
	size_t n;
};

static int find_nested(const void *data, size_t n, struct field *want)
{
	const uint8_t *p = data;

	for (size_t at = 0; at + NLA_HDRLEN <= n;) {
		const struct nlattr *a = (const void *)(p + at);

		if ((a->nla_type & NLA_TYPE_MASK) == want->type) {
			want->data = p + at + NLA_HDRLEN;
			want->n = a->nla_len - (size_t)NLA_HDRLEN;
			return 1;
		}
		at += NLA_ALIGN((size_t)a->nla_len);
	}
	return 0;
}

static int find_info(uint16_t type, const void *data, size_t n, void *arg)
{
	struct field *want = arg, info = { .type = IFLA_INFO_DATA };

	if (type == IFLA_LINKINFO && find_nested(data, n, &info))
		find_nested(info.data, info.n, want);
	return 0;
}

/* The value of one IFLA_IPTUN_… attribute of the request. */
static struct field field_of(const struct host *h, uint16_t type)
{
	struct field want = { .type = type };

	assert_int_equal(nl_attrs((const struct nlmsghdr *)h->made, sizeof(struct ifinfomsg),
				 find_info, &want),
		0);
	assert_non_null(want.data);
	return want;
}

static void check_fields(const struct host *h, const struct tunnel *t)
{
	uint32_t flags;

	assert_memory_equal(field_of(h, IFLA_IPTUN_LOCAL).data, &t->local, 16);
	assert_memory_equal(field_of(h, IFLA_IPTUN_REMOTE).data, &t->remote, 16);
	assert_int_equal(*(const uint8_t *)field_of(h, IFLA_IPTUN_TTL).data, 64);
	assert_int_equal(*(const uint8_t *)field_of(h, IFLA_IPTUN_PROTO).data, 41);
	memcpy(&flags, field_of(h, IFLA_IPTUN_FLAGS).data, sizeof(flags));
	assert_int_equal(flags, IP6_TNL_F_IGN_ENCAP_LIMIT);
}

/* D-040. */
static void a_tunnel_gets_the_first_free_number_and_no_encapsulation_limit(void **state)
{
	struct host h = { .n_made = 0 };
	struct tunnel t = { .local = A(HOA), .remote = A(HA) };
	struct nl *nl = NULL;

	(void)state;
	assert_int_equal(nl_open_peer(peer, &h, &nl), 0);
	assert_int_equal(tunnel_add(nl, &t), 0);
	assert_string_equal(t.name, "ip6tnl2");
	assert_int_equal(t.ifindex, 42);
	check_fields(&h, &t);
	nl_free(nl);
}

/* A link-local address would make the kernel solicit routers through it, outside ESP. */
static void a_tunnel_is_silent_before_it_is_up(void **state)
{
	struct host h = { .n_made = 0 };
	struct tunnel t = { .local = A(HOA), .remote = A(HA) };
	struct nl *nl = NULL;
	const struct ifinfomsg *body = nl_data((const void *)h.made);

	(void)state;
	assert_int_equal(nl_open_peer(peer, &h, &nl), 0);
	assert_int_equal(tunnel_add(nl, &t), 0);
	assert_int_equal(body->ifi_flags & IFF_UP, 0);
	assert_true(h.silent && h.up && !h.up_first);
	nl_free(nl);
}

static void a_tunnel_that_cannot_be_silent_is_taken_away(void **state)
{
	struct host h = { .set_error = -EOPNOTSUPP };
	struct tunnel t = { .local = A(HOA), .remote = A(HA) };
	struct nl *nl = NULL;

	(void)state;
	assert_int_equal(nl_open_peer(peer, &h, &nl), 0);
	assert_int_equal(tunnel_add(nl, &t), -EOPNOTSUPP);
	assert_int_equal(((const struct nlmsghdr *)h.made)->nlmsg_type, RTM_DELLINK);
	assert_int_equal(t.ifindex, 0);
	nl_free(nl);
}

static void a_failed_tunnel_changes_nothing(void **state)
{
	struct host h = { .error = -EEXIST };
	struct tunnel t = { .local = A(HOA), .remote = A(HA) };
	struct nl *nl = NULL;

	(void)state;
	assert_int_equal(nl_open_peer(peer, &h, &nl), 0);
	assert_int_equal(tunnel_add(nl, &t), -EEXIST);
	assert_string_equal(t.name, "");
	assert_int_equal(t.ifindex, 0);
	nl_free(nl);
}

static void a_change_says_everything_again(void **state)
{
	struct host h = { .n_made = 0 };
	struct tunnel t = { .ifindex = 42, .local = A(COA2), .remote = A(HA) };
	const struct nlmsghdr *msg = (const struct nlmsghdr *)h.made;
	struct nl *nl = NULL;

	(void)state;
	assert_int_equal(nl_open_peer(peer, &h, &nl), 0);
	assert_int_equal(tunnel_change(nl, &t), 0);
	assert_int_equal(msg->nlmsg_type, RTM_NEWLINK);
	assert_int_equal(msg->nlmsg_flags & NLM_F_CREATE, 0);
	check_fields(&h, &t);
	assert_int_equal(tunnel_del(nl, &t), 0);
	assert_int_equal(msg->nlmsg_type, RTM_DELLINK);
	nl_free(nl);
}

/* clang-format off */
static const struct in6_addr local_end = { .s6_addr = { 0x20, 1, [15] = 1 } };
static const struct in6_addr remote_end = { .s6_addr = { 0x20, 1, [15] = 2 } };

/* A host whose ip6tnl7, number 41, has the ends that a new tunnel wants. */
static int stale_peer(void *ctx, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	const struct ifinfomsg *asked = nl_data(req);
	unsigned *n_set = ctx;
	struct nl_req rq;
	struct ifinfomsg *l;
	size_t info;

	if (req->nlmsg_type != RTM_GETLINK && asked->ifi_index == 41) {
		++*n_set;
		return 0;
	}
	if (req->nlmsg_type != RTM_GETLINK)
		return -EEXIST;
	if (!(req->nlmsg_flags & NLM_F_ROOT))
		return -ENODEV;
	l = nl_begin(&rq, RTM_NEWLINK, 0, sizeof(*l));
	l->ifi_index = 41;
	nl_put(&rq, IFLA_IFNAME, "ip6tnl7", 8);
	nl_put(&rq, IFLA_ADDRESS, &local_end, sizeof(local_end));
	nl_put(&rq, IFLA_BROADCAST, &remote_end, sizeof(remote_end));
	info = nl_nest(&rq, IFLA_LINKINFO);
	nl_put(&rq, IFLA_INFO_KIND, "ip6tnl", 7);
	nl_nest_end(&rq, info);
	return reply((const struct nlmsghdr *)rq.buf, arg);
}

static void a_tunnel_that_has_these_ends_already_is_taken_over(void **state)
{
	unsigned n_set = 0;
	struct nl *nl;
	struct tunnel t = { .local = local_end, .remote = remote_end };
	struct tunnel other = { .local = remote_end, .remote = local_end };

	(void)state;
	assert_int_equal(nl_open_peer(stale_peer, &n_set, &nl), 0);
	assert_int_equal(tunnel_add(nl, &t), 0);
	assert_int_equal(t.ifindex, 41);
	assert_string_equal(t.name, "ip6tnl7");
	assert_int_equal(n_set, 2);
	assert_int_equal(tunnel_add(nl, &other), -EEXIST);
	assert_int_equal(other.ifindex, 0);
	nl_free(nl);
}

UNIT_MAIN(T(a_tunnel_gets_the_first_free_number_and_no_encapsulation_limit, "D-040"),
	T(a_tunnel_is_silent_before_it_is_up, "D-040"),
	T(a_tunnel_that_cannot_be_silent_is_taken_away, ""),
	T(a_failed_tunnel_changes_nothing, "D-040!"),
	T(a_tunnel_that_has_these_ends_already_is_taken_over, "D-040"),
	T(a_change_says_everything_again, "D-040"))
