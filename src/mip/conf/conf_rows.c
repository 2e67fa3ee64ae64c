/*
 * The options of mip6d.conf: parser, default, range, --show-config and manual page read these
 * rows.
 */
#include <errno.h>
#include <stddef.h>

#include "mip/conf/conf_in.h"
#include "mip/message/mh.h"

#define AT(field) .at = offsetof(struct mip_conf, field)

static const struct name role_words[] = { { MIP_CN, "CN" }, { MIP_HA, "HA" }, { MIP_MN, "MN" } };

#define ROLES .words = role_words, .n_words = sizeof(role_words) / sizeof(role_words[0])

/* clang-format off */
static const struct conf_key file_keys[] = {
	{ .name = "NodeConfig", .set = conf_word, AT(role), .def = "CN", ROLES,
	  .doc = "correspondent node (CN), home agent (HA) or mobile node (MN)" },
	{ .name = "DebugLevel", .set = conf_uint, AT(debug_level), .def = "0", .max = 10,
	  .doc = "how much is logged; above 0 the daemon stays in the foreground" },
	{ .name = "DebugLogFile", .set = conf_string, AT(debug_log_file),
	  .doc = "where the log goes instead of the terminal or syslog" },
	{ .name = "UseMnHaIPsec", .roles = FOR_BOTH,
	  .set = conf_bool, AT(use_mn_ha_ipsec), .def = "enabled",
	  .doc = "signalling between mobile node and home agent is protected by IPsec" },
	{ .name = "KeyMngMobCapability", .roles = FOR_BOTH,
	  .set = conf_bool, AT(key_mng_mob_capability),
	  .def = "disabled",
	  .doc = "the IKE daemon follows movements (K bit of binding updates); else it begins "
	         "anew after each" },

	{ .name = "HaMaxBindingLife", .roles = FOR_HA,
	  .set = conf_secs, AT(ha_max_binding_life), .def = "262140",
	  .max = MH_LIFETIME_MAX,
	  .doc = "longest binding that the home agent grants, in seconds" },
	{ .name = "SendMobPfxAdvs", .roles = FOR_HA,
	  .set = conf_bool, AT(send_mob_pfx_advs), .def = "enabled",
	  .doc = "the home agent answers mobile prefix solicitations" },

	{ .name = "MnMaxHaBindingLife", .roles = FOR_MN,
	  .set = conf_secs, AT(mn_max_ha_binding_life),
	  .def = "262140",
	  .min = 4, .max = MH_LIFETIME_MAX,
	  .doc = "longest binding that the mobile node asks its home agent for, in seconds" },
	{ .name = "SendMobPfxSols", .roles = FOR_MN,
	  .set = conf_bool, AT(send_mob_pfx_sols), .def = "enabled",
	  .doc = "the mobile node asks for the prefixes of its home link after registration and "
		 "before they end" },
	{ .name = "InitialBindackTimeoutFirstReg", .roles = FOR_MN,
	  .set = conf_ms, AT(bindack_first_ms),
	  .def = "1.5",
	  .min = 100, .max = 32000,
	  .doc = "wait for the first acknowledgement of a first registration, in seconds" },
	{ .name = "InitialBindackTimeoutReReg", .roles = FOR_MN,
	  .set = conf_ms, AT(bindack_rereg_ms), .def = "1.0",
	  .min = 100, .max = 32000,
	  .doc = "wait for the first acknowledgement of a later registration, in seconds" },
	{ .name = "InitialSolicitTimer", .roles = FOR_MN,
	  .set = conf_ms, AT(initial_solicit_ms), .def = "3.0",
	  .min = 100, .max = 32000,
	  .doc = "wait for the answer to a mobile prefix solicitation, in seconds" },
	{ .name = "OptimisticHandoff", .roles = FOR_MN,
	  .set = conf_bool, AT(optimistic_handoff), .def = "disabled",
	  .doc = "payload is not held back until a new care-of address is acknowledged, as long "
		 "as the binding lasts" },
	{ .name = "NoHomeReturn", .roles = FOR_MN,
	  .set = conf_bool, AT(no_home_return), .def = "disabled",
	  .doc = "the mobile node keeps its binding on the home link" },
	{ .name = "MnDeregisterAtStop", .roles = FOR_MN,
	  .set = conf_bool, AT(deregister_at_stop), .def = "enabled",
	  .doc = "a mobile node that stops takes its binding back first" },

	{ .name = "MnDiscardHaParamProb", .roles = FOR_MN,
	  .set = conf_bool, AT(discard_ha_problems),
	  .def = "disabled",
	  .doc = "a home agent's word, by ICMPv6, that it knows no Mobile IPv6 is not heard" },
	{ .name = "MnResetDhaadAtHome", .roles = FOR_MN, .set = conf_bool, AT(reset_dhaad_at_home),
	  .def = "disabled",
	  .doc = "a home agent that was discovered is forgotten at home" },
	{ .name = "MnMaxHaConsecutiveResends", .roles = FOR_MN,
	  .set = conf_uint, AT(max_resends), .def = "5",
	  .max = 255,
	  .doc = "so often a binding update is repeated to a home agent that was discovered "
		 "before the next one is tried; 0 is for ever" },

	{ .name = "MnRouterDiscovery", .roles = FOR_MN,
	  .set = conf_bool, AT(router_discovery), .def = "disabled",
	  .doc = "the mobile node makes addresses and default routes of router advertisements "
		 "itself, instead of the kernel" },
	{ .name = "MnMinRouterLifetime", .roles = FOR_MN,
	  .set = conf_secs, AT(min_router_lifetime), .def = "0",
	  .max = UINT16_MAX,
	  .doc = "router advertisements with a shorter lifetime, in seconds, are not believed" },

	{ .name = "NonVolatileBindingCache" },
	{ .name = "CnBindingPolicySet" },
	{ .name = "TunnelPayloadForceSANego" },
	{ .name = "SendUnsolMobPfxAdvs" },
	{ .name = "MinMobPfxAdvInterval" },
	{ .name = "MaxMobPfxAdvInterval" },
	{ .name = "HaAcceptMobRtr" },
	{ .name = "HaServedPrefix" },
	{ .name = "MnMaxCnBindingLife" },
	{ .name = "MnFlushAllAtHome" },
	{ .name = "MnMaxCnConsecutiveResends" },
	{ .name = "UseCnBuAck" },
	{ .name = "InterfaceInitialInitDelay" },
	{ .name = "MnUseAllInterfaces" },
	{ .name = "MnRouterProbes" },
	{ .name = "MnRouterProbeTimeout" },
	{ .name = "MobRtrUseExplicitMode" },
	{ .name = "UseMovementModule" },
	{ .name = "UsePolicyModule" },
	{ .name = "HaHomeLink" },
};
/* clang-format on */

/* What is asked for is what happens, except for "enabled". */
static int route_optimization(struct conf_in *in, const char *name, void *target)
{
	bool wanted = false;

	(void)target;
	if (in_set(in, name, conf_bool, "enabled or disabled", &wanted) < 0)
		return -EINVAL;
	if (wanted)
		conf_warn(in->log, in->at,
			"%s enabled: route optimization is not part of this "
			"version and stays disabled",
			name);
	return in_end(in, name);
}

/* clang-format off */
static const struct conf_stmt file_stmts[] = {
	{ "Interface", stmt_iface, "an interface that takes part in Mobile IPv6", true, FOR_BOTH },
	{ "MnHomeLink", stmt_home, "a home address of this mobile node and its home agent",
	  true, FOR_MN },
	{ "IPsecPolicySet", stmt_set,
	  "what IPsec protects between home addresses and a home agent", true, FOR_BOTH },
	{ "BindingAclPolicy", stmt_acl, "whether this home address may register", true, FOR_HA },
	{ "DefaultBindingAclPolicy", stmt_default_acl,
	  "whether home addresses without a line of their own may register (default allow)",
	  false, FOR_HA },
	{ "DoRouteOptimizationMN", route_optimization,
	  "route optimization is not part of this version and stays disabled", false, 0 },
	{ "DoRouteOptimizationCN", route_optimization,
	  "route optimization is not part of this version and stays disabled", false, 0 },
	{ "MnUseDsmip6", stmt_refuse_dsmip, NULL, false, 0 },
	{ "HaAcceptDsmip6", stmt_refuse_dsmip, NULL, false, 0 },
};
/* clang-format on */

const struct conf_scope conf_scope_file = { CONF_LIST(file_keys), CONF_LIST(file_stmts), NULL };
