/*
 * file - a file of the configuration as octets: the only place where one is opened to be read.
 *
 * What is no regular file is refused before it is read: a FIFO would keep the daemon waiting for a
 * writer, a device might never end.
 * Shapes:  file_open gives a descriptor and what fstat says of it.
 * Units:   octets.
 * Errors:  -errno; -EISDIR: a folder; -ESPIPE: no regular file; -EFBIG: more than max octets.
 * Source:  none.
 */
#pragma once

#include <sys/stat.h>

#include "base/bytes.h"

/* What came of it, in words. */
const char *file_str(int rc);

int file_open(const char *path, size_t max, struct stat *st);

/* The whole of it, and a NUL behind it that does not count. */
int file_slurp(int fd, const struct stat *st, struct blob *out);

/* Both. */
int file_read(const char *path, size_t max, struct blob *out);
