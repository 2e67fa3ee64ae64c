/* A home agent on the stage: moon, with one home address that is allowed, free or bound. */
#pragma once

#include "unit/mip/stage.h"

enum { HOME = BU_ACK | BU_HOME | BU_KEY };

void ha_stage_address(struct stage *w, const char *prefix);
struct stage *ha_stage_started(void); /* with the journal of the start */
struct stage *ha_stage_begin(void);
struct stage *ha_stage_bound(void); /* by BU 100, at COA */
void ha_stage_end(struct stage *w);
struct ha_binding *ha_stage_binding(struct stage *w);
