#include "ike/exchange/exchange.h"

const struct x_table *const x_tables[] = {
	&x_init_table,
	&x_auth_table,
	&x_child_table,
	&x_rekey_table,
	&x_info_table,
	NULL,
};
