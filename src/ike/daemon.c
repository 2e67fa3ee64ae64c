#include <errno.h>
#include <linux/xfrm.h>
#include <string.h>

#include "base/log.h"
#include "ike/events/acquire.h"
#include "ike/daemon.h"
#include "ike/iked.h"
#include "ike/events/km.h"
#include "ike/events/lost.h"
#include "ike/events/migrate.h"
#include "ike/control/verbs.h"

enum { ROAM_MS = 100, ROAM_MAX = 16 };

static int send_packet(void *arg, const struct packet *p)
{
	struct daemon *dm = arg;
	int rc = net_send(dm->control.net, p);

	if (dm->t_roam.armed && dm->look) /* it left from addresses that have just changed */
		timer_set(&dm->t_roam, 0);
	return rc;
}

static const char *iface(void *arg, const struct in6_addr *a)
{
	struct daemon *dm = arg;

	return local_iface(dm->control.local, a);
}

static void child_done(void *arg, struct trap *t, int rc, const char *why)
{
	struct daemon *dm = arg;

	verbs_child_done(&dm->control, t, rc, why);
}

static void sa_gone(void *arg, const struct sa *sa)
{
	struct daemon *dm = arg;

	verbs_sa_gone(&dm->control, sa);
}

static void sa_inherited(void *arg, const struct sa *from, const struct sa *to)
{
	struct daemon *dm = arg;

	verbs_sa_inherited(&dm->control, from, to);
}

static void routed(void *arg, struct trap *t)
{
	struct daemon *dm = arg;

	km_trap(dm->reqids, t);
}

static bool is_local(void *arg, const struct in6_addr *a)
{
	return iface(arg, a) != NULL;
}

static void on_packet(void *arg, const struct packet *p)
{
	struct daemon *dm = arg;

	iked_packet(dm->control.d, p);
}

static void on_xfrm(const struct xfrm_event *ev, void *arg)
{
	struct daemon *dm = arg;

	if (dm->rt_events)
		nl_pump(dm->rt_events); /* an address comes before the move that it causes */
	switch (ev->kind) {
	case XE_ACQUIRE:
		acquire_event(dm->reqids, ev);
		break;
	case XE_EXPIRE:
		expire_event(dm->reqids, ev);
		break;
	case XE_MIGRATE:
		migrate_event(dm->reqids, ev);
		break;
	case XE_POLICY:
		policy_event(dm->reqids, ev);
		break;
	case XE_SA_DEL:
		lost_event(dm->control.d, ev);
		break;
	case XE_SA_FLUSH:
		lost_look(dm->control.d);
		break;
	case XE_POLICY_DEL:
	case XE_SA:
	case XE_REPORT:
		break;
	}
}

/* */
static void xfrm_overrun(void *arg)
{
	struct daemon *dm = arg;

	log_knl(1, "events of the kernel were lost, reading policies and states");
	migrate_resync(dm->reqids);
	lost_look(dm->control.d);
}

static void on_rt(const struct rt_event *ev, void *arg)
{
	struct daemon *dm = arg;

	local_event(ev, dm->control.local);
}

static void rt_overrun(void *arg)
{
	struct daemon *dm = arg;

	log_knl(1, "events of the kernel were lost, reading links and addresses");
	local_resync(dm->control.local);
}

static void look(struct daemon *dm, const struct sa *sa)
{
	struct in6_addr source;

	if (dm->look && iked_source(dm->control.d, &sa->remote, &source) < 0)
		log_knl(1, "%s cannot be reached from anywhere", addr_str(&sa->remote));
	if (!iface(dm, &sa->local))
		log_ike(1, "%s of IKE_SA %s is gone, waiting for a MIGRATE", addr_str(&sa->local),
			sa_name(sa));
}

/* a look, no more. What moves an IKE_SA is a MIGRATE; until then it waits. */
static void on_roam(void *arg)
{
	struct daemon *dm = arg;
	struct sa *sa = NULL;
	unsigned n = 0;

	while ((sa = iked_next_sa(dm->control.d, sa)) && n < ROAM_MAX) {
		if (!sa->initiator || sa->state == SA_GONE || sa->state == SA_DELETING)
			continue;
		look(dm, sa);
		n++;
	}
	dm->look = false;
}

static void local_changed(void *arg, bool came)
{
	struct daemon *dm = arg;

	dm->look |= came;
	if (!dm->t_roam.armed)
		timer_set(&dm->t_roam, ROAM_MS);
}

static int open_kernel(struct daemon *dm)
{
	int rc = nl_open(NETLINK_XFRM, &dm->control.xfrm);

	if (!rc)
		rc = nl_open(NETLINK_ROUTE, &dm->rt);
	if (!rc)
		rc = local_new(dm->rt, local_changed, dm, &dm->control.local);
	return rc;
}

static int listen_to_kernel(struct daemon *dm)
{
	const unsigned groups = 1u << XFRMNLGRP_ACQUIRE | 1u << XFRMNLGRP_EXPIRE |
		1u << XFRMNLGRP_MIGRATE | 1u << XFRMNLGRP_POLICY | 1u << XFRMNLGRP_SA;
	int rc = xfrm_listen(groups, on_xfrm, xfrm_overrun, dm, &dm->xfrm_events);

	return rc < 0 ? rc : rt_listen(on_rt, rt_overrun, dm, &dm->rt_events);
}

static int make_iked(struct daemon *dm)
{
	const struct iked_seams seams = { .arg = dm,
		.send = send_packet,
		.xfrm = dm->control.xfrm,
		.rt = dm->rt,
		.iface = iface,
		.child_done = child_done,
		.sa_gone = sa_gone,
		.sa_inherited = sa_inherited,
		.routed = routed };
	int rc = iked_new(&seams, dm->control.certs, &dm->control.d);

	if (!rc)
		rc = reqids_new(dm->control.d, &dm->reqids);
	if (!rc)
		rc = verbs_new(&dm->control);
	return rc;
}

static int read_conf(struct daemon *dm, struct conf_log *log, struct ike_conf **out)
{
	struct conf_paths paths = dm->control.paths;

	paths.is_local = is_local;
	paths.arg = dm;
	return conf_load(&paths, log, out);
}

static int update(struct control *control, struct conf_log *log)
{
	return daemon_update(LINKED(control, struct daemon, control), log);
}

int daemon_start(struct daemon *dm, struct conf_log *log)
{
	struct ike_conf *conf = NULL;
	int rc;

	dm->control.update = update;
	dm->control.started = time(NULL);
	dm->control.started_ms = loop_now();
	timer_init(&dm->t_roam, on_roam, dm);
	rc = open_kernel(dm);
	if (!rc)
		rc = read_conf(dm, log, &conf);
	if (!rc)
		rc = cert_store_new(dm->control.paths.dir, &dm->control.certs);
	if (rc < 0) {
		ike_conf_free(conf);
		return rc;
	}
	cert_store_load(dm->control.certs, conf);
	conf_check_files(conf, cert_store_trust(dm->control.certs), log);
	log_dmn(1, "loaded plugins: " DAEMON_PARTS);
	local_log(dm->control.local);
	log_job(1, "spawning 1 worker threads");
	if (conf->cachecrls)
		log_cfg(1, "crl caching to %s/crls enabled", dm->control.paths.dir);
	dm->first = conf;
	rc = make_iked(dm);
	if (!rc)
		rc = net_open(on_packet, dm, &dm->control.net);
	return rc < 0 ? rc : listen_to_kernel(dm);
}

int daemon_go(struct daemon *dm)
{
	int rc = iked_load_conf(dm->control.d, take(dm->first));

	if (rc < 0)
		return rc;
	migrate_resync(dm->reqids);
	lost_earlier_run(dm->reqids);
	return 0;
}

int daemon_update(struct daemon *dm, struct conf_log *log)
{
	struct ike_conf *conf = NULL;
	int rc = read_conf(dm, log, &conf);

	if (rc < 0)
		return rc;
	cert_store_rules(dm->control.certs, conf);
	conf_check_files(conf, cert_store_trust(dm->control.certs), log);
	cert_store_reread_secrets(dm->control.certs, conf);
	return iked_load_conf(dm->control.d, conf);
}

void daemon_end(struct daemon *dm)
{
	timer_stop(&dm->t_roam);
	verbs_free(&dm->control);
	ctl_free(dm->ctl);
	iked_free(dm->control.d);
	reqids_free(dm->reqids);
	net_free(dm->control.net);
	nl_free(dm->xfrm_events);
	nl_free(dm->rt_events);
	local_free(dm->control.local);
	cert_store_free(dm->control.certs);
	ike_conf_free(dm->first);
	nl_free(dm->control.xfrm);
	nl_free(dm->rt);
}
