#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

const char *file_str(int rc)
{
	switch (rc) {
	case -ENXIO: /* a socket */
	case -ESPIPE:
		return "it is no regular file";
	case -EFBIG:
		return "it is too large";
	}
	return strerror(-rc);
}

int file_open(const char *path, size_t max, struct stat *st)
{
	own_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int rc;

	if (fd < 0 || fstat(fd, st) < 0)
		return -errno;
	if (!S_ISREG(st->st_mode))
		return S_ISDIR(st->st_mode) ? -EISDIR : -ESPIPE;
	if ((uintmax_t)st->st_size > max)
		return -EFBIG;
	rc = fd;
	fd = -1;
	return rc;
}

int file_slurp(int fd, const struct stat *st, struct blob *out)
{
	size_t n = 0;

	if (blob_alloc(out, (size_t)st->st_size + 1) < 0)
		return -ENOMEM;
	while (n < out->n - 1) {
		ssize_t got = read(fd, out->p + n, out->n - 1 - n);

		if (got < 0 && errno != EINTR)
			return -errno;
		if (!got)
			break;
		n += got > 0 ? (size_t)got : 0;
	}
	out->n = n; /* less than st_size if somebody cuts the file right now */
	out->p[n] = '\0';
	return 0;
}

int file_read(const char *path, size_t max, struct blob *out)
{
	struct stat st;
	own_fd fd = file_open(path, max, &st);

	return fd < 0 ? fd : file_slurp(fd, &st, out);
}
