#include "kernel/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

enum { VALUE_MAX = 256 };

static struct saved {
	struct saved *next;
	char *path;
	char value[VALUE_MAX];
} * saved; /* newest first */

static int open_path(const char *path, int flags)
{
	char full[PATH_MAX];
	int fd;

	if (snprintf(full, sizeof(full), "/proc/sys/%s", path) >= (int)sizeof(full))
		return -ENAMETOOLONG;
	fd = open(full, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int sysctl_get(const char *path, char *out, int cap)
{
	own_fd fd = open_path(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = read(fd, out, (size_t)cap - 1);
	if (n < 0)
		return -errno;
	while (n && out[n - 1] == '\n')
		n--;
	out[n] = '\0';
	return 0;
}

static int put(const char *path, const char *value)
{
	own_fd fd = open_path(path, O_WRONLY);

	if (fd < 0)
		return fd;
	return write(fd, value, strlen(value)) < 0 ? -errno : 0;
}

static bool is_saved(const char *path)
{
	for (const struct saved *s = saved; s; s = s->next)
		if (!strcmp(s->path, path))
			return true;
	return false;
}

int sysctl_set(const char *path, const char *value)
{
	char before[VALUE_MAX];
	struct saved *s;
	int r = sysctl_get(path, before, sizeof(before));

	if (r == 0)
		r = put(path, value);
	if (r < 0 || is_saved(path))
		return r;
	s = calloc(1, sizeof(*s));
	if (!s || !(s->path = strdup(path))) {
		free(s);
		put(path, before); /* what cannot be remembered must not be changed */
		return -ENOMEM;
	}
	memcpy(s->value, before, sizeof(before));
	s->next = saved;
	saved = s;
	return 0;
}

void sysctl_restore(void)
{
	while (saved) {
		struct saved *s = saved;

		saved = s->next;
		put(s->path, s->value);
		free(s->path);
		free(s);
	}
}
