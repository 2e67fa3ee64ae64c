#include "mip/mn/act.h"

enum { GOODBYE_MS = 1000, AT_ONCE_MS = 1 };

/* The home agent stops answering for us before our policies go. */
enum mn_verdict stop_deregister(struct mn *mn)
{
	mn_block(mn);
	if (!mn->env->conf->deregister_at_stop) {
		mn->wait_ms = AT_ONCE_MS;
		return MV_GO;
	}
	mn->ask = 0;
	mn->wait_ms = GOODBYE_MS;
	return MV_SEND;
}

enum mn_verdict stop_done(struct mn *mn)
{
	(void)mn; /* the owner clears when it hears that we stopped */
	return MV_GO;
}
