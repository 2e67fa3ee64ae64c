#include <errno.h>
#include <stdlib.h>

#include "base/addr.h"
#include "ike/machine/cookie.h"
#include "ike/machine/limits.h"

struct source {
	struct tlink link;
	struct in6_addr addr;
	size_t n;
};

struct limits {
	struct cookie_secret secret;
	struct table sources;
	size_t n_half_open;
};

int limits_new(struct limits **out)
{
	struct limits *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	*out = l;
	return 0;
}

void limits_free(struct limits *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->sources.n_rows; i++)
		while (l->sources.rows[i]) {
			struct source *s = LINKED(l->sources.rows[i], struct source, link);

			table_del(&l->sources, &s->link);
			free(s);
		}
	table_free(&l->sources);
	cookie_wipe(&l->secret);
	free(l);
}

static struct source *source_find(const struct limits *l, const struct in6_addr *from)
{
	struct tlink *k;

	for (k = table_find(&l->sources, addr_hash(from)); k; k = table_next(k)) {
		struct source *s = LINKED(k, struct source, link);

		if (addr_eq(&s->addr, from))
			return s;
	}
	return NULL;
}

void limits_opened(struct limits *l, const struct in6_addr *from)
{
	struct source *s = source_find(l, from);

	l->n_half_open++;
	if (!s) {
		s = calloc(1, sizeof(*s));
		if (!s)
			return; /* counted in all, not by source */
		s->addr = *from;
		if (table_add(&l->sources, &s->link, addr_hash(from)) < 0) {
			free(s);
			return;
		}
	}
	s->n++;
}

void limits_closed(struct limits *l, const struct in6_addr *from)
{
	struct source *s = source_find(l, from);

	l->n_half_open--;
	if (!s || --s->n)
		return;
	table_del(&l->sources, &s->link);
	free(s);
}

size_t limits_n_half_open(const struct limits *l)
{
	return l->n_half_open;
}

enum limits_verdict limits_judge(struct limits *l, const struct in6_addr *from,
	const struct msg *in, uint8_t cookie[COOKIE_LEN])
{
	const struct source *s = source_find(l, from);
	size_t here = s ? s->n : 0;

	if (l->n_half_open >= BLOCK_TOTAL || here >= BLOCK_SOURCE)
		return LIMITS_DROP;
	if (l->n_half_open < COOKIE_TOTAL && here < COOKIE_SOURCE)
		return LIMITS_PASS;
	if (cookie_ok(&l->secret, from, in))
		return LIMITS_PASS;
	cookie_make(&l->secret, from, in, cookie);
	return LIMITS_COOKIE;
}
