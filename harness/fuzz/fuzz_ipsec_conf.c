/* Fuzz: one text as ipsec.conf, as ipsec.secrets and as strongswan.conf, from memory. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "ike/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void silent(void *arg, bool error, const char *line)
{
	(void)arg;
	(void)error;
	(void)line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct conf_log findings = { .emit = silent };
	struct conf_paths paths = { .dir = "/etc/ipsec.d" };
	struct ike_conf *c = NULL;
	int fd = memfd_create("ipsec.conf", MFD_CLOEXEC);
	char path[64];

	if (fd < 0 || write(fd, data, n) != (ssize_t)n)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	paths.ipsec_conf = paths.secrets = paths.strongswan_conf = path;
	if (conf_load(&paths, &findings, &c) == 0)
		ike_conf_free(c);
	close(fd);
	return 0;
}
