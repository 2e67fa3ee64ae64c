/*
 * state - the one place where the state of an IKE_SA moves.
 *
 * Source:  RFC 7296 sections 1.2, 1.3.2, 1.4.1.
 */
#pragma once

#include "ike/sa/sa.h"

void x_move(struct sa *sa, enum sa_state to); /* nothing leaves SA_GONE */
