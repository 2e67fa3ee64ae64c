/* The blocks Interface and MnHomeLink of mip6d.conf: their rows, and how they become lists. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "mip/conf/conf_in.h"

#define IFACE_AT(field) .at = offsetof(struct mip_iface, field)
#define HOME_AT(field) .at = offsetof(struct mip_home_link, field)

/* clang-format off */
static const struct conf_key iface_keys[] = {
	{ .name = "MnIfPreference", .roles = FOR_MN, .set = conf_uint, IFACE_AT(preference),
	  .def = "5", .max = 10,
	  .doc = "1 is the best interface for a care-of address, 10 the last, 0 is never used" },
	{ .name = "IfType" },
	{ .name = "Tunnel" },
};

static const struct conf_key home_keys[] = {
	{ .name = "HomeAgentAddress", .set = conf_in6, HOME_AT(ha),
	  .def = "::",
	  .doc = "address of the home agent; :: is discovered on the home link" },
	{ .name = "HomePrefix", .set = conf_prefix, HOME_AT(home_prefix),
	  .doc = "prefix of the home link, if not that of the home address" },
	{ .name = "UseAltCoa" },
	{ .name = "HomeAgentName" },
	{ .name = "IsMobRtr" },
	{ .name = "MnRoPolicy" },
	{ .name = "LinkName" },
	{ .name = "IfName" },
	{ .name = "IPsecType" },
	{ .name = "DoRouteOptimization" },
};
/* clang-format on */

int stmt_refuse_dsmip(struct conf_in *in, const char *name, void *target)
{
	(void)target;
	conf_error(in->log, in->at,
		"%s: unsupported, IPv4 (dual-stack Mobile IPv6) is not part of "
		"this program",
		name);
	return -EINVAL;
}

/* Without its length nobody knows when the node is at home. */
static int hoa_set(const struct conf_key *key, const char *value, void *target, const char **why)
{
	int rc = strchr(value, '/') ? conf_prefix(key, value, target, why) : -EINVAL;

	*why = "an address with the prefix length of its link such as 2001:1::10/64";
	return rc;
}

/* HomeAddress ADDRESS/LENGTH ; */
static int home_address(struct conf_in *in, const char *name, void *target)
{
	struct mip_home_link *home = target;
	int rc = in_set(
		in, name, hoa_set, "an address with the prefix length of its link", &home->hoa);

	if (rc < 0)
		return rc;
	if (in_has_networks(in, name))
		return -EINVAL;
	return in_end(in, name);
}

/* clang-format off */
static const struct conf_stmt home_stmts[] = {
	{ "HomeAddress", home_address, "the home address with the prefix length of its link",
	  false, 0 },
	{ "HomeAddressV4", stmt_refuse_dsmip, NULL, false, 0 },
	{ "HomeAgentV4Address", stmt_refuse_dsmip, NULL, false, 0 },
	{ "HomePrefix4", stmt_refuse_dsmip, NULL, false, 0 },
};
/* clang-format on */

const struct conf_scope conf_scope_iface = { CONF_LIST(iface_keys), NULL, 0,
	"in an Interface block" };
const struct conf_scope conf_scope_home = { CONF_LIST(home_keys), CONF_LIST(home_stmts),
	"in an MnHomeLink block" };

/* Not the quotes of a word processor, nor what no interface can have in its name. */
static bool is_plain(const char *name)
{
	for (; *name; name++)
		if (*name <= ' ' || *name == '/' || *name == '\'' || *name & 0x80)
			return false;
	return true;
}

static int ifname_set(const struct conf_key *key, const char *value, void *target, const char **why)
{
	size_t n = strlen(value);

	(void)key;
	if (!n || n >= IF_NAMESIZE || !is_plain(value)) {
		*why = is_plain(value) ? "the name of an interface"
				       : "the name of an interface in plain quotes: \"eth0\"";
		return -EINVAL;
	}
	memcpy(target, value, n + 1);
	return 0;
}

/* "name" ;  or  "name" { … } */
int stmt_iface(struct conf_in *in, const char *name, void *target)
{
	struct mip_conf *conf = target;
	struct mip_iface *i = calloc(1, sizeof(*i));
	struct conf_pos at = in->at;

	if (!i)
		return -ENOMEM;
	conf_defaults(conf_scope_iface.keys, conf_scope_iface.n_keys, i);
	i->at = at;
	if (in_set(in, name, ifname_set, "the name of an interface", i->name) < 0) {
		free(i);
		return -EINVAL;
	}
	CONF_APPEND(conf->ifaces, i);
	return in_is(in, LEX_OPEN) ? in_block(in, name, &conf_scope_iface, i) : in_end(in, name);
}

int stmt_home(struct conf_in *in, const char *name, void *target)
{
	struct mip_conf *conf = target;
	struct mip_home_link *h = calloc(1, sizeof(*h));
	struct conf_pos at = in->at;

	if (!h)
		return -ENOMEM;
	conf_defaults(conf_scope_home.keys, conf_scope_home.n_keys, h);
	h->at = at;
	if (in_set(in, name, ifname_set, "the name of an interface", h->ifname) < 0) {
		free(h);
		return -EINVAL;
	}
	CONF_APPEND(conf->home_links, h);
	return in_block(in, name, &conf_scope_home, h);
}
