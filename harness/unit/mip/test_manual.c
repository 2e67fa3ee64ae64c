/* What mip6d(8) says of limits is what the code has: one row a limit that a user or a peer can
 * meet.
 */
#include "base/ctl.h"
#include "base/lex.h"
#include "mip/ha/ha.h"
#include "mip/mn/mn.h"
#include "mip/movement/seen.h"
#include "unit/manual.h"

/* clang-format off */
static const struct manual_row limits[] = {
	LIMIT("home addresses of a home agent", HA_PEERS_MAX),
	LIMIT("home addresses of a home agent", HA_BINDINGS_MAX),
	LIMIT("home addresses of a home agent", HA_BU_PER_SECOND),
	LIMIT("home links of a home agent", HA_LINKS_MAX),
	LIMIT("home links of a home agent", HA_PREFIXES_MAX),
	LIMIT("links of a mobile node", WHERE_LINKS_MAX),
	LIMIT("links of a mobile node", WHERE_ADDRS_MAX),
	LIMIT("links of a mobile node", WHERE_ROUTERS_MAX),
	LIMIT("home agents that a mobile node finds", MN_AGENTS_MAX),
	LIMIT("messages", MH_PREFIXES_MAX),
	LIMIT("messages", ICMP6_PREFIXES_MAX),
	LIMIT("messages", ICMP6_AGENTS_MAX),
	LIMIT("configuration", MIP_SET_HOAS_MAX),
	LIMIT("configuration", MIP_SET_POLICIES_MAX),
	LIMIT("configuration", MIP_INCLUDE_DEPTH),
	LIMIT("configuration", CONF_FINDINGS_MAX),
	LIMIT("configuration", LEX_FILES_MAX),
	OCTETS("configuration", LEX_FILE_MAX),
	OCTETS("configuration", LEX_LINE_MAX),
	LIMIT("control connections", CTL_CLIENTS_MAX),
	OCTETS("control connections", CTL_REQUEST_MAX),
	OCTETS("control connections", CTL_PENDING_MAX),
};
/* clang-format on */

static void the_manual_page_has_every_limit_and_no_other_number(void **state)
{
	(void)state;
	manual_check("mip6d.8", limits, sizeof(limits) / sizeof(limits[0]));
}

UNIT_MAIN(T(the_manual_page_has_every_limit_and_no_other_number, "F-036"))
