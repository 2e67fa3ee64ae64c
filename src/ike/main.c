#include <errno.h>
#include <getopt.h>
#include <ifaddrs.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/run.h"
#include "base/version.h"
#include "ike/check.h"
#include "ike/control/verbs.h"
#include "ike/daemon.h"
#include "ike/lifecycle/shutdown.h"
#include "ike/sa/keylog.h"

#define PROGRAM "iked"

enum { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_PARTLY = 4 };

static struct {
	const char *log, *ctl, *pid;
	bool nofork, check;
	struct daemon dm;
	unsigned n_errors; /* of the configuration */
} d = {
	.ctl = "/run/iked.ctl",
	.pid = "/run/iked.pid",
	.dm.control.paths = { .ipsec_conf = "/etc/ipsec.conf",
		.secrets = "/etc/ipsec.secrets",
		.strongswan_conf = "/etc/strongswan.conf",
		.dir = "/etc/ipsec.d" },
};

/* Options with an argument, and where it goes. */
static const struct {
	const char *name, *arg, *help;
	const char **at;
} options[] = {
	{ "conf", "FILE", "ipsec.conf (/etc/ipsec.conf)", &d.dm.control.paths.ipsec_conf },
	{ "secrets", "FILE", "ipsec.secrets (/etc/ipsec.secrets)", &d.dm.control.paths.secrets },
	{ "strongswan-conf", "FILE", "strongswan.conf (/etc/strongswan.conf)",
		&d.dm.control.paths.strongswan_conf },
	{ "dir", "FOLDER", "certificates, keys, CRLs (/etc/ipsec.d)", &d.dm.control.paths.dir },
	{ "log", "FILE", "log there instead of to syslog", &d.log },
	{ "ctl", "PATH", "control socket (/run/iked.ctl)", &d.ctl },
	{ "pid", "PATH", "pid file (/run/iked.pid)", &d.pid },
};

enum { N_OPTIONS = sizeof(options) / sizeof(options[0]) };
enum { OPT_NOFORK = N_OPTIONS, OPT_VERSION, OPT_HELP, OPT_KEYS, OPT_CHECK, N_LONG };

static const struct {
	const char *name, *help;
} switches[] = {
	{ "nofork", "stay in the foreground, log to the terminal" },
	{ "version", "print the version" },
	{ "help", "print this" },
	{ "print-keys", "print the keywords of ipsec.conf as mdoc" },
	{ "check", "read everything, print what is wrong, touch nothing" },
};

static void usage(FILE *f)
{
	fputs("usage: " PROGRAM " [OPTION ...]\n", f);
	for (size_t i = 0; i < N_OPTIONS; i++)
		fprintf(f, "  --%-15s %-7s %s\n", options[i].name, options[i].arg, options[i].help);
	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
		fprintf(f, "  --%-23s %s\n", switches[i].name, switches[i].help);
}

static void take_option(int c)
{
	if (c < N_OPTIONS) {
		*options[c].at = optarg;
		return;
	}
	if (c == OPT_NOFORK) {
		d.nofork = true;
		return;
	}
	if (c == OPT_CHECK) {
		d.check = true;
		return;
	}
	if (c == OPT_VERSION)
		puts("Perigee iked " PERIGEE_VERSION);
	if (c == OPT_HELP)
		usage(stdout);
	if (c == OPT_KEYS)
		conf_print_keys();
	exit(fflush(stdout) ? EXIT_FAILED : EXIT_DONE);
}

static void read_options(int argc, char **argv)
{
	struct option longs[N_LONG + 1] = { 0 };
	int c;

	for (int i = 0; i < N_OPTIONS; i++)
		longs[i] = (struct option){ options[i].name, required_argument, NULL, i };
	for (int i = N_OPTIONS; i < N_LONG; i++)
		longs[i] = (struct option){ switches[i - N_OPTIONS].name, no_argument, NULL, i };
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == '?') {
			usage(stderr);
			exit(EXIT_USAGE);
		}
		take_option(c);
	}
	if (optind < argc) {
		usage(stderr);
		exit(EXIT_USAGE);
	}
}

/* Also to who started us: the log may be elsewhere. */
static void finding(void *arg, bool error, const char *line)
{
	(void)arg;
	log_cfg(error ? 0 : 1, "%s", line);
	if (!d.nofork || d.log)
		fprintf(stderr, "%s\n", line);
}

static void finish(void *arg)
{
	(void)arg;
	loop_stop();
}

static void on_term(int sig, void *arg)
{
	(void)arg;
	log_dmn(0, "%s received, shutting down", sig == SIGINT ? "SIGINT" : "SIGTERM");
	if (d.dm.control.d->stopping)
		loop_stop();
	else
		iked_shutdown(d.dm.control.d, finish, NULL);
}

static void on_hup(int sig, void *arg)
{
	struct conf_log log = { 0 };
	int rc;

	(void)arg;
	log_dmn(1, "%s received, reading the configuration", sig == SIGHUP ? "SIGHUP" : "SIGUSR1");
	if (sig == SIGUSR1)
		cert_store_load(d.dm.control.certs, iked_conf(d.dm.control.d));
	rc = daemon_update(&d.dm, &log);
	if (rc < 0)
		log_dmn(0, "%s: %s, nothing changed", d.dm.control.paths.ipsec_conf,
			conf_load_str(rc));
}

static const struct loop_signal signals[] = {
	{ SIGTERM, on_term },
	{ SIGINT, on_term },
	{ SIGHUP, on_hup },
	{ SIGUSR1, on_hup },
};

/* F-019 */
static int drop_privileges(void)
{
	static const int caps[] = { CAP_NET_ADMIN, CAP_NET_RAW, CAP_NET_BIND_SERVICE };
	int rc = run_drop(caps, sizeof(caps) / sizeof(caps[0]));

	return rc < 0 ? rc : run_seccomp();
}

static int fail(int rc, const char *what)
{
	const char *why = conf_load_str(rc);

	log_dmn(0, "%s: %s", what, why);
	if (!d.nofork || d.log)
		fprintf(stderr, PROGRAM ": %s: %s\n", what, why);
	return rc;
}

/* One line, said before anything else fails for that reason. */
static int need_privileges(void)
{
	static const int caps[] = { CAP_NET_ADMIN, CAP_NET_BIND_SERVICE };
	const char *missing;
	int rc = run_need(caps, sizeof(caps) / sizeof(caps[0]), &missing);

	if (rc == 0)
		return 0;
	log_dmn(0, "it needs the capabilities %s: run it as root", missing);
	if (!d.nofork || d.log)
		fprintf(stderr, PROGRAM ": it needs the capabilities %s: run it as root\n",
			missing);
	return rc;
}

static int take_pidfile(void)
{
	pid_t other = 0;
	int rc = run_pidfile(d.pid, &other);

	if (rc != -EEXIST)
		return rc < 0 ? fail(rc, d.pid) : 0;
	fprintf(stderr, PROGRAM ": already running (process %d)\n", (int)other);
	return rc;
}

static int start(void)
{
	struct conf_log log = { .emit = finding };
	int rc = need_privileges();

	if (!rc)
		rc = take_pidfile();
	if (rc < 0)
		return rc;
	log_dmn(0, "starting " PROGRAM " (Perigee " PERIGEE_VERSION ")");
	rc = keylog_open();
	if (rc < 0)
		return fail(rc, "IKEKEYLOGFILE");
	rc = loop_signals(signals, sizeof(signals) / sizeof(signals[0]), NULL);
	if (!rc)
		rc = daemon_start(&d.dm, &log);
	if (rc < 0)
		return fail(rc,
			d.dm.control.local && !d.dm.control.certs ? d.dm.control.paths.ipsec_conf
								  : "start");
	d.n_errors = log.n_errors;
	rc = ctl_serve(d.ctl, verbs_serve, &d.dm.control, &d.dm.ctl);
	if (rc < 0)
		return fail(rc, d.ctl);
	rc = drop_privileges();
	if (rc < 0)
		return fail(rc, "dropping privileges");
	rc = daemon_go(&d.dm);
	return rc < 0 ? fail(rc, "loading the connections") : 0;
}

/* E-003: what could be read runs; that something could not is told, and is not a failed start. */
static int started(void)
{
	if (!d.n_errors)
		return EXIT_DONE;
	fprintf(stderr, PROGRAM ": running, without what the %u errors above stand in\n",
		d.n_errors);
	return EXIT_PARTLY;
}

static int serve(void)
{
	int rc = start();

	if (!rc && !d.nofork)
		run_ready(started());
	if (!rc)
		rc = loop_run();
	daemon_end(&d.dm);
	run_pidfile_remove();
	loop_end();
	return rc < 0 ? EXIT_FAILED : EXIT_DONE;
}

static void print_finding(void *arg, bool error, const char *line)
{
	(void)arg;
	printf("%s%s\n", error ? "" : "warning: ", line);
}

/* Is it an address of this host? Without a socket to the kernel's tables. */
static bool is_of_host(void *arg, const struct in6_addr *a)
{
	struct ifaddrs *all = NULL;
	bool found = false;

	(void)arg;
	if (getifaddrs(&all) < 0)
		return false;
	for (struct ifaddrs *i = all; i && !found; i = i->ifa_next) {
		struct sockaddr_in6 at;

		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET6)
			continue;
		memcpy(&at, i->ifa_addr, sizeof(at));
		found = addr_eq(&at.sin6_addr, a);
	}
	freeifaddrs(all);
	return found;
}

static int check(void)
{
	struct conf_log log = { .emit = print_finding };
	struct conf_paths paths = d.dm.control.paths;
	int rc = log_open(PROGRAM, LOG_STYLE_IKE, "/dev/null", false);

	if (rc < 0)
		return EXIT_FAILED;
	paths.is_local = is_of_host;
	rc = (int)check_conf(&paths, &log);
	return fflush(stdout) ? EXIT_FAILED : rc;
}

/* A daemon leaves this folder, and reads its files again there. */
static int whole_paths(void)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < N_OPTIONS; i++)
		rc = run_whole_path(options[i].at);
	return rc;
}

int main(int argc, char **argv)
{
	int rc;

	read_options(argc, argv);
	if (d.check)
		return check();
	rc = whole_paths();
	if (rc < 0) {
		fprintf(stderr, PROGRAM ": this folder: %s\n", strerror(-rc));
		return EXIT_FAILED;
	}
	rc = log_open(PROGRAM, LOG_STYLE_IKE, d.log, d.nofork && !d.log);
	if (!rc && !d.nofork)
		rc = run_background();
	if (rc < 0) {
		fprintf(stderr, PROGRAM ": %s: %s\n", d.log ? d.log : "start", strerror(-rc));
		return EXIT_FAILED;
	}
	return serve();
}
