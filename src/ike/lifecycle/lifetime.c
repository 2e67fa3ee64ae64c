#include "base/log.h"
#include "ike/lifecycle/lifetime.h"

enum { REKEYED_MS = 60000 };

/* What is left behind the soft lifetime is the reserve. */
void lifetime_begin(struct sa *sa)
{
	const struct conn *c = sa->peer->conn;
	uint32_t soft = iked_soft_s(sa->d, c, c->ike_lifetime);
	uint32_t hard = soft ? soft + c->margin : c->ike_lifetime;

	sa->up_at = loop_now();
	if (soft) {
		log_ike(1, "scheduling %s in %us", c->reauth ? "reauthentication" : "rekeying",
			soft);
		sa->rekey_at = sa->up_at + (uint64_t)soft * 1000;
	}
	log_ike(1, "maximum IKE_SA lifetime %us", hard);
	sa->expire_at = sa->up_at + (uint64_t)hard * 1000;
}

uint64_t lifetime_dpd_ms(const struct sa *sa)
{
	const struct conn *c = sa->peer ? sa->peer->conn : NULL;

	return c && c->dpdaction != CLOSE_NONE ? (uint64_t)c->dpddelay * 1000 : 0;
}

void lifetime_rekey_in(struct sa *sa, uint64_t ms)
{
	timer_set(&sa->t_rekey, ms);
}

void lifetime_no_rekey(struct sa *sa)
{
	timer_stop(&sa->t_rekey);
}

void lifetime_expire_in(struct sa *sa, uint64_t ms)
{
	timer_set(&sa->t_expire, ms);
}

static uint64_t left(uint64_t at)
{
	uint64_t now = loop_now();

	return at > now ? at - now : 0;
}

void lifetime_again(struct sa *sa)
{
	timer_set(&sa->t_expire, left(sa->expire_at));
	if (sa->rekey_at)
		timer_set(&sa->t_rekey, left(sa->rekey_at));
}

void lifetime_dpd_in(struct sa *sa, uint64_t ms)
{
	timer_set(&sa->t_dpd, ms);
}

void lifetime_entered(struct sa *sa)
{
	if (sa->state == SA_INIT_DONE) {
		timer_set(&sa->t_half_open, (uint64_t)iked_conf(sa->d)->half_open_timeout_s * 1000);
		return;
	}
	timer_stop(&sa->t_half_open);
	if (sa->state == SA_REKEYED) {
		timer_stop(&sa->t_rekey);
		timer_set(&sa->t_expire, REKEYED_MS);
	}
	if (sa->state != SA_UP)
		return;
	lifetime_again(sa);
	if (lifetime_dpd_ms(sa))
		timer_set(&sa->t_dpd, lifetime_dpd_ms(sa));
}
