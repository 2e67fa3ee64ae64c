"""Rules that need no expected file: they hold on the given dumps and each can be broken."""

import re
from dataclasses import replace

import pytest

from harness.bed.check import canon, evidence, invariants
from harness.bed.check.invariants import EVERYTHING, NodeFacts
from harness.bed.decode.xfrm import Dump, parse_dump
from harness.bed_tests import samples

LARVAL = """\
src 2001:1::10 dst 2001:1::1
	proto esp spi 0x00000000 reqid 1 mode transport
	replay-window 0
	sel src 2001:1::10/128 dst 2001:1::1/128 proto mobility-header type 5 dev eth0
"""


def broken(node: str, pattern: str, replacement: str) -> list[str]:
    """What the rules say when one node's dump is changed."""
    given = evidence.reference_dump(node, "established").lstrip()
    text, count = re.subn(pattern, replacement, given)
    assert count, f"{pattern} is not in the dump"
    facts = samples.facts()
    facts[node] = replace(facts[node], dump=parse_dump(text))
    return invariants.check(facts)


@pytest.mark.parametrize("checkpoint", evidence.CHECKPOINTS)
def test_the_reference_run_breaks_no_rule(checkpoint):
    assert invariants.check(samples.facts(checkpoint)) == []


@pytest.mark.parametrize("what, node, pattern, replacement, sentence", [
    ("a required template without state", "carol",
     r"src \S+ dst \S+\n\tproto esp spi 0xc9679da3(.*\n){5}", "",
     "carol policy main out src 2001:1::10/128 dst ::/0: no state for template esp tunnel "
     "2001::41a:a8ff:fe6f:c67 to 2001:1::1 reqid 2"),
    ("an optional template without state", "carol",
     r"src :: dst ::\n\tproto route2(.*\n){5}", "",
     "carol policy sub in src ::/0 dst ::/0: no state for template route2 ro :: to :: reqid 0"),
    ("an SA that only one end has", "moon",
     r"src \S+ dst \S+\n\tproto esp spi 0xc9679da3(.*\n){5}", "",
     "carol state esp 0xc9679da3: no other node has this SA"),
    ("swapped SPIs", "moon", r"0xc9679da3|0xc7376bbb",
     lambda found: {"0xc9679da3": "0xc7376bbb"}.get(found[0], "0xc9679da3"),
     "carol state esp 0xc9679da3: source 2001::41a:a8ff:fe6f:c67, 2001:1::1 on moon"),
    ("different keys", "moon", "0x65e9", "0x65ea",
     "moon state esp 0xc9679da3: algorithms and keys"),
    ("an SA on an address that is gone", "carol",
     r"src 2001::41a\S+ dst 2001:1::1\n\tproto esp", "src 2001::66 dst 2001:1::1\n\tproto esp",
     "carol state esp 0xc9679da3: 2001::66 to 2001:1::1, and carol has neither address"),
    ("a template on an address that is gone", "carol",
     r"tmpl src 2001::41a\S+ dst", "tmpl src 2001::66 dst",
     "carol policy main out src 2001:1::10/128 dst ::/0: template esp: "
     "2001::66 to 2001:1::1, and carol has neither address"),
    ("a care-of address that is gone", "moon", "coa 2001::41a.*", "coa 2001::66",
     "moon state hao 2001:1::10 to 2001:1::1: care-of address 2001::66, "
     "an address that no node has"),
    ("a reqid that no policy has", "moon", "(0xc183665b) reqid 1", r"\1 reqid 3",
     "moon state esp 0xc183665b: reqid 3, but 1 in policy main in src 2001:1::10/128 "
     "dst 2001:1::1/128 proto mobility-header"),
    ("a larval state", "carol", r"\A", LARVAL,
     "carol: larval state esp 2001:1::10 to 2001:1::1 reqid 1 for src 2001:1::10/128 "
     "dst 2001:1::1/128 proto mobility-header type 5 dev eth0"),
    ("an SPI twice", "carol", "0xc7376bbb", "0xc9679da3",
     "carol state esp 0xc9679da3: SPI 0xc9679da3 has two states"),
])
def test_a_broken_rule_is_said(what, node, pattern, replacement, sentence):
    assert any(found.startswith(sentence) for found in broken(node, pattern, replacement))


def test_moon_may_not_keep_an_end_that_carol_has_left():
    facts = samples.facts("moved")
    facts["moon"] = samples.facts("established")["moon"]
    sentences = invariants.check(facts)
    old = "end 2001::41a:a8ff:fe6f:c67, an address that no node has"
    assert f"moon state esp 0xc9679da3: {old}" in sentences


def test_sentences_use_the_names_of_the_scenario():
    names = canon.Names(samples.ROLES)
    names.learn(samples.dumps())
    facts = samples.facts("moved")
    facts["moon"] = samples.facts("established")["moon"]
    assert any("spi:tunnel.to-ha#1" in s for s in invariants.check(facts, names=names))


def test_policies_of_a_mobile_node_that_has_not_come_need_no_sa():
    assert broken("moon", r"\Z", samples.DAVE_ON_MOON) == []
    binding = "src 2001:1::20 dst 2001:1::1\n\tproto hao reqid 0 mode ro\n\tcoa ::\n"
    sentences = broken("moon", r"\A", samples.DAVE_ON_MOON + binding)
    assert any("no state for template esp transport :: to :: reqid 3" in s for s in sentences)


def without_sas(facts: dict[str, NodeFacts]) -> dict[str, NodeFacts]:
    return {
        node: replace(f, dump=Dump([s for s in f.dump.states if s.proto != "esp"],
                                   f.dump.policies))
        for node, f in facts.items()}


def test_where_nothing_may_come_up_policies_without_sas_are_right():
    facts = without_sas(samples.facts())
    assert invariants.check(facts) != []
    assert invariants.check(facts, down=EVERYTHING) == []
    assert invariants.check(facts, down=["2001:1::10"]) == []


@pytest.mark.parametrize("down", [EVERYTHING, ["2001:1::10"]])
def test_where_nothing_may_come_up_an_sa_is_said(down):
    sentences = invariants.check(samples.facts(), down=down)
    for spi in ("0xc183665b", "0xc9679da3"):
        assert f"moon state esp {spi}: stands although nothing may come up" in sentences


def test_at_the_end_everything_left_is_said():
    sentences = invariants.left_over({"carol": samples.dumps()["carol"], "moon": Dump()})
    assert "carol: state hao 2001:1::10 to 2001:1::1 left" in sentences
    assert len(sentences) == 7 + 24
    assert invariants.left_over({"carol": Dump(), "moon": Dump()}) == []


def test_a_node_whose_binding_is_refused_has_no_tunnel():
    facts = samples.facts()
    assert invariants.check(facts, mute=["moon"]) != []
    states = [s for s in facts["carol"].dump.states if s.mode != "tunnel"]
    facts["carol"] = replace(facts["carol"], dump=Dump(states, facts["carol"].dump.policies))
    sentences = invariants.check(facts, mute=["carol"])
    assert not any(sentence.startswith("carol") for sentence in sentences)
