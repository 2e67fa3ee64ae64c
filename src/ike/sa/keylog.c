#include "ike/sa/keylog.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

#define VARIABLE "IKEKEYLOGFILE"

enum { LINE_LEN = 1024, HEX_LEN = 2 * SK_KEY_MAX + 1 };

static int fd = -1;

/* clang-format off */
static const struct {
	enum alg_type type;
	uint16_t id, key_bits;
	const char *name; /* Wireshark's */
} names[] = {
	{ ALG_ENCR, 12, 128, "AES-CBC-128 [RFC3602]" },
	{ ALG_ENCR, 12, 256, "AES-CBC-256 [RFC3602]" },
	{ ALG_INTEG, 2, 0, "HMAC_SHA1_96 [RFC2404]" },
	{ ALG_INTEG, 12, 0, "HMAC_SHA2_256_128 [RFC4868]" },
};
/* clang-format on */

static const char *name_of(const struct alg *a)
{
	for (size_t i = 0; a && i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].type == a->type && names[i].id == a->id &&
			names[i].key_bits == a->key_bits)
			return names[i].name;
	return NULL;
}

static const char *hex(const uint8_t *key, const struct alg *a, char out[HEX_LEN])
{
	for (size_t i = 0; i < a->key_len; i++)
		snprintf(out + 2 * i, 3, "%02x", key[i]);
	return out;
}

int keylog_open(void)
{
	const char *path = secure_getenv(VARIABLE);

	if (!path || !*path)
		return 0;
	keylog_close();
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	log_dmn(0, "TEST MODE: the keys of every IKE_SA are written to %s", path);
	return 0;
}

void keylog_sa(uint64_t spi_i, uint64_t spi_r, const struct ike_keys *k)
{
	const char *encr = name_of(k->i.encr), *integ = name_of(k->i.integ);
	char line[LINE_LEN], ei[HEX_LEN], er[HEX_LEN], ai[HEX_LEN], ar[HEX_LEN];
	int n;

	if (fd < 0 || !encr || !integ)
		return;
	n = snprintf(line, sizeof(line),
		"%016" PRIx64 ",%016" PRIx64 ",%s,%s,\"%s\",%s,%s,\"%s\"\n", spi_i, spi_r,
		hex(k->i.e, k->i.encr, ei), hex(k->r.e, k->r.encr, er), encr,
		hex(k->i.a, k->i.integ, ai), hex(k->r.a, k->r.integ, ar), integ);
	if (write(fd, line, (size_t)n) < 0)
		log_dmn(1, "a line of " VARIABLE " could not be written");
	mem_wipe(line, sizeof(line));
	mem_wipe(ei, sizeof(ei));
	mem_wipe(er, sizeof(er));
	mem_wipe(ai, sizeof(ai));
	mem_wipe(ar, sizeof(ar));
}

void keylog_close(void)
{
	if (fd >= 0)
		close(fd);
	fd = -1;
}
