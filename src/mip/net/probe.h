/*
 * probe - what the kernel must be able to do for us, tried out at the start.
 *
 * Shapes:  one call; nothing of what it tries stays in the kernel.
 * Errors:  0 or -ENOSYS; what is missing has been named in the log.
 * Source:  docs/DESIGN.md section 3.
 */
#pragma once

#include "mip/net/env.h"

int probe_kernel(const struct mip_env *env);
