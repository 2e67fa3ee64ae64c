#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/lex_read.h"
#include "base/mem.h"

/* The include stack: who is being read, and by whom it was included. */
struct lex_file {
	const struct lex_file *by;
	const char *name;
	dev_t dev;
	ino_t ino;
	unsigned depth;
};

struct lex_text {
	struct lex_text *next;
	char text[];
};

const char *lex_keep(struct lex_reader *r, const char *text, size_t n)
{
	struct lex_text *t = malloc(sizeof(*t) + n + 1);

	if (!t)
		return NULL;
	memcpy(t->text, text, n);
	t->text[n] = '\0';
	t->next = r->out->arena;
	r->out->arena = t;
	return t->text;
}

static int lost(struct lex_reader *r, struct conf_pos at, bool indented)
{
	return r->lost ? r->lost(r, at, indented) : 0;
}

static int scan_line(struct lex_reader *r, struct conf_pos at, char *line, size_t n)
{
	bool indented = isspace((unsigned char)*line);

	if (memchr(line, '\0', n)) {
		conf_error(r->log, at, "expected text, not an octet 0");
		return lost(r, at, indented);
	}
	if (n > LEX_LINE_MAX) {
		conf_error(r->log, at, "line of %zu octets: expected at most %d", n, LEX_LINE_MAX);
		return *line == '#' ? 0 : lost(r, at, indented);
	}
	line[n] = '\0';
	return r->scan(r, at, line);
}

/* The byte order mark that some editors put before UTF-8. */
#define MARK "\xef\xbb\xbf"

static int scan_file(struct lex_reader *r, const char *name, struct blob *content)
{
	struct conf_pos at = { name, 0 };
	char *line = (char *)content->p, *end = line + content->n;
	int rc = 0;

	if (content->n >= strlen(MARK) && !memcmp(line, MARK, strlen(MARK)))
		line += strlen(MARK);

	while (!rc && line < end) {
		char *stop = memchr(line, '\n', (size_t)(end - line));
		size_t n = (size_t)((stop ? stop : end) - line);

		at.line++;
		rc = scan_line(r, at, line, n);
		line += n + 1;
	}
	if (!rc && r->end)
		r->end(r, at);
	return rc;
}

static bool being_read(const struct lex_file *f, const struct stat *st)
{
	for (; f; f = f->by)
		if (f->dev == st->st_dev && f->ino == st->st_ino)
			return true;
	return false;
}

/* One file: -ELOOP if it is being read already; its findings are not an error. */
static int read_file(struct lex_reader *r, const char *path)
{
	own_blob content = { 0 };
	struct lex_file file = { .by = r->file };
	struct stat st;
	own_fd fd = file_open(path, LEX_FILE_MAX, &st);
	int rc;

	if (fd < 0)
		return fd;
	if (being_read(r->file, &st))
		return -ELOOP;
	rc = file_slurp(fd, &st, &content);
	if (rc < 0)
		return rc;
	file.name = lex_keep(r, path, strlen(path));
	if (!file.name)
		return -ENOMEM;
	file.dev = st.st_dev;
	file.ino = st.st_ino;
	file.depth = r->file ? r->file->depth + 1 : 0;
	r->file = &file;
	rc = scan_file(r, file.name, &content);
	r->file = file.by;
	return rc;
}

int lex_read(struct lex_reader *r, const char *path)
{
	int rc;

	*r->out = (struct lex){ 0 };
	rc = read_file(r, path);
	if (rc < 0)
		lex_free(r->out);
	return rc;
}

static int include_one(struct lex_reader *r, struct conf_pos at, const char *path, bool indented)
{
	int rc;

	if (r->n_files == LEX_FILES_MAX) {
		if (!r->too_many)
			conf_error(r->log, at, "include %s: more than %d files, ignored", path,
				LEX_FILES_MAX);
		r->too_many = true; /* said once */
		return lost(r, at, indented);
	}
	r->n_files++;
	rc = read_file(r, path);
	if (rc == -ENOMEM || !rc)
		return rc;
	if (rc == -ELOOP)
		conf_error(r->log, at, "include %s: this file includes itself, ignored", path);
	else
		conf_error(r->log, at, "include %s: %s", path, file_str(rc));
	return lost(r, at, indented); /* it may have gone on with what is open */
}

/* A pattern is relative to the file that it stands in. */
static char *beside(const char *file, const char *pattern)
{
	const char *slash = strrchr(file, '/');
	char *path = NULL;

	if (*pattern == '/' || !slash)
		return strdup(pattern);
	return asprintf(&path, "%.*s/%s", (int)(slash - file), file, pattern) < 0 ? NULL : path;
}

/* A folder that is not there holds nothing; of one that cannot be read nobody knows. */
static int folder_error(const char *path, int err)
{
	(void)path;
	return err != ENOENT && err != ENOTDIR;
}

int lex_include(struct lex_reader *r, struct conf_pos at, const char *pattern, bool indented)
{
	own_mem char *path = beside(r->file->name, pattern);
	__attribute__((cleanup(globfree))) glob_t found = { 0 };
	bool is_wild = strpbrk(pattern, "*?[");
	int rc;

	if (!path)
		return -ENOMEM;
	if (r->file->depth + 1 > r->limits.depth) {
		conf_error(r->log, at,
			"include %s: more than %u includes within each other, ignored", pattern,
			r->limits.depth);
		return lost(r, at, indented);
	}
	rc = glob(path, 0, folder_error, &found);
	if (rc == GLOB_NOSPACE)
		return -ENOMEM;
	if (rc == GLOB_NOMATCH && is_wild) {
		conf_warn(r->log, at, "include %s: no file of that name", pattern);
		return 0;
	}
	if (rc) {
		conf_error(r->log, at, "include %s: %s", pattern,
			rc == GLOB_NOMATCH ? "no file of that name"
					   : "expected a folder that can be read");
		return lost(r, at, indented);
	}
	for (size_t i = 0; !rc && i < found.gl_pathc; i++)
		rc = include_one(r, at, found.gl_pathv[i], indented);
	return rc;
}

void lex_free(struct lex *lex)
{
	struct lex_text *t = lex->arena, *next;

	for (; t; t = next) {
		next = t->next;
		mem_wipe(t->text, strlen(t->text)); /* ipsec.secrets is read here too */
		free(t);
	}
	free(lex->lines);
	free(lex->tokens);
	*lex = (struct lex){ 0 };
}
