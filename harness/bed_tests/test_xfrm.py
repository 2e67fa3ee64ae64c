"""What `ip xfrm` prints is read whole: every fact kept, every counter left out, nothing guessed."""

from dataclasses import replace

import pytest

from harness.bed.check import evidence
from harness.bed.decode.facts import Algorithm, Policy, Selector, State, Template, plain
from harness.bed.decode.xfrm import DumpError, parse_dump
from harness.bed_tests import samples

STATE = """\
src 2001::50 dst 2001:1::1
	proto esp spi 0xc190d5ba reqid 2 mode tunnel
	replay-window 32 flag af-unspec
	auth-trunc hmac(sha1) 0x672c1ea4359956c6a3b869b388b424b7058eee02 96
	enc cbc(aes) 0xaaf5be1d604e64028d4e0a41f0d92b56
"""
STATE_FACTS = State(
    "2001::50", "2001:1::1", "esp", "0xc190d5ba", 2, "tunnel", 32, ("af-unspec",),
    (Algorithm("auth", "hmac(sha1)", "0x672c1ea4359956c6a3b869b388b424b7058eee02", 96),
     Algorithm("enc", "cbc(aes)", "0xaaf5be1d604e64028d4e0a41f0d92b56")))
STATE_WITH_STATISTICS = """\
src 2001::50 dst 2001:1::1
	proto esp spi 0xc190d5ba(3247494586) reqid 2(0x00000002) mode tunnel
	replay-window 32 seq 0x00000000 flag af-unspec (0x00100000)
	auth-trunc hmac(sha1) 0x672c1ea4359956c6a3b869b388b424b7058eee02 (160 bits) 96
	enc cbc(aes) 0xaaf5be1d604e64028d4e0a41f0d92b56 (128 bits)
	lastused 2026-11-23 10:46:06
	anti-replay context: seq 0x3, oseq 0x0, bitmap 0x00000007
	lifetime config:
	  limit: soft (INF)(bytes), hard (INF)(bytes)
	  limit: soft (INF)(packets), hard (INF)(packets)
	  expire add: soft 1000(sec), hard 1200(sec)
	  expire use: soft 0(sec), hard 0(sec)
	lifetime current:
	  336(bytes), 3(packets)
	  add 2026-11-23 10:46:06 use 2026-11-23 10:46:06
	stats:
	  replay-window 0 replay 0 failed 0
"""
POLICY = """\
src 2001:1::10/128 dst 2001:1::1/128 proto mobility-header type 5
	dir out action block priority 2 ptype sub
	tmpl src 2001:1::10 dst 2001:1::1
		proto hao reqid 0 mode ro
		level use
"""
POLICY_FACTS = Policy(
    Selector("2001:1::10/128", "2001:1::1/128", "mobility-header", 5), "out", 2, "sub", "block",
    (Template("2001:1::10", "2001:1::1", "hao", 0, "ro", "use"),))
POLICY_WITH_STATISTICS = """\
src 2001:1::10/128 dst 2001:1::1/128 proto 135 type 5 uid 0
	dir out action block index 33 priority 2 ptype sub share any flag  (0x00000000)
	lifetime config:
	  limit: soft (INF)(bytes), hard (INF)(bytes)
	  limit: soft (INF)(packets), hard (INF)(packets)
	  expire add: soft 0(sec), hard 0(sec)
	  expire use: soft 0(sec), hard 0(sec)
	lifetime current:
	  0(bytes), 0(packets)
	  add 2026-11-25 18:07:00 use -
	tmpl src 2001:1::10 dst 2001:1::1
		proto hao spi 0x00000000(0) reqid 0(0x00000000) mode ro
		level use share any 
		enc-mask ffffffff auth-mask ffffffff comp-mask ffffffff
"""


@pytest.mark.parametrize("text, facts", [
    (STATE, STATE_FACTS),
    (STATE_WITH_STATISTICS, STATE_FACTS),
    (" ".join(STATE.split()), STATE_FACTS),
    (STATE.replace("flag af-unspec", "flag 20"), STATE_FACTS),
    (STATE.replace("auth-trunc", "auth").replace("eee02 96", "eee02"), STATE_FACTS),
    (STATE.replace("proto esp", "proto 50"), STATE_FACTS),
    (STATE.replace("2001::50", "2001:0:0::50"), STATE_FACTS),
])
def test_a_state_has_the_same_facts_in_every_spelling(text, facts):
    assert plain(parse_dump(text)).states == [facts]


@pytest.mark.parametrize("text", [
    POLICY, POLICY_WITH_STATISTICS, " ".join(POLICY.split()),
    POLICY.replace("mobility-header", "135"),
])
def test_a_policy_has_the_same_facts_in_every_spelling(text):
    assert plain(parse_dump(text)).policies == [POLICY_FACTS]


def test_statistics_of_a_real_kernel_add_limits_and_masks_only():
    bare, full = (parse_dump((evidence.GIVEN / f"statistics/{name}.txt").read_text())
                   for name in ("plain", "full"))
    assert plain(full) == bare
    assert all(one.detailed and one.limits for one in (*full.states, *full.policies))
    assert [s.limits.hard_add for s in full.states if s.larval] == [30]
    assert (len(full.states), len(full.policies)) == (7, 6)
    assert [s.larval for s in full.states].count(True) == 1


def test_counters_can_be_asked_for_but_make_no_difference():
    state, = parse_dump(STATE_WITH_STATISTICS).states
    assert (state.seq, state.oseq) == (3, 0)
    assert state == replace(state, seq=9, oseq=9)


def test_an_esn_state_shows_the_window_of_its_esn_context():
    text = STATE.replace("replay-window 32 flag af-unspec", "replay-window 0 flag af-unspec esn")
    text += """\
	anti-replay esn context:
	 seq-hi 0x0, seq 0x1, oseq-hi 0x0, oseq 0x0
	 replay_window 64, bitmap-length 2
	 00000001 00000000 
"""
    state, = parse_dump(text).states
    assert state.replay_window == 64 and state.flags == ("af-unspec", "esn")


def test_an_aead_state_keeps_its_icv_length():
    text = """\
src ::1 dst ::2
	proto esp spi 0x00000100 reqid 1 mode transport
	replay-window 32 flag af-unspec
	aead rfc4106(gcm(aes)) 0x0102030405060708091011121314151617181920 128
	sel src ::/0 dst ::/0 
"""
    state, = parse_dump(text).states
    assert state.algorithms[0].bits == 128 and state.algorithms[0].key_bits == 160
    assert state.sel == Selector("::/0", "::/0")


def test_a_state_without_keys_is_larval():
    text = """\
src 2001:1::10 dst 2001:1::1
	proto esp spi 0x00000000 reqid 1 mode transport
	replay-window 0 
	sel src 2001:1::10/128 dst 2001:1::1/128 proto mobility-header type 5 dev eth0 
"""
    state, = parse_dump(text).states
    assert state.larval and state.sel.dev == "eth0"
    assert not STATE_FACTS.larval


def test_a_per_socket_policy_is_marked_as_such():
    text = "src ::/0 dst ::/0 \n\tsocket in priority 0 ptype main \n"
    policy, = parse_dump(text).policies
    assert policy.socket and policy.dir == "in"


@pytest.mark.parametrize("node", samples.NODES)
@pytest.mark.parametrize("checkpoint", evidence.CHECKPOINTS)
def test_the_given_dumps_are_read_whole(node, checkpoint):
    text = evidence.reference_dump(node, checkpoint)
    dump = parse_dump(text)
    assert len(dump.states) + len(dump.policies) == text.count("\nsrc ")
    assert len(dump.states) == 7


def test_the_page_s_dumps_are_read_whole_also_on_one_line():
    established = parse_dump(evidence.page_dump("established"))
    assert (len(established.states), len(established.policies)) == (5, 4)
    one_line = (evidence.GIVEN / "page/carol.moved.one-line.txt").read_text()
    assert parse_dump(one_line) == parse_dump(evidence.page_dump("moved"))
    assert [s.proto for s in parse_dump(one_line).states if s.wildcard] == ["hao", "route2"]


@pytest.mark.parametrize("text, named", [
    (STATE + "\tfrobnicate yes\n", "line 6: unknown word 'frobnicate'"),
    (STATE.replace("reqid 2", "reqid two"), "line 2: 'two' is not a number"),
    (STATE.replace("2001::50", "2001::5g"), "line 1: '2001::5g' is not an address"),
    (STATE.replace("proto esp", "prot esp"), "line 2: 'proto' expected, 'prot' found"),
    (POLICY.replace("priority 2 ", ""), "a policy without priority ends here"),
    (POLICY.replace("\tdir", "\tdirection"), "line 2: unknown word 'direction'"),
    (POLICY.replace("level use", "level use soon"), "line 5: unknown word 'soon'"),
    ("RTNETLINK answers: Operation not permitted\n", "line 1: 'src' expected"),
    ("src 2001::50 dst", "ends in the middle of an entry"),
])
def test_what_is_not_known_is_an_error_that_names_the_line(text, named):
    with pytest.raises(DumpError) as error:
        parse_dump(text)
    assert named in str(error.value)


def test_who_changes_what_was_read_does_not_change_it_for_the_next():
    first = parse_dump(STATE)
    first.states.clear()
    first.defaults["in"] = "block"
    again = parse_dump(STATE)
    assert again.states == [STATE_FACTS] and again.defaults == {}
