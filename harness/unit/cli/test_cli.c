#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/ctl.h"
#include "base/loop.h"
#include "base/run.h"
#include "cli/daemon.h"
#include "cli/ipsec.h"
#include "unit/unit.h"

static char dir[] = "/tmp/perigee-cli-XXXXXX";
static char shown[16384], errors[4096]; /* what the command printed */

static const char *path_of(const char *name)
{
	static char ring[4][128];
	static unsigned next;
	char *path = ring[next++ % 4];

	if (strstr(dir, "XXXXXX"))
		assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(ring[0]), "%s/%s", dir, name);
	return path;
}

static void read_file(const char *name, char *out, size_t size)
{
	FILE *f = fopen(path_of(name), "r");

	assert_non_null(f);
	out[fread(out, 1, size - 1, f)] = '\0';
	fclose(f);
}

/* The command in a process of its own: this one may be its daemon. */
static pid_t typed(const char *line)
{
	char words[1024], *argv[24] = { "ipsec", "--ctl", NULL, "--pid", NULL }, *save = NULL;
	int argc = 5, fd;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child)
		return child;
	argv[2] = strdup(path_of("ctl"));
	argv[4] = strdup(path_of("pid"));
	snprintf(words, sizeof(words), "%s", line);
	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	fd = open(path_of("out"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(fd, STDOUT_FILENO);
	fd = open(path_of("err"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(fd, STDERR_FILENO);
	_exit(ipsec_main(argc, argv));
}

static int status_of(pid_t child)
{
	int how;

	assert_int_equal(waitpid(child, &how, 0), child);
	read_file("out", shown, sizeof(shown));
	read_file("err", errors, sizeof(errors));
	return WIFEXITED(how) ? WEXITSTATUS(how) : 255;
}

static int ipsec(const char *line)
{
	return status_of(typed(line));
}

/* A daemon in this process: says what it was asked, gives the length of it as status. */
static char asked[256];

static void on_request(struct ctl_req *req, void *arg)
{
	(void)arg;
	snprintf(asked, sizeof(asked), "%s", req->line);
	ctl_line(req, "asked %s", req->line);
	ctl_finish(req, strcmp(req->line, "up nobody") ? 0 : 1);
}

static void on_child(int sig, void *arg)
{
	(void)sig, (void)arg;
	loop_stop();
}

static int ipsec_with_daemon(const char *line)
{
	struct ctl *ctl;
	pid_t other, child;

	*asked = '\0';
	assert_int_equal(run_pidfile(path_of("pid"), &other), 0);
	assert_int_equal(ctl_serve(path_of("ctl"), on_request, NULL, &ctl), 0);
	assert_int_equal(loop_signal(SIGCHLD, on_child, NULL), 0);
	child = typed(line);
	assert_int_equal(loop_run(), 0);
	ctl_free(ctl);
	run_pidfile_remove();
	loop_end();
	return status_of(child);
}

static void what_was_typed_is_asked_word_for_word(void **state)
{
	static const struct {
		const char *typed, *asked;
	} rows[] = {
		{ "statusall --json", "statusall --json" },
		{ "--json status mh", "status mh --json" },
		{ "up mh", "up mh" },
		{ "down mh[2]", "down mh[2]" },
		{ "down mh{*}", "down mh{*}" },
		{ "route mh", "route mh" },
		{ "unroute mh", "unroute mh" },
		{ "reload", "reload" },
		{ "update", "update" },
		{ "rereadall", "rereadall" },
		{ "secrets", "rereadsecrets" },
		{ "listcrls", "listcrls" },
		{ "stroke loglevel knl 2", "loglevel knl 2" },
		{ "stroke rekey mh[]", "rekey mh[]" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(ipsec_with_daemon(rows[i].typed), 0);
		assert_string_equal(asked, rows[i].asked);
		assert_string_equal(errors, "");
		assert_memory_equal(shown, "asked ", 6);
	}
}

static void the_daemons_status_is_the_commands(void **state)
{
	(void)state;
	assert_int_equal(ipsec_with_daemon("up nobody"), 1);
	assert_int_equal(ipsec_with_daemon("up mh"), 0);
}

static void a_verb_without_a_daemon_is_7(void **state)
{
	(void)state;
	assert_int_equal(ipsec("reload"), 7);
	assert_non_null(strstr(errors, "not running"));
	assert_string_equal(shown, "");
	assert_int_equal(ipsec("up mh"), 7);
}

/* A process that holds the pid file: how it treats TERM is the test's wish. */
static pid_t holder(void (*on_term)(int sig))
{
	pid_t other, child;
	int ready[2];
	char c;

	assert_int_equal(pipe(ready), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		signal(SIGTERM, on_term);
		if (run_pidfile(path_of("pid"), &other) < 0)
			_exit(1);
		c = 1;
		if (write(ready[1], &c, 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return child;
}

static void end_of(pid_t child)
{
	int how;

	kill(child, SIGKILL);
	waitpid(child, &how, 0);
}

static void status_tells_running_dead_and_stopped_apart(void **state)
{
	pid_t daemon;

	(void)state;
	assert_int_equal(ipsec("status"), 3);
	assert_non_null(strstr(errors, "not running"));
	daemon = holder(SIG_DFL);
	assert_int_equal(ipsec("statusall"), 4); /* a process that does not listen */
	end_of(daemon);
	assert_int_equal(ipsec("status"), 1);
	assert_non_null(strstr(errors, "died"));
	assert_int_equal(ipsec_with_daemon("status"), 0);
	assert_int_equal(ipsec("status"), 3);
}

static void orderly_end(int sig)
{
	(void)sig;
	unlink(path_of("pid"));
	_exit(0);
}

static void stop_ends_the_daemon(void **state)
{
	pid_t daemon = holder(orderly_end);

	(void)state;
	assert_int_equal(ipsec("stop"), 0);
	assert_string_equal(errors, "Stopping Perigee IPsec...\n");
	assert_int_equal(kill(daemon, 0), 0); /* our child, not yet waited for */
	end_of(daemon);
	assert_int_equal(ipsec("status"), 3);
}

static void what_is_not_running_counts_as_stopped(void **state)
{
	(void)state;
	assert_int_equal(ipsec("stop"), 0);
	assert_string_equal(errors, "Perigee IPsec is not running\n");
}

static void a_daemon_that_ignores_term_is_killed_after_5_seconds(void **state)
{
	pid_t daemon = holder(SIG_IGN);
	uint64_t before = loop_now();
	int how;

	(void)state;
	assert_int_equal(ipsec("stop"), 0);
	assert_in_range(loop_now() - before, 5000, 8000);
	assert_int_equal(waitpid(daemon, &how, 0), daemon);
	assert_int_equal(WTERMSIG(how), SIGKILL);
	assert_int_equal(ipsec("status"), 3); /* its pid file is gone too */
}

static void a_second_start_says_so_and_succeeds(void **state)
{
	pid_t daemon = holder(SIG_DFL);
	char want[128];

	(void)state;
	assert_int_equal(ipsec("start"), 0);
	snprintf(
		want, sizeof(want), "Perigee IPsec is already running (process %d)\n", (int)daemon);
	assert_string_equal(errors, want);
	end_of(daemon);
	unlink(path_of("pid"));
}

/* iked stands beside the program that runs: here that is the test, and there is none yet. */
static void start_becomes_the_iked_beside_it(void **state)
{
	char iked[4096];
	FILE *f;

	(void)state;
	assert_int_equal(daemon_path("iked", iked, sizeof(iked)), 0);
	unlink(iked);
	assert_int_equal(ipsec("start"), 1);
	assert_non_null(strstr(errors, "cannot run"));
	f = fopen(iked, "w");
	assert_non_null(f);
	fputs("#!/bin/sh\necho $*\nexit 5\n", f);
	fclose(f);
	chmod(iked, 0755);
	assert_int_equal(ipsec("restart --log /x/log --nofork"), 5);
	assert_memory_equal(shown, "--nofork --log /x/log --ctl /tmp/", 33);
	assert_non_null(strstr(errors, "Starting Perigee IPsec...\n"));
	unlink(iked);
}

static void paths_are_made_whole_for_the_daemon(void **state)
{
	struct cli cli = {
		.conf = "a/b.conf", .log = "/l", .ctl = "C", .pid = "P", .nofork = true
	};
	struct daemon_args args;
	char here[4096], want[8192];

	(void)state;
	assert_non_null(getcwd(here, sizeof(here)));
	snprintf(want, sizeof(want), "%s/a/b.conf", here);
	assert_int_equal(daemon_args(&cli, "iked", &args), 0);
	assert_string_equal(args.argv[0], "iked");
	assert_string_equal(args.argv[1], "--nofork");
	assert_string_equal(args.argv[3], want);
	assert_string_equal(args.argv[5], "/l");
	assert_string_equal(args.argv[7], "C");
	assert_string_equal(args.argv[9], "P");
	assert_null(args.argv[10]);
}

static void what_cannot_be_understood_is_2(void **state)
{
	static const char *const bad[] = { "", "frob", "up", "up a b", "reload now",
		"reload --json", "up --conf x mh", "status --frob", "status a b", "start mh",
		"start --log", "stroke", "stop --nofork", "stroke a b c d" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(ipsec(bad[i]), 2);
		assert_memory_equal(errors, "ipsec: ", 7);
		assert_string_equal(shown, "");
	}
}

static void a_word_cannot_smuggle_a_second_request(void **state)
{
	char *argv[] = { "ipsec", "up", "mh\ndown mh", NULL };

	(void)state;
	assert_int_equal(ipsec_main(3, argv), 2);
	argv[2] = "mh --json";
	assert_int_equal(ipsec_main(3, argv), 2);
}

static void help_shows_every_verb_and_version_the_version(void **state)
{
	static const char *const verbs[] = { "start", "stop", "restart", "reload", "update",
		"status", "statusall", "up", "down", "route", "unroute", "rereadsecrets",
		"rereadcacerts", "rereadcrls", "rereadall", "listcerts", "listcacerts", "listcrls",
		"--version" };
	char line[64];

	(void)state;
	assert_int_equal(ipsec("--help"), 0);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		snprintf(line, sizeof(line), "\n  %s ", verbs[i]);
		assert_non_null(strstr(shown, line));
	}
	assert_non_null(strstr(shown, "\n             start and restart: 4 running, "));
	assert_int_equal(ipsec("--version"), 0);
	assert_memory_equal(shown, "Perigee IPsec ", 14);
}

static void an_answer_that_nobody_can_read_is_no_success(void **state)
{
	pid_t child = fork();
	int how;

	(void)state;
	if (!child) {
		char *argv[] = { "ipsec", "--help", NULL };

		dup2(open("/dev/full", O_WRONLY), STDOUT_FILENO);
		_exit(ipsec_main(2, argv));
	}
	assert_int_equal(waitpid(child, &how, 0), child);
	assert_int_equal(WEXITSTATUS(how), 1);
	unlink(path_of("out"));
	unlink(path_of("err"));
	rmdir(dir);
}

UNIT_MAIN(T(what_was_typed_is_asked_word_for_word, ""), T(the_daemons_status_is_the_commands, ""),
	T(a_verb_without_a_daemon_is_7, ""), T(status_tells_running_dead_and_stopped_apart, ""),
	T(stop_ends_the_daemon, ""), T(what_is_not_running_counts_as_stopped, ""),
	T(a_daemon_that_ignores_term_is_killed_after_5_seconds, ""),
	T(a_second_start_says_so_and_succeeds, ""), T(start_becomes_the_iked_beside_it, ""),
	T(paths_are_made_whole_for_the_daemon, ""), T(what_cannot_be_understood_is_2, ""),
	T(a_word_cannot_smuggle_a_second_request, ""),
	T(help_shows_every_verb_and_version_the_version, "E-046"),
	T(an_answer_that_nobody_can_read_is_no_success, ""))
