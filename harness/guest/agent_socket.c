/*
 * Sockets of the driver's: it names one by a handle, which is never used twice.
 */
#include "agent.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define SOCKETS_MOST 256
#define PACKET_ROOM (1u << 18)
#define IOCTL_MOST 4096
#define IOCTL_SLACK 65536 /* a request that says too little of its length hits only this */

struct sock {
	bool used, watched, receives;
	uint64_t handle, due;
	struct node *node;
	int fd;
	uint32_t port, id;
};

static struct {
	struct sock sock[SOCKETS_MOST];
	uint64_t serial;
} sockets;

int socket_add(struct node *node, int fd, uint32_t port, uint64_t *handle)
{
	for (size_t i = 0; i < SOCKETS_MOST; i++) {
		struct sock *it = &sockets.sock[i];

		if (it->used)
			continue;
		*it = (struct sock){ .used = true, .node = node, .fd = fd, .port = port };
		it->handle = *handle = ++sockets.serial * SOCKETS_MOST + i;
		return 0;
	}
	return -EMFILE;
}

/* The socket that a request's first field names. */
static int socket_of(struct request *rq, struct sock **out)
{
	uint64_t handle = rq->field[0].number;
	struct sock *it = &sockets.sock[handle % SOCKETS_MOST];

	if (!it->used || it->handle != handle)
		return refuse(rq, EBADF, "there is no socket %llu", (unsigned long long)handle);
	*out = it;
	return 0;
}

bool socket_is_port(const struct node *node, uint32_t port)
{
	for (size_t i = 0; i < SOCKETS_MOST; i++) {
		const struct sock *it = &sockets.sock[i];

		if (it->used && it->node == node && it->port && it->port == port)
			return true;
	}
	return false;
}

int socket_open(struct request *rq)
{
	int on = 1, fd, kind = (int)rq->field[2].number | SOCK_CLOEXEC | SOCK_NONBLOCK;
	struct node *node;
	uint64_t handle;
	int result = node_find(rq, rq->field[0].text, &node);

	if ((kind & 0xf) == SOCK_STREAM)
		return refuse(rq, ESOCKTNOSUPPORT, "streams");
	if (!result)
		result = node_enter(node);
	if (result < 0)
		return result;
	fd = socket((int)rq->field[1].number, kind, (int)rq->field[3].number);
	if (fd < 0)
		return -errno;
	/* Where a family has no times, the agent's own do. */
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	result = socket_add(node, fd, 0, &handle);
	if (result < 0) {
		close(fd);
		return result;
	}
	answer_begin(rq->id);
	put_number(handle);
	frame_send();
	return ANSWERED;
}

int socket_option(struct request *rq)
{
	struct octets value = rq->field[3].octets;
	struct sock *it = NULL;
	int result = socket_of(rq, &it);

	if (result < 0)
		return result;
	if (setsockopt(it->fd, (int)rq->field[1].number, (int)rq->field[2].number, value.data,
		    (socklen_t)value.size) < 0)
		return -errno;
	return DONE;
}

/* An address of a request; `out` is aligned as the kernel's headers want it. */
static int address_of(struct request *rq, struct octets octets, struct sockaddr_storage *out)
{
	if (octets.size > sizeof(*out))
		return refuse(rq, EINVAL, "an address has at most %zu octets", sizeof(*out));
	memset(out, 0, sizeof(*out));
	memcpy(out, octets.data, octets.size);
	return 0;
}

int socket_bind(struct request *rq)
{
	struct octets octets = rq->field[1].octets;
	struct sockaddr_storage at;
	struct sock *it = NULL;
	int result = socket_of(rq, &it);

	if (!result)
		result = address_of(rq, octets, &at);
	if (result < 0)
		return result;
	return bind(it->fd, (struct sockaddr *)&at, (socklen_t)octets.size) < 0 ? -errno : DONE;
}

int socket_ioctl(struct request *rq)
{
	static _Alignas(8) uint8_t room[2][IOCTL_MOST + IOCTL_SLACK];
	struct octets octets = rq->field[2].octets, pointed = rq->field[4].octets;
	int64_t offset = (int64_t)rq->field[3].number;
	uint8_t *target = room[1];
	struct sock *it = NULL;
	int result = socket_of(rq, &it);

	if (result < 0)
		return result;
	if (octets.size > IOCTL_MOST || pointed.size > IOCTL_MOST)
		return refuse(rq, EINVAL, "more than %d octets", IOCTL_MOST);
	if (offset < -1 || (offset >= 0 && (uint64_t)offset + sizeof(target) > octets.size))
		return refuse(rq, EINVAL, "no room for an address at %lld", (long long)offset);
	memset(room, 0, sizeof(room));
	memcpy(room[0], octets.data, octets.size);
	memcpy(room[1], pointed.data, pointed.size);
	if (offset >= 0)
		memcpy(room[0] + offset, &target, sizeof(target));
	if (ioctl(it->fd, rq->field[1].number, room[0]) < 0)
		return -errno;
	answer_begin(rq->id);
	put_octets(room[0], octets.size);
	put_octets(room[1], pointed.size);
	frame_send();
	return ANSWERED;
}

int socket_send(struct request *rq)
{
	struct octets octets = rq->field[1].octets, address = rq->field[2].octets;
	uint64_t delay = rq->field[3].number;
	struct sockaddr_storage to;
	struct sock *it = NULL;
	int result = socket_of(rq, &it);

	if (!result)
		result = address_of(rq, address, &to);
	if (result < 0)
		return result;
	if (delay)
		return later_send(rq, it->handle, it->fd, after(delay, SECOND / 1000000));
	if (sendto(it->fd, octets.data, octets.size, MSG_DONTWAIT,
		    address.size ? (struct sockaddr *)&to : NULL, (socklen_t)address.size) < 0)
		return -errno;
	return DONE;
}

/* --- what comes in --- */

int packet_receive(int fd, struct packet *out)
{
	static uint8_t room[PACKET_ROOM];
	_Alignas(struct cmsghdr) uint8_t control[256];
	struct iovec octets = { room, sizeof(room) };
	struct msghdr message = {
		.msg_name = &out->from,
		.msg_namelen = sizeof(out->from),
		.msg_iov = &octets,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT);

	if (n < 0)
		return -errno;
	out->octets = (struct octets){ room, (size_t)n };
	out->from_size = message.msg_namelen;
	out->when = 0;
	for (struct cmsghdr *at = CMSG_FIRSTHDR(&message); at; at = CMSG_NXTHDR(&message, at)) {
		struct timespec time;

		if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&time, CMSG_DATA(at), sizeof(time));
		out->when = (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
	}
	out->when = out->when ? out->when : realtime();
	return 0;
}

static void put_packet(const struct packet *packet)
{
	put_octets(packet->octets.data, packet->octets.size);
	put_octets(&packet->from, packet->from_size);
	put_number(packet->when);
	frame_send();
}

/* Answer a RECV if there is something, or an error that is not "not yet". */
static bool receive(struct sock *it)
{
	struct packet packet;
	int result = packet_receive(it->fd, &packet);

	if (result == -EAGAIN || result == -EINTR)
		return false;
	it->receives = false;
	if (result < 0) {
		answer_failed(it->id, -result, strerror(-result));
	} else {
		answer_begin(it->id);
		put_packet(&packet);
	}
	return true;
}

int socket_receive(struct request *rq)
{
	struct sock *it = NULL;
	int result = socket_of(rq, &it);

	if (result < 0)
		return result;
	if (it->watched || it->receives)
		return refuse(rq, EBUSY, "somebody listens to this socket already");
	it->id = rq->id;
	if (receive(it))
		return ANSWERED;
	it->receives = true;
	it->due = after(rq->field[1].number, SECOND / 1000);
	return ANSWERED;
}

int socket_watch(struct request *rq)
{
	struct sock *it = NULL;
	int result = socket_of(rq, &it);

	if (result < 0)
		return result;
	if (it->receives)
		return refuse(rq, EBUSY, "somebody listens to this socket already");
	it->watched = true;
	return DONE;
}

/* A port that went down says so once; nothing of it is worth an event. */
static void sock_ready(void *them, short events)
{
	struct sock *it = them;
	struct packet packet;

	(void)events;
	if (it->receives) {
		receive(it);
		return;
	}
	while (line_roomy() && !packet_receive(it->fd, &packet)) {
		event_begin(EVENT_FRAME);
		put_number(it->handle);
		put_packet(&packet);
	}
}

void sockets_wait(void)
{
	for (size_t i = 0; i < SOCKETS_MOST; i++) {
		struct sock *it = &sockets.sock[i];

		if (it->used && (it->receives || it->watched) && line_roomy())
			loop_wait(it->fd, POLLIN, sock_ready, it);
	}
}

uint64_t sockets_next(void)
{
	uint64_t least = NEVER;

	for (size_t i = 0; i < SOCKETS_MOST; i++)
		if (sockets.sock[i].receives && sockets.sock[i].due < least)
			least = sockets.sock[i].due;
	return least;
}

void sockets_due(uint64_t time)
{
	for (size_t i = 0; i < SOCKETS_MOST; i++) {
		struct sock *it = &sockets.sock[i];

		if (!it->receives || it->due > time || receive(it))
			continue;
		it->receives = false;
		answer_failed(it->id, ETIMEDOUT, "RECV: nothing came in time");
	}
}

/* --- the end of one --- */

/* What it was told is still its own for the taps of its node. */
static void sock_close(struct sock *it)
{
	if (it->port)
		taps_drain(it->node);
	if (it->receives)
		answer_failed(it->id, ECANCELED, "RECV: the socket was closed");
	later_forget(it->handle);
	close(it->fd);
	*it = (struct sock){ 0 };
}

int socket_close(struct request *rq)
{
	struct sock *it = NULL;
	int result = socket_of(rq, &it);

	if (result < 0)
		return result;
	sock_close(it);
	return DONE;
}

void sockets_close(const struct node *node)
{
	for (size_t i = 0; i < SOCKETS_MOST; i++)
		if (sockets.sock[i].used && sockets.sock[i].node == node)
			sock_close(&sockets.sock[i]);
}
