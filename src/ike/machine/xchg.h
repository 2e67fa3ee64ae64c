/*
 * xchg - a message comes in: to the row of the table that is for it, and what its verdict says.
 *
 * Errors:  none; what is no message, or not for us, is counted and dropped.
 * Source:  RFC 7296 sections 1, 2.1 to 2.6, 2.21, 3.1.
 */
#pragma once

#include "ike/machine/row.h"

void iked_packet(struct iked *d, const struct packet *p);
