/* What iked(8) says of limits is what the code has: one row a limit that a user or a peer can meet.
 */
#include "base/ctl.h"
#include "base/lex.h"
#include "crypto/sig.h"
#include "ike/conf/conf.h"
#include "ike/events/reqid.h"
#include "ike/machine/limits.h"
#include "unit/manual.h"

/* clang-format off */
static const struct manual_row limits[] = {
	LIMIT("half-open IKE_SAs", COOKIE_TOTAL),
	LIMIT("half-open IKE_SAs", COOKIE_SOURCE),
	LIMIT("half-open IKE_SAs", BLOCK_SOURCE),
	LIMIT("half-open IKE_SAs", BLOCK_TOTAL),
	LIMIT("CHILD_SAs of an IKE_SA", CHILD_MAX),
	LIMIT("CHILD_SAs of an IKE_SA", CHILD_ALL_MAX),
	LIMIT("IKE_SAs of one pair of identities", SAME_IDS_MAX),
	LIMIT("exchanges that wait in an IKE_SA", TASKS_MAX),
	LIMIT("message", IKE_MAX_UNAUTH),
	LIMIT("message", IKE_MAX),
	LIMIT("message", MSG_MAX_PAYLOADS),
	LIMIT("message", MSG_MAX_CERT),
	LIMIT("message", MSG_MAX_CERTREQ),
	LIMIT("message", MSG_MAX_DELETE),
	LIMIT("message", MSG_MAX_NOTIFY),
	LIMIT("message", PROP_MAX),
	LIMIT("message", TF_MAX),
	LIMIT("message", TS_MAX),
	LIMIT("chain of a peer's certificates", TRUST_PATH_MAX),
	LIMIT("chain of a peer's certificates", TRUST_SIGNATURES_MAX),
	LIMIT("moves that the kernel told of before their connection was there", KM_EARLY_MAX),
	LIMIT("connections with the same selectors", SAME_SEL_MAX),
	LIMIT("configuration", CONF_PARAMS_MAX),
	LIMIT("configuration", CONF_SECTIONS_MAX),
	LIMIT("configuration", CONF_ALSO_DEPTH),
	LIMIT("configuration", CONF_INCLUDE_DEPTH),
	LIMIT("configuration", CONF_OTHER_DEPTH),
	LIMIT("configuration", CONF_FINDINGS_MAX),
	LIMIT("configuration", LEX_FILES_MAX),
	OCTETS("configuration", LEX_FILE_MAX),
	OCTETS("configuration", LEX_LINE_MAX),
	OCTETS("files of keys, certificates and CRLs", KEY_FILE_MAX),
	OCTETS("files of keys, certificates and CRLs", CERT_FILE_MAX),
	OCTETS("files of keys, certificates and CRLs", CERT_MAX),
	OCTETS("files of keys, certificates and CRLs", CRL_FILE_MAX),
	OCTETS("files of keys, certificates and CRLs", CRL_MAX),
	LIMIT("control connections", CTL_CLIENTS_MAX),
	OCTETS("control connections", CTL_REQUEST_MAX),
	OCTETS("control connections", CTL_PENDING_MAX),
};
/* clang-format on */

static void the_manual_page_has_every_limit_and_no_other_number(void **state)
{
	(void)state;
	manual_check("iked.8", limits, sizeof(limits) / sizeof(limits[0]));
}

UNIT_MAIN(T(the_manual_page_has_every_limit_and_no_other_number, "A-233 F-036"))
