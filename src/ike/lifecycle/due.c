#include <time.h>

#include "base/log.h"
#include "ike/lifecycle/close.h"
#include "ike/lifecycle/due.h"
#include "ike/lifecycle/end.h"
#include "ike/lifecycle/yield.h"
#include "ike/lifecycle/lifetime.h"
#include "ike/lifecycle/rekey.h"
#include "ike/lifecycle/shutdown.h"
#include "ike/lifecycle/unique.h"
#include "ike/lifecycle/want.h"
#include "ike/machine/ask.h"
#include "ike/sa/child.h"

static void on_half_open(void *arg)
{
	struct sa *sa = arg;

	log_job(1, "deleting half open IKE_SA with %s after timeout", addr_str(&sa->remote));
	end_sa(sa);
}

static void on_rekey(void *arg)
{
	iked_rekey_sa(arg);
}

static void on_expire(void *arg)
{
	struct sa *sa = arg;

	if (sa->yielding && sa->state == SA_UP && !yield_over(sa))
		return;
	if (sa->state == SA_REKEYED) { /* the peer should have deleted it */
		end_sa(sa);
		return;
	}
	log_job(1, "deleting IKE_SA %s %s", sa_name(sa),
		sa->yielding ? "that was replaced" : "after its maximum lifetime");
	close_worn(sa);
}

/* When the kernel received last by one of its CHILD_SAs, as loop_now() milliseconds. */
static uint64_t heard_by_children(struct sa *sa)
{
	uint64_t newest = 0, now = (uint64_t)time(NULL);
	struct child *c;

	LIST_FOREACH (c, &sa->children, of_sa) {
		uint64_t at = child_last_in(c);

		newest = at > newest ? at : newest;
	}
	if (!newest || newest > now || (now - newest) * 1000 > loop_now())
		return 0;
	return loop_now() - (now - newest) * 1000;
}

/* only protected messages and received ESP count (2.4). */
static void on_dpd(void *arg)
{
	struct sa *sa = arg;
	uint64_t esp = heard_by_children(sa), heard = esp > sa->heard_at ? esp : sa->heard_at;
	uint64_t idle = loop_now() - heard, delay = lifetime_dpd_ms(sa);
	struct task *t;

	if (!delay || sa->state != SA_UP || sa->yielding)
		return;
	if (idle < delay) {
		lifetime_dpd_in(sa, delay - idle);
		return;
	}
	lifetime_dpd_in(sa, delay);
	if (sa->task)
		return;
	t = task_new(TASK_INFO);
	if (!t)
		return;
	log_ike(1, "sending DPD request");
	x_push(sa, t);
}

const struct iked_hooks life_hooks = {
	.entered = lifetime_entered,
	.came_up = unique_settle,
	.ended = end_sa,
	.inherited = yield_to,
	.timed_out = end_timed_out,
	.freed = shutdown_look,
	.task_over = want_over,
	.on_resend = x_on_resend,
	.on_later = x_on_later,
	.on_half_open = on_half_open,
	.on_rekey = on_rekey,
	.on_expire = on_expire,
	.on_dpd = on_dpd,
	.on_retry = want_on_retry,
};
