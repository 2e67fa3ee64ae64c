/* mip6d.conf: any octets become tokens and findings. Includes are refused by depth 0. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/lex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void ignore(void *arg, bool error, const char *line)
{
	(void)arg, (void)error, (void)line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct conf_log log = { .emit = ignore };
	struct lex lex;
	char path[64];
	int fd = memfd_create("conf", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, n) != (ssize_t)n)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (lex_tokens(path, (struct lex_limits){ 0 }, &log, &lex) < 0)
		abort();
	for (size_t i = 0; i < lex.n_tokens; i++)
		if ((!*lex.tokens[i].text && lex.tokens[i].kind != LEX_STRING) ||
			!lex.tokens[i].at.line)
			abort();
	lex_free(&lex);
	close(fd);
	return 0;
}
