#include <errno.h>
#include <getopt.h>
#include <linux/capability.h>
#include <linux/xfrm.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/file.h"
#include "base/log.h"
#include "base/names.h"
#include "base/run.h"
#include "kernel/sysctl.h"
#include "mip/net/be.h"
#include "mip/status.h"

#define PROGRAM "mip6d"
#define VERSION "perigee v0.1"
#define CONF_PATH "/etc/mip6d.conf"
#define CTL_PATH "/run/mip6d.ctl"
#define PID_PATH "/run/mip6d.pid"

/* A movement is a matter of milliseconds: what others have to do about it comes after us. */
enum { NICE = -10, DEBUG_MAX = 10 };

enum { USAGE = 1, OPT_STATUS = 256, OPT_SHOW, OPT_CTL, OPT_PID, OPT_VT, OPT_CHECK };
enum { CHECK_CLEAN = 0, CHECK_WARNED = 3, CHECK_NOTHING = 5 };

struct options {
	const char *conf, *log, *ctl, *pid;
	bool conf_given, show, status, check;
	int debug; /* -1: as the file says */
	bool role_given;
	enum mip_role role;
};

static struct daemon {
	struct options o;
	struct mip mip;
	struct ctl *ctl;
	struct nl *reports;
	bool up; /* there is something to take down */
} d;

static const struct option long_options[] = {
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ "vt-service", required_argument, NULL, OPT_VT },
	{ "correspondent-node", no_argument, NULL, 'C' },
	{ "home-agent", no_argument, NULL, 'H' },
	{ "mobile-node", no_argument, NULL, 'M' },
	{ "show-config", no_argument, NULL, OPT_SHOW },
	{ "status", no_argument, NULL, OPT_STATUS },
	{ "check", no_argument, NULL, OPT_CHECK },
	{ "ctl", required_argument, NULL, OPT_CTL },
	{ "pid", required_argument, NULL, OPT_PID },
	{ NULL, 0, NULL, 0 },
};

static void usage(FILE *f)
{
	fputs("usage: mip6d [-c file] [-l logfile] [-d level] [-C|-H|-M] [--ctl path] [--pid "
	      "path]\n"
	      "       mip6d [-c file] --show-config\n"
	      "       mip6d [-c file] --check\n"
	      "       mip6d [--ctl path] --status\n"
	      "       mip6d -V | -h\n"
	      "  -c file         configuration (" CONF_PATH ")\n"
	      "  -l logfile      log there instead of to syslog\n"
	      "  -d level        0 detaches; above 0 stays, logs to the terminal, and says more\n"
	      "  -C, -H, -M      correspondent node, home agent, mobile node\n"
	      "  --show-config   print the configuration as understood\n"
	      "  --check         read it, print what is wrong, touch nothing\n"
	      "  --status        ask the running daemon, print JSON\n"
	      "  --ctl path      control socket (" CTL_PATH ")\n"
	      "  --pid path      pid file (" PID_PATH ")\n",
		f);
}

static _Noreturn void say_and_exit(bool version)
{
	if (version)
		puts(PROGRAM " (" VERSION ")");
	else
		usage(stdout);
	exit(0);
}

static int debug_level(const char *text)
{
	const struct conf_key key = { .name = "-d", .max = DEBUG_MAX };
	const char *why;
	uint32_t level;

	if (conf_uint(&key, text, &level, &why) == 0)
		return (int)level;
	fprintf(stderr, "%s: -d %s: expected %s\n", PROGRAM, text, why);
	exit(USAGE);
}

static void give_role(struct options *o, enum mip_role role)
{
	o->role = role;
	o->role_given = true;
}

static void take_option(struct options *o, int c)
{
	switch (c) {
	case 'c':
		o->conf = optarg;
		o->conf_given = true;
		break;
	case 'l':
		o->log = optarg;
		break;
	case 'd':
		o->debug = debug_level(optarg);
		break;
	case 'C':
		give_role(o, MIP_CN);
		break;
	case 'H':
		give_role(o, MIP_HA);
		break;
	case 'M':
		give_role(o, MIP_MN);
		break;
	case OPT_SHOW:
		o->show = true;
		break;
	case OPT_STATUS:
		o->status = true;
		break;
	case OPT_CHECK:
		o->check = true;
		break;
	case OPT_CTL:
		o->ctl = optarg;
		break;
	case OPT_PID:
		o->pid = optarg;
		break;
	case OPT_VT:
		fputs(PROGRAM ": --vt-service: there is no virtual terminal, use --status\n",
			stderr);
		break;
	case 'V':
	case 'h':
		say_and_exit(c == 'V');
	}
}

static void read_options(int argc, char **argv, struct options *o)
{
	int c;

	*o = (struct options){ .conf = CONF_PATH, .ctl = CTL_PATH, .pid = PID_PATH, .debug = -1 };
	while ((c = getopt_long(argc, argv, "Vhc:d:l:CHM?", long_options, NULL)) != -1) {
		if (c == '?' && optopt != '?') { /* not -? itself */
			usage(stderr);
			exit(USAGE);
		}
		take_option(o, c == '?' ? 'h' : c);
	}
	if (optind < argc) {
		usage(stderr);
		exit(USAGE);
	}
}

static void say_finding(void *arg, bool error, const char *line)
{
	(void)arg;
	fprintf(stderr, "%s: %s%s\n", PROGRAM, error ? "" : "warning: ", line);
}

/* A missing file at the usual place is the default configuration. */
static int load(const struct options *o, struct conf_log *log, struct mip_conf **out)
{
	int rc = mip_conf_load(o->conf, log, out);

	if (rc == -ENOENT && !o->conf_given)
		rc = mip_conf_load(NULL, log, out);
	if (rc < 0) {
		fprintf(stderr, "%s: %s: %s\n", PROGRAM, o->conf, file_str(rc));
		return rc;
	}
	if (log->n_errors)
		return -EINVAL;
	if (o->role_given)
		(*out)->role = o->role;
	return 0;
}

static void print_finding(void *arg, bool error, const char *line)
{
	(void)arg;
	printf("%s%s\n", error ? "" : "warning: ", line);
}

/* With an error the daemon would not start: nothing of the file can be used. */
static int check(const struct options *o)
{
	struct conf_log log = { .emit = print_finding };
	struct mip_conf *conf = NULL;
	int rc = load(o, &log, &conf);

	mip_conf_free(conf);
	if (fflush(stdout))
		return 1;
	return rc < 0 ? CHECK_NOTHING : log.n_warnings ? CHECK_WARNED : CHECK_CLEAN;
}

/* A daemon leaves this folder, and reads its files again there. */
static int whole_paths(struct options *o)
{
	const char **paths[] = { &o->conf, &o->log, &o->ctl, &o->pid };
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof(paths) / sizeof(paths[0]); i++)
		rc = run_whole_path(paths[i]);
	return rc;
}

static void finish(void *arg)
{
	(void)arg;
	loop_stop();
}

static void on_term(int sig, void *arg)
{
	(void)arg;
	log_mip(1, "%s received, stopping", sig == SIGINT ? "SIGINT" : "SIGTERM");
	mip_stop(&d.mip);
}

static void on_hup(int sig, void *arg)
{
	struct conf_log log = { 0 };
	struct mip_conf *fresh = NULL;
	int rc = mip_conf_load(d.o.conf, &log, &fresh);

	(void)sig, (void)arg;
	if (rc < 0 || log.n_errors) {
		log_mip(0, "configuration not reloaded: %s",
			rc < 0 ? file_str(rc) : "it has errors");
		mip_conf_free(fresh);
		return;
	}
	if (d.o.role_given)
		fresh->role = d.o.role;
	mip_reload(&d.mip, fresh);
}

static void on_usr1(int sig, void *arg)
{
	(void)sig, (void)arg;
	for (int c = 0; c < MC_COUNT; c++)
		log_mip(1, "%s %llu", env_counter_str((enum mip_counter)c),
			(unsigned long long)d.mip.env.counters[c]);
}

static const struct loop_signal signals[] = {
	{ SIGTERM, on_term },
	{ SIGINT, on_term },
	{ SIGHUP, on_hup },
	{ SIGUSR1, on_usr1 },
};

static int open_kernel(struct mip_env *env)
{
	int rc = nl_open(NETLINK_XFRM, &env->xfrm);

	if (!rc)
		rc = nl_open(NETLINK_ROUTE, &env->rt);
	if (!rc)
		rc = mip_net_open(recv_mh, recv_icmp6, &d.mip, &env->net);
	if (!rc && env->conf->role == MIP_HA)
		rc = mip_net_hear_own(env->net);
	if (!rc)
		rc = xfrm_listen(1u << XFRMNLGRP_REPORT, be_report, be_lost, env, &d.reports);
	env->link = &mip_link_real;
	return rc;
}

static const int caps[] = { CAP_NET_ADMIN, CAP_NET_RAW };

static int drop_privileges(void)
{
	int rc = run_drop(caps, sizeof(caps) / sizeof(caps[0]));

	return rc ? rc : run_seccomp();
}

static void close_all(void)
{
	nl_free(d.reports);
	mip_net_free(d.mip.env.net);
	nl_free(d.mip.env.xfrm);
	nl_free(d.mip.env.rt);
	mip_conf_free(d.mip.env.conf);
	ctl_free(d.ctl);
	sysctl_restore();
	run_pidfile_remove();
	loop_end();
}

enum { KEPT_MAX = 8, KEPT_LINE = 256 };

/* The last lines of a log that is elsewhere: if nothing comes of the start, the terminal hears
 * why. */
static struct {
	char text[KEPT_MAX][KEPT_LINE];
	unsigned n;
} kept;

static void keep_line(void *arg, const char *line)
{
	(void)arg;
	snprintf(kept.text[kept.n++ % KEPT_MAX], KEPT_LINE, "%s", line);
}

static void say_lines(void)
{
	for (unsigned i = kept.n > KEPT_MAX ? kept.n - KEPT_MAX : 0; i < kept.n; i++)
		fprintf(stderr, PROGRAM ": %s\n", kept.text[i % KEPT_MAX]);
}

static int fail(int rc, const char *what)
{
	log_mip(0, "%s: %s", what, strerror(-rc));
	return rc;
}

/* One line, said before anything else fails for that reason. */
static int need_privileges(void)
{
	const char *missing;
	int rc = run_need(caps, sizeof(caps) / sizeof(caps[0]), &missing);

	if (rc < 0)
		log_mip(0, "it needs the capabilities %s: run it as root", missing);
	return rc;
}

static int start(void)
{
	pid_t other = 0;
	int rc = need_privileges();

	if (rc < 0)
		return rc;
	rc = run_pidfile(d.o.pid, &other);
	if (rc == -EEXIST) {
		fprintf(stderr, "%s: already running (pid %d)\n", PROGRAM, (int)other);
		return rc;
	}
	if (rc < 0)
		return fail(rc, d.o.pid);
	rc = loop_signals(signals, sizeof(signals) / sizeof(signals[0]), NULL);
	if (!rc)
		rc = open_kernel(&d.mip.env);
	if (rc < 0)
		return fail(rc, "kernel sockets");
	rc = ctl_serve(d.o.ctl, status_serve, &d.mip, &d.ctl);
	if (rc < 0)
		return fail(rc, d.o.ctl);
	if (setpriority(PRIO_PROCESS, 0, NICE) < 0)
		log_mip(1, "priority stays as it is: %s", strerror(errno));
	rc = drop_privileges();
	if (rc < 0)
		return fail(rc, "dropping privileges");
	log_mip(0, VERSION " started (%s)", mip_role_str(d.mip.env.conf->role));
	d.up = true;
	rc = mip_up(&d.mip);
	return rc < 0 ? fail(rc, "start") : 0;
}

static int serve(bool background)
{
	int rc;

	if (background || d.o.log || d.mip.env.conf->debug_log_file)
		log_tap(keep_line, NULL);
	rc = start();
	log_tap(NULL, NULL);
	if (rc < 0)
		say_lines();
	if (!rc && background)
		run_ready(0);
	if (!rc)
		rc = loop_run();
	if (d.up) {
		mip_down(&d.mip);
		log_mip(0, VERSION " stopped (%s)", mip_role_str(d.mip.env.conf->role));
	}
	close_all();
	return rc < 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct conf_log findings = { .emit = say_finding };
	int rc, level;

	read_options(argc, argv, &d.o);
	if (d.o.status)
		return status_ask(d.o.ctl);
	if (d.o.check)
		return check(&d.o);
	rc = whole_paths(&d.o);
	if (rc < 0) {
		fprintf(stderr, "%s: this folder: %s\n", PROGRAM, strerror(-rc));
		return 1;
	}
	rc = load(&d.o, &findings, &d.mip.env.conf);
	if (rc < 0)
		return 1;
	if (d.o.show) {
		mip_conf_print(d.mip.env.conf, stdout);
		return 0;
	}
	level = d.o.debug >= 0 ? d.o.debug : (int)d.mip.env.conf->debug_level;
	rc = log_open(PROGRAM, LOG_STYLE_PLAIN, d.o.log ? d.o.log : d.mip.env.conf->debug_log_file,
		level > 0);
	if (rc < 0) {
		fail(rc, "log");
		return 1;
	}
	log_set_level(LOG_G_MIP, level > 1 ? level : 1);
	d.mip.stopped = finish;
	rc = level ? 0 : run_background();
	if (rc < 0) {
		fail(rc, "background");
		return 1;
	}
	return serve(!level);
}
