/*
 * verbs_list - certificates and revocation lists, as `ipsec listcerts`, `listcacerts`, `listcrls`
 * show them.
 *
 * Source:  ipsec(8).
 */
#pragma once

#include "ike/control/control.h"

void list_own_certs(const struct control *co, struct ctl_req *req);
void list_ca_certs(const struct control *co, struct ctl_req *req);
void list_crls(const struct control *co, struct ctl_req *req);
