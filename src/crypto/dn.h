/*
 * dn - distinguished names: DER, text, comparison.
 *
 * Shapes:  a DN is its DER; text is "C=CH, O=Linux strongSwan, CN=moon.strongswan.org".
 * Errors:  -EINVAL, -ENOMEM; comparisons of what is no DN give false.
 * Source:  RFC 5280 sections 4.1.2.4 and 7.1 (comparison: case and runs of blanks do not count).
 */
#pragma once

#include "base/bytes.h"

/* "C=CH, O=…" or "/C=CH/O=…"; a backslash takes the next character as it is. */
int dn_parse(const char *text, struct blob *out);

/* Always ended by NUL, cut at cap; what is not printable as \xNN. */
void dn_print(struct bytes der, char *out, size_t cap);

bool dn_is_valid(struct bytes der);
bool dn_eq(struct bytes a, struct bytes b);

/* As dn_eq, and a value "*" of `pattern` admits any value: 0 no, 2 by a wildcard, 3 exact. */
int dn_match(struct bytes pattern, struct bytes dn);
bool dn_has_wildcard(struct bytes der);
