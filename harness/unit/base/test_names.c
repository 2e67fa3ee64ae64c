#include <errno.h>

#include "base/names.h"
#include "unit/unit.h"

static const struct name colours[] = { { 1, "red" }, { 2, "green" }, { 2, "verde" },
	{ -1, "none" } };

static void numbers_become_words(void **state)
{
	(void)state;
	assert_string_equal(names_str(NAMES(colours), 1), "red");
	assert_string_equal(names_str(NAMES(colours), 2), "green"); /* the first of two */
	assert_string_equal(names_str(NAMES(colours), -1), "none");
}

static void eight_unknown_numbers_live_side_by_side(void **state)
{
	const char *text[8];

	(void)state;
	for (int i = 0; i < 8; i++)
		text[i] = names_str(NAMES(colours), 100 + i);
	assert_string_equal(text[0], "(100)");
	assert_string_equal(text[7], "(107)");
	assert_string_equal(names_str(NAMES(colours), INT32_MIN), "(-2147483648)");
}

static void words_become_numbers(void **state)
{
	int v = 7;

	(void)state;
	assert_int_equal(names_value(NAMES(colours), "verde", &v), 0);
	assert_int_equal(v, 2);
	assert_int_equal(names_value(NAMES(colours), "Red", &v), -ENOENT);
	assert_int_equal(names_value(NAMES(colours), "", &v), -ENOENT);
	assert_int_equal(v, 2);
}

UNIT_MAIN(T(numbers_become_words, ""), T(eight_unknown_numbers_live_side_by_side, ""),
	T(words_become_numbers, ""))
