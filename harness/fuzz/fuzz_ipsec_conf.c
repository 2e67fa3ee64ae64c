/* Fuzz: one text as ipsec.conf, as ipsec.secrets and as strongswan.conf, from memory. */
#include "base/log.h"
#include "fuzz/input.h"
#include "ike/conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct conf_log findings = { .emit = input_ignore };
	struct conf_paths paths = { .dir = "/etc/ipsec.d" };
	struct ike_conf *c = NULL;
	char path[INPUT_PATH];
	int fd = input_file(data, n, path);

	paths.ipsec_conf = paths.secrets = paths.strongswan_conf = path;
	if (conf_load(&paths, &findings, &c) == 0)
		ike_conf_free(c);
	close(fd);
	return 0;
}
