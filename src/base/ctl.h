/*
 * ctl - the control socket: one line asked, lines answered, a status at the end.
 *
 * On the wire (UNIX stream socket): the client sends "verb arguments\n"; the daemon sends any
 * number of "|text\n" lines and at last "=N\n" with the exit status, then closes. Answers may
 * come over time (`up` tells what happens). Only root and the daemon's own user may connect
 * (SO_PEERCRED, mode 0600).
 * Shapes:  a request is parked by keeping its struct ctl_req; finish it exactly once.
 * Errors:  0 or -errno. A client that goes away sets req->gone and the answer lines are
 *          dropped. A request line that is longer, a client that does not read, or one too many
 *          is closed; before that one that has not asked anything yet.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
	CTL_CLIENTS_MAX = 8,
	CTL_REQUEST_MAX = 4096,
	CTL_PENDING_MAX = 4 << 20, /* a status of thousands of SAs waits whole for its reader */
};

struct ctl;

struct ctl_req {
	const char *line; /* without the newline; valid until finished */
	bool gone;
	void *data; /* the handler's own */
	void (*on_gone)(struct ctl_req *req); /* optional: the client left before the end */
};

typedef void ctl_fn(struct ctl_req *req, void *arg);

int ctl_serve(const char *path, ctl_fn *fn, void *arg, struct ctl **out);
void ctl_free(struct ctl *ctl); /* closes clients, unlinks the path */

void ctl_line(struct ctl_req *req, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void ctl_finish(struct ctl_req *req, int status);

/*
 * Client: prints every answer line by fn. Gives the status, or -errno (-ECONNREFUSED, -ENOENT:
 * not running).
 */
int ctl_ask(const char *path, const char *line, void (*fn)(void *arg, const char *text), void *arg,
	int timeout_ms);
