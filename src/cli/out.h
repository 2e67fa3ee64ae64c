/*
 * out - what a person sees: answers on stdout, everything else on stderr.
 *
 * Errors:  none; cli_main() asks once, at the end, whether stdout took it all.
 * Source:  none.
 */
#pragma once

void out_line(void *arg, const char *text); /* one line of an answer; arg is not used */
void out_row(const char *left, const char *right); /* of --help */
void out_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void out_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
