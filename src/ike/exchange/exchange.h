/*
 * exchange - the rows of all exchanges: every message that is understood is in one of them, and
 * every cell without a row says why.
 *
 * Source:  RFC 7296 sections 1.2 to 1.4.
 */
#pragma once

#include "ike/machine/row.h"

extern const struct x_table x_init_table, x_auth_table, x_child_table, x_rekey_child_table,
	x_rekey_sa_table, x_info_table;
extern const struct x_machine x_all;
