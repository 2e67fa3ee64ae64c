#include "crypto/ident.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "unit/crypto/hex.h"
#include "unit/unit.h"

static struct ident id_of(const char *text)
{
	struct ident id = { 0 };

	assert_int_equal(ident_parse(text, &id), 0);
	return id;
}

static void the_text_tells_the_type(void **state)
{
	static const struct {
		const char *text;
		uint8_t type;
		const char *printed;
	} rows[] = {
		{ "carol@strongswan.org", ID_RFC822, "carol@strongswan.org" },
		{ "@moon.strongswan.org", ID_FQDN, "moon.strongswan.org" },
		{ "moon.strongswan.org", ID_FQDN, "moon.strongswan.org" },
		{ "@@carol@strongswan.org", ID_RFC822, "carol@strongswan.org" },
		{ "@#c0ffee", ID_KEY_ID, "c0:ff:ee" },
		{ "2001:1::1", ID_IPV6, "2001:1::1" },
		{ "192.168.0.1", ID_IPV4, "192.168.0.1" },
		{ "not:an:address", ID_KEY_ID, "not:an:address" },
		{ "%any", ID_ANY, "%any" },
		{ "", ID_ANY, "%any" },
		{ "::", ID_ANY, "%any" },
		{ "0.0.0.0", ID_ANY, "%any" },
		{ "*", ID_ANY, "%any" },
		{ "fqdn:carol@strongswan.org", ID_FQDN, "carol@strongswan.org" },
		{ "email:moon", ID_RFC822, "moon" },
		{ "keyid:moon", ID_KEY_ID, "moon" },
		{ "keyid:#0102", ID_KEY_ID, "01:02" },
		{ "ipv6:2001:1::10", ID_IPV6, "2001:1::10" },
		{ "C=CH, O=Linux strongSwan, CN=strongSwan Root CA", ID_DN,
			"C=CH, O=Linux strongSwan, CN=strongSwan Root CA" },
		{ "C=CH, O=Linux strongSwan, OU=Research, CN=carol@strongswan.org", ID_DN,
			"C=CH, O=Linux strongSwan, OU=Research, CN=carol@strongswan.org" },
		{ "/C=CH/O=Linux strongSwan/CN=moon", ID_DN, "C=CH, O=Linux strongSwan, CN=moon" },
		{ "asn1dn:C=CH,E=carol@strongswan.org", ID_DN, "C=CH, E=carol@strongswan.org" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ident id = id_of(rows[i].text);

		assert_int_equal(id.type, rows[i].type);
		assert_string_equal(ident_str(&id), rows[i].printed);
		ident_free(&id);
	}
}

static void nonsense_is_refused_and_changes_nothing(void **state)
{
	static const char *const bad[] = { "@#xy", "@#abc", "@#", "C=", "=x", "C=CH,,O=x",
		"XYZZY=1", "ipv6:1.2.3", "ipv4:2001::1", "asn1dn:moon", "@",
		"fqdn:", "C=Switzerland" };
	struct ident id = id_of("moon");

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(ident_parse(bad[i], &id), -EINVAL);
	assert_string_equal(ident_str(&id), "moon");
	ident_free(&id);
}

static bool eq(const char *a, const char *b)
{
	struct ident x = id_of(a), y = id_of(b);
	bool same = ident_eq(&x, &y);

	ident_free(&x);
	ident_free(&y);
	return same;
}

static void hosts_compare_without_case_and_local_parts_with(void **state)
{
	(void)state;
	assert_true(eq("@Moon.strongSwan.org", "moon.strongswan.org"));
	assert_true(eq("carol@StrongSwan.org", "carol@strongswan.org"));
	assert_false(eq("Carol@strongswan.org", "carol@strongswan.org"));
	assert_false(eq("moon.strongswan.org", "moon.strongswan.or"));
	assert_false(eq("email:moon", "moon"));
	assert_true(eq("2001:1::1", "2001:1:0::1"));
	assert_false(eq("2001:1::1", "2001:1::2"));
}

/* RFC 5280 section 7.1. */
static void names_compare_part_by_part_without_case_and_runs_of_blanks(void **state)
{
	(void)state;
	assert_true(eq("C=CH, O=Linux  strongSwan, CN=Moon", "C=ch, O=linux strongswan, CN=moon"));
	assert_false(eq("C=CH, O=Linux strongSwan", "O=Linux strongSwan, C=CH"));
	assert_false(eq("C=CH, O=Linux strongSwan", "C=CH, O=Linux strongSwan, CN=x"));
	assert_false(eq("C=CH, O=a", "C=CH, OU=a"));
}

/* PrintableString and UTF8String of one text: the same name. */
static void the_string_type_of_a_name_does_not_count(void **state)
{
	struct ident a = { 0 }, b = { 0 };

	(void)state;
	ident_set(&a, ID_DN, hex("3010310e300c06035504030c05 4d6f6f6e31"));
	ident_set(&b, ID_DN, hex("3010310e300c060355040313 05 6d6f6f6e31"));
	assert_true(ident_eq(&a, &b));
	assert_string_equal(ident_str(&a), "CN=Moon1");
	ident_free(&a);
	ident_free(&b);
}

static int match(const char *configured, const char *received)
{
	struct ident x = id_of(configured), y = id_of(received);
	int how = ident_match(&x, &y);

	ident_free(&x);
	ident_free(&y);
	return how;
}

static void a_configured_wildcard_admits_and_an_exact_match_is_better(void **state)
{
	(void)state;
	assert_int_equal(match("%any", "carol@strongswan.org"), 1);
	assert_int_equal(match("*@strongswan.org", "carol@strongswan.org"), 2);
	assert_int_equal(match("carol@strongswan.org", "carol@strongswan.org"), 3);
	assert_int_equal(match("@*.strongswan.org", "moon.strongswan.org"), 2);
	assert_int_equal(
		match("C=CH, O=Linux strongSwan, CN=*", "C=CH, O=Linux strongSwan, CN=moon"), 2);
	assert_int_equal(
		match("C=CH, O=Linux strongSwan, CN=moon", "C=CH, O=Linux strongSwan, CN=moon"), 3);
	assert_int_equal(match("*@strongswan.org", "carol@strongswan.org.evil"), 0);
	assert_int_equal(match("*@strongswan.org", "@strongswan.org"), 0);
	assert_int_equal(match("@*.strongswan.org", "strongswan.org"), 0);
	assert_int_equal(match("dave@strongswan.org", "carol@strongswan.org"), 0);
	assert_int_equal(match("C=CH, O=*, CN=moon", "C=CH, O=x, CN=sun"), 0);
	assert_int_equal(match("C=CH, CN=*", "C=CH, OU=moon"), 0);
	assert_int_equal(match("C=CH, CN=*", "C=CH"), 0);
}

/* A-086: never in what a peer sends. */
static void a_received_wildcard_is_admitted_nowhere(void **state)
{
	(void)state;
	assert_int_equal(match("*@strongswan.org", "*@strongswan.org"), 0);
	assert_int_equal(match("carol@strongswan.org", "*@strongswan.org"), 0);
	assert_int_equal(match("%any", "*@strongswan.org"), 0);
	assert_int_equal(match("C=CH, CN=*", "C=CH, CN=*"), 0);
	assert_int_equal(match("%any", "%any"), 0);
}

/* F-018, row I57 of F.2. */
static void what_is_not_printable_is_escaped(void **state)
{
	struct ident id = { 0 };

	(void)state;
	ident_set(&id, ID_FQDN, BYTES("a\0b\nc\x7f", 6));
	assert_string_equal(ident_str(&id), "a\\x00b\\x0ac\\x7f");
	ident_set(&id, ID_DN, hex("30120310"));
	assert_string_equal(ident_str(&id), "(no distinguished name)");
	ident_set(&id, ID_DN, hex("300f310d300b060355040313 04 6d0a6f6e"));
	assert_string_equal(ident_str(&id), "CN=m\\x0aon");
	ident_set(&id, ID_IPV6, BYTES("abc", 3));
	assert_string_equal(ident_str(&id), "(address of 3 octets)");
	ident_free(&id);
}

static void a_huge_identity_prints_cut(void **state)
{
	static uint8_t big[60 << 10];
	struct ident id = { 0 };

	(void)state;
	memset(big, 1, sizeof(big));
	ident_set(&id, ID_RFC822, BYTES_OF(big));
	assert_true(strlen(ident_str(&id)) < 512);
	ident_set(&id, ID_KEY_ID, BYTES_OF(big));
	assert_true(strlen(ident_str(&id)) < 512);
	ident_free(&id);
}

/* clang-format off */
UNIT_MAIN(T(the_text_tells_the_type, "A-084 E-020"),
	T(nonsense_is_refused_and_changes_nothing, "A-084!"),
	T(hosts_compare_without_case_and_local_parts_with, "A-085"),
	T(names_compare_part_by_part_without_case_and_runs_of_blanks, "A-085"),
	T(the_string_type_of_a_name_does_not_count, "A-085"),
	T(a_configured_wildcard_admits_and_an_exact_match_is_better, "A-086"),
	T(a_received_wildcard_is_admitted_nowhere, "A-086"),
	T(what_is_not_printable_is_escaped, ""),
	T(a_huge_identity_prints_cut, ""))
