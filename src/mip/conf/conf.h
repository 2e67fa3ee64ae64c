/*
 * conf - mip6d.conf as structs.
 *
 * Every option of the language is known here; those without effect in this version give one
 * warning, unknown ones an error,
 * each with file, line and value. A missing file is the caller's choice: mip_conf_load(NULL, …)
 * gives the defaults (CN).
 * Shapes:  lists are in file order. A reload makes a new struct mip_conf and leaves the old one
 *          alone.
 * Units:   seconds, except fields named _ms.
 * Errors:  findings go to the conf_log and reading goes on; mip_conf_load gives 0 or -errno of
 *          the top file.
 *          log->n_errors tells that something was wrong: the program then refuses to start or to
 *          reload.
 * Source:  mip6d.conf(5), which is the language of UMIP's.
 */
#pragma once

#include <net/if.h>
#include <stdio.h>

#include "base/addr.h"
#include "base/conf.h"
#include "base/mem.h"

enum mip_role { MIP_CN, MIP_HA, MIP_MN };

/* What an IPsecPolicy line protects; "tunnel" kinds by ESP tunnel, the others by ESP transport. */
enum mip_policy_kind {
	MP_HOME_REG_BINDING,
	MP_MH,
	MP_MOB_PFX_DISC,
	MP_ICMP,
	MP_ANY,
	MP_TUNNEL_HOME_TESTING,
	MP_TUNNEL_MH,
	MP_TUNNEL_PAYLOAD,
};

struct mip_policy {
	enum mip_policy_kind kind;
	uint32_t reqid_to_ha, reqid_to_mn; /* equal when the line has one number; 0 when none */
	struct conf_pos at;
};

enum { MIP_INCLUDE_DEPTH = 5, MIP_SET_HOAS_MAX = 16, MIP_SET_POLICIES_MAX = 16 };

/* One IPsecPolicySet block: every policy for every home address. */
struct mip_policy_set {
	struct mip_policy_set *next;
	struct in6_addr ha;
	struct prefix hoas[MIP_SET_HOAS_MAX];
	size_t n_hoas;
	struct mip_policy policies[MIP_SET_POLICIES_MAX];
	size_t n_policies;
	struct conf_pos at;
};

/* One MnHomeLink block. */
struct mip_home_link {
	struct mip_home_link *next;
	char ifname[IF_NAMESIZE];
	struct prefix hoa; /* home address and the prefix length of the home link */
	struct in6_addr ha; /* :: to be discovered */
	struct prefix home_prefix; /* from hoa when not given */
	struct conf_pos at;
};

struct mip_iface {
	struct mip_iface *next;
	char name[IF_NAMESIZE];
	uint32_t preference; /* 1 best … 10, 0 never */
	struct conf_pos at;
};

struct mip_acl {
	struct mip_acl *next;
	struct in6_addr hoa;
	uint8_t status; /* BA status, 0 allow */
	struct conf_pos at;
};

struct lex;

struct mip_conf {
	enum mip_role role;
	uint32_t debug_level;
	char *debug_log_file;

	/* mobile node and home agent */
	bool use_mn_ha_ipsec, key_mng_mob_capability;
	struct mip_policy_set *policy_sets;
	struct mip_iface *ifaces;

	/* home agent */
	uint32_t ha_max_binding_life;
	bool send_mob_pfx_advs;
	uint8_t default_acl; /* BA status, 0 allow */
	struct mip_acl *acls;

	/* mobile node */
	struct mip_home_link *home_links;
	uint32_t mn_max_ha_binding_life;
	bool send_mob_pfx_sols, optimistic_handoff, no_home_return;
	bool deregister_at_stop, router_discovery;
	uint32_t min_router_lifetime;
	uint32_t bindack_first_ms, bindack_rereg_ms, initial_solicit_ms;
	bool reset_dhaad_at_home, discard_ha_problems;
	uint32_t max_resends; /* to a home agent that was discovered */

	struct lex *text; /* owns the file names that conf_pos point to */
};

int mip_conf_load(const char *path, struct conf_log *log, struct mip_conf **out);
void mip_conf_free(struct mip_conf *c);
OWN(mip_conf)

/* What was understood and is read in this role, as a file that loads again to the same (`mip6d
 * --show-config`). */
void mip_conf_print(const struct mip_conf *c, FILE *f);

/* The option tables of the manual page. */
void mip_conf_print_mdoc(void);

/* NULL: not configured. */
const struct mip_iface *mip_conf_iface(const struct mip_conf *c, const char *name);

/* The policy of that kind for a pair of home address and home agent; NULL: none. */
const struct mip_policy *mip_conf_policy(const struct mip_conf *c, const struct in6_addr *hoa,
	const struct in6_addr *ha, enum mip_policy_kind kind);

/* The policy that protects binding updates and acknowledgements of the pair; NULL: none. */
const struct mip_policy *mip_conf_signalling(
	const struct mip_conf *c, const struct in6_addr *hoa, const struct in6_addr *ha);

const char *mip_role_str(enum mip_role role); /* "Mobile Node" … */
const char *mip_policy_str(enum mip_policy_kind kind); /* "Mh", "TunnelPayload" … */
