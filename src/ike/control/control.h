/*
 * control - what the verbs of `ipsec` look at, and what they ask for.
 *
 * Shapes:  nothing here is owned but what waits (verbs).
 * Units:   started is wall-clock time, started_ms that of the loop.
 * Source:  none.
 */
#pragma once

#include <time.h>

#include "base/ctl.h"
#include "ike/auth/cert_store.h"
#include "ike/events/local.h"
#include "ike/events/net.h"
#include "ike/sa/books.h"

struct verbs;

struct control {
	struct iked *d;
	struct cert_store *certs;
	struct local *local;
	struct net *net;
	struct nl *xfrm;
	struct conf_paths paths;
	time_t started;
	uint64_t started_ms;
	/* Read the files again, findings to `log`: 0 or -errno, then nothing changed. */
	int (*update)(struct control *c, struct conf_log *log);
	struct verbs *verbs; /* requests that wait */
};

/* What the daemon is made of, as the log and status print it. */
#define DAEMON_PARTS "openssl x509 revocation pubkey kernel-netlink socket ctl"
