/* Which end of a connection is ours, and which connections share an IKE_SA. */
#include "unit/ike/conf_text.h"
#include "unit/unit.h"

static struct ike_conf *load(bool (*ours)(void *arg, const struct in6_addr *a), const char *text)
{
	struct ike_conf *c = NULL;

	conf_text_ours = ours;
	assert_int_equal(conf_text_load(text, strlen(text), &c), 0);
	assert_non_null(c);
	return c;
}

static bool ours(void *arg, const struct in6_addr *a)
{
	(void)arg;
	return !strcmp(addr_str(a), "2001:1::1");
}

static bool all_ours(void *arg, const struct in6_addr *a)
{
	(void)arg;
	return a != NULL;
}

static void ends_are_swapped_when_right_is_ours(void **state)
{
	struct ike_conf *c = load(ours,
		"conn c\n\tauto=add\n\tleft=2001::50\n\tright=2001:1::1\n\trightsubnet=::/0\n"
		"conn d\n\tauto=add\n\tleft=2001:1::1\n\tright=2001::50\n");

	(void)state;
	assert_true(c->conns->swapped);
	assert_string_equal(addr_str(&c->conns->local.addr), "2001:1::1");
	assert_string_equal(ts_list_str(&c->conns->local.ts), "::/0");
	assert_false(c->conns->next->swapped);
	ike_conf_free(c);
}

static void left_is_ours_unless_right_alone_is(void **state)
{
	static const struct {
		bool (*ours)(void *arg, const struct in6_addr *a);
		const char *ends;
	} rows[] = {
		{ ours, "\tleft=2001::50\n\tright=2001::51\n" },
		{ ours, "\tleft=2001:1::1\n\tright=%any\n" },
		{ all_ours, "\tleft=2001::50\n\tright=2001:1::1\n" },
		{ NULL, "\tleft=2001::50\n\tright=2001:1::1\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_conf *c;
		char text[256];

		snprintf(text, sizeof(text), "conn c\n\tauto=add\n%s", rows[i].ends);
		c = load(rows[i].ours, text);
		assert_non_null(c->conns);
		assert_false(c->conns->swapped);
		assert_non_null(strstr(rows[i].ends, addr_str(&c->conns->local.addr)));
		ike_conf_free(c);
	}
}

static void a_connection_with_other_ike_parameters_has_its_own_ike_sa(void **state)
{
	static const struct {
		const char *line;
		bool shares;
	} rows[] = {
		{ "", true },
		{ "\tesp=aes256-sha256!\n", true },
		{ "\tleftsubnet=2001:1::10/128\n", true },
		{ "\trightid=@x\n", false },
		{ "\tright=2001:1::2\n", false },
		{ "\tike=aes256-sha256-modp2048!\n", false },
		{ "\tikelifetime=2h\n", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512];
		struct ike_conf *c;

		snprintf(text, sizeof(text),
			"conn %%default\n\tauto=add\n\tright=2001:1::1\n"
			"conn a\n\tleftsubnet=2001:1::9/128\nconn b\n%s",
			rows[i].line);
		c = load(NULL, text);
		assert_ptr_equal(c->conns->peer, c->conns);
		assert_ptr_equal(c->conns->next->peer, rows[i].shares ? c->conns : c->conns->next);
		ike_conf_free(c);
	}
}

static void the_folder_is_removed(void **state)
{
	(void)state;
	conf_text_end();
}

UNIT_MAIN(T(ends_are_swapped_when_right_is_ours, "E-005"),
	T(left_is_ours_unless_right_alone_is, "E-005!"),
	T(a_connection_with_other_ike_parameters_has_its_own_ike_sa, "E-006!"),
	T(the_folder_is_removed, ""))
