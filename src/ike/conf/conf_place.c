#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ike/conf/conf_read.h"

struct conf_pos conf_keep_pos(struct ike_conf *c, struct conf_pos at)
{
	const size_t cap = sizeof(c->files) / sizeof(c->files[0]);

	for (size_t i = 0; i < c->n_files; i++)
		if (!strcmp(c->files[i], at.file))
			return (struct conf_pos){ c->files[i], at.line };
	if (c->n_files < cap) {
		char *copy = strdup(at.file);

		if (copy)
			c->files[c->n_files++] = copy;
	}
	return (struct conf_pos){ c->n_files ? c->files[c->n_files - 1] : "", at.line };
}

char *conf_path(const struct conf_paths *paths, const char *sub, const char *name)
{
	char *path = NULL;

	if (name[0] == '/')
		return strdup(name);
	return asprintf(&path, "%s/%s/%s", paths->dir, sub, name) < 0 ? NULL : path;
}
