/*
 * Taps: packet sockets whose packets go into pcap files, each with the kernel's time.
 *
 * Several packets cost one read and one write; nothing that was read waits for its write, so a
 * killed run has in its files what it has seen.
 */
#include "agent.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define TAPS_MOST 64
#define BATCH 16
#define SNAP (1u << 18)
#define RECEIVE_ROOM (4 << 20)
#define ETH_P_ALL 3
#define LINK_ETHERNET 1
#define LINK_NETLINK 253
#define COOKED 16
#define ARPHRD_NETLINK 824

struct pcap_file {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy, snap, linktype;
};

struct pcap_record {
	uint32_t seconds, micros, size, whole;
};

#define HEAD (sizeof(struct pcap_record) + COOKED)

struct tap {
	struct node *node;
	char *name;
	int fd, file, error;
	bool cooked;
	struct tap *next;
};

static struct {
	struct tap *first;
	size_t n;
	/* Of each buffer only the pages that packets have filled are ever there. */
	uint8_t room[BATCH][HEAD + SNAP];
	struct sockaddr_ll from[BATCH];
	_Alignas(struct cmsghdr) uint8_t control[BATCH][64];
} taps;

static int tap_open(struct request *rq, const char *device, bool promiscuous)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	struct packet_mreq all = { .mr_type = PACKET_MR_PROMISC };
	int on = 1, room = RECEIVE_ROOM, fd, error = 0;

	at.sll_ifindex = all.mr_ifindex = (int)if_nametoindex(device);
	if (!at.sll_ifindex)
		return refuse(rq, errno, "device %s", device);
	/* No protocol yet: packets of other devices must not come in before it is bound. */
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* Who is root of a namespace only has as much room as everybody may have. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0 ||
		bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		error = errno;
	if (!error && promiscuous &&
		setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) < 0)
		error = errno;
	if (!error)
		return fd;
	close(fd);
	return refuse(rq, error, "device %s", device);
}

static int pcap_open(struct request *rq, const char *name, uint32_t linktype)
{
	struct pcap_file head = { 0xa1b2c3d4, 2, 4, 0, 0, SNAP, linktype };
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0)
		return refuse(rq, errno, "%s", name);
	if (write(fd, &head, sizeof(head)) == sizeof(head))
		return fd;
	close(fd);
	return refuse(rq, EIO, "%s", name);
}

static struct tap *tap_find(const struct node *node, const char *name)
{
	struct tap *tap = taps.first;

	while (tap && (tap->node != node || strcmp(tap->name, name) != 0))
		tap = tap->next;
	return tap;
}

/* What was heard so far is thrown away. */
static int tap_begin_anew(struct request *rq, struct tap *tap, uint32_t linktype)
{
	int fd = pcap_open(rq, tap->name, linktype);

	if (fd < 0)
		return fd;
	close(tap->file);
	tap->file = fd;
	tap->error = 0;
	return DONE;
}

int tap_hear(struct request *rq)
{
	const char *device = rq->field[1].text, *name = rq->field[2].text;
	uint64_t linktype = rq->field[3].number;
	struct tap tap = { .cooked = linktype == LINK_NETLINK }, *it;
	int result = node_find(rq, rq->field[0].text, &tap.node);

	if (!result)
		result = node_enter(tap.node);
	if (result < 0)
		return result;
	if (linktype != LINK_ETHERNET && linktype != LINK_NETLINK)
		return refuse(rq, EINVAL, "linktype %llu is none of %d and %d",
			(unsigned long long)linktype, LINK_ETHERNET, LINK_NETLINK);
	it = tap_find(tap.node, name);
	if (it) {
		taps_drain(tap.node);
		return tap_begin_anew(rq, it, (uint32_t)linktype);
	}
	if (taps.n == TAPS_MOST)
		return refuse(rq, ENOSPC, "there are %d taps", TAPS_MOST);
	tap.fd = tap_open(rq, device, !tap.cooked);
	if (tap.fd < 0)
		return tap.fd;
	tap.file = pcap_open(rq, name, (uint32_t)linktype);
	if (tap.file < 0) {
		close(tap.fd);
		return tap.file;
	}
	tap.name = must(strdup(name));
	tap.next = taps.first;
	it = must(malloc(sizeof(*it)));
	*it = tap;
	taps.first = it;
	taps.n++;
	return DONE;
}

/* --- packets --- */

static struct timespec time_of(struct msghdr *message)
{
	struct timespec time;

	for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at; at = CMSG_NXTHDR(message, at))
		if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&time, CMSG_DATA(at), sizeof(time));
			return time;
		}
	clock_gettime(CLOCK_REALTIME, &time);
	return time;
}

/* Whether a netlink datagram belongs to a question of the agent's. */
static bool is_ours(const struct node *node, const uint8_t *data, size_t size)
{
	struct nlmsghdr message;

	for (size_t at = 0; at + sizeof(message) <= size; at += NLMSG_ALIGN(message.nlmsg_len)) {
		memcpy(&message, data + at, sizeof(message));
		if (message.nlmsg_len < sizeof(message) || message.nlmsg_len > size - at)
			return false;
		if (node_owns(node, message.nlmsg_pid))
			return true;
	}
	return false;
}

/* The cooked header of LINKTYPE_NETLINK: packet type, device type, padding, family. */
static void cook(uint8_t *at, const struct sockaddr_ll *from)
{
	uint16_t type = htons(from->sll_pkttype), device = htons(ARPHRD_NETLINK);

	memset(at, 0, COOKED);
	memcpy(at, &type, 2);
	memcpy(at + 2, &device, 2);
	memcpy(at + 14, &from->sll_protocol, 2);
}

/* The record of the i-th packet, which stands before it in its buffer; empty if it is left out. */
static struct iovec record(const struct tap *tap, size_t i, struct mmsghdr *got)
{
	uint8_t *packet = taps.room[i] + HEAD, *start = packet;
	size_t size = got->msg_len;
	struct timespec time = time_of(&got->msg_hdr);
	struct pcap_record head = { .seconds = (uint32_t)time.tv_sec };

	head.micros = (uint32_t)(time.tv_nsec / 1000);
	if (tap->cooked) {
		if (is_ours(tap->node, packet, size))
			return (struct iovec){ 0 };
		start -= COOKED;
		size += COOKED;
		cook(start, &taps.from[i]);
	}
	head.size = head.whole = (uint32_t)size;
	start -= sizeof(head);
	memcpy(start, &head, sizeof(head));
	return (struct iovec){ start, size + sizeof(head) };
}

/* A file that cannot be written is told once; what is heard is still taken off the socket. */
static void save(struct tap *tap, struct mmsghdr *got, size_t n)
{
	struct iovec records[BATCH];
	size_t wanted = 0;
	ssize_t written;

	for (size_t i = 0; i < n; i++) {
		records[i] = record(tap, i, &got[i]);
		wanted += records[i].iov_len;
	}
	if (!wanted || tap->error)
		return;
	written = writev(tap->file, records, (int)n);
	if (written == (ssize_t)wanted)
		return;
	tap->error = written < 0 ? errno : ENOSPC;
	fault("%s: %s", tap->name, strerror(tap->error));
}

/* One read of a socket; how many packets it gave. */
static size_t hear(struct tap *tap)
{
	struct mmsghdr got[BATCH];
	struct iovec room[BATCH];
	int n;

	for (size_t i = 0; i < BATCH; i++) {
		room[i] = (struct iovec){ taps.room[i] + HEAD, SNAP };
		got[i].msg_hdr = (struct msghdr){
			.msg_name = &taps.from[i],
			.msg_namelen = sizeof(taps.from[i]),
			.msg_iov = &room[i],
			.msg_iovlen = 1,
			.msg_control = taps.control[i],
			.msg_controllen = sizeof(taps.control[i]),
		};
	}
	n = recvmmsg(tap->fd, got, BATCH, MSG_DONTWAIT, NULL);
	if (n <= 0)
		return 0; /* no more for now, or the device went down: it says so once */
	save(tap, got, (size_t)n);
	return (size_t)n;
}

static void tap_ready(void *it, short events)
{
	(void)events;
	if (hear(it))
		stir();
}

void taps_wait(void)
{
	if (later_quiet())
		return;
	for (struct tap *tap = taps.first; tap; tap = tap->next)
		loop_wait(tap->fd, POLLIN, tap_ready, tap);
}

int taps_drain(const struct node *node)
{
	struct pollfd fds[TAPS_MOST];
	size_t n = 0;
	int result = 0;

	for (struct tap *tap = taps.first; tap; tap = tap->next)
		fds[n++] = (struct pollfd){ .fd = tap->fd, .events = POLLIN };
	n = 0;
	poll(fds, taps.n, 0);
	for (struct tap *tap = taps.first; tap; tap = tap->next, n++) {
		if (node && tap->node != node)
			continue;
		while (fds[n].revents && hear(tap) == BATCH)
			;
		if (tap->error)
			result = -tap->error;
	}
	return result;
}

int tap_settle(struct request *rq)
{
	int result = taps_drain(NULL);

	return result < 0 ? refuse(rq, -result, "the captures cannot be written") : DONE;
}

void taps_close(const struct node *node)
{
	struct tap **at = &taps.first;

	taps_drain(node);
	while (*at) {
		struct tap *tap = *at;

		if (tap->node != node) {
			at = &tap->next;
			continue;
		}
		*at = tap->next;
		taps.n--;
		close(tap->fd);
		close(tap->file);
		free(tap->name);
		free(tap);
	}
}
