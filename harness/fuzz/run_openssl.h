/*
 * run_openssl - OpenSSL draws its random numbers from those of run.h: the same input is the same
 * run. What draws for itself, as ECDSA does for its nonces, is reached by no other way.
 */
#pragma once

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/rand.h>

#include "fuzz/run.h"

static int openssl_rand(unsigned char *out, int n)
{
	rand_bytes(out, (size_t)n);
	return 1;
}

static int openssl_status(void)
{
	return 1;
}

static inline void run_openssl(void)
{
	static const RAND_METHOD counter = {
		.bytes = openssl_rand, .pseudorand = openssl_rand, .status = openssl_status
	};

	RAND_set_rand_method(&counter);
}
