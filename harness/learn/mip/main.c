/* What mip6d does, against its tables in docs/machines.md. */
#include "base/loop.h"
#include "fuzz/run.h"
#include "learn/mip/mip.h"

enum { TICK_MS = 250, LONG_MS = 4 * 3600 * 1000 };

bool mip_wait(struct stage *w, bool (*over)(struct stage *w), bool listens)
{
	const uint64_t end = loop_now() + LONG_MS;

	while (loop_now() < end) {
		loop_advance(TICK_MS);
		if (over(w) || (listens && w->n_journal))
			return true;
		if (!listens)
			stage_clear(w);
	}
	return false;
}

int main(int argc, char **argv)
{
	const struct learn_world worlds[] = { mn_world, ha_world };

	run_drawn = 1;
	return learn_main(worlds, sizeof(worlds) / sizeof(worlds[0]), argc, argv);
}
