#include <errno.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "unit/unit.h"

static char path[] = "/tmp/perigee-log-XXXXXX";
static char seen[8192];

/* What the log holds since the last call. */
static const char *fresh(void)
{
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(seen, 1, sizeof(seen) - 1, f);
	seen[n] = '\0';
	fclose(f);
	assert_int_equal(truncate(path, 0), 0);
	return seen;
}

static void open_as(const char *ident, enum log_style style)
{
	if (strstr(path, "XXXXXX"))
		close(mkstemp(path));
	assert_int_equal(log_open(ident, style, path, false), 0);
}

static void iked_prints_group_and_thread(void **state)
{
	char host[64], want[128], month[8];
	unsigned day, h, m, s;

	(void)state;
	open_as("iked", LOG_STYLE_IKE);
	log_knl(1, "%s appeared on %s", "2001::50", "eth0");
	assert_int_equal(gethostname(host, sizeof(host)), 0);
	host[strcspn(host, ".")] = '\0';
	snprintf(want, sizeof(want), " %s iked: 01[KNL] 2001::50 appeared on eth0\n", host);
	fresh();
	assert_int_equal(sscanf(seen, "%3s %u %u:%u:%u", month, &day, &h, &m, &s), 5);
	assert_int_equal(
		strcspn(seen + 7, " "), 8); /* "Nov 19 08:39:19": the day has two columns */
	assert_string_equal(seen + 15, want);
}

static void mip6d_prints_its_process_id(void **state)
{
	char want[64];

	(void)state;
	open_as("mip6d", LOG_STYLE_PLAIN);
	log_mip(1, "text");
	snprintf(want, sizeof(want), " mip6d[%d]: text\n", (int)getpid());
	assert_non_null(strstr(fresh(), want));
}

static void charondebug_sets_thresholds(void **state)
{
	(void)state;
	open_as("iked", LOG_STYLE_IKE);
	log_knl(2, "hidden");
	assert_int_equal(log_levels("knl 2, ike 0"), 0);
	log_knl(2, "shown");
	log_ike(1, "silent");
	log_ike(0, "audit");
	fresh();
	assert_null(strstr(seen, "hidden"));
	assert_non_null(strstr(seen, "shown"));
	assert_null(strstr(seen, "silent"));
	assert_non_null(strstr(seen, "audit"));
	assert_int_equal(log_levels("IKE\t-1  knl 1,asn 3"), 0);
	log_ike(0, "audit");
	assert_string_equal(fresh(), "");
	log_set_level(LOG_G_IKE, 1);
}

static void a_bad_charondebug_changes_nothing(void **state)
{
	static const char *const bad[] = { "knl 4, ike", "knl 4 xyz 1", "knl 5", "knl -2",
		"knl --1", "knl 1x", "knl -", "2 knl" };

	(void)state;
	open_as("iked", LOG_STYLE_IKE);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(log_levels(bad[i]), -EINVAL);
	assert_int_equal(log_levels(""), 0);
	log_knl(2, "hidden");
	assert_string_equal(fresh(), "");
}

static void one_event_is_one_line(void **state)
{
	(void)state;
	open_as("iked", LOG_STYLE_IKE);
	log_dmn(1, "two\nlines\r");
	assert_non_null(strstr(fresh(), "[DMN] two?lines?\n"));
	log_dmn(1, "%05000d", 1); /* longer than a line may be */
	fresh();
	assert_int_equal(strcspn(seen, "\n"), strlen(seen) - 1);
}

static void text_from_the_network_is_escaped(void **state)
{
	uint8_t all[300];
	const char *text;

	(void)state;
	assert_string_equal(log_safe(BYTES_STR("C=CH, O=x")), "C=CH, O=x");
	assert_string_equal(log_safe(BYTES("a\n\0\x7f\xff\\", 6)), "a\\x0a\\x00\\x7f\\xff\\x5c");
	assert_string_equal(log_safe(BYTES_NONE), "");
	memset(all, 0xff, sizeof(all));
	text = log_safe(BYTES_OF(all));
	assert_int_equal(strlen(text), 200);
	memset(all, 'x', sizeof(all));
	assert_int_equal(strlen(log_safe(BYTES_OF(all))), 200);
}

static void to_tap(void *arg, const char *line)
{
	strcat(arg, line);
	strcat(arg, ";");
}

static void a_tap_gets_the_text_up_to_level_1(void **state)
{
	char got[256] = "";

	(void)state;
	open_as("iked", LOG_STYLE_IKE);
	assert_int_equal(log_levels("ike 2"), 0);
	log_tap(to_tap, got);
	log_ike(0, "zero");
	log_ike(1, "one");
	log_ike(2, "two");
	log_tap(NULL, NULL);
	log_ike(0, "after");
	assert_string_equal(got, "zero;one;");
	assert_int_equal(log_levels("ike 1"), 0);
}

static void a_log_that_cannot_be_opened_leaves_the_old_one(void **state)
{
	(void)state;
	open_as("iked", LOG_STYLE_IKE);
	assert_int_equal(log_open("iked", LOG_STYLE_IKE, "/nowhere/at/all", false), -ENOENT);
	log_dmn(1, "still here");
	assert_non_null(strstr(fresh(), "still here"));
	assert_int_equal(log_open("iked", LOG_STYLE_IKE, NULL, true), 0);
	unlink(path);
}

static void a_full_disk_loses_lines_only(void **state)
{
	(void)state;
	assert_int_equal(log_open("iked", LOG_STYLE_IKE, "/dev/full", false), 0);
	log_dmn(1, "lost");
	assert_int_equal(log_open("perigee-test", LOG_STYLE_PLAIN, NULL, false), 0); /* syslog */
	log_dmn(1, "to the system log, if there is one");
	assert_int_equal(log_open("iked", LOG_STYLE_IKE, NULL, true), 0);
}

UNIT_MAIN(T(iked_prints_group_and_thread, ""), T(mip6d_prints_its_process_id, ""),
	T(charondebug_sets_thresholds, ""), T(a_bad_charondebug_changes_nothing, ""),
	T(one_event_is_one_line, ""), T(text_from_the_network_is_escaped, ""),
	T(a_tap_gets_the_text_up_to_level_1, ""),
	T(a_log_that_cannot_be_opened_leaves_the_old_one, ""), T(a_full_disk_loses_lines_only, ""))
