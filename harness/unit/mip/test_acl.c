#include "mip/conf/acl.h"
#include "unit/unit.h"

static void the_first_line_of_a_home_address_decides(void **state)
{
	struct mip_acl lines[] = {
		{ .next = &lines[1], .hoa = { .s6_addr = { 0x20, 1 } }, .status = BA_ACCEPTED },
		{ .next = &lines[2],
			.hoa = { .s6_addr = { 0x20, 2 } },
			.status = BA_NO_RESOURCES },
		{ .hoa = { .s6_addr = { 0x20, 1 } }, .status = BA_UNSPECIFIED },
	};
	struct mip_conf conf = { .acls = lines, .default_acl = BA_PROHIBITED };

	(void)state;
	assert_int_equal(acl_check(&conf, &lines[0].hoa), BA_ACCEPTED);
	assert_int_equal(acl_check(&conf, &lines[1].hoa), BA_NO_RESOURCES);
}

static void all_others_get_the_default(void **state)
{
	struct mip_conf conf = { .default_acl = BA_PROHIBITED };
	const struct in6_addr other = { .s6_addr = { 0x20, 3 } };

	(void)state;
	assert_int_equal(acl_check(&conf, &other), BA_PROHIBITED);
	conf.default_acl = BA_ACCEPTED;
	assert_int_equal(acl_check(&conf, &other), BA_ACCEPTED);
}

UNIT_MAIN(T(the_first_line_of_a_home_address_decides, "C-040"),
	T(all_others_get_the_default, "C-040"))
