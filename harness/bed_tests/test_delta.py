"""A delta says in sentences what happened between two checkpoints, and counts what stayed."""

import re

import pytest

from harness.bed.check import canon, delta, evidence
from harness.bed_tests import samples

OLD, NEW = samples.OLD_COA, samples.NEW_COA
UDP = "src ::/0 dst ::/0 proto udp\n\tdir fwd priority 1\n"
NA = r"src ::/0 dst ::/0 proto ipv6-icmp type 136 \n\tdir out.*\n"


def between(after: dict[str, str], node: str = "carol") -> delta.Delta:
    names = canon.Names(samples.ROLES)
    before = samples.canonicals(samples.reference_texts(), names)[node]
    return delta.between(before, samples.canonicals(after, names)[node])


def replaced(*pairs: tuple[str, str]) -> dict[str, str]:
    texts = samples.reference_texts()
    for old, new in pairs:
        texts = {node: text.replace(old, new) for node, text in texts.items()}
    return texts


def test_a_move_reads_as_a_move():
    assert between(samples.reference_texts("moved")).lines() == [
        "states: 3 moved, 4 of 7 as before; policies: 2 re-templated, 14 of 16 as before",
        "tunnel SA out spi:tunnel.to-ha#1 was moved: "
        f"outer source {OLD} -> {NEW}; SPI and keys kept",
        "tunnel SA in spi:tunnel.to-mn#1 was moved: "
        f"outer destination {OLD} -> {NEW}; SPI and keys kept",
        f"home address option 2001:1::10 to 2001:1::1 was moved: care-of address {OLD} -> {NEW}",
        "policy main in src ::/0 dst 2001:1::10/128 was re-templated: "
        f"template 1 destination {OLD} -> {NEW}",
        "policy main out src 2001:1::10/128 dst ::/0 was re-templated: "
        f"template 1 source {OLD} -> {NEW}",
    ]


def test_the_other_end_says_the_same_from_its_side():
    sentences = between(samples.reference_texts("moved"), "moon").lines()
    assert sentences[1].startswith("tunnel SA in spi:tunnel.to-ha#1 was moved: outer source")


@pytest.mark.parametrize("pairs, sentence", [
    ([("0xc9679da3", "0xc0000001"), ("0x65e9", "0x65ea")],
     "re-keyed: SPI spi:tunnel.to-ha#1 -> spi:tunnel.to-ha#2, encryption key "
     "key:tunnel.to-ha.enc#1 -> key:tunnel.to-ha.enc#2; addresses kept"),
    ([("0x65e9", "0x65ea")], "re-keyed: encryption key key:tunnel.to-ha.enc#1 -> "
                             "key:tunnel.to-ha.enc#2; SPI and addresses kept"),
    ([("0xc9679da3", "0xc0000001")], "re-keyed: SPI spi:tunnel.to-ha#1 -> spi:tunnel.to-ha#2; "
                                     "keys and addresses kept"),
])
def test_a_rekey_reads_as_a_rekey(pairs, sentence):
    found = between(replaced(*pairs))
    assert found.lines()[1] == f"tunnel SA out spi:tunnel.to-ha#1 was {sentence}"
    assert [change.verb for change in found.changes] == [delta.REKEYED]


def test_what_is_gone_and_what_is_new_is_said():
    texts = samples.reference_texts()
    texts["carol"] = re.sub(NA, "", texts["carol"]) + UDP
    assert between(texts).lines() == [
        "states: 7 of 7 as before; policies: 1 created, 1 deleted, 15 of 16 as before",
        "policy sub out src ::/0 dst ::/0 proto ipv6-icmp type 136 was deleted",
        "policy main fwd src ::/0 dst ::/0 proto udp was created",
    ]


def test_a_new_sa_beside_the_old_one_is_created():
    texts = samples.reference_texts()
    entry = re.search(r"src \S+ dst \S+\n\tproto esp spi 0xc9679da3(.*\n)+?(?=src)",
                      texts["carol"])[0]
    texts["carol"] += entry.replace("0xc9679da3", "0xc0000001").replace(" 0x", " 0xa")
    assert between(texts).lines()[1:] == [
        f"tunnel SA out spi:tunnel.to-ha#2 was created: {OLD} to 2001:1::1"]


def test_nothing_happened_is_one_line():
    assert between(samples.reference_texts()).lines() == [
        "states: 7 of 7 as before; policies: 16 of 16 as before"]


def test_of_several_mobile_nodes_the_owner_is_named():
    roles = canon.Roles("2001:1::1", {"2001:1::10": "carol", "2001:1::20": "dave"})
    names = canon.Names(roles)
    before = samples.canonicals(samples.reference_texts(), names)["carol"]
    after = samples.canonicals(samples.reference_texts("moved"), names)["carol"]
    first = delta.between(before, after).changes[0].sentence
    assert first.startswith("carol's tunnel SA out spi:carol.tunnel.to-ha#1 was moved: ")


def test_a_delta_file_knows_its_checkpoints():
    before = samples.canonicals({"carol": evidence.reference_dump("carol", "established")})
    text = delta.text("carol", ("established", "moved"), before["carol"], before["carol"])
    assert text == ("# carol: established -> moved\n"
                    "# states: 7 of 7 as before; policies: 16 of 16 as before\n")
    assert delta.checkpoints(text) == ("established", "moved")
    assert delta.checkpoints("src :: dst ::\n") is None
