/*
 * clock - the mapping that the host and a guest on a clock of its own share.
 *
 * The host makes a file of CLOCK_ROOM octets, writes magic and version, and names it by CLOCK_MAP
 * in the environment of the guest's kernel; the preload (clock.c) maps it. Whoever is named beside
 * a field writes it, everybody may read it.
 * Shapes:  64-bit numbers in the host's order. Counters only grow.
 * Units:   nanoseconds of CLOCK_MONOTONIC as the guest reads it; a rate in billionths.
 *
 * While `sent` != `seen` or `got` != `given` the clock is HELD: the driver, a program of the host
 * at the other end of one of the guest's serial lines, has something to say, or the guest has not
 * read what it said. Held, the clock stands still whatever the guest does, and an idle guest
 * really waits. The driver ends that by speaking, with a word that means nothing if it has none; it
 * raises `given`, and `seen` where it has read all there is, before it writes.
 */
#ifndef GUEST_CLOCK_H
#define GUEST_CLOCK_H

#include <stdatomic.h>
#include <stdint.h>

#define CLOCK_MAGIC   UINT64_C(0x6b636f6c43454750)
#define CLOCK_VERSION 1
#define CLOCK_ROOM    4096
#define CLOCK_UNIT    UINT64_C(1000000000)

typedef _Atomic uint64_t clock_word;

struct clock_map {
	clock_word magic;   /* host */
	clock_word version; /* host */
	clock_word now;     /* preload: at each look at the clock; 0 until it is at work */
	clock_word jumps;   /* preload: how often idle time was left out */
	clock_word jumped;  /* preload: how much of it */
	clock_word rate;    /* preload measures it if it is 0; the host may change it at any time */
	clock_word started; /* guest or host: 1 from when the rate counts, before that it is 1 */
	clock_word sent;    /* preload: octets that the guest has written to the line */
	clock_word got;     /* preload: octets that it has read from it */
	clock_word given;   /* driver: octets that it writes */
	clock_word seen;    /* driver: octets that it had read when it spoke */
	clock_word idles;   /* preload: how often nothing in the guest could run */
};

/* How fast a busy guest's clock runs here, in billionths: the cost of a fixed mix of work. */
uint64_t clock_measured(void);

#endif
