#include <stdlib.h>
#include <time.h>

#include "ike/control/status.h"
#include "ike/sa/child.h"
#include "kernel/xfrm_policy.h"

/* The list has the newest first. */
struct sa **status_sas(const struct control *co)
{
	struct sa *sa = NULL, **out;
	size_t n = 0;

	while ((sa = iked_next_sa(co->d, sa)))
		n++;
	out = calloc(n + 1, sizeof(*out));
	while (out && n && (sa = iked_next_sa(co->d, sa)))
		out[--n] = sa;
	return out;
}

struct child **status_children(const struct sa *sa)
{
	struct child *c, **out;
	size_t n = 0;

	LIST_FOREACH (c, &sa->children, of_sa)
		n++;
	out = calloc(n + 1, sizeof(*out));
	if (!out)
		return NULL;
	LIST_FOREACH (c, &sa->children, of_sa)
		out[--n] = c;
	return out;
}

long status_left(uint64_t at)
{
	uint64_t now = loop_now();

	if (!at)
		return -1;
	return at > now ? (long)((at - now) / 1000) : 0;
}

uint64_t status_child_rekey(const struct child *c)
{
	return c->soft_s ? c->installed_at + (uint64_t)c->soft_s * 1000 : 0;
}

/* E-042: the policies are the mobility daemon's, the time of their last use is the kernel's. */
long status_last_use(const struct control *co, const struct child *c, enum xdir dir)
{
	const struct ts_list *l = &c->trap->conn->local.ts, *f = &c->trap->conn->remote.ts;
	const struct ts *src, *dst;
	struct xfrm_policy p;
	struct sel sel;
	time_t now = time(NULL);

	if (l->n != 1 || f->n != 1)
		return -1;
	src = dir == XD_OUT ? &l->ts[0] : &f->ts[0];
	dst = dir == XD_OUT ? &f->ts[0] : &l->ts[0];
	if (!ts_sel(src, dst, &sel) || xfrm_policy_get(co->xfrm, &sel, dir, false, &p) < 0 ||
		!p.use_time)
		return -1;
	return (uint64_t)now > p.use_time ? (long)((uint64_t)now - p.use_time) : 0;
}

const char *status_own_ca(const struct control *co, const struct trap *t)
{
	struct trust *trust = cert_store_trust(co->certs);
	struct trust quiet = *trust;
	const struct cert *ca = NULL;

	if (!t->peer->cred)
		return NULL;
	quiet.story = NULL;
	quiet.policy = CRL_SOFT;
	trust_check(&quiet, t->peer->cred->cert, t->peer->cred->more, t->peer->cred->n_more,
		time(NULL), &ca);
	return ca ? cert_subject(ca) : NULL;
}
