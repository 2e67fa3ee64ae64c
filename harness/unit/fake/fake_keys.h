/*
 * fake_keys - the keys of an SA, which src/kernel never hands out: for tests, from any kernel.
 *
 * Shapes:  zeros behind each key. Errors: as the kernel.
 */
#pragma once

#include "kernel/xfrm_sa.h"

/* A key that is no secret, as long as an algorithm wants it. */
#define FAKE_KEY(n) BYTES("a key for tests that is no secret at all", n)

struct fake_keys {
	uint8_t enc[XFRM_KEY_MAX], auth[XFRM_KEY_MAX];
};

int fake_keys(struct nl *nl, const struct xfrm_sa_key *key, struct fake_keys *out);
