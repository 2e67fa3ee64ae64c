/*
 * acl - may this home address register here?
 *
 * Shapes:  pure. The first BindingAclPolicy line of the home address decides, else
 *          DefaultBindingAclPolicy.
 * Errors:  gives the BA status: BA_ACCEPTED, BA_PROHIBITED, or the number that the configuration
 *          names.
 * Source:  UMIP's mip6d.conf (BindingAclPolicy), RFC 6275 section 10.3.1.
 */
#pragma once

#include "mip/conf/conf.h"
#include "mip/message/mh.h"

uint8_t acl_check(const struct mip_conf *conf, const struct in6_addr *hoa);
