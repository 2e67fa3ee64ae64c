#include "mip/conf/acl.h"

uint8_t acl_check(const struct mip_conf *conf, const struct in6_addr *hoa)
{
	for (const struct mip_acl *a = conf->acls; a; a = a->next)
		if (addr_eq(&a->hoa, hoa))
			return a->status;
	return conf->default_acl;
}
