#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/mem.h"
#include "kernel/sysctl.h"

enum { VALUE_MAX = 256, PATH_TEXT_MAX = 256 };

struct saved {
	SLIST_ENTRY(saved) link;
	char path[PATH_TEXT_MAX], value[VALUE_MAX];
};

static SLIST_HEAD(, saved) list = SLIST_HEAD_INITIALIZER(list); /* newest first */
static const char *root = "/proc/sys";

static int open_at(const char *path, int flags)
{
	char full[PATH_TEXT_MAX + 64];
	int n = snprintf(full, sizeof(full), "%s/%s", root, path);
	int fd;

	if (n >= (int)sizeof(full) || strlen(path) >= PATH_TEXT_MAX)
		return -ENAMETOOLONG;
	fd = open(full, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int write_value(const char *path, const char *value)
{
	own_fd fd = open_at(path, O_WRONLY | O_TRUNC);

	if (fd < 0)
		return fd;
	return write(fd, value, strlen(value)) < 0 ? -errno : 0;
}

int sysctl_get(const char *path, char *out, int cap)
{
	own_fd fd = open_at(path, O_RDONLY);
	char text[VALUE_MAX];
	ssize_t n;

	if (fd < 0)
		return fd;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if ((int)strlen(text) >= cap)
		return -ENOSPC;
	memcpy(out, text, strlen(text) + 1);
	return 0;
}

static int save(const char *path, const char *value)
{
	struct saved *s;

	SLIST_FOREACH (s, &list, link)
		if (!strcmp(s->path, path))
			return 0;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	snprintf(s->path, sizeof(s->path), "%s", path);
	snprintf(s->value, sizeof(s->value), "%s", value);
	SLIST_INSERT_HEAD(&list, s, link);
	return 0;
}

int sysctl_set(const char *path, const char *value)
{
	char old[VALUE_MAX];
	int rc = sysctl_get(path, old, sizeof(old));

	if (rc < 0 || !strcmp(old, value))
		return rc;
	rc = save(path, old);
	return rc < 0 ? rc : write_value(path, value);
}

void sysctl_restore(void)
{
	while (!SLIST_EMPTY(&list)) {
		struct saved *s = SLIST_FIRST(&list);

		SLIST_REMOVE_HEAD(&list, link);
		write_value(
			s->path, s->value); /* an interface that is gone has nothing to restore */
		free(s);
	}
}

void sysctl_root(const char *dir)
{
	root = dir ? dir : "/proc/sys";
}
