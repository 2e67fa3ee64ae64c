/* Fuzz: a mip6d.conf. What loads without an error can be shown. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mip/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void ignore(void *arg, bool error, const char *line)
{
	(void)arg, (void)error, (void)line;
}

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
	struct conf_log log = { .emit = ignore };
	struct mip_conf *c;
	char path[64];
	int fd = memfd_create("conf", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, n) != (ssize_t)n)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (mip_conf_load(path, &log, &c) == 0) {
		show(c);
		mip_conf_free(c);
	}
	close(fd);
	return 0;
}
