/* The command's end of the control socket. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/ctl.h"
#include "base/mem.h"

/* What was received and is not yet a whole line. */
struct answer {
	char *p;
	size_t n, cap;
	void (*fn)(void *arg, const char *text);
	void *arg;
};

static int dial(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	own_fd fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int got;

	if (strlen(path) >= sizeof(at.sun_path))
		return -ENAMETOOLONG;
	memcpy(at.sun_path, path, strlen(path));
	if (fd < 0 || connect(fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
		return -errno;
	got = fd;
	fd = -1;
	return got;
}

static int send_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

		if (sent < 0 && errno != EINTR)
			return -errno;
		p += sent > 0 ? sent : 0;
		n -= sent > 0 ? (size_t)sent : 0;
	}
	return 0;
}

static int receive(int fd, struct answer *a, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	if (a->n == a->cap) {
		char *grown = realloc(a->p, a->cap + 4096);

		if (!grown)
			return -ENOMEM;
		a->p = grown;
		a->cap += 4096;
	}
	n = poll(&p, 1, timeout_ms);
	if (!n)
		return -ETIMEDOUT;
	if (n > 0)
		n = read(fd, a->p + a->n, a->cap - a->n);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (!n)
		return -ECONNRESET; /* the daemon ended without a status */
	a->n += (size_t)n;
	return 0;
}

/* Hand on the whole lines: 1 and the status once it is there, 0 to go on, -EPROTO. */
static int digest(struct answer *a, int *status)
{
	size_t done = 0;
	char *end;
	int rc = 0;

	while (!rc && (end = memchr(a->p + done, '\n', a->n - done))) {
		char *line = a->p + done;

		*end = '\0';
		done = (size_t)(end + 1 - a->p);
		if (*line == '|')
			a->fn(a->arg, line + 1);
		else
			rc = sscanf(line, "=%d", status) == 1 ? 1 : -EPROTO;
	}
	a->n -= done;
	memmove(a->p, a->p + done, a->n);
	return rc;
}

int ctl_ask(const char *path, const char *line, void (*fn)(void *arg, const char *text), void *arg,
	int timeout_ms)
{
	own_fd fd = dial(path);
	own_mem char *request = NULL;
	struct answer a = { .fn = fn, .arg = arg };
	int status = 0, rc, n = asprintf(&request, "%s\n", line);

	if (fd < 0 || n < 0)
		return fd < 0 ? fd : -ENOMEM;
	rc = send_all(fd, request, (size_t)n);
	while (!rc) {
		rc = receive(fd, &a, timeout_ms);
		if (!rc && a.n)
			rc = digest(&a, &status);
	}
	free(a.p);
	return rc < 0 ? rc : status;
}
