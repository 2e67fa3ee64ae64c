/* A mobile node on the stage: carol of the page, begun or registered at OLD. */
#pragma once

#include "unit/mip/stage.h"

#define OLD "2001::40/64"
#define NEW "2001::50/128"

struct mn *mn_of(const struct stage *w);
struct stage *mn_stage_begin_with(const char *conf);
struct stage *mn_stage_begin(void); /* started, with no care-of address yet */
struct stage *mn_stage_registered(void);
void mn_stage_end(struct stage *w);
