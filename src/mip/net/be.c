#include "mip/net/be.h"

#include "base/log.h"

enum { PROTO_MH = 135, PER_SECOND = 5 };

void be_send(struct mip_env *env, enum mh_be_status status, const struct in6_addr *own,
	const struct in6_addr *to, const struct in6_addr *hoa)
{
	static struct rate errors;
	struct mh m = { .type = MH_BE, .be = { .status = (uint8_t)status, .hoa = *hoa } };
	struct mip_packet out = { .src = *own, .dst = *to, .hop_limit = -1 };
	uint8_t buf[MH_MAX];
	ssize_t n;

	if (!env_is_unicast(own) || !env_is_unicast(to))
		return;
	if (!rate_take(&errors, PER_SECOND))
		return env_count(env, MC_DROP_RATE);
	n = mh_write(&m, own, to, buf, sizeof(buf));
	if (n < 0)
		return;
	out.data = BYTES(buf, (size_t)n);
	mip_net_send_mh(env->net, &out);
	env_count(env, MC_BE_OUT);
}

/* A binding update needs no binding (section 9.3.1), and a binding error gets no answer. */
void be_report(const struct xfrm_event *ev, void *arg)
{
	struct mip_env *env = arg;
	struct strangers *before;

	if (ev->kind != XE_REPORT || ev->report.proto != XP_HAO || ev->report.sel.proto == PROTO_MH)
		return;
	before = rate_enter(mip_net_strangers(env->net));
	env_count(env, MC_DROP_UNPROTECTED);
	log_mip(2, "home address option for %s from %s without a binding",
		addr_str(&ev->report.sel.src.addr), addr_str(&ev->report.coa));
	be_send(env, BE_NO_BINDING, &ev->report.sel.dst.addr, &ev->report.coa,
		&ev->report.sel.src.addr);
	rate_leave(before);
}

/* Errors are told as far as there is time for them. */
void be_lost(void *arg)
{
	(void)arg;
}
