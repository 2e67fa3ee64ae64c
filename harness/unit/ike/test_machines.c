/* The tables of iked are whole, and docs/machines.md is what they say. */
#include "unit/ike/tables.h"
#include "unit/unit.h"

static void the_table_of_an_ike_sa_is_whole_and_in_the_document(void **state)
{
	(void)state;
	machine_hold(sa_machine());
}

static void the_table_of_a_child_sa_is_whole_and_in_the_document(void **state)
{
	(void)state;
	machine_hold(child_machine());
}

UNIT_MAIN(T(the_table_of_an_ike_sa_is_whole_and_in_the_document, "A-270"),
	T(the_table_of_a_child_sa_is_whole_and_in_the_document, "A-273"))
