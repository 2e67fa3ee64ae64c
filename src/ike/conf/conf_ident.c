/* leftid, rightid, leftca, rightca: what cannot be meant is refused before it admits somebody. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "ike/conf/conf_read.h"

#define EXPECTED                                                                                   \
	"an identity such as user@example.org, @host.example.org, an address or C=CH, CN=name"

static bool all_of(struct bytes v, const char *more)
{
	for (size_t i = 0; i < v.n; i++)
		if (!isalnum(v.p[i]) && (!v.p[i] || !strchr(more, v.p[i])))
			return false;
	return v.n;
}

/* A star stands for what is before a whole host name, or for one value of a DN. */
static bool star_is_first(struct bytes v)
{
	const uint8_t *star = memchr(v.p, '*', v.n);

	return !star ||
		(star == v.p && v.n > 2 && (v.p[1] == '.' || v.p[1] == '@') &&
			!memchr(v.p + 1, '*', v.n - 1));
}

static const char *wrong_name(struct bytes v, const char *more)
{
	if (!all_of(v, more))
		return EXPECTED;
	if (!star_is_first(v))
		return "a * only at the beginning, before . or @, as in *@example.org";
	return NULL;
}

/* What an identity that could be read must be beyond that, NULL: nothing. */
static const char *wrong_with(const char *text, const struct ident *id)
{
	struct bytes v = blob_view(&id->data);

	switch (id->type) {
	case ID_FQDN:
		return wrong_name(v, ".-_*");
	case ID_RFC822:
		if (!memchr(v.p, '@', v.n))
			return EXPECTED;
		return wrong_name(v, ".-_*@+!$&'/=?^`|~");
	case ID_KEY_ID: /* else it is an address or a prefix with a slip */
		return strncasecmp(text, "keyid:", 6) && strncmp(text, "@#", 2) ? EXPECTED : NULL;
	default:
		return NULL;
	}
}

int conf_ident(const char *text, struct ident *out, const char **why)
{
	struct ident id = { 0 };

	*why = EXPECTED;
	if (!*text || ident_parse(text, &id) < 0)
		return -EINVAL;
	*why = wrong_with(text, &id);
	if (*why) {
		ident_free(&id);
		return -EINVAL;
	}
	*out = id;
	return 0;
}

/* The name of a CA; "%any" gives ID_ANY. */
int conf_ca(const char *text, struct ident *out, const char **why)
{
	struct ident id = { 0 };

	*why = "the DN of a CA such as C=CH, CN=name, %same or %any";
	if (strcmp(text, "%any") != 0 &&
		(!strchr(text, '=') || ident_parse(text, &id) < 0 || id.type != ID_DN)) {
		ident_free(&id);
		return -EINVAL;
	}
	if (id.type && ident_has_wildcard(&id)) {
		ident_free(&id);
		*why = "the DN of a CA without *";
		return -EINVAL;
	}
	*out = id;
	return 0;
}
