#include "kernel/xfrm_policy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/wire.h"

static void put_type(struct nl_req *rq, bool sub)
{
	struct xfrm_userpolicy_type type = {
		.type = sub ? XFRM_POLICY_TYPE_SUB : XFRM_POLICY_TYPE_MAIN,
	};

	nl_put(rq, XFRMA_POLICY_TYPE, &type, sizeof(type));
}

static struct xfrm_user_tmpl tmpl_to_kernel(const struct xfrm_tmpl_ *t)
{
	return (struct xfrm_user_tmpl){
		.id = { .daddr.in6 = t->dst, .spi = htonl(t->spi), .proto = t->proto },
		.family = AF_INET6,
		.saddr.in6 = t->src,
		.reqid = t->reqid,
		.mode = (uint8_t)t->mode,
		.optional = t->optional,
		.aalgos = ~0u,
		.ealgos = ~0u,
		.calgos = ~0u,
	};
}

static int policy_put(struct nl *nl, uint16_t type, uint16_t flags, const struct xfrm_policy *p)
{
	struct xfrm_user_tmpl tmpls[XFRM_TMPL_MAX];
	struct nl_req rq;
	struct xfrm_userpolicy_info *info;

	if (p->n_tmpl > XFRM_TMPL_MAX)
		return -EINVAL;
	info = nl_begin(&rq, type, flags, sizeof(*info));
	sel_to_kernel(&p->sel, &info->sel);
	info->lft = xfrm_unlimited();
	info->priority = p->priority;
	info->dir = (uint8_t)p->dir;
	info->action = p->block ? XFRM_POLICY_BLOCK : XFRM_POLICY_ALLOW;
	info->share = XFRM_SHARE_ANY;
	put_type(&rq, p->sub);
	for (size_t i = 0; i < p->n_tmpl; i++)
		tmpls[i] = tmpl_to_kernel(&p->tmpl[i]);
	if (p->n_tmpl)
		nl_put(&rq, XFRMA_TMPL, tmpls, p->n_tmpl * sizeof(tmpls[0]));
	return nl_call(nl, &rq);
}

int xfrm_policy_add(struct nl *nl, const struct xfrm_policy *p)
{
	return policy_put(nl, XFRM_MSG_NEWPOLICY, NLM_F_CREATE | NLM_F_EXCL, p);
}

int xfrm_policy_update(struct nl *nl, const struct xfrm_policy *p)
{
	return policy_put(nl, XFRM_MSG_UPDPOLICY, NLM_F_CREATE | NLM_F_REPLACE, p);
}

static void put_id(struct nl_req *rq, uint16_t type, const struct sel *sel, enum xdir dir, bool sub)
{
	struct xfrm_userpolicy_id *id = nl_begin(rq, type, 0, sizeof(*id));

	sel_to_kernel(sel, &id->sel);
	id->dir = (uint8_t)dir;
	put_type(rq, sub);
}

struct one {
	struct xfrm_policy policy;
	bool found;
};

static int policy_take(const struct nlmsghdr *msg, void *arg)
{
	struct one *one = arg;

	one->found = true;
	return xfrm_policy_parse(msg, &one->policy);
}

int xfrm_policy_get(
	struct nl *nl, const struct sel *sel, enum xdir dir, bool sub, struct xfrm_policy *out)
{
	struct one one = { 0 };
	struct nl_req rq;
	int r;

	put_id(&rq, XFRM_MSG_GETPOLICY, sel, dir, sub);
	r = nl_get(nl, &rq, policy_take, &one);
	if (r < 0)
		return r;
	if (!one.found)
		return -ENOENT;
	*out = one.policy;
	return 0;
}

int xfrm_policy_del(struct nl *nl, const struct sel *sel, enum xdir dir, bool sub)
{
	struct nl_req rq;

	put_id(&rq, XFRM_MSG_DELPOLICY, sel, dir, sub);
	return nl_call(nl, &rq);
}

struct dump {
	int (*fn)(const struct xfrm_policy *p, void *arg);
	void *arg;
};

/* Policies of a socket are dumped with a direction above the three. */
static int policy_hand_out(const struct nlmsghdr *msg, void *arg)
{
	const struct dump *d = arg;
	struct xfrm_policy p;
	int r = xfrm_policy_parse(msg, &p);

	if (r < 0)
		return r;
	return p.dir > XD_FWD ? 0 : d->fn(&p, d->arg);
}

int xfrm_policy_dump(struct nl *nl, int (*fn)(const struct xfrm_policy *p, void *arg), void *arg)
{
	struct dump d = { fn, arg };
	struct nl_req rq;

	nl_begin(&rq, XFRM_MSG_GETPOLICY, NLM_F_DUMP, 0);
	return nl_get(nl, &rq, policy_hand_out, &d);
}

static struct xfrm_tmpl_ tmpl_from_kernel(const struct xfrm_user_tmpl *t)
{
	return (struct xfrm_tmpl_){
		.src = wire_addr(&t->saddr, t->family),
		.dst = wire_addr(&t->id.daddr, t->family),
		.proto = t->id.proto,
		.mode = t->mode,
		.reqid = t->reqid,
		.spi = ntohl(t->id.spi),
		.optional = t->optional,
	};
}

static int policy_attr(uint16_t type, const void *data, size_t n, void *arg)
{
	struct xfrm_policy *p = arg;
	struct xfrm_userpolicy_type ptype;
	struct xfrm_user_tmpl t;

	if (type == XFRMA_POLICY_TYPE) {
		if (wire_attr(data, n, &ptype, sizeof(ptype)) < 0)
			return -EBADMSG;
		p->sub = ptype.type == XFRM_POLICY_TYPE_SUB;
	}
	if (type != XFRMA_TMPL)
		return 0;
	if (n % sizeof(t) || n / sizeof(t) > XFRM_TMPL_MAX)
		return -EBADMSG;
	for (p->n_tmpl = 0; p->n_tmpl < n / sizeof(t); p->n_tmpl++) {
		memcpy(&t, (const uint8_t *)data + p->n_tmpl * sizeof(t), sizeof(t));
		p->tmpl[p->n_tmpl] = tmpl_from_kernel(&t);
	}
	return 0;
}

void xfrm_policy_from_kernel(const struct xfrm_userpolicy_info *info, struct xfrm_policy *out)
{
	sel_from_kernel(&info->sel, &out->sel);
	out->dir = info->dir;
	out->block = info->action == XFRM_POLICY_BLOCK;
	out->priority = info->priority;
	out->index = info->index;
	out->use_time = info->curlft.use_time;
}

int xfrm_policy_parse(const struct nlmsghdr *msg, struct xfrm_policy *out)
{
	struct xfrm_userpolicy_info info;
	struct xfrm_policy p = { 0 };
	int r = wire_body(msg, &info, sizeof(info));

	if (r < 0)
		return r;
	xfrm_policy_from_kernel(&info, &p);
	r = nl_attrs(msg, sizeof(info), policy_attr, &p);
	if (r < 0)
		return r;
	*out = p;
	return 0;
}

int xfrm_socket_bypass(int fd)
{
	static const uint8_t ways[] = { XFRM_POLICY_IN, XFRM_POLICY_OUT };

	for (size_t i = 0; i < sizeof(ways); i++) {
		struct xfrm_userpolicy_info pass = {
			.sel.family = AF_INET6,
			.dir = ways[i],
			.action = XFRM_POLICY_ALLOW,
		};

		if (setsockopt(fd, IPPROTO_IPV6, IPV6_XFRM_POLICY, &pass, sizeof(pass)) < 0)
			return -errno;
	}
	return 0;
}
