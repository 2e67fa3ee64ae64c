/*
 * agent ping SRC DST INTERVAL_US IDENT FILE - numbered echo requests, and which were answered when.
 *
 * Sent from a raw socket, so each one's time is known whether or not it could leave. It ends at
 * SIGTERM, once the last one is answered or a second is over.
 * Shapes:  FILE gets one struct told for each event, unbuffered, in the order of the host.
 */
#include "agent.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/icmp6.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DATA 56
#define PATIENCE SECOND

enum kind { SENT, REPLIED, REFUSED };

struct told {
	uint8_t kind, pad[3];
	uint32_t number;
	uint64_t realtime;
	int32_t error;
	uint32_t pad_end;
};

static volatile sig_atomic_t stopped;

static struct {
	int fd, file;
	struct sockaddr_in6 to;
	uint16_t id;
	uint32_t sent;
	bool last_replied;
} echo;

static void on_term(int number)
{
	(void)number;
	stopped = 1;
}

static void tell(enum kind kind, uint32_t number, uint64_t when, int error)
{
	struct told told = { .kind = (uint8_t)kind, .number = number, .realtime = when };

	told.error = error;
	if (write(echo.file, &told, sizeof(told)) != sizeof(told))
		_exit(1);
}

static void send_next(void)
{
	struct {
		struct icmp6_hdr head;
		uint8_t data[DATA];
	} request = { .head = { .icmp6_type = ICMP6_ECHO_REQUEST } };
	uint64_t when = realtime();
	ssize_t n;

	request.head.icmp6_id = htons(echo.id);
	request.head.icmp6_seq = htons((uint16_t)echo.sent);
	n = sendto(echo.fd, &request, sizeof(request), MSG_DONTWAIT, (struct sockaddr *)&echo.to,
		sizeof(echo.to));
	echo.last_replied = false;
	tell(n < 0 ? REFUSED : SENT, echo.sent++, when, n < 0 ? errno : 0);
}

/* The latest request whose number ends like this. */
static void receive_all(void)
{
	struct packet packet;
	struct icmp6_hdr head;

	while (!packet_receive(echo.fd, &packet)) {
		uint32_t back;

		if (packet.octets.size < sizeof(head))
			continue;
		memcpy(&head, packet.octets.data, sizeof(head));
		if (head.icmp6_type != ICMP6_ECHO_REPLY || ntohs(head.icmp6_id) != echo.id)
			continue;
		back = (uint16_t)(echo.sent - 1 - ntohs(head.icmp6_seq));
		if (back >= echo.sent)
			continue;
		tell(REPLIED, echo.sent - 1 - back, packet.when, 0);
		echo.last_replied = echo.last_replied || !back;
	}
}

/* Until `due`, or a sign that wakes it; answers are taken meanwhile. */
static void wait_until(uint64_t due, const sigset_t *signals)
{
	struct pollfd socket = { .fd = echo.fd, .events = POLLIN };
	uint64_t time = now(), left = due > time ? due - time : 0;
	struct timespec limit = { (time_t)(left / SECOND), (long)(left % SECOND) };

	if (ppoll(&socket, 1, &limit, signals) > 0)
		receive_all();
}

static int begin(char **argv)
{
	struct sockaddr_in6 from = { .sin6_family = AF_INET6 };
	struct icmp6_filter wanted;
	int on = 1;

	echo.to.sin6_family = AF_INET6;
	if (inet_pton(AF_INET6, argv[0], &from.sin6_addr) != 1 ||
		inet_pton(AF_INET6, argv[1], &echo.to.sin6_addr) != 1)
		return -EINVAL;
	echo.id = (uint16_t)strtoul(argv[3], NULL, 10);
	echo.file = open(argv[4], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	echo.fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMPV6);
	ICMP6_FILTER_SETBLOCKALL(&wanted);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &wanted);
	if (echo.file < 0 || echo.fd < 0 ||
		setsockopt(echo.fd, IPPROTO_ICMPV6, ICMP6_FILTER, &wanted, sizeof(wanted)) < 0 ||
		setsockopt(echo.fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0 ||
		bind(echo.fd, (struct sockaddr *)&from, sizeof(from)) < 0)
		return -errno;
	return 0;
}

int ping(char **argv)
{
	struct sigaction act = { .sa_handler = on_term };
	uint64_t interval = strtoull(argv[2], NULL, 10) * (SECOND / 1000000), due, end;
	sigset_t term, before;
	int result;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, &before);
	sigaction(SIGTERM, &act, NULL);
	result = interval ? begin(argv) : -EINVAL;
	if (result < 0) {
		fprintf(stderr, "ping from %s to %s: %s\n", argv[0], argv[1], strerror(-result));
		return 1;
	}
	for (due = now(); !stopped;) {
		send_next();
		due += interval;
		while (!stopped && now() < due)
			wait_until(due, &before);
	}
	for (end = now() + PATIENCE; !echo.last_replied && now() < end;)
		wait_until(end, &before);
	return 0;
}
