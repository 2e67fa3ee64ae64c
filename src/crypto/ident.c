#include "crypto/ident.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/mem.h"
#include "crypto/dn.h"

enum { IDENT_STR_MAX = 512 };

int ident_set(struct ident *out, uint8_t type, struct bytes data)
{
	int r = blob_set(&out->data, data);

	if (r == 0)
		out->type = type;
	return r;
}

void ident_free(struct ident *id)
{
	if (!id)
		return;
	blob_free(&id->data);
	id->type = ID_ANY;
}

static int set_text(struct ident *out, uint8_t type, const char *text)
{
	return *text ? ident_set(out, type, BYTES_STR(text)) : -EINVAL;
}

static int set_hex(struct ident *out, uint8_t type, const char *text)
{
	uint8_t octets[256];
	size_t n = 0;

	while (*text) {
		char pair[3] = { text[0], text[1], 0 };

		if (!isxdigit((unsigned char)pair[0]) || !isxdigit((unsigned char)pair[1]) ||
			n == sizeof(octets))
			return -EINVAL;
		octets[n++] = (uint8_t)strtoul(pair, NULL, 16);
		text += text[2] == ':' ? 3 : 2;
	}
	return n ? ident_set(out, type, BYTES(octets, n)) : -EINVAL;
}

static int set_v4(struct ident *out, uint8_t type, const char *text)
{
	uint8_t a[4];

	return inet_pton(AF_INET, text, a) == 1 ? ident_set(out, type, BYTES_OF(a)) : -EINVAL;
}

static int set_v6(struct ident *out, uint8_t type, const char *text)
{
	uint8_t a[16];

	return inet_pton(AF_INET6, text, a) == 1 ? ident_set(out, type, BYTES_OF(a)) : -EINVAL;
}

static int set_dn(struct ident *out, uint8_t type, const char *text)
{
	own_blob der = { 0 };
	int r = dn_parse(text, &der);

	return r < 0 ? r : ident_set(out, type, blob_view(&der));
}

/* "type:text", or "type:#hex" for the body as it is. */
/* clang-format off */
static const struct {
	const char *prefix;
	uint8_t type;
	int (*set)(struct ident *out, uint8_t type, const char *text);
} prefixes[] = {
	{ "ipv4:", ID_IPV4, set_v4 },
	{ "ipv6:", ID_IPV6, set_v6 },
	{ "fqdn:", ID_FQDN, set_text },
	{ "dns:", ID_FQDN, set_text },
	{ "email:", ID_RFC822, set_text },
	{ "rfc822:", ID_RFC822, set_text },
	{ "userfqdn:", ID_RFC822, set_text },
	{ "asn1dn:", ID_DN, set_dn },
	{ "asn1gn:", ID_GN, set_hex },
	{ "keyid:", ID_KEY_ID, set_text },
};
/* clang-format on */

static bool is_any(const char *text)
{
	static const char *const words[] = { "", "%any", "%any4", "%any6", "*", "::", "0.0.0.0" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i], text))
			return true;
	return false;
}

/* Without a prefix the text itself tells what it is. */
static int guess(const char *text, struct ident *out)
{
	if (is_any(text))
		return ident_set(out, ID_ANY, BYTES_NONE);
	if (strchr(text, '='))
		return set_dn(out, ID_DN, text);
	if (!strncmp(text, "@#", 2))
		return set_hex(out, ID_KEY_ID, text + 2);
	if (!strncmp(text, "@@", 2))
		return set_text(out, ID_RFC822, text + 2);
	if (*text == '@')
		return set_text(out, ID_FQDN, text + 1);
	if (strchr(text, '@'))
		return set_text(out, ID_RFC822, text);
	if (strchr(text, ':'))
		return set_v6(out, ID_IPV6, text) == 0 ? 0 : set_text(out, ID_KEY_ID, text);
	return set_v4(out, ID_IPV4, text) == 0 ? 0 : set_text(out, ID_FQDN, text);
}

int ident_parse(const char *text, struct ident *out)
{
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t n = strlen(prefixes[i].prefix);

		if (strncasecmp(text, prefixes[i].prefix, n))
			continue;
		if (text[n] == '#')
			return set_hex(out, prefixes[i].type, text + n + 1);
		return prefixes[i].set(out, prefixes[i].type, text + n);
	}
	return guess(text, out);
}

/* As text with \xNN for what is not printable, or as "aa:bb:cc". */
static void print_octets(struct bytes v, bool as_hex, char *out, size_t cap)
{
	size_t n = 0;

	*out = '\0';
	for (size_t i = 0; i < v.n && n + 5 < cap; i++) {
		char *at = out + n;
		int len;

		if (as_hex)
			len = snprintf(at, cap - n, "%s%02x", i ? ":" : "", v.p[i]);
		else if (v.p[i] < 0x20 || v.p[i] > 0x7e)
			len = snprintf(at, cap - n, "\\x%02x", v.p[i]);
		else
			len = snprintf(at, cap - n, "%c", v.p[i]);
		n += (size_t)len;
	}
}

static bool is_printable(struct bytes v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] < 0x20 || v.p[i] > 0x7e)
			return false;
	return true;
}

static void print_addr(const struct ident *id, char *out, size_t cap)
{
	int family = id->type == ID_IPV4 ? AF_INET : AF_INET6;

	if (id->data.n != (family == AF_INET ? 4 : 16))
		snprintf(out, cap, "(address of %zu octets)", id->data.n);
	else
		inet_ntop(family, id->data.p, out, (socklen_t)cap);
}

const char *ident_str(const struct ident *id)
{
	static char ring[8][IDENT_STR_MAX];
	static unsigned at;
	char *s = ring[at++ % 8];
	struct bytes v = blob_view(&id->data);

	switch (id->type) {
	case ID_ANY:
		snprintf(s, IDENT_STR_MAX, "%%any");
		break;
	case ID_IPV4:
	case ID_IPV6:
		print_addr(id, s, IDENT_STR_MAX);
		break;
	case ID_DN:
		dn_print(v, s, IDENT_STR_MAX);
		break;
	case ID_FQDN:
	case ID_RFC822:
		print_octets(v, false, s, IDENT_STR_MAX);
		break;
	default:
		print_octets(v, !is_printable(v), s, IDENT_STR_MAX);
	}
	return s;
}

static bool eq_nocase(struct bytes a, struct bytes b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (tolower(a.p[i]) != tolower(b.p[i]))
			return false;
	return true;
}

/* RFC 5280 section 7.5: the local part as it is, the host part without case. */
static bool mail_eq(struct bytes a, struct bytes b)
{
	const uint8_t *at = a.n ? memrchr(a.p, '@', a.n) : NULL;
	size_t local = at ? (size_t)(at - a.p) : 0;

	return eq_nocase(a, b) && bytes_eq(BYTES(a.p, local), BYTES(b.p, local));
}

bool ident_eq(const struct ident *a, const struct ident *b)
{
	struct bytes x = blob_view(&a->data), y = blob_view(&b->data);

	if (a->type != b->type)
		return false;
	switch (a->type) {
	case ID_FQDN:
		return eq_nocase(x, y);
	case ID_RFC822:
		return mail_eq(x, y);
	case ID_DN:
		return dn_eq(x, y);
	default:
		return bytes_eq(x, y);
	}
}

static bool is_name(uint8_t type)
{
	return type == ID_FQDN || type == ID_RFC822;
}

bool ident_has_wildcard(const struct ident *id)
{
	struct bytes v = blob_view(&id->data);

	if (id->type == ID_ANY)
		return true;
	if (id->type == ID_DN)
		return dn_has_wildcard(v);
	return is_name(id->type) && v.n && memchr(v.p, '*', v.n);
}

/* "*@strongswan.org", "*.strongswan.org": something, then what stands behind the star. */
static bool suffix_fits(struct bytes pattern, struct bytes v)
{
	size_t n = pattern.n - 1;

	return pattern.p[0] == '*' && v.n > n &&
		eq_nocase(BYTES(pattern.p + 1, n), BYTES(v.p + v.n - n, n));
}

/* A received identity is never a pattern: one that looks like it is admitted nowhere. */
int ident_match(const struct ident *configured, const struct ident *id)
{
	if (ident_has_wildcard(id))
		return 0;
	if (configured->type == ID_ANY)
		return 1;
	if (configured->type != id->type)
		return 0;
	if (id->type == ID_DN)
		return dn_match(blob_view(&configured->data), blob_view(&id->data));
	if (ident_eq(configured, id))
		return 3;
	if (is_name(id->type) && configured->data.n &&
		suffix_fits(blob_view(&configured->data), blob_view(&id->data)))
		return 2;
	return 0;
}
