/*
 * sig - private keys, signing and verifying AUTH (method 1: RSASSA-PKCS1-v1_5 with SHA-1).
 *
 * Errors:  -EBADMSG when a signature does not verify; -EINVAL for a key of the wrong kind or
 *          size; -errno of the file, and what key_file_str() tells in words.
 * Source:  RFC 7296 sections 2.15 and 3.8, RFC 8017 section 8.2 (strict: nothing behind the
 *          hash).
 */
#pragma once

#include "base/bytes.h"
#include "base/mem.h"
#include "crypto/x509.h"

enum { KEY_FILE_MAX = 64 << 10 };

struct key;

/* Why a file is no private key for us, in words: of what key_load() gave. */
const char *key_file_str(int rc);

int key_load(const char *path, const char *passphrase, struct key **out); /* PEM or DER, RSA */
void key_free(struct key *k);
OWN(key)
bool key_fits(const struct key *k, const struct cert *c);

enum sig_method { SIG_RSA_SHA1 = 1 }; /* numbers of AUTH methods */

int sig_sign(const struct key *k, enum sig_method m, struct bytes data, struct blob *out);
int sig_verify(const struct cert *c, enum sig_method m, struct bytes data, struct bytes sig);
