#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/rtnetlink.h>
#include <openssl/evp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/nl.h"
#include "base/run.h"
#include "unit/unit.h"

static char dir[] = "/tmp/perigee-run-XXXXXX";

static const char *path_of(const char *name)
{
	static char path[128];

	if (strstr(dir, "XXXXXX"))
		assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

/* What a process of its own answers: fn's value is its exit status. */
static int in_child(int (*fn)(void))
{
	pid_t child = fork();
	int how;

	assert_true(child >= 0);
	if (!child)
		_exit(fn());
	assert_int_equal(waitpid(child, &how, 0), child);
	return WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
}

static int second_start(void)
{
	pid_t other = 0;

	if (run_pidfile(path_of("pid"), &other) != -EEXIST)
		return 1;
	return other == getppid() ? 0 : 2;
}

static void a_second_start_is_told_the_first_ones_pid(void **state)
{
	pid_t other = 0, pid = 0;

	(void)state;
	assert_int_equal(run_pid(path_of("pid"), &pid), -ENOENT);
	assert_int_equal(run_pidfile(path_of("pid"), &other), 0);
	assert_int_equal(in_child(second_start), 0);
	assert_int_equal(run_pid(path_of("pid"), &pid), 0);
	assert_int_equal(pid, getpid());
	run_pidfile_remove();
	run_pidfile_remove();
	assert_int_equal(run_pid(path_of("pid"), &pid), -ENOENT);
}

static int die_with_pidfile(void)
{
	pid_t other;

	return run_pidfile(path_of("pid"), &other) < 0;
}

static void a_file_left_over_is_taken_over(void **state)
{
	pid_t other = 0, pid = 0;

	(void)state;
	assert_int_equal(in_child(die_with_pidfile), 0);
	assert_int_equal(run_pid(path_of("pid"), &pid), -ESRCH);
	assert_int_equal(run_pidfile(path_of("pid"), &other), 0);
	assert_int_equal(run_pid(path_of("pid"), &pid), 0);
	assert_int_equal(pid, getpid());
	run_pidfile_remove();
}

static void a_pid_file_that_cannot_be_written_is_an_error(void **state)
{
	pid_t other = 0;

	(void)state;
	assert_int_equal(run_pidfile("/nowhere/at/all.pid", &other), -ENOENT);
	assert_int_equal(symlink("elsewhere", path_of("link")), 0);
	assert_int_equal(run_pidfile(path_of("link"), &other), -ELOOP); /* follows no link */
	unlink(path_of("link"));
}

static int in_background(void)
{
	char cwd[64];
	pid_t other;

	if (run_background() < 0)
		_exit(1);
	/* The child from here on: its parent ends with what run_ready() says. */
	if (getsid(0) != getpid() || !getcwd(cwd, sizeof(cwd)) || strcmp(cwd, "/") != 0)
		_exit(2);
	if (run_pidfile(path_of("pid"), &other) < 0)
		_exit(3);
	run_ready(42);
	run_ready(43);
	pause();
	_exit(0);
}

static void the_parent_ends_with_the_status_of_the_ready_child(void **state)
{
	pid_t daemon = 0;

	(void)state;
	assert_int_equal(in_child(in_background), 42);
	assert_int_equal(run_pid(path_of("pid"), &daemon), 0); /* it lives on */
	assert_int_equal(kill(daemon, SIGKILL), 0);
}

static int dies_early(void)
{
	if (run_background() < 0)
		_exit(1);
	_exit(9);
}

static int dies_early_without_a_word(void)
{
	if (run_background() < 0)
		_exit(2);
	_exit(0);
}

static void the_parent_of_a_child_that_dies_ends_with_its_status(void **state)
{
	(void)state;
	assert_int_equal(in_child(dies_early), 9);
	assert_int_equal(in_child(dies_early_without_a_word), 1);
}

static int drop(void)
{
	static const int keep[] = { CAP_NET_ADMIN, CAP_NET_RAW };
	struct rlimit core;
	char line[128];
	unsigned long long eff = 0;
	FILE *f;

	if (run_drop(keep, 2) < 0)
		return 1;
	f = fopen("/proc/self/status", "r");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "CapEff: %llx", &eff);
	if (eff != ((1ULL << CAP_NET_ADMIN) | (1ULL << CAP_NET_RAW)))
		return 2;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		return 3;
	if (getrlimit(RLIMIT_CORE, &core) < 0 || core.rlim_max)
		return 4;
	return 0;
}

static int drop_unknown(void)
{
	static const int none[] = { 9999 };

	return run_drop(none, 1) == -EINVAL ? 0 : 1;
}

static void only_the_named_capabilities_stay(void **state)
{
	(void)state;
	if (geteuid())
		skip(); /* nothing to drop */
	assert_int_equal(in_child(drop), 0);
	assert_int_equal(in_child(drop_unknown), 0);
}

static int need(void)
{
	static const int keep[] = { CAP_NET_RAW }, both[] = { CAP_NET_ADMIN, CAP_NET_RAW };
	const char *missing;

	if (run_need(both, 2, &missing) != 0)
		return 1;
	if (run_drop(keep, 1) < 0 || run_need(keep, 1, &missing) != 0)
		return 2;
	if (run_need(both, 2, &missing) != -EPERM || strcmp(missing, "CAP_NET_ADMIN") != 0)
		return 3;
	if (run_drop(NULL, 0) < 0 || run_need(both, 2, &missing) != -EPERM)
		return 4;
	return strcmp(missing, "CAP_NET_ADMIN, CAP_NET_RAW") ? 5 : 0;
}

static void what_is_missing_is_named(void **state)
{
	(void)state;
	if (geteuid())
		skip(); /* nothing to drop */
	assert_int_equal(in_child(need), 0);
}

static void on_timer(void *arg)
{
	(void)arg;
	loop_stop();
}

static int count(const struct nlmsghdr *msg, void *arg)
{
	(void)msg;
	++*(int *)arg;
	return 0;
}

/* What a daemon does when it is up. */
static int daily_work(void)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	struct nl_req rq;
	struct nl *nl;
	struct timer t;
	int n = 0;
	FILE *f;
	void *p;

	timer_init(&t, on_timer, NULL);
	timer_set(&t, 1);
	if (loop_run() < 0)
		return 10;
	if (nl_open(NETLINK_ROUTE, &nl) < 0)
		return 11;
	nl_begin(&rq, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
	if (nl_get(nl, &rq, count, &n) < 0 || !n)
		return 12;
	nl_free(nl);
	if (!EVP_Digest("abc", 3, digest, NULL, EVP_sha256(), NULL))
		return 13;
	f = fopen(path_of("file"), "w");
	if (!f || fputs("text", f) < 0 || fclose(f) || unlink(path_of("file")) < 0)
		return 14;
	p = malloc(4 << 20);
	if (!p)
		return 15;
	free(p);
	return socket(AF_UNIX, SOCK_DGRAM, 0) < 0 ? 16 : 0;
}

static int confined(void)
{
	int rc;

	path_of("file");
	if (run_seccomp() < 0)
		return 1;
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 2)
		return 77; /* this kernel has none */
	rc = daily_work();
	if (rc)
		return rc;
	if (execl("/bin/true", "true", (char *)NULL) != -1 || errno != EPERM)
		return 20;
	if (fork() != -1 || errno != EPERM)
		return 21;
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != -1 || errno != EPERM)
		return 22;
	return 0;
}

static void a_confined_daemon_works_and_cannot_start_programs(void **state)
{
	int rc = in_child(confined);

	(void)state;
	if (rc == 77)
		skip();
	assert_int_equal(rc, 0);
	unlink(path_of("pid")); /* of the daemon that was killed */
	rmdir(dir);
}

static void a_path_of_this_folder_is_one_of_the_root(void **state)
{
	const char *here = "x/y.conf", *root = "/x", *none = NULL;
	char want[4096];

	(void)state;
	assert_non_null(getcwd(want, sizeof(want) - 16));
	strcat(want, "/x/y.conf");
	assert_int_equal(run_whole_path(&here) | run_whole_path(&root) | run_whole_path(&none), 0);
	assert_string_equal(here, want);
	assert_string_equal(root, "/x");
	assert_null(none);
	free((char *)(uintptr_t)here);
}

UNIT_MAIN(T(a_path_of_this_folder_is_one_of_the_root, "E-039"),
	T(a_second_start_is_told_the_first_ones_pid, ""), T(a_file_left_over_is_taken_over, ""),
	T(a_pid_file_that_cannot_be_written_is_an_error, ""),
	T(the_parent_ends_with_the_status_of_the_ready_child, ""),
	T(the_parent_of_a_child_that_dies_ends_with_its_status, ""),
	T(only_the_named_capabilities_stay, "F-019"), T(what_is_missing_is_named, "E-047"),
	T(a_confined_daemon_works_and_cannot_start_programs, "F-019!"))
