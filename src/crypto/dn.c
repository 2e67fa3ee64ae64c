#include "crypto/dn.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/objects.h>
#include <openssl/x509.h>

#include "base/mem.h"

enum { DN_TEXT_MAX = 1024 };

/* The words of ipsec.conf where OpenSSL has others. */
static const struct {
	const char *word;
	int nid;
} words[] = {
	{ "E", NID_pkcs9_emailAddress },
	{ "Email", NID_pkcs9_emailAddress },
	{ "S", NID_surname },
	{ "SN", NID_serialNumber },
	{ "G", NID_givenName },
	{ "T", NID_title },
	{ "D", NID_description },
	{ "N", NID_name },
	{ "I", NID_initials },
	{ "UID", NID_userId },
};

static X509_NAME *name_of(struct bytes der)
{
	const uint8_t *p = der.p;
	X509_NAME *name = der.n && der.n <= 1 << 16 ? d2i_X509_NAME(NULL, &p, (long)der.n) : NULL;

	if (name && p != der.p + der.n) {
		X509_NAME_free(name);
		return NULL;
	}
	return name;
}

static int nid_of(const char *word)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcasecmp(words[i].word, word))
			return words[i].nid;
	return OBJ_txt2nid(word);
}

static char *trim(char *s)
{
	size_t n;

	while (isspace((unsigned char)*s))
		s++;
	n = strlen(s);
	while (n && isspace((unsigned char)s[n - 1]))
		s[--n] = '\0';
	return s;
}

static int add_part(X509_NAME *name, char *part)
{
	char *value = strchr(part, '=');
	int nid;

	if (!value)
		return -EINVAL;
	*value++ = '\0';
	nid = nid_of(trim(part));
	value = trim(value);
	if (nid == NID_undef || !*value)
		return -EINVAL;
	return X509_NAME_add_entry_by_NID(
		       name, nid, MBSTRING_UTF8, (const uint8_t *)value, -1, -1, 0) == 1
		? 0
		: -EINVAL;
}

/* Cut `text` in place at each separator and give every part to the name. */
static int add_parts(X509_NAME *name, char *text, char separator)
{
	char *part = text, *to = text;
	int r = 0;

	for (char *from = text; r == 0; from++) {
		bool end = !*from;

		if (*from == '\\' && from[1]) {
			*to++ = *++from;
			continue;
		}
		if (!end && *from != separator) {
			*to++ = *from;
			continue;
		}
		*to = '\0';
		r = add_part(name, part);
		if (end)
			break;
		part = to = from + 1;
	}
	return r;
}

int dn_parse(const char *text, struct blob *out)
{
	char copy[DN_TEXT_MAX];
	bool slashes = *text == '/';
	X509_NAME *name = X509_NAME_new();
	uint8_t *der = NULL;
	int n, r;

	if (!name)
		return -ENOMEM;
	if (snprintf(copy, sizeof(copy), "%s", text + slashes) >= (int)sizeof(copy))
		r = -EINVAL;
	else
		r = add_parts(name, copy, slashes ? '/' : ',');
	n = r == 0 ? i2d_X509_NAME(name, &der) : 0;
	X509_NAME_free(name);
	if (n > 0)
		r = blob_set(out, BYTES(der, (size_t)n));
	OPENSSL_free(der);
	return r;
}

struct text {
	char *p;
	size_t n, cap;
};

static void put(struct text *t, const char *s)
{
	while (*s && t->n + 1 < t->cap)
		t->p[t->n++] = *s++;
	t->p[t->n] = '\0';
}

static void put_value(struct text *t, const ASN1_STRING *value)
{
	const uint8_t *p = ASN1_STRING_get0_data(value);
	char octet[8];

	for (int i = 0; i < ASN1_STRING_length(value); i++) {
		if (p[i] < 0x20 || p[i] > 0x7e)
			snprintf(octet, sizeof(octet), "\\x%02x", p[i]);
		else
			snprintf(octet, sizeof(octet), "%c", p[i]);
		put(t, octet);
	}
}

static void put_type(struct text *t, const ASN1_OBJECT *type)
{
	char oid[80];
	int nid = OBJ_obj2nid(type);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].nid == nid) {
			put(t, words[i].word);
			return;
		}
	OBJ_obj2txt(oid, sizeof(oid), type, 1);
	put(t, nid == NID_undef ? oid : OBJ_nid2sn(nid));
}

void dn_print(struct bytes der, char *out, size_t cap)
{
	struct text t = { out, 0, cap };
	X509_NAME *name = name_of(der);

	*out = '\0';
	if (!name) {
		put(&t, "(no distinguished name)");
		return;
	}
	for (int i = 0; i < X509_NAME_entry_count(name); i++) {
		X509_NAME_ENTRY *e = X509_NAME_get_entry(name, i);

		put(&t, i ? ", " : "");
		put_type(&t, X509_NAME_ENTRY_get_object(e));
		put(&t, "=");
		put_value(&t, X509_NAME_ENTRY_get_data(e));
	}
	X509_NAME_free(name);
}

bool dn_is_valid(struct bytes der)
{
	X509_NAME *name = name_of(der);

	X509_NAME_free(name);
	return name;
}

bool dn_eq(struct bytes a, struct bytes b)
{
	X509_NAME *x, *y;
	bool same;

	if (bytes_eq(a, b))
		return a.n;
	x = name_of(a);
	y = name_of(b);
	same = x && y && X509_NAME_cmp(x, y) == 0;
	X509_NAME_free(x);
	X509_NAME_free(y);
	return same;
}

static bool is_star(const X509_NAME_ENTRY *e)
{
	const ASN1_STRING *v = X509_NAME_ENTRY_get_data(e);

	return ASN1_STRING_length(v) == 1 && *ASN1_STRING_get0_data(v) == '*';
}

/* Two entries as names of their own, so that the comparison is the same as for whole names. */
static bool entry_eq(const X509_NAME_ENTRY *a, const X509_NAME_ENTRY *b)
{
	X509_NAME *x = X509_NAME_new(), *y = X509_NAME_new();
	bool same = x && y && X509_NAME_add_entry(x, a, -1, 0) == 1 &&
		X509_NAME_add_entry(y, b, -1, 0) == 1 && X509_NAME_cmp(x, y) == 0;

	X509_NAME_free(x);
	X509_NAME_free(y);
	return same;
}

static int match_names(X509_NAME *pattern, X509_NAME *name)
{
	int n = X509_NAME_entry_count(pattern), how = 3;

	if (n != X509_NAME_entry_count(name))
		return 0;
	for (int i = 0; i < n; i++) {
		X509_NAME_ENTRY *p = X509_NAME_get_entry(pattern, i);
		X509_NAME_ENTRY *e = X509_NAME_get_entry(name, i);

		if (X509_NAME_ENTRY_set(p) != X509_NAME_ENTRY_set(e))
			return 0;
		if (is_star(p) &&
			!OBJ_cmp(X509_NAME_ENTRY_get_object(p), X509_NAME_ENTRY_get_object(e)))
			how = 2;
		else if (!entry_eq(p, e))
			return 0;
	}
	return how;
}

int dn_match(struct bytes pattern, struct bytes dn)
{
	X509_NAME *x = name_of(pattern), *y = name_of(dn);
	int how = x && y ? match_names(x, y) : 0;

	X509_NAME_free(x);
	X509_NAME_free(y);
	return how;
}

bool dn_has_wildcard(struct bytes der)
{
	X509_NAME *name = name_of(der);
	bool found = false;

	for (int i = 0; name && i < X509_NAME_entry_count(name); i++)
		found |= is_star(X509_NAME_get_entry(name, i));
	X509_NAME_free(name);
	return found;
}
