#include <linux/if_addr.h>
#include <net/if.h>

#include "unit/unit.h"
#include "unit/mip/stage_rt.h"

static const struct in6_addr router = { .s6_addr = { 0xfe, 0x80, [15] = 0xfe } };

void stage_addr(struct stage *w, const char *prefix, uint32_t flags, bool gone)
{
	struct rt_event ev = { .kind = gone ? RE_ADDR_DEL : RE_ADDR };

	ev.addr = (struct rt_addr){
		.ifindex = ETH0, .flags = flags, .valid_s = UINT32_MAX, .preferred_s = UINT32_MAX
	};
	assert_int_equal(prefix_parse(prefix, &ev.addr.prefix), 0);
	where_event(&ev, &w->mip.where);
}

void stage_link(struct stage *w, bool up)
{
	stage_carrier(w, up, 0);
}

void stage_carrier(struct stage *w, bool up, uint32_t changes)
{
	struct rt_event ev = { .kind = RE_LINK };

	ev.link = (struct rt_link){ .ifindex = ETH0, .name = "eth0" };
	memcpy(ev.link.mac, stage_mac, sizeof(ev.link.mac));
	ev.link.flags = up ? IFF_UP | IFF_RUNNING : IFF_UP;
	ev.link.carrier_changes = changes;
	where_event(&ev, &w->mip.where);
}

/* RFC 4861 sections 4.2, 4.6.2 */
void stage_ra_on(struct stage *w, const char *prefix, int ifindex)
{
	uint8_t buf[64];
	struct wr out = WR_OF(buf);
	struct prefix p;
	struct mip_packet packet = { .src = router, .ifindex = ifindex, .hop_limit = 255 };

	assert_int_equal(prefix_parse(prefix, &p), 0);
	wr_u8(&out, ICMP6_ROUTER_ADVERT);
	wr_zero(&out, 5);
	wr_u16(&out, 1800);
	wr_zero(&out, 8);
	wr_u8(&out, 3);
	wr_u8(&out, 4);
	wr_u8(&out, p.len);
	wr_u8(&out, 0xc0);
	wr_u32(&out, 12000);
	wr_u32(&out, 10000);
	wr_u32(&out, 0);
	wr_in6(&out, p.addr);
	packet.data = wr_view(&out);
	recv_icmp6(&packet, &w->mip);
}

void stage_ra(struct stage *w, const char *prefix)
{
	stage_ra_on(w, prefix, ETH0);
}

static void deliver(struct stage *w, const struct mh *m, struct mip_packet *p)
{
	uint8_t buf[MH_MAX];
	ssize_t n = mh_write(m, &p->src, &p->dst, buf, sizeof(buf));

	assert_true(n > 0);
	p->data = BYTES(buf, (size_t)n);
	recv_mh(p, &w->mip);
}

static void answer(struct stage *w, const struct in6_addr *ha, const struct mh_ba *ba, bool rh2)
{
	struct mip_packet p = { .src = *ha, .dst = HOA, .has_rh2 = rh2, .ifindex = ETH0 };
	struct mh m = { .type = MH_BA, .ba = *ba };

	m.ba.flags = w->without_k ? 0 : BA_KEY;
	deliver(w, &m, &p);
}

void stage_ba_seq(struct stage *w, uint8_t status, uint32_t lifetime, uint16_t seq, bool rh2)
{
	struct mh_ba ba = { .status = status, .seq = seq, .lifetime = lifetime };

	answer(w, &HA, &ba, rh2);
}

void stage_ba_of(struct stage *w, const struct in6_addr *ha, uint8_t status)
{
	struct mh_ba ba = { .status = status, .seq = w->last.bu.seq };

	answer(w, ha, &ba, true);
}

void stage_ba(struct stage *w, uint8_t status, uint32_t lifetime)
{
	stage_ba_seq(w, status, lifetime, w->last.bu.seq, w->mip.nodes->away);
}

void stage_brr(struct stage *w, bool rh2)
{
	struct mip_packet p = { .src = HA, .dst = HOA, .has_rh2 = rh2, .ifindex = ETH0 };
	struct mh m = { .type = MH_BRR };

	deliver(w, &m, &p);
}

void stage_be(struct stage *w, uint8_t status, const struct in6_addr *from)
{
	struct mip_packet p = { .src = *from, .dst = COA, .ifindex = ETH0 };
	struct mh m = { .type = MH_BE, .be = { .status = status, .hoa = HOA } };

	deliver(w, &m, &p);
}

void stage_bu_of(struct stage *w, const struct in6_addr *hoa, const struct mh_bu *bu,
	const char *hao, const char *alternate)
{
	struct mip_packet p = { .src = *hoa, .dst = HA, .ifindex = ETH0 };
	struct mh m = { .type = MH_BU, .bu = *bu };

	if (hao) {
		assert_int_equal(addr_parse(hao, &p.hao), 0);
		p.has_hao = true;
	}
	if (alternate) {
		m.opt.has = MHO_BIT(MHO_ALT_COA);
		assert_int_equal(addr_parse(alternate, &m.opt.alt_coa), 0);
	}
	deliver(w, &m, &p);
}

void stage_bu(struct stage *w, uint16_t seq, uint16_t flags, uint32_t lifetime, const char *coa)
{
	struct mh_bu bu = { .seq = seq, .flags = flags, .lifetime = lifetime };

	stage_bu_of(w, &HOA, &bu, coa, coa);
}
