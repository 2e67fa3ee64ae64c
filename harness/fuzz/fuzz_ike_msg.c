/* Fuzz: an IKE message as it comes from the wire. */
#include "ike/message/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct msg m;

	msg_parse(BYTES(data, n), &m);
	msg_str(&m);
	return 0;
}
