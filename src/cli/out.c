#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/out.h"

enum { LEFT = 26 };

/* At once: `up` tells what happens while it happens. */
void out_line(void *arg, const char *text)
{
	(void)arg;
	puts(text);
	fflush(stdout);
}

void out_row(const char *left, const char *right)
{
	if (strlen(left) > LEFT)
		printf("  %s\n  %-*s%s\n", left, LEFT, "", right);
	else
		printf("  %-*s%s\n", LEFT, left, right);
}

__attribute__((format(printf, 2, 0))) static void to_stderr(
	const char *before, const char *fmt, va_list ap)
{
	char text[1024];

	vsnprintf(text, sizeof(text), fmt, ap);
	fprintf(stderr, "%s%s\n", before, text);
}

void out_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	to_stderr("ipsec: ", fmt, ap);
	va_end(ap);
}

void out_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	to_stderr("", fmt, ap);
	va_end(ap);
}
