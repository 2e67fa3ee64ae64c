/* ipsec.conf and ipsec.secrets: any octets become lines and findings. Includes are refused by depth
 * 0. */
#include "base/lex.h"
#include "fuzz/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct conf_log log = { .emit = input_ignore };
	struct lex lex;
	char path[INPUT_PATH];
	int fd = input_file(data, n, path);

	if (lex_lines(path, (struct lex_limits){ 0 }, &log, &lex) < 0)
		abort();
	for (size_t i = 0; i < lex.n_lines; i++)
		if (!lex.lines[i].at.line ||
			(lex.lines[i].text &&
				(!*lex.lines[i].text || strlen(lex.lines[i].text) > 4096)))
			abort();
	lex_free(&lex);
	close(fd);
	return 0;
}
