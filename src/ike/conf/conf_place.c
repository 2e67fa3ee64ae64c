#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ike/conf/conf_read.h"

/* NULL: no memory. */
static const char *keep_name(struct ike_conf *c, const char *name)
{
	size_t n = c->n_files;
	char **more, *copy;

	/* Grows at every power of two. */
	if ((n & (n - 1)) == 0) {
		more = reallocarray(c->files, n ? 2 * n : 1, sizeof(*more));
		if (!more)
			return NULL;
		c->files = more;
	}
	copy = strdup(name);
	if (copy)
		c->files[c->n_files++] = copy;
	return copy;
}

struct conf_pos conf_keep_pos(struct ike_conf *c, struct conf_pos at)
{
	const char *kept;

	for (size_t i = 0; i < c->n_files; i++)
		if (!strcmp(c->files[i], at.file))
			return (struct conf_pos){ c->files[i], at.line };
	kept = keep_name(c, at.file);
	return (struct conf_pos){ kept ? kept : "", at.line };
}

char *conf_path(const struct conf_paths *paths, const char *sub, const char *name)
{
	char *path = NULL;

	if (name[0] == '/')
		return strdup(name);
	return asprintf(&path, "%s/%s/%s", paths->dir, sub, name) < 0 ? NULL : path;
}
