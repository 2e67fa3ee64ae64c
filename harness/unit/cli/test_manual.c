/* What ipsec(8) says of limits is what the code has. */
#include "base/ctl.h"
#include "unit/manual.h"

static const struct manual_row limits[] = {
	LIMIT("control connections", CTL_CLIENTS_MAX),
	OCTETS("control connections", CTL_REQUEST_MAX),
	OCTETS("control connections", CTL_PENDING_MAX),
};

static void the_manual_page_has_every_limit_and_no_other_number(void **state)
{
	(void)state;
	manual_check("ipsec.8", limits, sizeof(limits) / sizeof(limits[0]));
}

UNIT_MAIN(T(the_manual_page_has_every_limit_and_no_other_number, "F-036"))
