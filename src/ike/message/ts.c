#include <errno.h>
#include <string.h>

#include "ike/message/ts.h"

enum { TS_IPV4 = 7, TS_IPV6 = 8, TS_IPV6_LEN = 40, PROTO_ICMP6 = 58, PROTO_MH = 135 };
enum { PORT_MAX = 65535 };

/* First octet where the addresses differ decides, as with every big-endian number. */
static int addr_cmp(const struct in6_addr *a, const struct in6_addr *b)
{
	return memcmp(a, b, sizeof(*a));
}

static bool is_opaque(const struct ts *t)
{
	return t->port_lo == PORT_MAX && t->port_hi == 0;
}

static bool is_any_port(const struct ts *t)
{
	return t->port_lo == 0 && t->port_hi == PORT_MAX;
}

/*
 * RFC 7296 section 3.13.1: proto(8) len(16) start port(16) end port(16) start address(128) end
 * address(128). 0 when it is a selector of ours, -ENOTSUP when it is well formed and of another
 * kind.
 */
static int selector_read(struct rd *in, struct ts *out)
{
	uint8_t type = rd_u8(in);
	struct ts t = { .proto = rd_u8(in) };
	uint16_t len = rd_u16(in);
	struct rd body = rd_sub(in, len >= 4 ? len - 4u : SIZE_MAX);

	t.port_lo = rd_u16(&body);
	t.port_hi = rd_u16(&body);
	if (type == TS_IPV4) {
		rd_skip(&body, 8);
		return rd_done(&body) < 0 ? -EBADMSG : -ENOTSUP;
	}
	if (type != TS_IPV6)
		return rd_ok(&body) < 0 ? -EBADMSG : -ENOTSUP;
	t.lo = rd_in6(&body);
	t.hi = rd_in6(&body);
	if (rd_done(&body) < 0)
		return -EBADMSG;
	if (addr_cmp(&t.lo, &t.hi) > 0 || (t.port_lo > t.port_hi && !is_opaque(&t)))
		return -ERANGE;
	/* One type may come as its whole octet; both mean the same (RFC 4301 section 4.4.1.1). */
	if (t.proto == PROTO_MH && !(t.port_lo & 0xff) && t.port_hi == (t.port_lo | 0xff))
		t.port_hi = t.port_lo;
	*out = t;
	return 0;
}

/* RFC 7296 section 3.13: count(8) reserved(24) selectors(...) */
int ts_parse(struct rd in, struct ts_list *out)
{
	struct ts_list list = { 0 };
	struct ts t;
	uint8_t count = rd_u8(&in);
	int err, range = 0;

	rd_skip(&in, 3);
	if (!count)
		return -EBADMSG;
	for (unsigned i = 0; i < count; i++) {
		err = selector_read(&in, &t);
		if (err == -EBADMSG)
			return err;
		if (err == -ERANGE)
			range = err;
		if (!err && list.n < TS_MAX)
			list.ts[list.n++] = t;
	}
	if (rd_done(&in) < 0)
		return -EBADMSG;
	if (range)
		return range;
	*out = list;
	return 0;
}

void ts_write(struct wr *w, const struct ts_list *list)
{
	wr_u8(w, (uint8_t)list->n);
	wr_zero(w, 3);
	for (size_t i = 0; i < list->n; i++) {
		wr_u8(w, TS_IPV6);
		wr_u8(w, list->ts[i].proto);
		wr_u16(w, TS_IPV6_LEN);
		wr_u16(w, list->ts[i].port_lo);
		wr_u16(w, list->ts[i].port_hi);
		wr_in6(w, list->ts[i].lo);
		wr_in6(w, list->ts[i].hi);
	}
}

/*
 * The port field of a type, code and raw value; RFC 4301 section 4.4.1.1 puts the type in the
 * upper octet.
 */
static void port_of(struct ts *t, int type, int code)
{
	bool typed = t->proto == PROTO_MH || t->proto == PROTO_ICMP6;

	t->port_lo = 0;
	t->port_hi = PORT_MAX;
	if (type == SEL_ANY)
		return;
	t->port_lo = t->port_hi = (uint16_t)type;
	if (!typed || type > 0xff)
		return;
	t->port_lo = t->port_hi = (uint16_t)(type << 8);
	if (t->proto == PROTO_ICMP6)
		t->port_hi |= 0xff;
	if (t->proto == PROTO_ICMP6 && code != SEL_ANY)
		t->port_lo = t->port_hi = (uint16_t)(type << 8 | (code & 0xff));
}

struct ts ts_of(const struct prefix *net, uint8_t proto, int type)
{
	struct ts t = { .proto = proto, .lo = prefix_first(net), .hi = prefix_last(net) };

	port_of(&t, type, SEL_ANY);
	return t;
}

/* Type and code are the sender's: they belong to the source's half. */
struct ts ts_of_sel_src(const struct sel *s)
{
	struct ts t = ts_of(&s->src, s->proto, s->sport);

	if (s->type != SEL_ANY && !s->type_mask)
		port_of(&t, s->type, s->code);
	return t;
}

struct ts ts_of_sel_dst(const struct sel *s)
{
	return ts_of(&s->dst, s->proto, s->dport);
}

bool ts_prefix(const struct ts *t, struct prefix *out)
{
	struct prefix p = { t->lo, 128 };
	struct in6_addr first, last;

	for (unsigned len = 0; len <= 128; len++) {
		p.len = (uint8_t)len;
		first = prefix_first(&p);
		last = prefix_last(&p);
		if (addr_eq(&first, &t->lo) && addr_eq(&last, &t->hi)) {
			*out = p;
			return true;
		}
	}
	return false;
}

/* One port or type of a half, SEL_ANY for all; false for a range. */
static bool single_port(const struct ts *t, int *out)
{
	if (is_any_port(t))
		*out = SEL_ANY;
	else if (t->port_lo == t->port_hi)
		*out = t->port_lo;
	else if (t->proto == PROTO_ICMP6 && t->port_hi == (t->port_lo | 0xff))
		*out = t->port_lo;
	else
		return false;
	return true;
}

bool ts_sel(const struct ts *src, const struct ts *dst, struct sel *out)
{
	struct prefix s, d;
	int sport, dport;

	if (!ts_prefix(src, &s) || !ts_prefix(dst, &d) || src->proto != dst->proto ||
		!single_port(src, &sport) || !single_port(dst, &dport))
		return false;
	*out = SEL(s, d, src->proto);
	if (src->proto != PROTO_MH && src->proto != PROTO_ICMP6) {
		out->sport = sport;
		out->dport = dport;
	} else if (sport != SEL_ANY) {
		out->type = sport >> 8;
		if (src->proto == PROTO_ICMP6 && src->port_lo == src->port_hi)
			out->code = sport & 0xff;
	}
	return true;
}

bool ts_is_host(const struct ts *t, struct in6_addr *out)
{
	if (!addr_eq(&t->lo, &t->hi))
		return false;
	*out = t->lo;
	return true;
}

/* ANY covers OPAQUE as well (RFC 4301 section 4.4.1). */
static bool ports_within(const struct ts *outer, const struct ts *inner)
{
	if (is_any_port(outer))
		return true;
	if (is_opaque(outer) || is_opaque(inner))
		return is_opaque(outer) && is_opaque(inner);
	return outer->port_lo <= inner->port_lo && inner->port_hi <= outer->port_hi;
}

bool ts_within(const struct ts *outer, const struct ts *inner)
{
	if (outer->proto && outer->proto != inner->proto)
		return false;
	return ports_within(outer, inner) && addr_cmp(&outer->lo, &inner->lo) <= 0 &&
		addr_cmp(&inner->hi, &outer->hi) <= 0;
}

bool ts_eq(const struct ts *a, const struct ts *b)
{
	return a->proto == b->proto && a->port_lo == b->port_lo && a->port_hi == b->port_hi &&
		addr_eq(&a->lo, &b->lo) && addr_eq(&a->hi, &b->hi);
}

static bool covered(const struct ts_list *list, const struct ts *t)
{
	for (size_t i = 0; i < list->n; i++)
		if (ts_within(&list->ts[i], t))
			return true;
	return false;
}

bool ts_list_within(const struct ts_list *outer, const struct ts_list *inner)
{
	for (size_t i = 0; i < inner->n; i++)
		if (!covered(outer, &inner->ts[i]))
			return false;
	return true;
}

bool ts_cut(const struct ts *a, const struct ts *b, struct ts *out)
{
	struct ts t = { .proto = a->proto ? a->proto : b->proto };

	if (a->proto && b->proto && a->proto != b->proto)
		return false;
	t.lo = addr_cmp(&a->lo, &b->lo) > 0 ? a->lo : b->lo;
	t.hi = addr_cmp(&a->hi, &b->hi) < 0 ? a->hi : b->hi;
	if (addr_cmp(&t.lo, &t.hi) > 0)
		return false;
	if (ports_within(a, b) || ports_within(b, a)) {
		t.port_lo = ports_within(a, b) ? b->port_lo : a->port_lo;
		t.port_hi = ports_within(a, b) ? b->port_hi : a->port_hi;
	} else {
		t.port_lo = a->port_lo > b->port_lo ? a->port_lo : b->port_lo;
		t.port_hi = a->port_hi < b->port_hi ? a->port_hi : b->port_hi;
		if (is_opaque(a) || is_opaque(b) || t.port_lo > t.port_hi)
			return false;
	}
	*out = t;
	return true;
}

static bool has_partner(const struct ts *t, const struct ts_list *other)
{
	for (size_t i = 0; i < other->n; i++)
		if (!t->proto || !other->ts[i].proto || t->proto == other->ts[i].proto)
			return true;
	return false;
}

static struct ts_list with_partner(const struct ts_list *list, const struct ts_list *other)
{
	struct ts_list left = { 0 };

	for (size_t i = 0; i < list->n; i++)
		if (has_partner(&list->ts[i], other))
			left.ts[left.n++] = list->ts[i];
	return left;
}

bool ts_pair(struct ts_list *a, struct ts_list *b)
{
	struct ts_list left = with_partner(a, b);

	*b = with_partner(b, a);
	*a = left;
	return a->n && b->n;
}

void ts_narrow(const struct ts_list *own, const struct ts_list *offered, struct ts_list *out)
{
	struct ts_list list = { 0 };
	struct ts t;

	for (size_t i = 0; i < offered->n; i++)
		for (size_t k = 0; k < own->n && list.n < TS_MAX; k++)
			if (ts_cut(&offered->ts[i], &own->ts[k], &t) && !covered(&list, &t))
				list.ts[list.n++] = t;
	*out = list;
}
