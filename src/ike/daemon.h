/*
 * daemon - the program around an iked: its sockets, its kernel, its control socket.
 *
 * Shapes:  one a process; everything is reached from here.
 * Units:   started is wall-clock time, started_ms that of the loop.
 * Source:  none.
 */
#pragma once

#include <time.h>

#include "base/ctl.h"
#include "base/loop.h"
#include "ike/lifecycle/iked.h"
#include "ike/events/local.h"
#include "ike/events/net.h"
#include "ike/events/reqid.h"

struct verbs;

struct daemon {
	struct iked *d;
	struct cert_store *certs;
	struct net *net;
	struct local *local;
	struct reqids *reqids;
	struct nl *xfrm, *rt, *xfrm_events, *rt_events;
	struct ctl *ctl;
	struct verbs *verbs; /* requests that wait */
	struct conf_paths paths;
	struct ike_conf *first; /* read, not yet taken by iked */
	struct timer t_roam;
	bool look; /* an address came: it may be the one to send from */
	time_t started;
	uint64_t started_ms;
};

/* What the daemon is made of, as template 7 and status print it. */
#define DAEMON_PARTS "openssl x509 revocation pubkey kernel-netlink socket ctl"

/*
 * Everything that needs privileges, and the configuration's files; templates 2 to 10. 0 or
 * -errno.
 */
int daemon_start(struct daemon *dm, struct conf_log *log);
/* The connections (templates 11 to 17), and what the kernel knows from before. */
int daemon_go(struct daemon *dm);
void daemon_end(struct daemon *dm);

/* The configuration from the files, findings to `log`: 0 or -errno, then nothing changed. */
int daemon_update(struct daemon *dm, struct conf_log *log);
