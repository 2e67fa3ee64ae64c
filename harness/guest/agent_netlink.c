/*
 * Netlink: the driver's octets go to a node's kernel, the kernel's go back.
 *
 * The kernels that we know do a request while it is sent, so an empty socket is the end of an
 * answer too. What stands in the messages is the driver's business, errors included.
 */
#include "agent.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_ROOM (128u << 10)
#define FAMILIES 32
#define TRIES 5

/* What is over after a datagram: nothing yet, the answer, or an answer that time has overtaken. */
enum end { END_NOT_YET, END_REACHED, END_TORN };

int netlink_open(int family, uint32_t *port)
{
	struct sockaddr_nl own = { .nl_family = AF_NETLINK };
	socklen_t size = sizeof(own);
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, family);

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&own, sizeof(own)) < 0 ||
		getsockname(fd, (struct sockaddr *)&own, &size) < 0) {
		int error = errno;

		close(fd);
		return -error;
	}
	*port = own.nl_pid;
	return fd;
}

void netlinks_close(struct node *node)
{
	while (node->netlinks) {
		struct netlink *it = node->netlinks;

		node->netlinks = it->next;
		close(it->fd);
		free(it);
	}
}

/* The socket of a request's node and family, which are its first two fields. */
static int netlink_of(struct request *rq, struct netlink **out)
{
	uint64_t family = rq->field[1].number;
	struct netlink *it;
	struct node *node;
	uint32_t port;
	int result = node_find(rq, rq->field[0].text, &node);

	if (result < 0)
		return result;
	if (family >= FAMILIES)
		return refuse(
			rq, EPROTONOSUPPORT, "netlink family %llu", (unsigned long long)family);
	for (it = node->netlinks; it; it = it->next)
		if (it->family == (int)family) {
			*out = it;
			return 0;
		}
	result = node_enter(node);
	if (!result)
		result = netlink_open((int)family, &port);
	if (result < 0)
		return refuse(rq, -result, "netlink family %llu", (unsigned long long)family);
	it = must(malloc(sizeof(*it)));
	*it = (struct netlink){ result, (int)family, port, node->netlinks };
	node->netlinks = it;
	*out = it;
	return 0;
}

int netlink_port(struct request *rq)
{
	struct netlink *it;
	int result = netlink_of(rq, &it);

	if (result < 0)
		return result;
	answer_begin(rq->id);
	put_number(it->port);
	frame_send();
	return ANSWERED;
}

/* Take the next message off; false at the end, and at one that is cut or too short. */
static bool message_next(struct octets *rest, struct nlmsghdr *out)
{
	size_t step;

	if (rest->size < sizeof(*out))
		return false;
	memcpy(out, rest->data, sizeof(*out));
	if (out->nlmsg_len < sizeof(*out) || out->nlmsg_len > rest->size)
		return false;
	step = NLMSG_ALIGN(out->nlmsg_len);
	step = step < rest->size ? step : rest->size;
	rest->data += step;
	rest->size -= step;
	return true;
}

/* Put our port into messages that name none: by it captures know them. Gives the last message. */
static bool sign(struct octets request, uint32_t port, struct nlmsghdr *last)
{
	struct octets rest = request;
	uint8_t *at = rest.data;
	bool any = false;

	for (; message_next(&rest, last); at = rest.data, any = true) {
		if (last->nlmsg_pid)
			continue;
		memcpy(at + offsetof(struct nlmsghdr, nlmsg_pid), &port, sizeof(port));
	}
	return any && !rest.size;
}

static bool is_asked(struct octets request, uint32_t seq)
{
	struct nlmsghdr message;

	while (message_next(&request, &message))
		if (message.nlmsg_seq == seq)
			return true;
	return false;
}

static enum end end_of(const struct nlmsghdr *asked, struct octets answer)
{
	struct nlmsghdr message;
	enum end end = END_NOT_YET;

	while (message_next(&answer, &message)) {
		if (message.nlmsg_flags & NLM_F_DUMP_INTR)
			return END_TORN;
		if (message.nlmsg_seq != asked->nlmsg_seq)
			continue;
		if (message.nlmsg_type == NLMSG_DONE || message.nlmsg_type == NLMSG_ERROR ||
			(!(message.nlmsg_flags & NLM_F_MULTI) && !(asked->nlmsg_flags & NLM_F_ACK)))
			end = END_REACHED;
	}
	return end;
}

static ssize_t receive(int fd, uint8_t *at)
{
	struct sockaddr_nl from;
	socklen_t size = sizeof(from);
	ssize_t n;

	do {
		size = sizeof(from);
		n = recvfrom(fd, at, ANSWER_ROOM, MSG_TRUNC, (struct sockaddr *)&from, &size);
	} while ((n < 0 && errno == EINTR) || (n >= 0 && from.nl_pid));
	if (n > (ssize_t)ANSWER_ROOM) {
		errno = EMSGSIZE;
		return -1;
	}
	return n;
}

/* All of the kernel's answer into the field that is open. */
static int collect(int fd, struct octets request, const struct nlmsghdr *last)
{
	enum end end = END_NOT_YET;
	bool torn = false;

	while (end != END_REACHED) {
		uint8_t *at = field_reach(ANSWER_ROOM);
		struct nlmsghdr first;
		struct octets got;
		ssize_t n = at ? receive(fd, at) : 0;

		if (!at)
			return -EMSGSIZE;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			return errno == ENOBUFS ? -EINTR : -errno;
		got = (struct octets){ at, (size_t)n };
		if (!message_next(&got, &first) || !is_asked(request, first.nlmsg_seq))
			continue;
		end = end_of(last, (struct octets){ at, (size_t)n });
		torn = torn || end == END_TORN;
		field_grew((size_t)n);
	}
	return torn ? -EINTR : 0;
}

static void empty(int fd)
{
	uint8_t *at;

	while ((at = field_reach(ANSWER_ROOM)) && receive(fd, at) >= 0)
		;
}

static int ask_once(struct request *rq, const struct netlink *it, const struct nlmsghdr *last)
{
	struct octets request = rq->field[2].octets;
	int result;

	answer_begin(rq->id);
	field_open();
	if (send(it->fd, request.data, request.size, 0) < 0)
		return -errno;
	result = collect(it->fd, request, last);
	if (result < 0) {
		empty(it->fd);
		frame_drop();
		return result;
	}
	field_close();
	frame_send();
	return 0;
}

/* A list that changed while it was read, or that did not fit, is asked for again. */
int netlink_ask(struct request *rq)
{
	struct netlink *it;
	struct nlmsghdr last;
	int result = netlink_of(rq, &it);

	if (result < 0)
		return result;
	if (!sign(rq->field[2].octets, it->port, &last))
		return refuse(rq, EBADMSG, "the request is no netlink message");
	for (int i = 0; i < TRIES; i++) {
		result = ask_once(rq, it, &last);
		if (!result)
			return ANSWERED;
		if (result != -EINTR || !(last.nlmsg_flags & NLM_F_DUMP))
			break;
	}
	return result;
}

int netlink_tell(struct request *rq)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK,
		.nl_pid = (uint32_t)rq->field[2].number };
	struct octets octets = rq->field[3].octets;
	struct nlmsghdr last;
	struct netlink *it;
	int result = netlink_of(rq, &it);

	if (result < 0)
		return result;
	sign(octets, it->port, &last);
	if (sendto(it->fd, octets.data, octets.size, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		return refuse(rq, errno, "port %u", to.nl_pid);
	return DONE;
}

int netlink_listen(struct request *rq)
{
	int group = (int)rq->field[2].number, fd;
	struct node *node;
	uint64_t handle;
	uint32_t port;
	int result = node_find(rq, rq->field[0].text, &node);

	if (!result)
		result = node_enter(node);
	if (result < 0)
		return result;
	fd = netlink_open((int)rq->field[1].number, &port);
	if (fd < 0)
		return fd;
	if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
		result = refuse(rq, errno, "group %d", group);
	if (!result)
		result = socket_add(node, fd, port, &handle);
	if (result < 0) {
		close(fd);
		return result;
	}
	answer_begin(rq->id);
	put_number(handle);
	frame_send();
	return ANSWERED;
}
