/* The files of examples/ that a reader copies. */
#include "mip/conf/conf.h"
#include "unit/unit.h"

static void hear(void *arg, bool error, const char *line)
{
	(void)arg;
	(void)error;
	print_error("%s\n", line);
}

static void the_examples_are_loaded_without_a_word(void **state)
{
	static const char *const files[] = { TOP "/examples/mobile-node/mip6d.conf",
		TOP "/examples/home-agent/mip6d.conf" };

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct conf_log findings = { .emit = hear };
		struct mip_conf *c = NULL;

		assert_int_equal(mip_conf_load(files[i], &findings, &c), 0);
		assert_int_equal(findings.n_errors, 0);
		assert_int_equal(findings.n_warnings, 0);
		mip_conf_free(c);
	}
}

UNIT_MAIN(T(the_examples_are_loaded_without_a_word, "T-109"))
