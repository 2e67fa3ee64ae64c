#include <time.h>

#include "ike/control/verbs_list.h"

void list_own_certs(const struct control *co, struct ctl_req *req)
{
	ctl_line(req, "List of X.509 End Entity Certificates:");
	for (const struct cred *c = cert_store_creds(co->certs); c; c = c->next) {
		ctl_line(req, "  subject: \"%s\"", cert_subject(c->cert));
		ctl_line(req, "  file:    '%s'", c->file);
		ctl_line(req, "  key:     %s", c->key ? "has private key" : "none");
	}
}

void list_ca_certs(const struct control *co, struct ctl_req *req)
{
	const struct trust *trust = cert_store_trust(co->certs);

	ctl_line(req, "List of X.509 CA Certificates:");
	for (size_t i = 0; i < trust_n_ca(trust); i++)
		ctl_line(req, "  subject: \"%s\"", cert_subject(trust_ca(trust, i)));
}

static const char *when(time_t t, char *buf, size_t cap)
{
	struct tm tm;

	strftime(buf, cap, "%b %d %H:%M:%S %Y", localtime_r(&t, &tm));
	return buf;
}

void list_crls(const struct control *co, struct ctl_req *req)
{
	const struct trust *trust = cert_store_trust(co->certs);
	time_t this_update, next_update;
	char from[64], to[64];
	size_t n;

	ctl_line(req, "List of X.509 CRLs:");
	for (size_t i = 0; i < trust_n_ca(trust); i++) {
		const struct cert *ca = trust_ca(trust, i);

		if (trust_crl_info(trust, ca, &this_update, &next_update, &n) < 0)
			continue;
		ctl_line(req, "  issuer:   \"%s\"", cert_subject(ca));
		ctl_line(req, "  validity: %s to %s%s", when(this_update, from, sizeof(from)),
			when(next_update, to, sizeof(to)),
			next_update <= time(NULL) ? " (stale)" : "");
		ctl_line(req, "  revoked:  %zu certificates", n);
	}
}
