/*
 * ident - IKE identities: parse as ipsec.conf writes them, print, match.
 *
 * Shapes:  type and body as in the ID payload; a DN is its DER. type 0 is "any".
 * Errors:  0 or -EINVAL; *out untouched on failure.
 * Source:  RFC 7296 section 3.5, RFC 4945 section 3.1, RFC 5280 section 7.1.
 */
#pragma once

#include "base/bytes.h"

enum ident_type {
	ID_ANY = 0,
	ID_IPV4 = 1,
	ID_FQDN = 2,
	ID_RFC822 = 3,
	ID_IPV6 = 5,
	ID_DN = 9,
	ID_GN = 10,
	ID_KEY_ID = 11,
};

struct ident {
	uint8_t type;
	struct blob data;
};

/* The rules of ipsec.conf: '=' is a DN, '@#hex' a KEY_ID, '@@x' RFC822, '@x' FQDN, 'a@b' RFC822,
 * "%any" any, ':' IPv6, … */
int ident_parse(const char *text, struct ident *out);
int ident_set(struct ident *out, uint8_t type, struct bytes data);
void ident_free(struct ident *id);

/* Printable and escaped; DN as "C=CH, O=Linux strongSwan, CN=…"; "%any" (static ring of 8). */
const char *ident_str(const struct ident *id);

bool ident_eq(const struct ident *a, const struct ident *b);

/* Does a configured identity, which may hold a wildcard (*@strongswan.org, *.strongswan.org,
 * CN=*), admit this one? How well: 0 no, 1 any, 2 wildcard, 3 exact. */
int ident_match(const struct ident *configured, const struct ident *id);
bool ident_has_wildcard(const struct ident *id);
