"""rows - one change each that breaks a requirement, and the test that must turn red.

    Mutant("A-021", "src/ike/xchg.c", OLD, NEW, "ike/test_pair_loss.the_second_answer…")

The old text stands exactly once in the file. The test is MODULE/test_X.NAME of the unit tests, a
pytest node below harness/bed_tests, or scenario:NAME.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    id: str
    file: str
    old: str
    new: str
    test: str


ROWS = (
    Mutant("A-021", "src/ike/xchg.c",
           "memcmp(sha1, sa->seen, sizeof(sha1)) != 0)\n\t\treturn false;",
           "memcmp(sha1, sa->seen, sizeof(sha1)) == 0)\n\t\treturn false;",
           "ike/test_pair_loss.the_second_answer_is_the_first_one"),
    Mutant("A-044", "src/ike/prop.c",
           "if (!tf->alg || !has_tf(o, tf) || *suite_slot",
           "if (!tf->alg || *suite_slot",
           "ike/test_prop.an_answer_must_be_what_was_offered"),
    Mutant("A-045", "src/ike/nego.c",
           "group != now && prop_has_group(own, group) && alg_find",
           "group != now && alg_find",
           "ike/test_pair_hostile.forged_errors_change_nothing"),
    Mutant("A-060", "src/crypto/sk.c",
           "if (mac_check(k->integ,",
           "if (body > 0xffff && mac_check(k->integ,",
           "ike/test_pair_hostile.a_changed_bit_is_dropped"),
    Mutant("A-129", "src/ike/child_kernel.c",
           "if (rc == 0 && spi_taken(d, key.spi)) {",
           "if (rc == 0 && !key.spi && spi_taken(d, key.spi)) {",
           "ike/test_child_kernel.an_spi_of_another_destination_is_drawn_again"),
    Mutant("A-230", "src/ike/x_rekey.c",
           "t->kind == X_REKEY_SA && t->their_sa.to;",
           "t->kind == X_REKEY_SA && t->their_sa.to && !t->collided;",
           "ike/test_pair_peer.an_ike_sa_is_replaced_by_one_of_the_peers_only"),
    Mutant("A-231", "src/ike/child.c",
           "c->state != CHILD_NEW && c->spi_in && c->spi_out",
           "c->spi_in || c->spi_out",
           "ike/test_pair_peer.a_child_sa_that_is_being_made_is_not_found"),
    Mutant("A-232", "src/ike/notify.c",
           "{ N_COOKIE, BOTH(X_INIT) },",
           "{ N_COOKIE, BOTH(X_INIT) | ANSWER(X_REKEY_SA) },",
           "ike/test_notify.what_decides_something_decides_it_in_its_exchange_only"),
    Mutant("A-232", "src/ike/pld_notify.c",
           "m->notify[i].type == type && !m->notify[i].stray",
           "m->notify[i].type == type",
           "ike/test_pair_peer.an_answer_of_another_exchange_is_none"),
    Mutant("B-042", "src/ike/trap.c",
           "if (peer->has_km && !trap_is_shared(t)) {",
           "if (peer->has_km && trap_is_shared(t)) {",
           "ike/test_pair_move.a_kmaddress_before_any_ike_sa_is_remembered"),
    Mutant("B-080", "src/ike/nego_ts.c",
           "ts_narrow(&remote, &in->tsi, &out->remote);",
           "out->remote = in->tsi;",
           "ike/test_pair_auth.a_stolen_home_address_is_unacceptable"),
    Mutant("C-041", "src/mip/ha.c",
           "ha_answer(ha, &late, BA_DAD_FAILED, e->seq, 0);",
           "ha_answer(ha, &late, BA_ACCEPTED, e->seq, e->lifetime);",
           "mip/test_ha.an_address_that_somebody_has_is_refused"),
    Mutant("C-048", "src/mip/ha.c",
           "env_count(ha->env, MC_REFUSED);\n\t\tlog_mip(1,",
           "run(ha, HE_DELETE, &bu, bu.e);\n\t\tlog_mip(1,",
           "mip/test_ha.a_refused_update_leaves_the_binding_alone"),
    Mutant("C-061", "src/mip/mn.c",
           "\tb->seq++;\n",
           "\tb->seq += !b->waiting;\n",
           "mip/test_mip.a_lost_answer_is_asked_for_again"),
    Mutant("D-020", "src/mip/mn_life.c",
           "mn->pair.end = mn->pair.hoa;",
           "mn->pair.end = mn->pair.ha;",
           "mip/test_mip.before_the_first_care_of_address_the_tunnel_ends_at_home"),
    Mutant("F-021", "src/mip/mn_life.c",
           "\tmn_net_none(mn);\n\tseek_forget(mn);\n",
           "\tseek_forget(mn);\n\tmn_net_none(mn);\n",
           "mip/test_mn.a_stop_says_good_bye_and_leaves_nothing"),
    Mutant("C-070", "src/mip/mn_asked.c",
           "|| p->has_rh2 != mn->away)",
           "|| p->has_rh2 == mn->away)",
           "mip/test_mn_asked.a_refresh_request_of_the_home_agent_is_answered"),
    Mutant("C-074", "src/mip/mn_seek.c",
           "(!c->use_mn_ha_ipsec || mip_conf_signalling(c, &mn->pair.hoa, agent))",
           "c",
           "mip/test_mn_seek.a_reply_to_another_question_is_ignored"),
    Mutant("F-009", "src/mip/ha.c",
           "\t\tha_forget_old(ha);\n",
           "\t\tha->env = env;\n",
           "mip/test_mip.a_home_agent_that_was_killed_leaves_nothing_to_its_next_run"),
    Mutant("F-023", "src/mip/mn_problem.c",
           "return problem->seq == mn->bul->seq;",
           "return true;",
           "mip/test_mn_asked.only_a_complaint_about_the_update_under_way_counts"),
    Mutant("F-025", "src/ike/child_kernel.c",
           ".soft_packets = c->soft_s ? SOFT_PACKETS : 0,",
           ".soft_packets = 0,",
           "ike/test_acquire.an_sa_is_replaced_long_before_its_sequence_numbers_are_used_up"),
    Mutant("C-066", "src/mip/mn_reg.c",
           "\tsp_hao_set(mn->env, &mn->pair, &mn->place.coa);\n",
           "",
           "scenario:coa-change"),
    Mutant("D-010", "harness/bed/check/things.py",
           '"reqid": HIDDEN if "reqid" in state.hidden else str(state.reqid),\n',
           "",
           "harness/bed_tests/test_golden.py::test_a_changed_fact_of_the_dump_is_named"),
    Mutant("D-026", "harness/bed/check/canon.py",
           "for s in dump.states if whole or not s.larval]",
           "for s in dump.states if whole or not s.larval and not s.wildcard]",
           "harness/bed_tests/test_canon.py"
           "::test_only_larval_states_and_policies_of_sockets_are_left_out"),
    Mutant("F-020", "harness/bed/decode/cleartext.py",
           "if layer.src == hoa:",
           "if layer.src == hoa and not depth:",
           "harness/bed_tests/test_cleartext.py::test_the_home_address_in_the_clear_is_found"),
)
