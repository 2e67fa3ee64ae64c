#include <stdio.h>
#include <string.h>

#include "base/names.h"
#include "ike/message/ts.h"

/* As the page writes them: ICMPv6 by name, the mobility header by number. */
static const struct name protocols[] = {
	{ 0, "any" },
	{ 6, "tcp" },
	{ 17, "udp" },
	{ 58, "ipv6-icmp" },
	{ 132, "sctp" },
};

enum { ICMP6 = 58, MH = 135, TEXT_MAX = 160, RING = 8 };

static const char *protocol(uint8_t proto, char *buf, size_t cap)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (protocols[i].value == proto)
			return protocols[i].name;
	snprintf(buf, cap, "%u", proto);
	return buf;
}

/* "" for any port, else "/N", "/N-M", "/OPAQUE"; N is the type where the protocol has one. */
static void ports(const struct ts *t, char *buf, size_t cap)
{
	bool typed = t->proto == MH || t->proto == ICMP6;
	unsigned lo = t->port_lo, hi = t->port_hi;

	buf[0] = '\0';
	if (!lo && hi == 0xffff)
		return;
	if (lo > hi) {
		snprintf(buf, cap, "/OPAQUE");
		return;
	}
	if (t->proto == ICMP6 && lo == hi && (lo & 0xff)) {
		snprintf(buf, cap, "/%u(%u)", lo >> 8, lo & 0xff);
		return;
	}
	if (typed) {
		lo >>= 8;
		hi >>= 8;
	}
	if (lo == hi)
		snprintf(buf, cap, "/%u", lo);
	else
		snprintf(buf, cap, "/%u-%u", lo, hi);
}

static void format(const struct ts *t, char *buf, size_t cap)
{
	char proto[8], port[24];
	struct prefix net;
	int n;

	if (ts_prefix(t, &net))
		n = snprintf(buf, cap, "%s", prefix_str(&net));
	else
		n = snprintf(buf, cap, "%s..%s", addr_str(&t->lo), addr_str(&t->hi));
	ports(t, port, sizeof(port));
	if (n >= 0 && (size_t)n < cap && (t->proto || port[0]))
		snprintf(buf + n, cap - (size_t)n, "[%s%s]",
			protocol(t->proto, proto, sizeof(proto)), port);
}

const char *ts_str(const struct ts *t)
{
	static char ring[RING][TEXT_MAX];
	static unsigned next;
	char *text = ring[next++ % RING];

	format(t, text, TEXT_MAX);
	return text;
}

const char *ts_list_str(const struct ts_list *list)
{
	static char ring[RING][TS_MAX * TEXT_MAX];
	static unsigned next;
	char *text = ring[next++ % RING];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < list->n; i++) {
		if (i)
			text[n++] = ' ';
		format(&list->ts[i], text + n, TEXT_MAX);
		n += strlen(text + n);
	}
	return text;
}
