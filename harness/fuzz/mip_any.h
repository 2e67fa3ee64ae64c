/*
 * mip_any - steps of an input at carol and moon (unit/mip/duo.h): what the peer says, what the link
 *           does, how time goes by.
 *
 * Shapes:  an input is read octet by octet (fuzz/run.h).
 * Errors:  aborts, as a finding would.
 * Source:  none.
 */
#pragma once

#include "base/log.h"
#include "fuzz/run.h"
#include "mip/net/be.h"
#include "unit/mip/duo.h"
#include "unit/unit.h"

enum { ANY_STEPS = 64, ANY_OCTETS = 160, ANY_CHUNK_MS = 300000 };

/*
 * What the target may do in a virtual second that nobody asked for: three updates (MAX_UPDATE_RATE,
 * of which two budgets touch one second) with a refresh and a repetition, and as many packets and
 * lines as its timers account for. What it hears allows more: an answer and a few lines each; a
 * binding update only if it says that the node has moved or that an update was refused.
 */
enum { ANY_UPDATES = 2 * 3 + 2, ANY_PACKETS = 8, ANY_LINES = 32, ANY_LINES_EACH = 4 };

struct any_second {
	uint64_t at;
	unsigned updates, packets, lines, heard, moves;
};

struct any {
	struct run in;
	struct duo w;
	struct side *target;
	struct in6_addr own, peer, hoa, coa;
	struct any_second sends, log; /* lines count at once, packets when all has come to rest */
};

#define ANY_CHECK(fact)                                                                            \
	do {                                                                                       \
		if (!(fact)) {                                                                     \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #fact);         \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static inline struct any_second *any_second(struct any_second *s, uint64_t ms)
{
	if (s->at != ms / 1000)
		*s = (struct any_second){ .at = ms / 1000 };
	return s;
}

static inline void any_heard_at(struct any *a, uint64_t ms, bool moves)
{
	any_second(&a->log, ms)->heard++;
	any_second(&a->sends, ms)->heard++;
	a->sends.moves += moves;
}

/* The target hears something; `moves`: a mobile node may say at once what it means for it. */
static inline void any_heard(struct any *a, bool moves)
{
	any_heard_at(a, loop_now(), moves);
}

static inline bool any_is_refusal(const struct mh *m)
{
	return m->type == MH_BA && m->ba.status >= BA_UNSPECIFIED;
}

static inline void any_line(void *arg, const char *line)
{
	struct any *a = arg;
	struct any_second *s = any_second(&a->log, loop_now());

	(void)line;
	ANY_CHECK(++s->lines <= ANY_LINES + ANY_LINES_EACH * s->heard);
}

/* Books of what has been sent since the last look. */
static inline void any_rates(struct any *a)
{
	for (size_t i = 0; i < a->w.n_sent; i++) {
		const struct sent *p = &a->w.sent[i];
		struct any_second *s = any_second(&a->sends, p->at_ms);

		if (p->from != a->target) {
			any_heard_at(a, p->at_ms, p->is_mh && any_is_refusal(&p->m));
			continue;
		}
		s->packets += p->result == 0;
		s->updates += p->result == 0 && p->is_mh && p->m.type == MH_BU;
		ANY_CHECK(s->packets <= ANY_PACKETS + s->heard);
		ANY_CHECK(s->updates <= ANY_UPDATES + s->moves);
	}
	a->w.n_sent = 0;
}

static inline uint8_t any_u8(struct any *a)
{
	return run_u8(&a->in);
}

static inline uint16_t any_u16(struct any *a)
{
	uint8_t high = any_u8(a);

	return (uint16_t)(high << 8 | any_u8(a));
}

/* Every address that may mean something, and some that mean nothing. */
static inline struct in6_addr any_addr(struct any *a)
{
	static const char *const rows[] = { HOA, HA, COA, COA2, "2001:1::", "2001:1::66",
		"2001:1::fdff:ffff:ffff:fffe", "::", "::1", "fe80::1", "fe80::fe", "ff02::1",
		"::ffff:1.2.3.4", "2001:5::5", "fd00::1", "2001:2::40" };
	struct in6_addr out;

	addr_parse(rows[any_u8(a) % (sizeof(rows) / sizeof(rows[0]))], &out);
	return out;
}

static inline void any_options(struct any *a, struct mh *m)
{
	uint8_t how = any_u8(a);

	if (how & 1) {
		m->opt.has |= MHO_BIT(MHO_ALT_COA);
		m->opt.alt_coa = how & 2 ? any_addr(a) : a->coa;
	}
	if (how & 4) {
		m->opt.has |= MHO_BIT(MHO_REFRESH);
		m->opt.refresh = any_u16(a) * 4u;
	}
	if (how & 8)
		m->opt.has |= MHO_BIT(MHO_AUTH);
	if (how & 16) {
		m->opt.has |= MHO_BIT(MHO_NONCES);
		m->opt.home_nonce = any_u16(a);
	}
}

/* As a peer sends it: protected, from and to the addresses that fit, or nearly so. */
static inline struct mip_packet any_packet(struct any *a, uint8_t how)
{
	struct mip_packet p = { .src = a->peer,
		.dst = a->own,
		.hop_limit = how & 1 ? 64 : 255,
		.ifindex = a->target->eth0 };

	if (how & 2)
		p.src = any_addr(a);
	if (how & 4)
		p.dst = any_addr(a);
	p.has_hao = how & 8;
	p.hao = how & 16 ? any_addr(a) : a->coa;
	p.has_rh2 = how & 32;
	p.rh2 = a->coa;
	return p;
}

static inline uint16_t any_seq(struct any *a)
{
	const struct ha_binding *b = duo_binding(&a->w);
	uint16_t near = a->target == &a->w.moon ? (b ? b->bc.seq : 0) : duo_mn(&a->w)->bul.seq;
	uint8_t how = any_u8(a);

	return how & 0x80 ? any_u16(a) : (uint16_t)(near + how % 8 - 2);
}

static inline void any_mh(struct any *a)
{
	struct mip_packet p = any_packet(a, any_u8(a));
	struct mh m = { .type = (enum mh_type)(any_u8(a) % MH_TYPES) };
	uint8_t buf[MH_MAX];
	ssize_t n;

	if (m.type == MH_BU)
		m.bu = (struct mh_bu){ any_seq(a), any_u16(a), any_u16(a) * 4u };
	else if (m.type == MH_BA)
		m.ba = (struct mh_ba){ any_u8(a), any_u8(a), any_seq(a), any_u16(a) * 4u };
	else if (m.type == MH_BE)
		m.be = (struct mh_be){ any_u8(a), any_addr(a) };
	any_options(a, &m);
	n = mh_write(&m, &p.src, &p.dst, buf, sizeof(buf));
	if (n < 0)
		return;
	p.data = BYTES(buf, n);
	any_heard(a, any_is_refusal(&m));
	recv_mh(&p, &a->target->mip);
}

static inline size_t any_octets(struct any *a, uint8_t *buf)
{
	size_t n = any_u8(a) % ANY_OCTETS;

	for (size_t i = 0; i < n; i++)
		buf[i] = any_u8(a);
	return n;
}

/* Octets with the right checksum. */
static inline void any_raw_mh(struct any *a)
{
	struct mip_packet p = any_packet(a, any_u8(a));
	uint8_t buf[ANY_OCTETS];
	size_t n = any_octets(a, buf), len;
	uint16_t sum;

	if (n > 5) {
		len = ((size_t)buf[1] + 1) * MH_UNIT;
		buf[4] = buf[5] = 0;
		sum = mh_checksum(&p.src, &p.dst, BYTES(buf, len < n ? len : n));
		buf[4] = (uint8_t)(sum >> 8);
		buf[5] = (uint8_t)sum;
	}
	p.data = BYTES(buf, n);
	any_heard(a, n > 6 && buf[2] == MH_BA && buf[6] >= BA_UNSPECIFIED);
	recv_mh(&p, &a->target->mip);
}

static inline void any_icmp6(struct any *a)
{
	static const uint8_t types[] = { 4, 134, 144, 145, 146, 147 };
	struct mip_packet p = any_packet(a, any_u8(a));
	uint8_t buf[ANY_OCTETS + 8] = { types[any_u8(a) % sizeof(types)] }, id = any_u8(a);
	size_t n = any_octets(a, buf + 8) + 8;
	const struct mn *mn = duo_mn(&a->w);

	buf[4] = (uint8_t)((id & 1 ? mn->mps_id : mn->seek.id) >> 8);
	buf[5] = (uint8_t)(id & 1 ? mn->mps_id : mn->seek.id);
	if (id & 4)
		buf[4] = any_u8(a);
	p.data = BYTES(buf, n);
	any_heard(a, buf[0] == ICMP6_ROUTER_ADVERT);
	recv_icmp6(&p, &a->target->mip);
}

/* An advertisement that is believed: home or foreign, of any lifetime. */
static inline void any_ra(struct any *a)
{
	static const uint32_t lives[] = { 0, 1, 60, 7199, 7201, 90000, UINT32_MAX - 1, UINT32_MAX };
	static const char *const prefixes[] = { "2001:1::", "2001::", "2001:2::", "fd00::" };
	struct mip_packet p = { .hop_limit = 255, .ifindex = a->target->eth0 };
	uint8_t buf[48], how = any_u8(a);
	struct wr out = WR_OF(buf);
	struct in6_addr prefix;

	addr_parse("fe80::fe", &p.src);
	p.src.s6_addr[14] = how >> 7;
	addr_parse(prefixes[how & 3], &prefix);
	wr_u8(&out, ICMP6_ROUTER_ADVERT);
	wr_zero(&out, 5);
	wr_u16(&out, how & 4 ? 0 : 1800);
	wr_zero(&out, 8);
	wr_u8(&out, 3);
	wr_u8(&out, 4);
	wr_u8(&out, how & 8 ? any_u8(a) : 64);
	wr_u8(&out, 0xc0);
	wr_u32(&out, lives[how >> 4 & 7]);
	wr_u32(&out, lives[any_u8(a) & 7]);
	wr_u32(&out, 0);
	wr_in6(&out, prefix);
	p.data = wr_view(&out);
	any_heard(a, true);
	recv_icmp6(&p, &a->target->mip);
}

static inline void any_settle(struct any *a)
{
	do {
		any_rates(a);
		duo_run(&a->w, 0);
	} while (a->w.n_queue);
	any_rates(a);
}

static inline void any_time(struct any *a)
{
	uint64_t ms = (uint64_t)1 << any_u8(a) % 24;

	while (ms) {
		uint64_t now = ms < ANY_CHUNK_MS ? ms : ANY_CHUNK_MS;

		loop_advance(now);
		any_settle(a);
		ms -= now;
	}
}

/* The two are up, and carol is bound. */
static inline void any_open(struct any *a, const uint8_t *data, size_t n)
{
	run_drawn = 1;
	if (log_open("fuzz", LOG_STYLE_PLAIN, "/dev/null", false) < 0)
		abort();
	*a = (struct any){ .in = { data, n } };
	addr_parse(HOA, &a->hoa);
	addr_parse(COA, &a->coa);
	duo_open(&a->w);
	log_tap(any_line, a);
	for (int i = 0; i < 50; i++) {
		loop_advance(100);
		any_settle(a);
	}
	if (duo_mn(&a->w)->state != MN_REGISTERED || !duo_binding(&a->w))
		abort();
}

/* All that a step set off comes to rest before the books are looked at. */
#define ANY_RUN(steps, check, a)                                                                   \
	do {                                                                                       \
		RUN(&(a)->in, ANY_STEPS, steps, a, (any_settle(a), check(a)));                     \
		log_tap(NULL, NULL);                                                               \
		duo_close(&(a)->w);                                                                \
	} while (0)
