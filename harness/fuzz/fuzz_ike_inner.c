/* Fuzz: what was inside SK; the first octet is the type of the first payload. */
#include "ike/message/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct msg empty;
	static struct msg m;

	if (!n)
		return 0;
	m = empty;
	msg_parse_inner(BYTES(data + 1, n - 1), data[0], &m);
	msg_str(&m);
	msg_error(&m);
	return 0;
}
