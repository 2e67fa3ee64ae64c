/*
 * daemon - the program around an iked: its sockets, its kernel, its control socket.
 *
 * Shapes:  one a process; everything is reached from here.
 * Source:  none.
 */
#pragma once

#include "base/loop.h"
#include "ike/control/control.h"
#include "ike/events/net.h"
#include "ike/events/reqid.h"

struct daemon {
	struct control
		control; /* what its verbs see: iked itself, certificates, addresses, files */
	struct reqids *reqids;
	struct nl *rt, *xfrm_events, *rt_events;
	struct ctl *ctl;
	struct ike_conf *first; /* read, not yet taken by iked */
	struct timer t_roam;
	bool look; /* an address came: it may be the one to send from */
};

/*
 * Everything that needs privileges, and the configuration's files. 0 or
 * -errno.
 */
int daemon_start(struct daemon *dm, struct conf_log *log);
/* The connections, and what the kernel knows from before. */
int daemon_go(struct daemon *dm);
void daemon_end(struct daemon *dm);

/* The configuration from the files, findings to `log`: 0 or -errno, then nothing changed. */
int daemon_update(struct daemon *dm, struct conf_log *log);
