#include <errno.h>

#include "base/log.h"
#include "ike/exchange/exchange.h"
#include "ike/iked.h"
#include "ike/lifecycle/due.h"
#include "ike/machine/limits.h"

enum { TOLD_A_SECOND = 20, REFUSALS_A_SECOND = 20, UNSENT_A_SECOND = 5 };

int iked_new(const struct iked_seams *seams, struct cert_store *certs, struct iked **out)
{
	const char *fault = x_machine_fault(&x_all);
	own(iked) *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	if (fault) {
		log_ike(0, "the rows of '%s' contradict each other", fault);
		return -EINVAL;
	}
	d->seams = *seams;
	d->hooks = &life_hooks;
	d->machine = &x_all;
	d->certs = certs;
	TAILQ_INIT(&d->traps);
	LIST_INIT(&d->sas);
	TAILQ_INIT(&d->due);
	timer_init(&d->t_shutdown, shutdown_on_time, d);
	rate_init(
		&d->strangers, LOG_G_NET, "packets of strangers", TOLD_A_SECOND, REFUSALS_A_SECOND);
	rate_init(
		&d->answering, LOG_G_NET, "answers of strangers", TOLD_A_SECOND, REFUSALS_A_SECOND);
	rate_init(&d->unsent, LOG_G_NET, "packets that could not be sent", UNSENT_A_SECOND, 0);
	if (limits_new(&d->limits) < 0)
		return -ENOMEM;
	*out = take(d);
	return 0;
}

void iked_free(struct iked *d)
{
	struct sa *sa;

	if (!d)
		return;
	d->down = NULL;
	timer_stop(&d->t_shutdown);
	LIST_FOREACH (sa, &d->sas, all)
		sa_stop(sa); /* what it was still making stands before it in the list */
	while (!LIST_EMPTY(&d->sas))
		sa_free(LIST_FIRST(&d->sas));
	while (!TAILQ_EMPTY(&d->traps))
		trap_remove(TAILQ_FIRST(&d->traps));
	conf_unref(d->conf);
	limits_free(d->limits);
	rate_end(&d->strangers);
	rate_end(&d->answering);
	rate_end(&d->unsent);
	struct table *tables[] = { &d->sa_by_spi, &d->sa_by_init, &d->sa_by_ids,
		&d->child_by_spi_in, &d->child_by_spi_out, &d->trap_by_name, &d->trap_by_reqid_out,
		&d->trap_by_reqid_in, &d->trap_by_id, &d->trap_by_addr };

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		table_free(tables[i]);
	free(d);
}
