"""From every sentence on what moved to its entry in the dump, and to the rung that did it."""

import pytest

from harness.bed.check import expected
from harness.bed.check.ladder import ARROW, LOCAL, Rung
from harness.bed.report import parts, places
from harness.bed_tests import samples
from harness.bed_tests.run_sample import HA, HOA, NEW, OLD

EXPECTED = samples.TOP / "expected"
DELTAS = [(path, expected.text(path.with_suffix(".xfrm")))
          for path in sorted(EXPECTED.rglob("*.delta"))]


def test_a_dump_cut_in_entries_is_the_dump():
    assert len(DELTAS) > 50
    for _, dump in DELTAS:
        assert "".join(parts.entries(dump)) == dump
    assert parts.entries("") == [""]


@pytest.mark.req("T-128")
def test_every_sentence_of_every_expected_delta_has_one_entry_in_its_dump():
    """All that a delta can say is in expected/, so a new kind of sentence is noticed here."""
    wrong = []
    for told, dump in DELTAS:
        cut = parts.entries(dump)
        for sentence in told.read_text().splitlines()[2:]:
            fitting = [at for at, text in enumerate(cut) if parts._fits(sentence, text)]
            wanted = [] if parts.DELETED in sentence else fitting[:1]
            if [parts.entry(sentence, cut)] != (wanted or [None]) or (
                    parts.DELETED not in sentence and len(fitting) != 1):
                wrong.append(f"{told}: {sentence}")
    assert wrong == []


OUT, IN = "spi:carol.tunnel.to-ha#1", "spi:carol.tunnel.to-mn#1"
RUNGS = [
    Rung(1, LOCAL, "carol", None, f"MIGRATE esp tunnel reqid 2 to {OLD} -> {HA}"),
    Rung(5, LOCAL, "carol", None, f"MIGRATE esp transport reqid 1 to {NEW} -> {HA}"),
    Rung(6, LOCAL, "carol", None, f"MIGRATE esp tunnel reqid 2 to {NEW} -> {HA}"),
    Rung(7, LOCAL, "carol", None, f"MIGRATE esp tunnel reqid 2 to {HA} -> {NEW}"),
    Rung(8, ARROW, "carol", "moon", f"BU 7 AHK lifetime 9 s CoA {NEW} in ESP spi:carol.mh.to-ha#1"),
    Rung(9, LOCAL, "moon", None, f"MIGRATE esp tunnel reqid 2 to {NEW} -> {HA}"),
    Rung(10, LOCAL, "moon", None, f"SA {OUT[:-1]}2"),
    Rung(11, LOCAL, "moon", None, f"SA {OUT} deleted"),
]


@pytest.mark.parametrize("node, sentence, number", [
    ("carol", f"tunnel SA out {OUT} was moved: outer source {OLD} -> {NEW}; SPI and keys kept", 2),
    ("carol", f"tunnel SA in {IN} was moved: outer destination {OLD} -> {NEW}; SPI kept", 3),
    ("moon", f"tunnel SA in {OUT} was moved: outer source {OLD} -> {NEW}; SPI and keys kept", 5),
    ("carol", f"home address option {HOA} to {HA} was moved: care-of address {OLD} -> {NEW}", 4),
    ("carol", f"policy main out src {HOA}/128 dst ::/0 was re-templated: template 1 source "
              f"{OLD} -> {NEW}", 2),
    ("moon", f"tunnel SA {OUT} was re-keyed: SPI {OUT} -> {OUT[:-1]}2", 6),
    ("moon", f"tunnel SA {OUT} was deleted: {OLD} to {HA}", 7),
    ("carol", "policy main out src ::/0 dst ::/0 was created", None)])
def test_the_rung_is_the_one_of_that_node_that_did_it(node, sentence, number):
    assert parts.rung(sentence, node, RUNGS, 2, 12) == number
    assert parts.rung(sentence, node, RUNGS, 20, 30) is None


ADDRESSES = {"carol": [HOA, OLD, "::1", "fe80::1", "fec0::1"], "moon": [HA, "::1"]}


@pytest.mark.parametrize("carol, link, address", [
    ([HOA, OLD], "f1", OLD), ([HOA, "2001:2::5", "fe80::1"], "f2", "2001:2::5"),
    ([HOA, "2001:1::77"], "hl", HOA)])
def test_a_node_is_on_the_link_that_its_address_is_of(carol, link, address):
    links = places.of({"carol": carol, "moon": [HA]})
    assert [(one.name, p.address) for one in links for p in one.places if p.node == "carol"] == [
        (link, address)]
    assert not places.moved(links)


def test_who_was_elsewhere_before_is_marked():
    links = places.of(ADDRESSES | {"carol": [HOA, NEW]}, ADDRESSES)
    assert [p.node for one in links for p in one.places if p.came] == ["carol"]
    assert not places.moved(places.of(ADDRESSES, ADDRESSES))
    assert places.words(links) == f"moon on hl with {HA}, carol on f1 with {NEW}"
