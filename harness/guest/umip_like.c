/*
 * umip_like - preloaded into our mip6d: what UMIP asks of kernel and network otherwise than ours.
 *
 * So that the testbed meets it without UMIP: types in inbound policies, one template in the
 * wildcard, a block of everything, no policies without a template at home, late binding updates,
 * and advertisements for a mobile node that do not override. As UMIP 1.0 (UMIP_LIKE=1.0 in the
 * environment) tunnel policies have another priority and neighbour discovery has main policies too.
 */
#include <dlfcn.h>
#include <linux/if_ether.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip6.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MH = 135, BU = 5, BA = 6, TUNNEL_PRIORITY = 13, REPEATED = 2, ROOM = 2048 };

static ssize_t (*real_sendto)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
static ssize_t (*real_sendmsg)(int, const struct msghdr *, int);
static int own = -1; /* for requests beside mip6d's; there before it locks itself in */
static bool newer;

/* One request about a policy, as a copy that may be changed. */
struct ask {
	struct nlmsghdr *msg;
	struct xfrm_selector *sel;
	struct xfrm_userpolicy_info *info; /* NULL where it only names the policy */
	struct nlattr *tmpls;
	size_t n_tmpl;
	int dir;
	bool sub;
};

__attribute__((constructor)) static void begin(void)
{
	const char *version = getenv("UMIP_LIKE");

	*(void **)&real_sendto = dlsym(RTLD_NEXT, "sendto");
	*(void **)&real_sendmsg = dlsym(RTLD_NEXT, "sendmsg");
	own = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_XFRM);
	newer = version && strcmp(version, "1.0") == 0;
}

static bool is(int fd, int domain, int protocol)
{
	int is_domain = 0, is_protocol = 0;
	socklen_t n = sizeof(int), m = sizeof(int);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &is_domain, &n) == 0 &&
		getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &is_protocol, &m) == 0 &&
		is_domain == domain && is_protocol == protocol;
}

static void attributes(struct ask *a, size_t head)
{
	char *at = (char *)a->msg + NLMSG_LENGTH(head), *end = (char *)a->msg + a->msg->nlmsg_len;

	while (at + sizeof(struct nlattr) <= end) {
		struct nlattr *one = (struct nlattr *)at;

		if (one->nla_type == XFRMA_POLICY_TYPE)
			a->sub = at[NLA_HDRLEN] == XFRM_POLICY_TYPE_SUB;
		if (one->nla_type == XFRMA_TMPL) {
			a->tmpls = one;
			a->n_tmpl = (one->nla_len - NLA_HDRLEN) / sizeof(struct xfrm_user_tmpl);
		}
		at += NLA_ALIGN(one->nla_len);
	}
}

static bool about_policy(struct nlmsghdr *msg, struct ask *a)
{
	void *body = NLMSG_DATA(msg);

	*a = (struct ask){ .msg = msg, .sel = body };
	if (msg->nlmsg_type == XFRM_MSG_NEWPOLICY || msg->nlmsg_type == XFRM_MSG_UPDPOLICY) {
		a->info = body;
		a->dir = a->info->dir;
		attributes(a, sizeof(*a->info));
		return true;
	}
	if ((msg->nlmsg_type == XFRM_MSG_DELPOLICY || msg->nlmsg_type == XFRM_MSG_GETPOLICY) &&
		!(msg->nlmsg_flags & NLM_F_DUMP)) {
		a->dir = ((struct xfrm_userpolicy_id *)body)->dir;
		attributes(a, sizeof(struct xfrm_userpolicy_id));
		return true;
	}
	return false;
}

static void one_template(struct ask *a)
{
	size_t more = (a->n_tmpl - 1) * sizeof(struct xfrm_user_tmpl);

	a->tmpls->nla_len -= more; /* templates are the last attribute that mip6d puts */
	a->msg->nlmsg_len -= more;
}

/* The block as mip6d wants it. UMIP's is of everything, but lets a node ask at home where its home
 * agent is. */
static struct xfrm_userpolicy_info block;
static bool blocking, home;

static bool is_block(const struct ask *a)
{
	return a->sub && a->dir == XFRM_POLICY_OUT && !a->sel->proto && a->sel->prefixlen_d == 0;
}

static void widen(struct xfrm_selector *s)
{
	if (!home) {
		memset(&s->saddr, 0, sizeof(s->saddr));
		s->prefixlen_s = 0;
	}
}

static void as_umip(struct ask *a)
{
	struct xfrm_selector *s = a->sel;
	bool from_any = s->prefixlen_s == 0, to_any = s->prefixlen_d == 0;

	if (a->sub && a->dir == XFRM_POLICY_IN && s->proto == MH && !s->sport_mask) {
		s->sport = htons(from_any && to_any ? BU : BA);
		s->sport_mask = 0xffff;
		if (from_any && to_any && a->n_tmpl > 1)
			one_template(a);
	}
	if (is_block(a)) {
		blocking = a->info || (blocking && a->msg->nlmsg_type != XFRM_MSG_DELPOLICY);
		if (a->info)
			block = *a->info;
		widen(s);
	}
	if (newer && a->info && a->n_tmpl) {
		struct xfrm_user_tmpl t;

		memcpy(&t, (char *)a->tmpls + NLA_HDRLEN, sizeof(t));
		if (t.mode == XFRM_MODE_TUNNEL)
			a->info->priority = TUNNEL_PRIORITY;
	}
}

/* A request of our own, answered before it is over. */
static void also(uint16_t type, const struct ask *a, bool sub)
{
	struct {
		struct nlmsghdr head;
		union {
			struct xfrm_userpolicy_info info;
			struct xfrm_userpolicy_id id;
		};
		char attr[NLA_HDRLEN + NLA_ALIGN(sizeof(struct xfrm_userpolicy_type))];
	} rq = { .head = { .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK } };
	struct xfrm_userpolicy_type kind = { .type = sub ? XFRM_POLICY_TYPE_SUB : 0 };
	struct nlattr attr = { .nla_len = NLA_HDRLEN + sizeof(kind),
		.nla_type = XFRMA_POLICY_TYPE };
	size_t body = type == XFRM_MSG_DELPOLICY ? sizeof(rq.id) : sizeof(rq.info);
	char *at = (char *)&rq + NLMSG_LENGTH(body), answer[ROOM];

	if (type == XFRM_MSG_DELPOLICY)
		rq.id = (struct xfrm_userpolicy_id){ .sel = *a->sel, .dir = (uint8_t)a->dir };
	else
		rq.info = *a->info;
	memcpy(at, &attr, sizeof(attr));
	memcpy(at + NLA_HDRLEN, &kind, sizeof(kind));
	rq.head.nlmsg_len = NLMSG_LENGTH(body) + sizeof(rq.attr);
	if (real_sendto(own, &rq, rq.head.nlmsg_len, 0, NULL, 0) > 0)
		recv(own, answer, sizeof(answer), 0);
}

static void come_or_leave(bool now_home)
{
	struct xfrm_userpolicy_info info = block;
	struct ask a = { .sel = &info.sel, .info = &info, .dir = XFRM_POLICY_OUT };

	if (blocking) {
		widen(&info.sel);
		also(XFRM_MSG_DELPOLICY, &a, true);
	}
	home = now_home;
	if (blocking) {
		info = block;
		widen(&info.sel);
		also(XFRM_MSG_UPDPOLICY, &a, true);
	}
}

/* Policies of the signalling without a template, as ours has them at home, go when the block goes:
 * then the home agent has agreed. */
static void at_home(const struct ask *a)
{
	static struct xfrm_selector signalling[XFRM_POLICY_OUT + 1];
	static bool bare[XFRM_POLICY_OUT + 1];
	bool pair = a->sel->prefixlen_s == 128 && a->sel->prefixlen_d == 128;

	if (a->sub && a->info && a->sel->proto == MH && pair && a->dir <= XFRM_POLICY_OUT) {
		bare[a->dir] = !a->n_tmpl;
		signalling[a->dir] = *a->sel;
		if (a->dir == XFRM_POLICY_OUT && home != !a->n_tmpl)
			come_or_leave(!a->n_tmpl);
	}
	if (!is_block(a) || a->msg->nlmsg_type != XFRM_MSG_DELPOLICY)
		return;
	for (int dir = 0; dir <= XFRM_POLICY_OUT; dir++) {
		struct ask gone = { .sel = &signalling[dir], .dir = dir };

		if (bare[dir])
			also(XFRM_MSG_DELPOLICY, &gone, true);
		bare[dir] = false;
	}
}

static bool neighbours(const struct ask *a)
{
	int type = ntohs(a->sel->sport);

	return a->sub && a->sel->proto == IPPROTO_ICMPV6 && a->dir == XFRM_POLICY_OUT &&
		a->sel->sport_mask == 0xffff &&
		(type == ND_NEIGHBOR_SOLICIT || type == ND_NEIGHBOR_ADVERT);
}

static ssize_t ask_kernel(
	int fd, const void *data, size_t n, int flags, const struct sockaddr *to, socklen_t n_to)
{
	union {
		struct nlmsghdr head;
		char octets[ROOM];
	} copy;
	struct ask a;
	ssize_t sent;

	memcpy(&copy, data, n);
	if (!about_policy(&copy.head, &a))
		return real_sendto(fd, data, n, flags, to, n_to);
	as_umip(&a);
	sent = real_sendto(fd, &copy, copy.head.nlmsg_len, flags, to, n_to);
	at_home(&a);
	if (newer && neighbours(&a) && a.msg->nlmsg_type != XFRM_MSG_GETPOLICY)
		also(a.msg->nlmsg_type, &a, false);
	return sent < 0 ? sent : (ssize_t)n;
}

/* The sum loses what the flag had: RFC 1624. */
static ssize_t announce(
	int fd, const void *data, size_t n, int flags, const struct sockaddr *to, socklen_t n_to)
{
	uint8_t frame[ROOM];
	struct nd_neighbor_advert na;
	size_t at = ETH_HLEN + sizeof(struct ip6_hdr);

	memcpy(frame, data, n);
	if (n >= at + sizeof(na)) {
		memcpy(&na, frame + at, sizeof(na));
		if (na.nd_na_type == ND_NEIGHBOR_ADVERT &&
			(na.nd_na_flags_reserved & ND_NA_FLAG_OVERRIDE)) {
			uint32_t sum = ntohs(na.nd_na_cksum) + 0x2000u;

			na.nd_na_flags_reserved &= ~ND_NA_FLAG_OVERRIDE;
			na.nd_na_cksum = htons((uint16_t)((sum & 0xffff) + (sum >> 16)));
			memcpy(frame + at, &na, sizeof(na));
		}
	}
	return real_sendto(fd, frame, n, flags, to, n_to);
}

ssize_t sendto(
	int fd, const void *data, size_t n, int flags, const struct sockaddr *to, socklen_t n_to)
{
	if (n >= sizeof(struct nlmsghdr) && n <= ROOM && is(fd, AF_NETLINK, NETLINK_XFRM))
		return ask_kernel(fd, data, n, flags, to, n_to);
	if (to && to->sa_family == AF_PACKET && n <= ROOM)
		return announce(fd, data, n, flags, to, n_to);
	return real_sendto(fd, data, n, flags, to, n_to);
}

/* UMIP's timers before a binding update are longer than what stories gave ours: late is every one
 * but those that repeat another. */
static void take_time(void)
{
	static const struct timespec late = { .tv_sec = 5, .tv_nsec = 200000000 };
	static struct timespec last;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!last.tv_sec || now.tv_sec - last.tv_sec > REPEATED)
		ppoll(NULL, 0, &late, NULL);
	clock_gettime(CLOCK_MONOTONIC, &last);
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	const uint8_t *mh = msg->msg_iovlen ? msg->msg_iov[0].iov_base : NULL;

	if (mh && msg->msg_iov[0].iov_len >= 6 && mh[2] == BU && is(fd, AF_INET6, MH))
		take_time();
	return real_sendmsg(fd, msg, flags);
}
