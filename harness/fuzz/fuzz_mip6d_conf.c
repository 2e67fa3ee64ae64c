/* Fuzz: a mip6d.conf. What loads without an error can be shown. */
#include "fuzz/input.h"
#include "mip/conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void show(const struct mip_conf *c)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		return;
	mip_conf_print(c, f);
	fclose(f);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct conf_log log = { .emit = input_ignore };
	struct mip_conf *c;
	char path[INPUT_PATH];
	int fd = input_file(data, n, path);

	if (mip_conf_load(path, &log, &c) == 0) {
		show(c);
		mip_conf_free(c);
	}
	close(fd);
	return 0;
}
