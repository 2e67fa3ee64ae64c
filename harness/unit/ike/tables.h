/*
 * tables - iked's state machines as docs/machines.md prints them.
 *
 * Shapes:  an event of an IKE_SA is a kind of task and a role.
 * Errors:  none.
 */
#pragma once

#include "ike/machine/row.h"
#include "unit/machine_doc.h"

const struct machine *sa_machine(void);
const struct machine *child_machine(void);
/* After sa_machine(): the number of an event; n_events: no row has it. */
unsigned sa_event_of(enum task_kind kind, enum x_role role);
