/* Fuzz: the body of an SA payload, held against a configured proposal. */
#include "ike/message/prop.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct prop_list own, list;
	struct suite s = { 0 };

	if (!own.n)
		prop_defaults(PROTO_IKE, &own);
	if (prop_parse(rd_of(BYTES(data, n)), &list) < 0)
		return 0;
	prop_list_str(&list);
	prop_choose(&own, &list, true, &s);
	prop_verify(&own, &list, true, &s);
	suite_status_str(&s);
	return 0;
}
