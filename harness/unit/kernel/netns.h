/*
 * netns - a network namespace of the test's own, for tests that ask the kernel of this host.
 *
 * Errors:  netns_enter() is false without the right or without the feature: skip then, and say so.
 */
#pragma once

#include <stdbool.h>

/* From here on this process has a network of its own: lo up, d0 and d1 joined by a cable, both up.
 */
bool netns_enter(void);
extern int netns_d0, netns_d1; /* interface indexes */

#define NEED_NETNS()                                                                               \
	do {                                                                                       \
		if (!netns_enter()) {                                                              \
			print_message("skipped: no right to a network namespace\n");               \
			skip();                                                                    \
		}                                                                                  \
	} while (0)
