"""The ladder of a run: who sent what to whom, as text without times and as a drawing."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from harness.bed.check import dissect, ladder, timeline, wire
from harness.bed.decode import pcapng
from harness.bed.report import ladder_svg, wireshark
from harness.bed_tests.run_sample import NEW, OLD, RUN


@pytest.fixture(scope="module")
def line() -> timeline.Timeline:
    return timeline.build(RUN)


@pytest.fixture(scope="module")
def rungs(line, tmp_path_factory) -> list[ladder.Rung]:
    path = tmp_path_factory.mktemp("ladder") / "all.pcapng"
    path.write_bytes(pcapng.merge({n: RUN / f"{n}.pcap" for n in ("f1", "hl")}, [], "title"))
    return ladder.rungs(line, dissect.payloads(wire.tshark(path, "isakmp", dissect.FIELDS, [])))


@pytest.fixture(scope="module")
def opened(line, tmp_path_factory) -> list[ladder.Rung]:
    """The same with the keys that the daemons of the run have left."""
    path = tmp_path_factory.mktemp("opened") / "all.pcapng"
    path.write_bytes(pcapng.merge({n: RUN / f"{n}.pcap" for n in ("f1", "hl")}, [], "title"))
    keys = [f"uat:ikev2_decryption_table:{line}" for line in wireshark.ike_keys(RUN)]
    return ladder.rungs(line, dissect.payloads(wire.tshark(path, "isakmp", dissect.FIELDS, keys)))


def labels(rungs, kind: str) -> list[str]:
    return [rung.label for rung in rungs if rung.kind == kind]


def test_ike_messages_have_their_payloads(rungs):
    assert labels(rungs, ladder.ARROW)[:3] == [
        "IKE_SA_INIT request 0 [ SA KE No N(NATD_S_IP) N(NATD_D_IP) ]",
        "IKE_SA_INIT response 0 [ SA KE No N(NATD_S_IP) N(NATD_D_IP) CERTREQ ]",
        "IKE_AUTH request 1 [ SK{…} ]"]


def test_with_the_keys_an_independent_reader_sees_what_is_inside_sk(opened):
    found = labels(opened, ladder.ARROW)
    assert found[2:4] == [
        "IKE_AUTH request 1 [ SK{ IDi CERT N(INIT_CONTACT) CERTREQ IDr AUTH N(USE_TRANSP) "
        "SA TSi TSr } ]",
        "IKE_AUTH response 1 [ SK{ IDr CERT AUTH N(USE_TRANSP) SA TSi TSr } ]"]
    assert "CREATE_CHILD_SA request 2 [ SK{ SA No KE TSi TSr } ]" in found
    assert not any("SK{…}" in label for label in found)


def test_arrows_go_from_node_to_node(rungs):
    arrows = [rung for rung in rungs if rung.kind == ladder.ARROW]
    assert {(rung.at, rung.to) for rung in arrows} == {("carol", "moon"), ("moon", "carol")}


def test_a_move_is_migrate_then_bu_then_migrate_at_the_other_end_then_ba(rungs):
    after = [r for r in rungs if r.kind in (ladder.ARROW, ladder.LOCAL)
             and (f"to {NEW}" in r.label or NEW in r.label or r.sort == "BA")]
    told = [(rung.at, rung.sort) for rung in after]
    first = told.index(("carol", "MIGRATE"))
    assert told[first + 4:first + 6] == [("carol", "BU"), ("moon", "MIGRATE")]
    assert ("moon", "BA") in told[first + 5:]


def test_checkpoints_are_bars(rungs):
    assert labels(rungs, ladder.BAR) == ["checkpoint established", "checkpoint moved"]


def test_the_text_has_nothing_of_one_run_only(rungs):
    other = [replace(rung, time=rung.time + 7, label=re.sub(
        r"(BU|BA) (\d+)", lambda f: f"{f[1]} {(int(f[2]) + 9) % 65536}", rung.label))
        for rung in rungs]
    assert ladder.text(rungs) == ladder.text(other)
    assert not re.search(r"0x[0-9a-f]{8}", ladder.text(rungs))


def test_every_arrow_of_the_text_ends_at_a_rail(rungs):
    for row in ladder.text(rungs).splitlines():
        if row.endswith(">|"):
            assert row.startswith("|-")
    assert f"CoA {OLD}" in ladder.text(rungs)


def test_without_messages_the_text_says_so():
    assert ladder.text([]) == "no message between nodes was seen\n"


def test_the_drawing_is_whole_and_has_every_label(rungs, line):
    drawing = ladder_svg.draw(rungs, line.start, "coa <change>")
    root = ElementTree.fromstring(drawing)
    words = [element.text for element in root.iter() if element.tag.endswith("text")]
    for rung in rungs:
        assert any(word.startswith(rung.label) for word in words)
    assert "http" not in re.sub(r'xmlns="[^"]*"', "", drawing)


def test_an_empty_ladder_is_an_empty_drawing(line):
    ElementTree.fromstring(ladder_svg.draw([], line.start, "nothing"))


@pytest.mark.parametrize("row, words", [
    ({"isakmp.typepayload": "46,39,41,33,2,3,44", "isakmp.notify.msgtype": "16391",
      "isakmp.nextpayload": ""}, "[ SK{ AUTH N(USE_TRANSP) SA TSi } ]"),
    ({"isakmp.typepayload": "46", "isakmp.notify.msgtype": "", "isakmp.nextpayload": "46,0"},
     "[ SK{ } ]"),
    ({"isakmp.typepayload": "53", "isakmp.notify.msgtype": "", "isakmp.nextpayload": "53,35"},
     "[ SKF{…} ]"),
    ({"isakmp.typepayload": "", "isakmp.notify.msgtype": "", "isakmp.nextpayload": "0"}, "[ ]"),
    ({"isakmp.typepayload": "41,200", "isakmp.notify.msgtype": "40000",
      "isakmp.nextpayload": ""}, "[ N(40000) 200 ]"),
])
def test_payloads_are_named_as_in_the_logs(row, words):
    assert dissect._words(row) == words
