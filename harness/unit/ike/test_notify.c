/* Where each notification means something. */
#include "ike/machine/notify.h"
#include "unit/unit.h"

#define MSG_H TOP "/src/ike/message/msg.h"

/* The N_… of the enum in msg.h, with their numbers: 0 at the end. */
static unsigned next_type(FILE *f)
{
	char line[256];
	unsigned type;

	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "\tN_%*[A-Z_] = %u", &type) == 1)
			return type;
	return 0;
}

static void every_notification_has_a_row(void **state)
{
	FILE *f = fopen(MSG_H, "r");
	unsigned type, n = 0;

	(void)state;
	assert_non_null(f);
	while ((type = next_type(f))) {
		if (!notify_is_known((uint16_t)type))
			fail_msg("no row in src/ike/machine/notify.c for notification %u", type);
		n++;
	}
	fclose(f);
	assert_true(n > 30);
	assert_false(notify_is_known(8191));
	assert_false(notify_is_known(40000));
}

/* Every type in every message: found where it belongs, and an error always fails an answer. */
static void a_notification_is_found_only_where_it_belongs(void **state)
{
	FILE *f = fopen(MSG_H, "r");
	struct msg m = { .n_notify = 1 };
	unsigned type;

	(void)state;
	assert_non_null(f);
	while ((type = next_type(f)))
		for (unsigned i = 0; i < 2 * TASK_KINDS; i++) {
			bool belongs = notify_belongs((uint16_t)type, i / 2, i & 1);

			m.flags = i & 1 ? F_RESPONSE : 0;
			m.notify[0] = (struct notify){ .type = (uint16_t)type };
			notify_judge(&m, i / 2);
			assert_int_equal(msg_notify(&m, (uint16_t)type) != NULL, belongs);
			assert_int_equal(msg_error(&m) != NULL, type < N_INITIAL_CONTACT);
		}
	fclose(f);
}

/* Those that our handlers ask for, read off the sections that name them. */
static const struct {
	uint16_t type;
	unsigned asks, answers; /* bits of enum task_kind */
} read_by_us[] = {
	{ N_COOKIE, 1u << TASK_INIT, 1u << TASK_INIT },
	{ N_INVALID_KE, 0,
		1u << TASK_INIT | 1u << TASK_CHILD | 1u << TASK_REKEY_CHILD | 1u << TASK_REKEY_SA },
	{ N_INITIAL_CONTACT, 1u << TASK_AUTH, 1u << TASK_AUTH },
	{ N_AUTHENTICATION_FAILED, 1u << TASK_INFO, 1u << TASK_AUTH },
	{ N_INVALID_SPI, 1u << TASK_INFO, 0 },
	{ N_REKEY_SA, 1u << TASK_REKEY_CHILD, 0 },
	{ N_CHILD_SA_NOT_FOUND, 0, 1u << TASK_REKEY_CHILD },
	{ N_TEMPORARY_FAILURE, 0, 1u << TASK_CHILD | 1u << TASK_REKEY_CHILD | 1u << TASK_REKEY_SA },
};

static void what_decides_something_decides_it_in_its_exchange_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(read_by_us) / sizeof(read_by_us[0]); i++)
		for (unsigned kind = 0; kind < TASK_KINDS; kind++) {
			assert_int_equal(notify_belongs(read_by_us[i].type, kind, false),
				read_by_us[i].asks >> kind & 1);
			assert_int_equal(notify_belongs(read_by_us[i].type, kind, true),
				read_by_us[i].answers >> kind & 1);
		}
}

UNIT_MAIN(T(every_notification_has_a_row, "A-232"),
	T(a_notification_is_found_only_where_it_belongs, "A-232 A-027"),
	T(what_decides_something_decides_it_in_its_exchange_only, "A-232"))
