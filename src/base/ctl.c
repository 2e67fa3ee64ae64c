/* The daemon's end of the control socket. */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/ctl.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"

struct client {
	struct ctl_req req; /* first: ctl_line() and ctl_finish() get the client from it */
	LIST_ENTRY(client) link;
	struct ctl *ctl;
	int fd;
	struct io *in, *out;
	struct timer
		tell; /* on_gone runs from the loop, never from within the handler's own call */
	bool asked, finished;
	char line[CTL_REQUEST_MAX + 1];
	size_t n_line;
	char *pending;
	size_t n_pending;
};

LIST_HEAD(clients, client);

struct ctl {
	int fd;
	struct io *io;
	char *path;
	ctl_fn *fn;
	void *arg;
	struct clients clients;
	unsigned n_clients;
};

static void client_free(struct client *c)
{
	LIST_REMOVE(c, link);
	c->ctl->n_clients--;
	timer_stop(&c->tell);
	io_free(c->in);
	io_free(c->out);
	if (c->fd >= 0)
		close(c->fd);
	free(c->pending);
	free(c);
}

static void tell_gone(void *arg)
{
	struct ctl_req *req = arg;

	if (req->on_gone)
		req->on_gone(req);
}

/* The connection is over. Who has not asked or is finished goes at once; a parked request waits for
 * ctl_finish(). */
static void hang_up(struct client *c)
{
	if (!c->asked || c->finished) {
		client_free(c);
		return;
	}
	io_free(take(c->in));
	io_free(take(c->out));
	close(c->fd);
	c->fd = -1;
	c->req.gone = true;
	timer_set(&c->tell, 0);
}

static void on_writable(int fd, void *arg);

/* Send what the socket takes; the rest waits for the loop. The client may be freed by it. */
static void flush(struct client *c)
{
	ssize_t n = 0;

	if (c->n_pending)
		n = send(c->fd, c->pending, c->n_pending, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		hang_up(c);
		return;
	}
	if (n > 0) {
		c->n_pending -= (size_t)n;
		memmove(c->pending, c->pending + n, c->n_pending);
	}
	if (c->n_pending > CTL_PENDING_MAX || (!c->n_pending && c->finished)) {
		hang_up(c);
		return;
	}
	if (!c->n_pending)
		io_free(take(c->out));
	else if (!c->out && loop_io_write(c->fd, on_writable, c, &c->out) < 0)
		hang_up(c);
}

static void on_writable(int fd, void *arg)
{
	(void)fd;
	flush(arg);
}

/* The peer closed, or only its sending half (as `nc -N` does): then it still wants its answer. */
static void on_end(struct client *c)
{
	struct pollfd p = { .fd = c->fd };

	if (!c->asked || poll(&p, 1, 0) < 0 || p.revents & (POLLHUP | POLLERR))
		hang_up(c);
	else
		io_free(take(c->in));
}

static void on_readable(int fd, void *arg)
{
	struct client *c = arg;
	char *end;
	ssize_t n;

	if (c->asked) {
		char more[256]; /* one request a connection: the rest is not read */

		n = recv(fd, more, sizeof(more), MSG_DONTWAIT);
	} else {
		n = recv(fd, c->line + c->n_line, CTL_REQUEST_MAX + 1 - c->n_line, MSG_DONTWAIT);
	}
	if (n <= 0) {
		if (!n || (errno != EAGAIN && errno != EINTR))
			on_end(c);
		return;
	}
	if (c->asked)
		return;
	c->n_line += (size_t)n;
	end = memchr(c->line, '\n', c->n_line);
	if (!end && c->n_line > CTL_REQUEST_MAX)
		hang_up(c);
	if (!end)
		return;
	*end = '\0';
	c->asked = true;
	c->ctl->fn(&c->req, c->ctl->arg); /* last: it may finish, and free, the client */
}

static bool may_connect(int fd)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) < 0)
		return false;
	if (!peer.uid || peer.uid == geteuid())
		return true;
	log_dmn(0, "control request of user %u refused", (unsigned)peer.uid);
	return false;
}

static int client_new(struct ctl *ctl, int fd)
{
	struct client *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->ctl = ctl;
	c->fd = fd;
	c->req.line = c->line;
	timer_init(&c->tell, tell_gone, &c->req);
	if (loop_io(fd, on_readable, c, &c->in) < 0) {
		free(c);
		return -ENOMEM;
	}
	LIST_INSERT_HEAD(&ctl->clients, c, link);
	ctl->n_clients++;
	return 0;
}

/* Who has connected and asked nothing gives way to a newcomer, the oldest first. */
static void make_room(struct ctl *ctl)
{
	struct client *c, *idle = NULL;

	if (ctl->n_clients < CTL_CLIENTS_MAX)
		return;
	LIST_FOREACH (c, &ctl->clients, link)
		if (!c->asked)
			idle = c; /* newest first */
	if (idle)
		client_free(idle);
}

static void on_connect(int fd, void *arg)
{
	struct ctl *ctl = arg;
	int conn;

	while ((conn = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		bool may = may_connect(conn);

		if (may)
			make_room(ctl);
		if (!may || ctl->n_clients == CTL_CLIENTS_MAX || client_new(ctl, conn) < 0)
			close(conn);
	}
}

static int address(const char *path, struct sockaddr_un *out)
{
	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(out->sun_path))
		return -ENAMETOOLONG;
	memcpy(out->sun_path, path, strlen(path));
	return 0;
}

/* A socket file that nobody listens on is left over and goes away. */
static int clear_path(const struct sockaddr_un *at)
{
	own_fd fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (!connect(fd, (const struct sockaddr *)at, sizeof(*at)) || errno == EAGAIN)
		return -EADDRINUSE;
	if (errno == ECONNREFUSED)
		unlink(at->sun_path);
	return 0;
}

static int listen_at(int fd, const struct sockaddr_un *at)
{
	mode_t old = umask(0177); /* 0600 from the first moment on */
	int rc = bind(fd, (const struct sockaddr *)at, sizeof(*at)) < 0 ? -errno : 0;

	umask(old);
	if (!rc && listen(fd, CTL_CLIENTS_MAX) < 0)
		rc = -errno;
	return rc;
}

int ctl_serve(const char *path, ctl_fn *fn, void *arg, struct ctl **out)
{
	own_fd fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	own_mem struct ctl *ctl = calloc(1, sizeof(*ctl));
	own_mem char *copy = strdup(path);
	struct sockaddr_un at;
	int rc = address(path, &at);

	if (fd < 0 || !ctl || !copy)
		return -ENOMEM;
	if (!rc)
		rc = clear_path(&at);
	if (!rc)
		rc = listen_at(fd, &at);
	if (rc < 0)
		return rc;
	*ctl = (struct ctl){ .fd = fd, .fn = fn, .arg = arg };
	rc = loop_io(fd, on_connect, ctl, &ctl->io);
	if (rc < 0) {
		unlink(path);
		return rc;
	}
	ctl->path = take(copy);
	fd = -1;
	*out = take(ctl);
	return 0;
}

void ctl_free(struct ctl *ctl)
{
	struct client *c;

	if (!ctl)
		return;
	io_free(ctl->io);
	close(ctl->fd);
	unlink(ctl->path);
	while ((c = LIST_FIRST(&ctl->clients))) {
		if (c->asked && !c->finished) {
			c->req.gone = true;
			tell_gone(&c->req); /* the owner forgets it */
		}
		if (c == LIST_FIRST(&ctl->clients))
			client_free(c);
	}
	free(ctl->path);
	free(ctl);
}

static int append(struct client *c, const char *text, size_t n)
{
	char *p = realloc(c->pending, c->n_pending + n);

	if (!p)
		return -ENOMEM;
	memcpy(p + c->n_pending, text, n);
	c->pending = p;
	c->n_pending += n;
	return 0;
}

/* Text with newlines becomes several answer lines. */
void ctl_line(struct ctl_req *req, const char *fmt, ...)
{
	struct client *c = (struct client *)req;
	own_mem char *text = NULL;
	bool lost = false;
	va_list ap;
	int n;

	if (req->gone)
		return;
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	for (char *line = text, *next; line && !lost; line = next) {
		next = strchr(line, '\n');
		next = next ? next + 1 : NULL;
		lost = append(c, "|", 1) < 0 || append(c, line, strcspn(line, "\n")) < 0 ||
			append(c, "\n", 1) < 0;
	}
	if (lost)
		hang_up(c);
	else
		flush(c);
}

void ctl_finish(struct ctl_req *req, int status)
{
	struct client *c = (struct client *)req;
	char text[16];

	c->finished = true;
	if (c->fd < 0 || append(c, text, (size_t)snprintf(text, sizeof(text), "=%d\n", status)) < 0)
		client_free(c);
	else
		flush(c);
}
