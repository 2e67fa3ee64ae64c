/*
 * stage_rt - the stage's links, addresses, routes and rules. Errors: as the kernel.
 */
#pragma once

#include "unit/mip/stage.h"

int stage_rt_peer(void *stage, const struct nlmsghdr *req, nl_fn *reply, void *arg);
void stage_note(struct stage *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

extern const uint8_t stage_mac[6];
