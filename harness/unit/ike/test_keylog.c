/*
 * Keys of IKE_SAs are written where a testbed asks for them, and nowhere else.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ike/sa/keylog.h"
#include "unit/unit.h"

static const uint64_t spi_i = 0x0123456789abcdef, spi_r = 0xfedcba9876543210;

static struct ike_keys keys(uint16_t encr, uint16_t bits, uint16_t integ)
{
	struct ike_keys k = { .prf = alg_find(ALG_PRF, 2, 0) };

	k.i.encr = k.r.encr = alg_find(ALG_ENCR, encr, bits);
	k.i.integ = k.r.integ = alg_find(ALG_INTEG, integ, 0);
	memset(k.i.e, 0x11, sizeof(k.i.e));
	memset(k.r.e, 0x22, sizeof(k.r.e));
	memset(k.i.a, 0x33, sizeof(k.i.a));
	memset(k.r.a, 0x44, sizeof(k.r.a));
	return k;
}

/* What stands in the file; the caller frees. */
static char *written(const char *path)
{
	char *text = calloc(1, 4096);
	FILE *f = fopen(path, "r");

	assert_non_null(text);
	if (f) {
		assert_true(fread(text, 1, 4095, f) < 4095);
		fclose(f);
	}
	return text;
}

static char path[64];

static void with_a_file(void)
{
	snprintf(path, sizeof(path), "/tmp/keylog.%d", (int)getpid());
	unlink(path);
	setenv("IKEKEYLOGFILE", path, 1);
}

static void without_a_file_nothing_is_written(void **state)
{
	struct ike_keys k = keys(12, 128, 2);

	(void)state;
	with_a_file();
	unsetenv("IKEKEYLOGFILE");
	assert_int_equal(keylog_open(), 0);
	keylog_sa(spi_i, spi_r, &k);
	assert_int_equal(access(path, F_OK), -1);
}

static void a_line_has_the_form_of_wiresharks_table(void **state)
{
	struct ike_keys k = keys(12, 128, 2);
	char *text;

	(void)state;
	with_a_file();
	assert_int_equal(keylog_open(), 0);
	keylog_sa(spi_i, spi_r, &k);
	text = written(path);
	assert_string_equal(text,
		"0123456789abcdef,fedcba9876543210,11111111111111111111111111111111,"
		"22222222222222222222222222222222,\"AES-CBC-128 [RFC3602]\","
		"3333333333333333333333333333333333333333,"
		"4444444444444444444444444444444444444444,\"HMAC_SHA1_96 [RFC2404]\"\n");
	free(text);
	keylog_close();
	unlink(path);
}

static void the_file_is_for_its_owner_and_lines_are_appended(void **state)
{
	struct ike_keys k = keys(12, 256, 12);
	struct stat st;
	char *text;

	(void)state;
	with_a_file();
	for (int i = 0; i < 2; i++) {
		assert_int_equal(keylog_open(), 0);
		keylog_sa(spi_i, spi_r, &k);
	}
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	text = written(path);
	assert_non_null(strstr(text, "AES-CBC-256"));
	assert_non_null(strstr(strchr(text, '\n') + 1, "HMAC_SHA2_256_128"));
	free(text);
	keylog_close();
	unlink(path);
}

static void a_suite_that_wireshark_does_not_get_is_left_out(void **state)
{
	struct ike_keys k = keys(12, 128, 2);
	char *text;

	(void)state;
	with_a_file();
	assert_int_equal(keylog_open(), 0);
	k.i.integ = NULL;
	keylog_sa(spi_i, spi_r, &k);
	text = written(path);
	assert_string_equal(text, "");
	free(text);
	keylog_close();
	unlink(path);
}

static void a_file_that_cannot_be_is_an_error(void **state)
{
	(void)state;
	setenv("IKEKEYLOGFILE", "/nowhere/keys", 1);
	assert_int_equal(keylog_open(), -ENOENT);
}

UNIT_MAIN(T(without_a_file_nothing_is_written, "F-019!"),
	T(a_line_has_the_form_of_wiresharks_table, ""),
	T(the_file_is_for_its_owner_and_lines_are_appended, ""),
	T(a_suite_that_wireshark_does_not_get_is_left_out, ""),
	T(a_file_that_cannot_be_is_an_error, ""))
