/*
 * Fuzz: a mobility header. Its checksum is made right first, so that what lies behind is reached.
 */
#include <stdlib.h>
#include <string.h>

#include "mip/message/mh.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct in6_addr src = { .s6_addr = { 0x20, 0x01, [15] = 1 } };
static const struct in6_addr dst = { .s6_addr = { 0x20, 0x01, [15] = 2 } };

static void put_checksum(uint8_t *p, size_t n)
{
	size_t len = n >= 6 ? ((size_t)p[1] + 1) * MH_UNIT : 0;
	uint16_t sum;

	if (!len || len > n)
		return;
	p[4] = p[5] = 0;
	sum = mh_checksum(&src, &dst, BYTES(p, len));
	p[4] = (uint8_t)(sum >> 8);
	p[5] = (uint8_t)sum;
}

/* What was read can be written, and reads as the same again. */
static void write_back(const struct mh *m)
{
	uint8_t out[MH_MAX];
	ssize_t n = mh_write(m, &src, &dst, out, sizeof(out));
	struct mh again;

	if (n < 0)
		return; /* padding may make it longer than a message can be */
	if (mh_parse(BYTES(out, (size_t)n), &src, &dst, &again) < 0 || again.type != m->type ||
		again.opt.has != m->opt.has)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	uint8_t *p = malloc(n ? n : 1);
	struct mh m;
	int rc;

	if (!p)
		return 0;
	memcpy(p, data, n);
	put_checksum(p, n);
	rc = mh_parse(BYTES(p, n), &src, &dst, &m);
	if (rc < 0)
		mh_problem_at(rc);
	else
		write_back(&m);
	free(p);
	return 0;
}
