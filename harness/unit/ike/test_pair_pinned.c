/* rightca= and rightcert=: a peer that proves itself is refused all the same when it is another. */
#include "unit/ike/pair.h"
#include "unit/unit.h"

#define ROOT "C=CH, O=Linux strongSwan, CN=strongSwan Root CA"

static bool meets(const char *carols, const char *moons)
{
	char carol[8192], moon[8192];
	struct pair *p;
	bool up;

	snprintf(carol, sizeof(carol), "%s%s", PAIR_CAROL, carols);
	snprintf(moon, sizeof(moon), "%sconn %%default\n%s", PAIR_MOON, moons);
	p = pair_new(carol, moon);
	pair_acquire(p, p->carol, "mh");
	pair_run(p);
	up = pair_sa(p->carol) && pair_sa(p->moon);
	pair_free(p);
	return up;
}

/* Either side alone, whoever begins. */
static void the_ca_and_the_certificate_of_a_peer_are_enforced(void **state)
{
	static const struct {
		const char *carol, *moon;
		bool meet;
	} rows[] = {
		{ "", "", true },
		{ "\trightca=\"" ROOT "\"\n", "\trightca=\"" ROOT "\"\n", true },
		{ "\trightca=\"C=XX, O=Other CA\"\n", "", false },
		{ "", "\trightca=\"C=XX, O=Other CA\"\n", false },
		{ "\tleftca=\"C=XX, O=Other CA\"\n\trightca=%same\n", "", false },
		{ "\trightca=%any\n", "", true },
		{ "\trightcert=CERTS/moonCert.pem\n", "\trightcert=CERTS/carolCert.pem\n", true },
		{ "\trightcert=CERTS/moonExpiredCert.pem\n", "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (meets(rows[i].carol, rows[i].moon) != rows[i].meet)
			fail_msg("row %zu", i);
}

/* Its certificate is known, so it need not be sent. */
static void a_pinned_certificate_need_not_come(void **state)
{
	(void)state;
	assert_false(meets("\tleftsendcert=never\n", ""));
	assert_true(meets("\tleftsendcert=never\n", "\trightcert=CERTS/carolCert.pem\n"));
}

UNIT_MAIN(T(the_ca_and_the_certificate_of_a_peer_are_enforced, "A-254 A-255"),
	T(a_pinned_certificate_need_not_come, "A-255"))
