#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/nl.h"

enum {
	ANSWER_MAX = 1 << 16,
	ANSWER_FIRST = 1 << 11,
	EVENT_BUFFER = 8 << 20,
	ANSWER_WAIT_S = 5,
	DUMP_TRIES = 5
};

struct nl {
	struct mnl_socket *sock; /* NULL: peer answers */
	int protocol;
	uint32_t seq;
	nl_peer *peer;
	void *ctx;
	uint8_t *buf; /* ANSWER_MAX octets, aligned by malloc */
	char error[256];
	/* an event socket: */
	struct io *io;
	nl_fn *fn;
	void (*overrun)(void *arg);
	void *arg;
	void *kept;
};

/* Whole messages one behind the other: the callback then may use the same socket. Those of SAs
 * hold keys. */
struct answers {
	uint8_t *p;
	size_t n, cap;
};

void nl_free(struct nl *nl)
{
	if (!nl)
		return;
	io_free(nl->io);
	if (nl->sock)
		mnl_socket_close(nl->sock);
	free(nl->buf);
	free(nl->kept);
	free(nl);
}

OWN(nl)

static int nl_new(struct nl **out)
{
	own(nl) *nl = calloc(1, sizeof(*nl));

	if (!nl || !(nl->buf = malloc(ANSWER_MAX)))
		return -ENOMEM;
	*out = take(nl);
	return 0;
}

static int nl_socket(int protocol, int flags, struct nl **out)
{
	own(nl) *nl = NULL;
	int on = 1, rc = nl_new(&nl);

	if (rc < 0)
		return rc;
	nl->sock = mnl_socket_open2(protocol, SOCK_CLOEXEC | flags);
	if (!nl->sock || mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	/* Both only make errors easier to read: an old kernel without them is fine. */
	mnl_socket_setsockopt(nl->sock, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(nl->sock, NETLINK_CAP_ACK, &on, sizeof(on));
	*out = take(nl);
	return 0;
}

int nl_open(int protocol, struct nl **out)
{
	const struct timeval limit = { .tv_sec = ANSWER_WAIT_S };
	struct nl *nl;
	int rc = nl_socket(protocol, 0, &nl);

	if (rc < 0)
		return rc;
	setsockopt(mnl_socket_get_fd(nl->sock), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	nl->protocol = protocol;
	*out = nl;
	return 0;
}

int nl_open_peer(nl_peer *peer, void *ctx, struct nl **out)
{
	struct nl *nl;
	int rc = nl_new(&nl);

	if (rc < 0)
		return rc;
	nl->peer = peer;
	nl->ctx = ctx;
	*out = nl;
	return 0;
}

static int join(struct nl *nl, unsigned group)
{
	int number = (int)group;

	return mnl_socket_setsockopt(nl->sock, NETLINK_ADD_MEMBERSHIP, &number, sizeof(number)) < 0
		? -errno
		: 0;
}

int nl_open_beside(const struct nl *nl, unsigned group, struct nl **out)
{
	own(nl) *own_one = NULL;
	int rc;

	if (!nl->sock)
		return nl_open_peer(nl->peer, nl->ctx, out);
	rc = nl_open(nl->protocol, &own_one);
	if (!rc)
		rc = join(own_one, group);
	if (!rc)
		*out = take(own_one);
	return rc;
}

const char *nl_error(const struct nl *nl)
{
	return nl->error;
}

/* Requests. */

static struct nlmsghdr *head(struct nl_req *rq)
{
	return (struct nlmsghdr *)rq->buf;
}

/* Room for n octets at the end, zeroed and padded, or NULL and a bad request. */
static uint8_t *grow(struct nl_req *rq, size_t n)
{
	size_t at = head(rq)->nlmsg_len;

	if (rq->bad || n > NL_REQ_MAX || NLMSG_ALIGN(n) > NL_REQ_MAX - at) {
		rq->bad = true;
		return NULL;
	}
	head(rq)->nlmsg_len += (uint32_t)NLMSG_ALIGN(n);
	return rq->buf + at;
}

void *nl_begin(struct nl_req *rq, uint16_t type, uint16_t flags, size_t body)
{
	memset(rq, 0, sizeof(*rq));
	head(rq)->nlmsg_len = NLMSG_HDRLEN;
	head(rq)->nlmsg_type = type;
	head(rq)->nlmsg_flags = flags | NLM_F_REQUEST;
	grow(rq, body);
	return rq->buf + NLMSG_HDRLEN;
}

static struct nlattr *attr_begin(struct nl_req *rq, uint16_t type, size_t n)
{
	struct nlattr *a = n > UINT16_MAX - NLA_HDRLEN ? NULL : (void *)grow(rq, NLA_HDRLEN + n);

	if (a)
		*a = (struct nlattr){ .nla_len = (uint16_t)(NLA_HDRLEN + n), .nla_type = type };
	else
		rq->bad = true;
	return a;
}

void nl_put(struct nl_req *rq, uint16_t type, const void *data, size_t n)
{
	struct nlattr *a = attr_begin(rq, type, n);

	if (a && n)
		memcpy((uint8_t *)a + NLA_HDRLEN, data, n);
}

size_t nl_nest(struct nl_req *rq, uint16_t type)
{
	size_t at = head(rq)->nlmsg_len;

	attr_begin(rq, type | NLA_F_NESTED, 0);
	return at;
}

void nl_nest_end(struct nl_req *rq, size_t at)
{
	if (!rq->bad)
		((struct nlattr *)(void *)(rq->buf + at))->nla_len =
			(uint16_t)(head(rq)->nlmsg_len - at);
}

/* Answers. */

static void answers_free(struct answers *a)
{
	if (a->p)
		mem_wipe(a->p, a->cap);
	free(a->p);
}

/* Not by realloc(), which would leave what it has copied where it was. */
static int answers_grow(struct answers *a, size_t n)
{
	struct answers more = { .n = a->n, .cap = 2 * a->cap + n + ANSWER_FIRST };

	more.p = malloc(more.cap);
	if (!more.p)
		return -ENOMEM;
	if (a->n)
		memcpy(more.p, a->p, a->n);
	answers_free(a);
	*a = more;
	return 0;
}

static int keep(const struct nlmsghdr *msg, void *arg)
{
	struct answers *a = arg;
	size_t n = NLMSG_ALIGN(msg->nlmsg_len);

	if (n > a->cap - a->n && answers_grow(a, n) < 0)
		return -ENOMEM;
	memcpy(a->p + a->n, msg, msg->nlmsg_len);
	memset(a->p + a->n + msg->nlmsg_len, 0, n - msg->nlmsg_len);
	a->n += n;
	return 0;
}

static int error_text(uint16_t type, const void *data, size_t n, void *arg)
{
	struct nl *nl = arg;

	if (type != NLMSGERR_ATTR_MSG)
		return 0;
	n = strnlen(data, n < sizeof(nl->error) - 1 ? n : sizeof(nl->error) - 1);
	memcpy(nl->error, data, n);
	nl->error[n] = '\0';
	return 0;
}

/* NLMSG_ERROR and NLMSG_DONE begin with an errno; the extended text follows, behind the request if
 * that is echoed. */
static int verdict(struct nl *nl, const struct nlmsghdr *msg)
{
	size_t skip = sizeof(int);
	int error;

	if (msg->nlmsg_type == NLMSG_DONE && msg->nlmsg_len < NLMSG_HDRLEN + sizeof(error))
		return 0;
	if (msg->nlmsg_len < NLMSG_HDRLEN + sizeof(error))
		return -EBADMSG;
	memcpy(&error, nl_data(msg), sizeof(error));
	if (msg->nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *e = nl_data(msg);

		if (msg->nlmsg_len < NLMSG_HDRLEN + sizeof(*e))
			return -EBADMSG;
		skip = sizeof(*e);
		if (!(msg->nlmsg_flags & NLM_F_CAPPED))
			skip += e->msg.nlmsg_len - NLMSG_HDRLEN;
	}
	if (msg->nlmsg_flags & NLM_F_ACK_TLVS)
		nl_attrs(msg, skip, error_text, nl);
	return error > 0 ? -EBADMSG : error;
}

/* One datagram of the kernel: its octets, 0 for one of somebody else, or -errno. */
static ssize_t receive(struct nl *nl)
{
	struct sockaddr_nl from = { 0 };
	struct iovec iov = { nl->buf, ANSWER_MAX };
	struct msghdr mh = { &from, sizeof(from), &iov, 1, NULL, 0, 0 };
	ssize_t n;

	do {
		n = recvmsg(mnl_socket_get_fd(nl->sock), &mh, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (mh.msg_flags & MSG_TRUNC)
		return -EMSGSIZE;
	return from.nl_pid ? 0 : n;
}

/* Take the messages of one datagram: 1 go on, 0 done, or -errno. */
static int take_in(struct nl *nl, size_t n, struct answers *out, bool *torn)
{
	struct nlmsghdr *msg = (void *)nl->buf;
	int left = (int)n;

	for (; NLMSG_OK(msg, (unsigned)left); msg = NLMSG_NEXT(msg, left)) {
		if (msg->nlmsg_seq != nl->seq)
			continue; /* the late answer to a request that was given up */
		*torn |= msg->nlmsg_flags & NLM_F_DUMP_INTR;
		if (msg->nlmsg_type == NLMSG_ERROR || msg->nlmsg_type == NLMSG_DONE)
			return verdict(nl, msg);
		if (keep(msg, out) < 0)
			return -ENOMEM;
	}
	return 1;
}

static int ask_kernel(struct nl *nl, const struct nlmsghdr *rq, struct answers *out)
{
	bool torn = false;
	int rc = 1;

	if (mnl_socket_sendto(nl->sock, rq, rq->nlmsg_len) < 0)
		return -errno;
	while (rc > 0) {
		ssize_t n = receive(nl);

		if (n < 0)
			return n == -EAGAIN ? -ETIMEDOUT : (int)n;
		rc = take_in(nl, (size_t)n, out, &torn);
		mem_wipe(nl->buf, (size_t)n);
	}
	return rc < 0 ? rc : torn ? -EINTR : 0;
}

/* Ask; a dump that changed while the kernel wrote it (NLM_F_DUMP_INTR) is asked for again. */
static int ask(struct nl *nl, struct nl_req *rq, struct answers *out)
{
	int rc = -EMSGSIZE;

	nl->error[0] = '\0';
	if (rq->bad)
		return rc;
	for (int i = 0; i < DUMP_TRIES; i++) {
		head(rq)->nlmsg_seq = ++nl->seq;
		out->n = 0;
		rc = nl->peer ? nl->peer(nl->ctx, head(rq), keep, out)
			      : ask_kernel(nl, head(rq), out);
		if (rc != -EINTR)
			break;
	}
	return rc;
}

int nl_call(struct nl *nl, struct nl_req *rq)
{
	struct answers got = { 0 };
	int rc;

	head(rq)->nlmsg_flags |= NLM_F_ACK;
	rc = ask(nl, rq, &got);
	answers_free(&got);
	return rc;
}

int nl_get(struct nl *nl, struct nl_req *rq, nl_fn *fn, void *arg)
{
	struct answers got = { 0 };
	int rc;

	if (!(head(rq)->nlmsg_flags & NLM_F_DUMP))
		head(rq)->nlmsg_flags |=
			NLM_F_ACK; /* marks the end, as NLMSG_DONE does for a dump */
	rc = ask(nl, rq, &got);
	for (size_t at = 0; !rc && at < got.n;) {
		const struct nlmsghdr *msg = (const void *)(got.p + at);

		at += NLMSG_ALIGN(msg->nlmsg_len);
		rc = fn(msg, arg);
	}
	answers_free(&got);
	return rc;
}

int nl_attrs(const struct nlmsghdr *msg, size_t body,
	int (*fn)(uint16_t, const void *, size_t, void *), void *arg)
{
	size_t skip = NLMSG_HDRLEN + NLMSG_ALIGN(body), left;
	const uint8_t *p = (const uint8_t *)msg + skip;
	int rc = 0;

	if (skip < body || msg->nlmsg_len < NLMSG_HDRLEN + body)
		return -EBADMSG;
	left = msg->nlmsg_len > skip ? msg->nlmsg_len - skip : 0;
	while (!rc && left) {
		struct nlattr a;
		size_t step;

		if (left < sizeof(a))
			return -EBADMSG;
		memcpy(&a, p, sizeof(a));
		if (a.nla_len < sizeof(a) || a.nla_len > left)
			return -EBADMSG;
		rc = fn(a.nla_type & NLA_TYPE_MASK, p + NLA_HDRLEN, a.nla_len - NLA_HDRLEN, arg);
		step = NLA_ALIGN((size_t)a.nla_len);
		step = step < left ? step : left; /* the last one needs no padding */
		p += step;
		left -= step;
	}
	return rc;
}

/* Events. */

static void on_events(int fd, void *arg)
{
	struct nl *nl = arg;
	ssize_t n;

	(void)fd;
	while ((n = receive(nl)) != -EAGAIN) {
		struct nlmsghdr *msg = (void *)nl->buf;
		int left = (int)n;

		if (n == -ENOBUFS || n == -EMSGSIZE) {
			nl->overrun(nl->arg);
			continue;
		}
		if (n < 0) {
			log_knl(0, "netlink events: %s", strerror((int)-n));
			return;
		}
		for (; left > 0 && NLMSG_OK(msg, (unsigned)left); msg = NLMSG_NEXT(msg, left))
			nl->fn(msg, nl->arg);
		mem_wipe(nl->buf, (size_t)n);
	}
}

void nl_pump(struct nl *nl)
{
	on_events(mnl_socket_get_fd(nl->sock), nl);
}

void nl_keep(struct nl *nl, void *mem)
{
	nl->kept = mem;
}

int nl_listen(int protocol, const unsigned *groups, size_t n_groups, nl_fn *fn,
	void (*overrun)(void *arg), void *arg, struct nl **out)
{
	own(nl) *nl = NULL;
	int size = EVENT_BUFFER, fd, rc = nl_socket(protocol, SOCK_NONBLOCK, &nl);

	if (rc < 0)
		return rc;
	fd = mnl_socket_get_fd(nl->sock);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	for (size_t i = 0; i < n_groups && !rc; i++)
		rc = join(nl, groups[i]);
	if (rc < 0)
		return rc;
	nl->fn = fn;
	nl->overrun = overrun;
	nl->arg = arg;
	rc = loop_io(fd, on_events, nl, &nl->io);
	if (rc < 0)
		return rc;
	*out = take(nl);
	return 0;
}
