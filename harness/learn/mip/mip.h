/*
 * mip - the worlds of mip6d: a mobile node and a home agent, each on the unit tests' stage.
 *
 * Shapes:  letters are what a stage may be told; the journal is empty when one is said.
 * Errors:  asserts, which ends the word.
 * Source:  docs/machines.md.
 */
#pragma once

#include "learn/learn.h"
#include "unit/mip/stage.h"

extern const struct learn_world mn_world, ha_world;

/* Time passes until `over`, or `listens` and the stage has a line. False: nothing in four hours. */
bool mip_wait(struct stage *w, bool (*over)(struct stage *w), bool listens);
