/*
 * prefork - what is asked of a program that waits, loaded, to be run.
 *
 * Its standard input is the line. Shapes: one packet a run, a head and then its words and settings,
 * each string ended by a zero, with descriptors in the order of enum prefork_fd; without those of
 * namespaces the copy stays in its own. The answer is the process id of the copy, which is a child
 * of whoever started the program, or -errno.
 */
#pragma once

#include <stdint.h>

#define PREFORK_ROOM (32u << 10)
/* The environment's word for where it waits: when it first looks for a file of that name. */
#define PREFORK_AT "PREFORK_AT"

enum prefork_fd {
	PREFORK_IN,
	PREFORK_OUT,
	PREFORK_ERR,
	PREFORK_FOLDER, /* in namespaces its root too */
	PREFORK_HERE,
	PREFORK_NET = PREFORK_HERE,
	PREFORK_UTS,
	PREFORK_MNT,
	PREFORK_FDS
};

struct prefork_head {
	uint32_t words, settings;
};
