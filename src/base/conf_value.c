/* The setters: text of a value to a field. What was expected is told in the words of a user. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/conf.h"

static int refuse(const char **why, const char *expected)
{
	*why = expected;
	return -EINVAL;
}

static void store(const struct conf_key *key, void *target, const void *value, size_t n)
{
	memcpy((char *)target + key->at, value, n);
}

/* A row without limits takes what the field can hold. */
static int64_t upper(const struct conf_key *key)
{
	return key->min || key->max ? key->max : UINT32_MAX;
}

/* Digits to a number; gives what follows them, or NULL without digits or with too many. */
static const char *digits(const char *text, int64_t *out)
{
	size_t n = strspn(text, "0123456789");

	if (n < 1 || n > 12) /* so that days in seconds fit */
		return NULL;
	*out = strtoll(text, NULL, 10);
	return text + n;
}

/* The number in its range, or a refusal that names the range (text in a static buffer). */
static int store_u32(
	const struct conf_key *key, int64_t v, const char *unit, void *target, const char **why)
{
	static char range[96];
	uint32_t field = (uint32_t)v;

	if (v < key->min || v > upper(key)) {
		snprintf(range, sizeof(range), "%lld to %lld%s", (long long)key->min,
			(long long)upper(key), unit);
		return refuse(why, range);
	}
	store(key, target, &field, sizeof(field));
	return 0;
}

int conf_secs(const struct conf_key *key, const char *value, void *target, const char **why)
{
	static const struct name units[] = {
		{ 1, "" },
		{ 1, "s" },
		{ 60, "m" },
		{ 3600, "h" },
		{ 86400, "d" },
	};
	int64_t v;
	const char *unit = digits(value, &v);
	int factor;

	if (!unit || names_value(NAMES(units), unit, &factor) < 0)
		return refuse(why, "a time such as 30, 30s, 20m, 3h or 1d");
	return store_u32(key, v * factor, " seconds", target, why);
}

int conf_uint(const struct conf_key *key, const char *value, void *target, const char **why)
{
	int64_t v;
	const char *rest = digits(value, &v);

	if (!rest || *rest)
		return refuse(why, "a whole number");
	return store_u32(key, v, "", target, why);
}

int conf_percent(const struct conf_key *key, const char *value, void *target, const char **why)
{
	int64_t v;
	const char *rest = digits(value, &v);

	if (!rest || (*rest && strcmp(rest, "%") != 0))
		return refuse(why, "a percentage such as 100%");
	return store_u32(key, v, "%", target, why);
}

/* Seconds with at most three decimals; the field and the limits of the row are milliseconds. */
int conf_ms(const struct conf_key *key, const char *value, void *target, const char **why)
{
	int64_t secs, frac = 0;
	const char *rest = digits(value, &secs);
	size_t n = 0;

	if (rest && *rest == '.') {
		const char *decimals = rest + 1;

		rest = digits(decimals, &frac);
		n = rest ? (size_t)(rest - decimals) : 0;
	}
	if (!rest || *rest || n > 3)
		return refuse(why, "seconds such as 4 or 1.5");
	for (; n < 3; n++)
		frac *= 10;
	return store_u32(key, secs * 1000 + frac, " milliseconds", target, why);
}

int conf_bool(const struct conf_key *key, const char *value, void *target, const char **why)
{
	static const struct name words[] = {
		{ true, "yes" },
		{ false, "no" },
		{ true, "true" },
		{ false, "false" },
		{ true, "enabled" },
		{ false, "disabled" },
		{ true, "allow" },
		{ false, "deny" },
		{ false, "block" },
	};
	int v;
	bool field;

	if (names_value(NAMES(words), value, &v) < 0)
		return refuse(why, "yes or no");
	field = v;
	store(key, target, &field, sizeof(field));
	return 0;
}

int conf_string(const struct conf_key *key, const char *value, void *target, const char **why)
{
	char *copy = strdup(value), *old;

	if (!copy)
		return refuse(why, "less memory in use");
	memcpy(&old, (char *)target + key->at, sizeof(old));
	store(key, target, &copy, sizeof(copy));
	free(old); /* last: value may point into it */
	return 0;
}

int conf_word(const struct conf_key *key, const char *value, void *target, const char **why)
{
	static char list[256];
	size_t n = 0;
	int field;

	if (!names_value(key->words, key->n_words, value, &field)) {
		store(key, target, &field, sizeof(field));
		return 0;
	}
	for (size_t i = 0; i < key->n_words && n < sizeof(list); i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s", i ? ", " : "one of ",
			key->words[i].name);
	return refuse(why, list);
}

int conf_in6(const struct conf_key *key, const char *value, void *target, const char **why)
{
	struct in6_addr field;

	if (addr_parse(value, &field) < 0)
		return refuse(why, "an address such as 2001:1::1");
	store(key, target, &field, sizeof(field));
	return 0;
}

int conf_prefix(const struct conf_key *key, const char *value, void *target, const char **why)
{
	struct prefix field;

	if (prefix_parse(value, &field) < 0)
		return refuse(why, "a prefix such as 2001:1::/64");
	store(key, target, &field, sizeof(field));
	return 0;
}
