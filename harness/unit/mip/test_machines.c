/* The tables of mip6d are whole, and docs/machines.md is what they say. */
#include "unit/mip/tables.h"
#include "unit/unit.h"

static void the_mobile_nodes_table_is_whole_and_in_the_document(void **state)
{
	(void)state;
	machine_hold(mn_machine());
}

static void the_home_agents_table_is_whole_and_in_the_document(void **state)
{
	(void)state;
	machine_hold(ha_machine());
}

UNIT_MAIN(T(the_mobile_nodes_table_is_whole_and_in_the_document, "T-169"),
	T(the_home_agents_table_is_whole_and_in_the_document, "T-169"))
