/*
 * lex_read - what lex_lines and lex_tokens share: files, their includes and the memory of the text.
 *
 * Shapes:  a reader hands each line of each file to its scan function, in the order of the
 * includes; the line is the scan function's to change. Errors:  0 or -errno (-ENOMEM ends the
 * reading; findings go to the log and do not).
 */
#pragma once

#include "base/lex.h"

struct lex_file;

struct lex_reader {
	struct lex_limits limits;
	struct conf_log *log;
	struct lex *out;
	const struct lex_file *file; /* on top of the include stack */
	unsigned n_files;
	bool too_many;
	bool want_pattern; /* tokens: the word `include` was the last one */
	int (*scan)(struct lex_reader *r, struct conf_pos at, char *line);
	void (*end)(struct lex_reader *r, struct conf_pos at); /* end of a file, may be NULL */
	/* A line that cannot be read, or an include; may be NULL. */
	int (*lost)(struct lex_reader *r, struct conf_pos at, bool indented);
};

/* Read the top file; on failure *out of the reader is empty. */
int lex_read(struct lex_reader *r, const char *path);

/* Read what matches the pattern, as if it stood here; indented: as a part of what is open. */
int lex_include(struct lex_reader *r, struct conf_pos at, const char *pattern, bool indented);

/* A copy that lives until lex_free(), or NULL. */
const char *lex_keep(struct lex_reader *r, const char *text, size_t n);
