/*
 * Fuzz: the body of a traffic selector payload. What was read is written, read again and stays
 * the same.
 */
#include <stdlib.h>

#include "ike/message/ts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static uint8_t buf[1024];
	struct ts_list list, back, cut;
	struct wr w = WR_OF(buf);

	if (ts_parse(rd_of(BYTES(data, n)), &list) < 0 || !list.n)
		return 0;
	ts_list_str(&list);
	ts_write(&w, &list);
	if (ts_parse(rd_of(wr_view(&w)), &back) < 0 || back.n != list.n)
		abort();
	ts_narrow(&list, &back, &cut);
	if (!ts_list_within(&list, &cut) || !ts_list_within(&cut, &list))
		abort();
	return 0;
}
