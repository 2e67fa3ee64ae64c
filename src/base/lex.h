/*
 * lex - read a configuration file into lines or tokens, following `include`.
 *
 * Shapes:  lex_lines gives logical lines (ipsec.conf, ipsec.secrets: comments cut, indentation
 *          noted); lex_tokens gives words, "strings", { } ; (mip6d.conf). Both follow `include
 *          "glob"` relative to the including file.
 * Units:   lines count from 1. Text lives until lex_free().
 * Errors:  0 or -errno of the top file; every other finding (a pattern without a match is a
 *          warning; an include by name that is missing or cannot be read, too deep,
 *          recursion, unterminated string, NUL octet, line too long) goes to the
 *          conf_log and reading goes on.
 */
#pragma once

#include "base/conf.h"

enum { LEX_LINE_MAX = 4096, LEX_FILE_MAX = 8 << 20, LEX_FILES_MAX = 1000 };

struct lex_line {
	struct conf_pos at;
	bool indented;
	/*
	 * Trimmed, without comment; NULL: something stood here that cannot be read. That is told
	 * already; what it would have said, nobody knows.
	 */
	const char *text;
};

enum lex_kind {
	LEX_WORD,
	LEX_STRING,
	LEX_OPEN,
	LEX_CLOSE,
	LEX_END /* ; */,
	LEX_LPAREN,
	LEX_RPAREN,
	LEX_COMMA
};

struct lex_token {
	struct conf_pos at;
	enum lex_kind kind;
	const char *text;
};

struct lex {
	struct lex_line *lines;
	size_t n_lines;
	struct lex_token *tokens;
	size_t n_tokens;
	void *arena; /* what the pointers above point into */
};

struct lex_limits {
	unsigned depth; /* includes within includes */
};

int lex_lines(const char *path, struct lex_limits limits, struct conf_log *log, struct lex *out);
int lex_tokens(const char *path, struct lex_limits limits, struct conf_log *log, struct lex *out);
void lex_free(struct lex *lex);
