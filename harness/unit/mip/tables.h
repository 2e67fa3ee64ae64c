/*
 * tables - mip6d's state machines as docs/machines.md prints them.
 *
 * Errors:  none.
 */
#pragma once

#include "unit/machine_doc.h"

const struct machine *mn_machine(void);
const struct machine *ha_machine(void);
