/*
 * bench_pki - certificates for thousands of identities, in a folder: ca.pem, ca.crl, key.pem (one
 * key for all), ha0.pem (ha.bench.org), u0.pem … (u0@bench.org …). Made once, reused while fresh.
 *
 * Errors:  0 or -errno.
 */
#pragma once

int bench_pki(const char *folder, unsigned n);
