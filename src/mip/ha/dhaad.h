/*
 * dhaad - tells a mobile node which home agent its home link has: this one.
 *
 * Shapes:  one request, one answer; other home agents of the link answer for themselves.
 * Errors:  a request that is malformed, for another prefix or one too many is dropped and counted.
 * Source:  RFC 6275 sections 6.5, 6.6 and 10.5.
 */
#pragma once

#include "mip/ha/ha.h"

void dhaad_answer(struct ha *ha, const struct mip_packet *p);
