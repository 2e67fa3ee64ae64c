#include <errno.h>
#include <string.h>
#include <time.h>

#include "ike/auth/cert_store.h"
#include "ike/check.h"

static bool has_conn(const struct ike_conf *c)
{
	for (const struct conn *k = c->conns; k; k = k->next)
		if (k->autostart != AUTO_IGNORE)
			return true;
	return false;
}

/* What is there and will not do for long, or no longer. */
static void check_lists(struct cert_store *s, const char *dir, struct conf_log *log)
{
	const struct trust *t = cert_store_trust(s);
	time_t from, until;
	size_t n;

	for (size_t i = 0; i < trust_n_ca(t); i++)
		if (!trust_crl_info(t, trust_ca(t, i), &from, &until, &n) && until <= time(NULL))
			conf_warn(log, (struct conf_pos){ dir, 0 },
				"the CRL of \"%s\" is stale: expected a newer one in crls",
				cert_subject(trust_ca(t, i)));
}

enum check_status check_conf(const struct conf_paths *paths, struct conf_log *log)
{
	own(ike_conf) *c = NULL;
	own(cert_store) *s = NULL;
	int rc = conf_load(paths, log, &c);

	if (rc < 0 && rc != CONF_REFUSED)
		conf_error(log, (struct conf_pos){ paths->ipsec_conf, 0 }, "%s", conf_load_str(rc));
	if (!rc)
		rc = cert_store_new(paths->dir, &s);
	if (rc < 0)
		return CHECK_NOTHING;
	cert_store_rules(s, c);
	cert_store_findings(s, log);
	cert_store_reread_cas(s);
	cert_store_reread_crls(s);
	check_lists(s, paths->dir, log);
	conf_check_files(c, cert_store_trust(s), log);
	if (log->n_errors)
		return has_conn(c) ? CHECK_LOST : CHECK_NOTHING;
	return log->n_warnings ? CHECK_WARNED : CHECK_CLEAN;
}
