#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/ctl.h"
#include "base/loop.h"
#include "unit/unit.h"

static char path[] = "/tmp/perigee-ctl-XXXXXX";

/* What the daemon of the test does, and what it saw. */
struct daemon {
	struct ctl *ctl;
	struct ctl_req *parked;
	char line[128];
	int asked, gone;
	bool stop_parked;
};

static void on_gone(struct ctl_req *req)
{
	struct daemon *d = req->data;

	d->gone++;
	assert_true(req->gone);
	ctl_line(req, "nobody hears this");
	ctl_finish(req, 0);
	loop_stop();
}

/* "park" keeps the request, "big N" answers N lines, anything else is repeated. */
static void answer(struct ctl_req *req, void *arg)
{
	struct daemon *d = arg;
	int n = 0;

	d->asked++;
	snprintf(d->line, sizeof(d->line), "%s", req->line);
	if (!strcmp(req->line, "park")) {
		req->data = d;
		req->on_gone = on_gone;
		d->parked = req;
		ctl_line(req, "waiting");
		if (d->stop_parked)
			loop_stop();
		return;
	}
	if (sscanf(req->line, "big %d", &n) == 1)
		for (int i = 0; i < n && !req->gone; i++)
			ctl_line(req, "%0999d", i);
	else
		ctl_line(req, "you said\n%s", req->line);
	ctl_finish(req, 5);
}

static void start(struct daemon *d)
{
	*d = (struct daemon){ 0 };
	if (strstr(path, "XXXXXX"))
		close(mkstemp(path));
	unlink(path);
	assert_int_equal(ctl_serve(path, answer, d, &d->ctl), 0);
}

static void shut(struct daemon *d)
{
	ctl_free(d->ctl);
	assert_int_equal(access(path, F_OK), -1);
	loop_end();
}

static void collect(void *arg, const char *text)
{
	strcat(arg, text);
	strcat(arg, "|");
}

static void on_child(int sig, void *arg)
{
	(void)sig, (void)arg;
	loop_stop();
}

/* Runs the command's end in a process of its own, the daemon's here; gives its exit status. */
static int run_client(int (*client)(void))
{
	pid_t child;
	int how;

	assert_int_equal(loop_signal(SIGCHLD, on_child, NULL), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child)
		_exit(client());
	assert_int_equal(loop_run(), 0);
	assert_int_equal(waitpid(child, &how, 0), child);
	return WIFEXITED(how) ? WEXITSTATUS(how) : 255;
}

static int ask_hello(void)
{
	char got[256] = "";
	int status = ctl_ask(path, "hello world", collect, got, 5000);

	return status == 5 && !strcmp(got, "you said|hello world|") ? 0 : 1;
}

static void a_request_is_answered_line_by_line_with_a_status(void **state)
{
	struct daemon d;
	struct stat st;

	(void)state;
	start(&d);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(run_client(ask_hello), 0);
	assert_string_equal(d.line, "hello world");
	shut(&d);
}

static unsigned n_lines;

static void count(void *arg, const char *text)
{
	(void)arg;
	n_lines += strlen(text) == 999;
}

static int ask_big(void)
{
	return ctl_ask(path, "big 2000", count, NULL, 5000) == 5 && n_lines == 2000 ? 0 : 1;
}

static void a_long_answer_arrives_whole(void **state)
{
	struct daemon d;

	(void)state;
	start(&d);
	assert_int_equal(run_client(ask_big), 0); /* two megabytes */
	shut(&d);
}

static int dial(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	return connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ? -1 : fd;
}

static int say(int fd, const char *text)
{
	return send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text) ? 0 : -1;
}

/* Everything until the daemon closes; the octets read. */
static size_t hear(int fd, char *out, size_t size)
{
	size_t n = 0;
	ssize_t got;

	while (n < size - 1 && (got = read(fd, out + n, size - 1 - n)) > 0)
		n += (size_t)got;
	out[n] = '\0';
	return n;
}

static int half_closed(void)
{
	char got[256];
	int fd = dial();

	if (say(fd, "he") < 0 || say(fd, "llo\nmore that nobody reads\n") < 0)
		return 1;
	shutdown(fd, SHUT_WR); /* as nc -N does */
	hear(fd, got, sizeof(got));
	return strcmp(got, "|you said\n|hello\n=5\n") ? 2 : 0;
}

static void a_request_in_pieces_and_half_closed_is_answered(void **state)
{
	struct daemon d;

	(void)state;
	start(&d);
	assert_int_equal(run_client(half_closed), 0);
	shut(&d);
}

static int too_long(void)
{
	char text[5000];
	int fd = dial();

	memset(text, 'x', sizeof(text));
	send(fd, text, sizeof(text), MSG_NOSIGNAL);
	return hear(fd, text, sizeof(text)) ? 1 : 0;
}

static int just_fits(void)
{
	char text[4097], got[8192];
	int fd = dial();

	memset(text, 'x', sizeof(text));
	text[4096] = '\n';
	send(fd, text, sizeof(text), MSG_NOSIGNAL);
	return hear(fd, got, sizeof(got)) == strlen("|you said\n|\n=5\n") + 4096 ? 0 : 1;
}

static void a_request_over_4096_octets_is_closed(void **state)
{
	struct daemon d;

	(void)state;
	start(&d);
	assert_int_equal(run_client(too_long), 0);
	assert_int_equal(d.asked, 0);
	assert_int_equal(run_client(just_fits), 0);
	assert_int_equal(d.asked, 1);
	shut(&d);
}

static int park_and_leave(void)
{
	char got[64];
	int fd = dial();

	if (say(fd, "park\n") < 0 || read(fd, got, sizeof(got)) != 9)
		return 1;
	return 0; /* the end of the process closes it */
}

static void a_client_that_leaves_is_told_to_the_handler(void **state)
{
	struct daemon d;

	(void)state;
	start(&d);
	run_client(park_and_leave);
	if (!d.gone)
		assert_int_equal(loop_run(), 0);
	assert_int_equal(d.gone, 1);
	shut(&d);
}

/* Tells the daemon, by a signal, that "waiting" arrived. */
static int park_and_hear(void)
{
	char got[256];
	int fd = dial();

	if (say(fd, "park\n") < 0 || read(fd, got, strlen("|waiting\n")) < 0)
		return 1;
	kill(getppid(), SIGUSR1);
	hear(fd, got, sizeof(got));
	return strcmp(got, "|done\n=3\n") ? 2 : 0;
}

static void finish_parked(int sig, void *arg)
{
	struct daemon *d = arg;

	(void)sig;
	ctl_line(d->parked, "done");
	ctl_finish(d->parked, 3);
}

static void a_parked_request_is_answered_later(void **state)
{
	struct daemon d;

	(void)state;
	start(&d);
	assert_int_equal(loop_signal(SIGUSR1, finish_parked, &d), 0);
	assert_int_equal(run_client(park_and_hear), 0);
	assert_int_equal(d.gone, 0);
	shut(&d);
}

static int never_read(void)
{
	int fd = dial(), small = 1;
	char c[1];

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	if (say(fd, "big 20000\n") < 0) /* 20 MB: more than anybody buffers */
		return 1;
	return recv(fd, c, 1, MSG_PEEK) == 1 ? 0 : 2;
}

static void a_client_that_does_not_read_is_closed(void **state)
{
	struct daemon d;

	(void)state;
	start(&d);
	assert_int_equal(run_client(never_read), 0);
	assert_int_equal(d.asked, 1);
	shut(&d);
}

/* Eight that wait for an answer keep their places, a ninth is closed without a word. */
static int nine(void)
{
	char got[256];
	int fd[9];

	for (int i = 0; i < 8; i++) {
		fd[i] = dial();
		if (say(fd[i], "park\n") < 0 || recv(fd[i], got, 1, MSG_PEEK) != 1)
			return 1;
	}
	fd[8] = dial();
	return hear(fd[8], got, sizeof(got)) ? 2 : 0;
}

/* However many connect and say nothing: whoever asks is answered, the oldest idle ones go. */
static int idle_ones(void)
{
	char got[256];
	int fd[30];

	for (int i = 0; i < 30; i++)
		fd[i] = dial();
	if (say(fd[29], "last\n") < 0 || hear(fd[29], got, sizeof(got)) == 0)
		return 1;
	if (say(fd[25], "earlier\n") < 0 || hear(fd[25], got, sizeof(got)) == 0)
		return 2;
	return hear(fd[0], got, sizeof(got)) ? 3 : 0;
}

static void a_ninth_client_is_closed(void **state)
{
	struct daemon d;

	(void)state;
	start(&d);
	assert_int_equal(run_client(nine), 0);
	shut(&d);
	loop_stop(); /* as those who were parked did on leaving */
	assert_int_equal(loop_run(), 0);
}

static void idle_clients_give_way(void **state)
{
	struct daemon d;

	(void)state;
	start(&d);
	assert_int_equal(run_client(idle_ones), 0);
	shut(&d);
}

static int as_stranger(void)
{
	char got[64];
	int fd;

	chmod(path, 0666); /* even then */
	if (setgid(65534) < 0 || setuid(65534) < 0)
		return 77;
	fd = dial();
	if (fd < 0)
		return 1;
	say(fd, "hello\n");
	return hear(fd, got, sizeof(got)) ? 2 : 0;
}

static void another_user_is_refused(void **state)
{
	struct daemon d;
	int rc;

	(void)state;
	if (geteuid())
		skip(); /* only root can become another user */
	start(&d);
	rc = run_client(as_stranger);
	assert_int_equal(rc, 0);
	assert_int_equal(d.asked, 0);
	shut(&d);
}

static void nobody_there_is_an_errno(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct daemon d;
	char name[200];
	int fd;

	(void)state;
	start(&d);
	assert_int_equal(ctl_serve(path, answer, &d, &d.ctl), -EADDRINUSE);
	shut(&d);
	assert_int_equal(ctl_ask(path, "x", count, NULL, 100), -ENOENT);
	/* A file that a crash left over: refused to the client, taken over by the daemon. */
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	close(fd);
	assert_int_equal(ctl_ask(path, "x", count, NULL, 100), -ECONNREFUSED);
	start(&d);
	shut(&d);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(ctl_ask(name, "x", count, NULL, 100), -ENAMETOOLONG);
	assert_int_equal(ctl_serve(name, answer, &d, &d.ctl), -ENAMETOOLONG);
}

static int ask_parked(void)
{
	char got[64] = "";

	return ctl_ask(path, "park", collect, got, 50) == -ETIMEDOUT && !strcmp(got, "waiting|")
		? 0
		: 1;
}

static void a_daemon_that_says_nothing_runs_into_the_limit(void **state)
{
	struct daemon d;

	(void)state;
	start(&d);
	assert_int_equal(run_client(ask_parked), 0);
	if (!d.gone)
		assert_int_equal(loop_run(), 0);
	shut(&d);
}

static void a_daemon_that_ends_tells_its_parked_requests(void **state)
{
	struct daemon d;
	int fd;
	char got[64];

	(void)state;
	start(&d);
	fd = dial();
	assert_int_equal(say(fd, "park\n"), 0);
	d.stop_parked = true;
	assert_int_equal(loop_run(), 0);
	d.parked->on_gone = NULL;
	shut(&d);
	hear(fd, got, sizeof(got));
	assert_string_equal(got, "|waiting\n");
	close(fd);
}

UNIT_MAIN(T(a_request_is_answered_line_by_line_with_a_status, "F-011"),
	T(a_long_answer_arrives_whole, ""), T(a_request_in_pieces_and_half_closed_is_answered, ""),
	T(a_request_over_4096_octets_is_closed, ""),
	T(a_client_that_leaves_is_told_to_the_handler, ""),
	T(a_parked_request_is_answered_later, ""), T(a_client_that_does_not_read_is_closed, ""),
	T(a_ninth_client_is_closed, ""), T(idle_clients_give_way, "F-033"),
	T(another_user_is_refused, "F-011!"), T(nobody_there_is_an_errno, ""),
	T(a_daemon_that_says_nothing_runs_into_the_limit, ""),
	T(a_daemon_that_ends_tells_its_parked_requests, ""))
