/*
 * xfrm_heard - does this kernel tell a MIGRATE where it was asked for?
 *
 * Kernels before 6.1.176 and 6.12.94 tell it in the initial network namespace only; key management
 * in any other would never hear of a movement.
 * Shapes:  tries it with a sub policy between documentation addresses, and removes that again.
 * Errors:  0 it does; -ENOMSG it does not; another -errno: it could not be tried.
 * Source:  linux/xfrm.h; measured facts of docs/DESIGN.md.
 */
#pragma once

#include "base/nl.h"

int xfrm_migrate_heard(struct nl *nl);
