/* Two daemons, the mobile node's and the home agent's, live through what a journey brings. */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <unistd.h>

#include "base/loop.h"
#include "unit/mip/duo.h"
#include "unit/unit.h"

static struct duo w;

static struct mn *carol(void)
{
	return duo_mn(&w);
}

static void assert_addr(const struct in6_addr *a, const char *text)
{
	assert_string_equal(addr_str(a), text);
}

static void open_registered(void)
{
	duo_open(&w);
	duo_run(&w, 5000);
	assert_int_equal(carol()->state, MN_REGISTERED);
	assert_int_equal(duo_binding(&w)->state, HB_VALID);
}

static void a_node_registers_through_a_key_exchange(void **state)
{
	const struct sent *bu, *lost, *ba;

	(void)state;
	open_registered();
	lost = duo_sent_mh(&w, MH_BU, 1);
	bu = duo_sent_mh(&w, MH_BU, 0);
	ba = duo_sent_mh(&w, MH_BA, 0);
	assert_int_equal(duo_count_mh(&w, MH_BU), 2);
	assert_true(lost->lost && !lost->esp); /* it raised the ACQUIRE */
	assert_true(bu->esp && bu->p.has_hao);
	assert_int_equal(bu->at_ms - lost->at_ms, 1500);
	assert_int_equal(bu->m.bu.seq, (uint16_t)(lost->m.bu.seq + 1));
	assert_int_equal(bu->m.bu.flags, BU_ACK | BU_HOME | BU_KEY);
	assert_addr(&bu->p.hao, COA);
	assert_addr(&bu->m.opt.alt_coa, COA);
	assert_true(ba->esp && ba->p.has_rh2);
	assert_addr(&ba->p.rh2, COA);
	assert_int_equal(ba->m.ba.status, BA_ACCEPTED);
	assert_int_equal(ba->m.ba.seq, bu->m.bu.seq);
	assert_int_equal(ba->m.ba.flags, BA_KEY);
	assert_int_equal(ba->at_ms - bu->at_ms, 1000); /* the probe of the home link */
	duo_close(&w);
}

/* The home address is marked as such and not probed; its packets look up table 252 first. */
static void assert_home_address_and_rules(const struct fake_rt *rt)
{
	static const uint32_t priorities[] = { 1001, 1002, 1002, 1003 };
	unsigned n = 0;

	for (size_t i = 0; i < rt->n_addrs; i++)
		if (!strcmp(addr_str(&rt->addrs[i].prefix.addr), HOA)) {
			assert_int_equal(rt->addrs[i].prefix.len, 128);
			assert_int_equal(rt->addrs[i].flags, IFA_F_HOMEADDRESS | IFA_F_NODAD);
			n++;
		}
	assert_int_equal(n, 1);
	assert_int_equal(rt->n_rules, 4);
	for (size_t i = 0; i < rt->n_rules; i++) {
		n = 0;
		for (size_t k = 0; k < 4; k++)
			n += rt->rules[k].priority == priorities[i];
		assert_int_equal(n, priorities[i] == 1002 ? 2 : 1);
		if (rt->rules[i].priority == 1001)
			assert_int_equal(rt->rules[i].table, 252);
	}
}

static void a_registered_node_has_address_tunnel_rules_and_policies(void **state)
{
	const struct fake_link *t;

	(void)state;
	open_registered();
	t = fake_rt_tunnel(&w.carol.rt);
	assert_addr(&t->local, COA);
	assert_addr(&t->remote, HA);
	assert_int_equal(fake_rt_has(&w.carol.rt, HOA), t->l.ifindex);
	assert_int_equal(w.carol.rt.n_routes, 1);
	assert_home_address_and_rules(&w.carol.rt);
	t = fake_rt_tunnel(&w.moon.rt);
	assert_addr(&t->local, HA);
	assert_addr(&t->remote, COA);
	assert_int_equal(w.moon.rt.n_proxies, 1);
	assert_int_equal(w.moon.announced, 3);
	assert_int_equal(w.moon.rt.n_routes, 2);
	assert_addr(&carol()->pair.end, COA);
	assert_addr(&duo_binding(&w)->sa_end, COA);
	duo_close(&w);
}

static void a_prefix_solicitation_follows_and_raises_the_tunnel(void **state)
{
	(void)state;
	open_registered();
	assert_int_equal(duo_count_icmp6(&w, ICMP6_MOB_PREFIX_SOLICIT), 1);
	assert_int_equal(duo_count_icmp6(&w, ICMP6_MOB_PREFIX_ADVERT), 0);
	duo_run(&w, 3000); /* the first was lost to the key exchange */
	assert_int_equal(duo_count_icmp6(&w, ICMP6_MOB_PREFIX_SOLICIT), 2);
	assert_int_equal(duo_count_icmp6(&w, ICMP6_MOB_PREFIX_ADVERT), 1);
	duo_run(&w, 60000);
	assert_int_equal(duo_count_icmp6(&w, ICMP6_MOB_PREFIX_SOLICIT), 2); /* answered */
	duo_close(&w);
}

static void no_payload_leaves_before_the_binding_stands(void **state)
{
	(void)state;
	duo_open(&w);
	assert_int_equal(duo_payload(&w.carol), -EPERM);
	duo_run(&w, 5000);
	assert_true(duo_payload(&w.carol) >= 0);
	duo_close(&w);
}

static void a_new_address_alone_moves_nobody(void **state)
{
	(void)state;
	open_registered();
	duo_add_address(&w, COA2 "/128");
	duo_run(&w, 5000);
	assert_addr(&carol()->place.coa, COA);
	assert_int_equal(duo_count_mh(&w, MH_BU), 2);
	duo_close(&w);
}

static void the_loss_of_the_care_of_address_moves_it(void **state)
{
	unsigned migrates;

	(void)state;
	open_registered();
	duo_run(&w, 5000);
	duo_add_address(&w, COA2 "/128");
	migrates = fake_xfrm_count(w.carol.xfrm, XFRM_MSG_MIGRATE);
	duo_del_address(&w, COA);
	assert_int_equal(fake_xfrm_count(w.carol.xfrm, XFRM_MSG_MIGRATE) - migrates, 4);
	assert_int_equal(carol()->state, MN_REGISTERED); /* one exchange, without a wait */
	assert_addr(&duo_binding(&w)->bc.coa, COA2);
	assert_addr(&duo_binding(&w)->sa_end, COA2);
	assert_addr(&fake_rt_tunnel(&w.carol.rt)->local, COA2);
	assert_addr(&fake_rt_tunnel(&w.moon.rt)->remote, COA2);
	assert_addr(&duo_sent_mh(&w, MH_BU, 0)->p.hao, COA2);
	assert_addr(&duo_sent_mh(&w, MH_BA, 0)->p.rh2, COA2);
	assert_int_equal(duo_payload(&w.carol), 0); /* the SAs came along */
	assert_int_equal(duo_payload(&w.moon), 0);
	assert_int_equal(fake_xfrm_n_sa(w.carol.xfrm), 4 + 3); /* ESP; two wildcards and hao */
	duo_close(&w);
}

static void payload_waits_while_the_node_has_no_care_of_address(void **state)
{
	(void)state;
	open_registered();
	duo_del_address(&w, COA);
	assert_int_equal(carol()->state, MN_MOVING);
	assert_int_equal(duo_payload(&w.carol), -EPERM);
	duo_run(&w, 2000);
	duo_add_address(&w, COA2 "/128");
	assert_int_equal(carol()->state, MN_REGISTERED);
	assert_true(duo_payload(&w.carol) >= 0);
	duo_close(&w);
}

static void a_lost_answer_is_asked_for_again(void **state)
{
	const struct sent *first, *second;

	(void)state;
	open_registered();
	duo_run(&w, 5000);
	duo_add_address(&w, COA2 "/128");
	w.lose = 2; /* the BU, and the next one */
	duo_del_address(&w, COA);
	duo_run(&w, 2000);
	assert_int_equal(carol()->state, MN_REGISTERING);
	assert_int_equal(duo_payload(&w.carol), -EPERM);
	duo_run(&w, 2000);
	assert_int_equal(carol()->state, MN_REGISTERED);
	first = duo_sent_mh(&w, MH_BU, 2);
	second = duo_sent_mh(&w, MH_BU, 1);
	assert_int_equal(second->at_ms - first->at_ms, 1000);
	assert_int_equal(duo_sent_mh(&w, MH_BU, 0)->at_ms - second->at_ms, 2000);
	assert_int_equal(second->m.bu.seq, (uint16_t)(first->m.bu.seq + 1));
	duo_close(&w);
}

static void without_any_answer_the_delay_grows_to_32_s(void **state)
{
	static const uint64_t delays[] = { 32000, 32000, 24000, 12000, 6000, 3000, 1500 };

	(void)state;
	duo_open(&w);
	w.lose = 1000;
	duo_run(&w, 120000);
	for (unsigned i = 0; i < sizeof(delays) / sizeof(delays[0]); i++)
		assert_int_equal(
			duo_sent_mh(&w, MH_BU, i)->at_ms - duo_sent_mh(&w, MH_BU, i + 1)->at_ms,
			delays[i]);
	assert_int_equal(duo_payload(&w.carol), -EPERM);
	w.lose = 0;
	duo_run(&w, 40000);
	assert_int_equal(carol()->state, MN_REGISTERED);
	duo_close(&w);
}

static void a_binding_is_refreshed_before_it_ends(void **state)
{
	uint32_t lifetime;

	(void)state;
	open_registered();
	lifetime = carol()->bul.lifetime;
	assert_int_equal(lifetime, 7200); /* that of the care-of address */
	duo_run(&w, lifetime * 950);
	assert_true(duo_count_mh(&w, MH_BU) >= 3);
	assert_int_equal(carol()->state, MN_REGISTERED);
	assert_true(bc_left(&duo_binding(&w)->bc) > 7000);
	duo_close(&w);
}

static void a_node_that_returns_deletes_its_binding(void **state)
{
	const struct sent *bu;

	(void)state;
	open_registered();
	duo_run(&w, 5000);
	duo_link(&w, false);
	duo_link(&w, true);
	duo_router(&w, "2001:1::/64", true);
	assert_int_equal(carol()->state, MN_HOME);
	bu = duo_sent_mh(&w, MH_BU, 0);
	assert_int_equal(bu->m.bu.lifetime, 0);
	assert_false(bu->p.has_hao);
	assert_true(bu->esp);
	assert_int_equal(bu->m.opt.has, 0);
	assert_false(duo_sent_mh(&w, MH_BA, 0)->p.has_rh2);
	assert_int_equal(fake_rt_has(&w.carol.rt, HOA), w.carol.eth0);
	assert_null(fake_rt_tunnel(&w.carol.rt));
	assert_null(fake_rt_tunnel(&w.moon.rt));
	assert_int_equal(w.moon.rt.n_proxies, 0);
	assert_int_equal(duo_binding(&w)->state, HB_DYING);
	assert_true(w.carol.announced > 0);
	assert_true(duo_count_icmp6(&w, ICMP6_NEIGH_SOLICIT) > 0);
	duo_run(&w, 11000);
	assert_null(duo_binding(&w));
	duo_close(&w);
}

static void a_node_that_leaves_again_takes_its_keys_along(void **state)
{
	size_t n_sa;

	(void)state;
	open_registered();
	duo_run(&w, 5000);
	n_sa = fake_xfrm_n_sa(w.carol.xfrm);
	duo_link(&w, false);
	duo_link(&w, true);
	duo_router(&w, "2001:1::/64", true);
	assert_int_equal(carol()->state, MN_HOME);
	duo_link(&w, false);
	duo_link(&w, true);
	duo_router(&w, "2001:2::/64", false);
	duo_add_address(&w, "2001:2::77/64");
	duo_run(&w, 3000);
	assert_int_equal(carol()->state, MN_REGISTERED);
	assert_addr(&duo_binding(&w)->bc.coa, "2001:2::77");
	assert_int_equal(fake_xfrm_n_sa(w.carol.xfrm), n_sa);
	assert_int_equal(duo_payload(&w.carol), 0); /* no new key exchange */
	duo_close(&w);
}

static void a_node_that_stops_says_good_bye(void **state)
{
	(void)state;
	open_registered();
	mip_stop(&w.carol.mip);
	duo_run(&w, 100);
	assert_true(w.carol.stopped);
	assert_int_equal(duo_sent_mh(&w, MH_BU, 0)->m.bu.lifetime, 0);
	assert_true(duo_sent_mh(&w, MH_BU, 0)->p.has_hao); /* it is still away */
	assert_int_equal(duo_binding(&w)->state, HB_DYING);
	assert_int_equal(duo_payload(&w.carol), -EPERM);
	duo_close(&w); /* and sees that nothing stays */
}

static void a_good_bye_without_an_answer_takes_a_second(void **state)
{
	(void)state;
	open_registered();
	w.lose = 1000;
	mip_stop(&w.carol.mip);
	duo_run(&w, 500);
	assert_false(w.carol.stopped);
	duo_run(&w, 600);
	assert_true(w.carol.stopped);
	duo_close(&w);
}

static void a_restarted_home_agent_takes_the_next_update(void **state)
{
	(void)state;
	open_registered();
	duo_run(&w, 5000);
	mip_down(&w.moon.mip);
	w.moon.mip.ha = (struct ha){ 0 };
	assert_int_equal(mip_up(&w.moon.mip), 0);
	duo_add_address(&w, COA2 "/128");
	duo_del_address(&w, COA);
	duo_run(&w, 4000);
	assert_int_equal(carol()->state, MN_REGISTERED);
	assert_addr(&duo_binding(&w)->bc.coa, COA2);
	duo_close(&w);
}

/* What a killed one left: its tunnel would be used without any policy. */
static void a_home_agent_that_was_killed_leaves_nothing_to_its_next_run(void **state)
{
	struct fake_rt left;

	(void)state;
	open_registered();
	left = w.moon.rt;
	assert_non_null(fake_rt_tunnel(&left));
	assert_true(left.n_routes == 2 && left.n_proxies == 1);
	mip_down(&w.moon.mip);
	w.moon.mip.ha = (struct ha){ 0 };
	left.n_rules = 0;
	w.moon.rt = left;
	assert_int_equal(mip_up(&w.moon.mip), 0);
	assert_null(fake_rt_tunnel(&w.moon.rt));
	assert_int_equal(w.moon.rt.n_routes, 0);
	assert_int_equal(w.moon.rt.n_proxies, 0);
	duo_close(&w);
}

static void a_mobile_node_that_was_killed_leaves_nothing_to_its_next_run(void **state)
{
	struct fake_rt left;

	(void)state;
	open_registered();
	left = w.carol.rt;
	left.rules[left.n_rules++] = (struct rt_rule){ .priority = 1002, .src = { .len = 8 } };
	mip_down(&w.carol.mip);
	w.carol.rt = left;
	assert_int_equal(mip_up(&w.carol.mip), 0);
	mip_down(&w.carol.mip);
	assert_int_equal(w.carol.rt.n_rules, 1); /* somebody else's */
	w.carol.rt.n_rules = 0;
	assert_int_equal(mip_up(&w.carol.mip), 0);
	duo_close(&w);
}

/* The configuration of moon with one line more. */
static struct mip_conf *moon_with(const char *line)
{
	struct conf_log log = { 0 };
	struct mip_conf *c = NULL;
	char path[] = "/tmp/mip6d-reload-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	dprintf(fd, "include \"" TOP "/harness/unit/mip/data/moon-alone.mip6d.conf\"\n%s\n", line);
	close(fd);
	assert_int_equal(mip_conf_load(path, &log, &c), 0);
	assert_int_equal(log.n_errors, 0);
	unlink(path);
	return c;
}

static void a_reload_changes_what_may_be_changed(void **state)
{
	const struct mip_conf *kept;

	(void)state;
	open_registered();
	mip_reload(&w.moon.mip, moon_with("HaMaxBindingLife 600; SendMobPfxAdvs disabled;"));
	assert_int_equal(w.moon.mip.env.conf->ha_max_binding_life, 600);
	duo_add_address(&w, COA2 "/128");
	duo_del_address(&w, COA);
	assert_int_equal(duo_sent_mh(&w, MH_BA, 0)->m.ba.lifetime, 600);
	assert_int_equal(carol()->bul.lifetime, 600);
	kept = w.moon.mip.env.conf;
	mip_reload(&w.moon.mip, moon_with("UseMnHaIPsec disabled;")); /* needs a restart */
	assert_ptr_equal(w.moon.mip.env.conf, kept);
	duo_close(&w);
}

static void a_correspondent_takes_no_home_registration(void **state)
{
	struct conf_log log = { 0 };
	size_t n_policies;

	(void)state;
	duo_open_at(&w, NULL);
	mip_down(&w.moon.mip);
	assert_int_equal(fake_xfrm_n_policy(w.moon.xfrm), 0);
	mip_conf_free(w.moon.mip.env.conf);
	assert_int_equal(mip_conf_load(NULL, &log, &w.moon.mip.env.conf), 0);
	assert_int_equal(mip_up(&w.moon.mip), 0);
	n_policies = fake_xfrm_n_policy(w.moon.xfrm);
	assert_int_equal(n_policies, 5); /* HAO in, MH, NS, NA and errors out */
	duo_add_address(&w, COA "/64");
	duo_run(&w, 5000);
	assert_null(duo_binding(&w));
	assert_int_equal(duo_sent_mh(&w, MH_BA, 0)->m.ba.status, BA_HOME_NOT_SUPPORTED);
	assert_true(w.moon.mip.env.counters[MC_REFUSED] > 0);
	assert_int_equal(fake_xfrm_n_policy(w.moon.xfrm), n_policies);
	duo_close(&w);
}

static void a_binding_that_cannot_be_set_up_leaves_nothing(void **state)
{
	size_t n_policies;

	(void)state;
	duo_open(&w);
	n_policies = fake_xfrm_n_policy(w.moon.xfrm);
	w.moon.rt.fail_type = RTM_NEWROUTE;
	w.moon.rt.fail_error = -ENOMEM;
	duo_run(&w, 5000);
	assert_int_equal(duo_sent_mh(&w, MH_BA, 0)->m.ba.status, BA_NO_RESOURCES);
	assert_null(duo_binding(&w));
	assert_null(fake_rt_tunnel(&w.moon.rt));
	assert_int_equal(w.moon.rt.n_proxies, 0);
	assert_int_equal(fake_xfrm_n_policy(w.moon.xfrm), n_policies);
	assert_int_equal(carol()->state, MN_REFUSED);
	assert_int_equal(duo_payload(&w.carol), -EPERM);
	w.moon.rt.fail_type = 0;
	duo_run(&w, 40000); /* tries again later */
	assert_int_equal(carol()->state, MN_REGISTERED);
	duo_close(&w);
}

static void a_home_address_in_use_is_refused(void **state)
{
	(void)state;
	duo_open(&w);
	duo_run(&w, 1600); /* the second update came, the probe is out */
	assert_int_equal(duo_binding(&w)->state, HB_DAD);
	duo_home_address_in_use(&w);
	assert_int_equal(duo_sent_mh(&w, MH_BA, 0)->m.ba.status, BA_DAD_FAILED);
	assert_null(duo_binding(&w));
	assert_int_equal(carol()->state, MN_REFUSED);
	assert_int_equal(w.moon.announced, 0);
	duo_close(&w);
}

static void lost_events_are_made_up_for_by_reading_all_again(void **state)
{
	(void)state;
	open_registered();
	fake_rt_addr(&w.carol.rt, w.carol.eth0, COA2 "/128"); /* nobody hears of it */
	fake_rt_addr_del(&w.carol.rt, COA);
	where_lost(&w.carol.mip.where);
	duo_run(&w, 100);
	assert_addr(&duo_binding(&w)->bc.coa, COA2);
	duo_close(&w);
}

static void with_the_interface_goes_the_care_of_address(void **state)
{
	struct rt_event ev = { .kind = RE_LINK_DEL };

	(void)state;
	open_registered();
	ev.link.ifindex = w.carol.eth0;
	where_event(&ev, &w.carol.mip.where);
	assert_int_equal(carol()->state, MN_MOVING);
	assert_int_equal(duo_payload(&w.carol), -EPERM);
	ev = (struct rt_event){ .kind = RE_LINK, .link = w.carol.rt.links[0].l };
	where_event(&ev, &w.carol.mip.where);
	duo_add_address(&w, COA2 "/64");
	assert_int_equal(carol()->state, MN_REGISTERED);
	duo_close(&w);
}

static void a_home_agent_follows_its_own_addresses(void **state)
{
	struct rt_event ev = { .kind = RE_ADDR_DEL };
	struct in6_addr hoa;

	(void)state;
	duo_open_at(&w, NULL);
	assert_int_equal(addr_parse(HOA, &hoa), 0);
	ev.addr = fake_rt_addr_del(&w.moon.rt, HA);
	ha_rt_event(&ev, &w.moon.mip.ha);
	assert_int_equal(w.moon.mip.ha.n_prefixes, 0);
	ev.kind = RE_ADDR;
	ev.addr = fake_rt_addr(&w.moon.rt, w.moon.eth0, HA "/64");
	ha_rt_event(&ev, &w.moon.mip.ha);
	assert_int_equal(w.moon.mip.ha.n_prefixes, 1);
	ev = (struct rt_event){ .kind = RE_LINK, .link = w.moon.rt.links[0].l };
	ev.link.mac[5] = 0x77;
	ha_rt_event(&ev, &w.moon.mip.ha);
	assert_int_equal(w.moon.mip.ha.links[0].mac[5], 0x77);
	duo_close(&w);
}

static void without_a_good_bye_a_stop_is_immediate(void **state)
{
	(void)state;
	open_registered();
	w.carol.mip.env.conf->deregister_at_stop = false;
	mip_stop(&w.carol.mip);
	duo_run(&w, 10);
	assert_true(w.carol.stopped);
	assert_int_equal(duo_binding(&w)->state, HB_VALID);
	assert_int_equal(duo_payload(&w.carol), -EPERM);
	duo_close(&w);
}

UNIT_MAIN(T(a_reload_changes_what_may_be_changed, ""),
	T(a_correspondent_takes_no_home_registration, "C-040"),
	T(a_node_registers_through_a_key_exchange, "C-041 C-043 C-061 C-062 C-063"),
	T(a_registered_node_has_address_tunnel_rules_and_policies, "C-044 C-045 C-060 D-041 D-042"),
	T(a_prefix_solicitation_follows_and_raises_the_tunnel, "C-051 C-075"),
	T(no_payload_leaves_before_the_binding_stands, "C-065! F-021"),
	T(a_new_address_alone_moves_nobody, "C-073! C-066!"),
	T(the_loss_of_the_care_of_address_moves_it, "C-066 C-073 D-040"),
	T(payload_waits_while_the_node_has_no_care_of_address, "C-065"),
	T(a_lost_answer_is_asked_for_again, "C-061 C-062"),
	T(without_any_answer_the_delay_grows_to_32_s, "C-062"),
	T(a_binding_is_refreshed_before_it_ends, "C-064"),
	T(a_node_that_returns_deletes_its_binding, "C-047 C-053 C-071 D-044!"),
	T(a_node_that_leaves_again_takes_its_keys_along, "C-071"),
	T(a_node_that_stops_says_good_bye, "C-077 F-021"),
	T(a_good_bye_without_an_answer_takes_a_second, "C-077"),
	T(a_binding_that_cannot_be_set_up_leaves_nothing, "C-042! D-012! D-043!"),
	T(a_home_address_in_use_is_refused, "C-041! C-042!"),
	T(lost_events_are_made_up_for_by_reading_all_again, "C-073 D-047!"),
	T(with_the_interface_goes_the_care_of_address, "C-065 C-072"),
	T(a_home_agent_follows_its_own_addresses, "C-040 D-047"),
	T(without_a_good_bye_a_stop_is_immediate, "C-077! F-021"),
	T(a_restarted_home_agent_takes_the_next_update, "C-049"),
	T(a_mobile_node_that_was_killed_leaves_nothing_to_its_next_run, "C-131"),
	T(a_home_agent_that_was_killed_leaves_nothing_to_its_next_run, "C-049 F-009 F-021"))
