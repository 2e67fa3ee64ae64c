/*
 * prefork - what the agent asks of a program that waits, loaded and linked, before its main().
 *
 * Its standard input is the line. Shapes: one packet a run, a head and then its words and settings,
 * each string ended by a zero, with descriptors in the order of enum prefork_fd. The answer is the
 * process id of the copy, which is a child of the agent, or -errno.
 */
#pragma once

#include <stdint.h>

#define PREFORK_ROOM (32u << 10)

enum prefork_fd {
	PREFORK_IN,
	PREFORK_OUT,
	PREFORK_ERR,
	PREFORK_NET,
	PREFORK_UTS,
	PREFORK_MNT,
	PREFORK_ROOT,
	PREFORK_FDS
};

struct prefork_head {
	uint32_t words, settings;
};
