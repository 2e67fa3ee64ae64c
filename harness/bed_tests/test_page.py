"""Evidence against the page and the reference run: named differences pass, any other fails."""

import re

import pytest

from harness.bed.check import evidence, page
from harness.bed_tests import samples
from harness.bed_tests.test_golden import MUTATIONS

PAGE = {checkpoint: evidence.page_dump(checkpoint) for checkpoint in evidence.CHECKPOINTS}
REFERENCE = {
    node: {c: evidence.reference_dump(node, c) for c in evidence.CHECKPOINTS}
    for node in samples.NODES}


def ours(node: str) -> dict[str, str]:
    """The reference run as the portable layout and the page's daemon would have made it."""
    wildcard = r"(src ::/0 dst ::/0 proto mobility-header) type 5 \n(\tdir in .*\n(?:.*\n){3})"
    route2 = "\ttmpl src :: dst ::\n\t\tproto route2 reqid 0 mode ro\n\t\tlevel use\n"
    changes = [
        (wildcard, rf"\1\n\2{route2 if node == 'carol' else ''}"),
        (r"mobility-header type 6 \n\tdir in", "mobility-header\n\tdir in"),
        (r"(mode transport\n(?:\t(?!sel).*\n)+)\tsel src .*", r"\1\tsel src ::/0 dst ::/0"),
        (r"(proto esp .*\n\treplay-window) 0", r"\1 32"),
    ]
    more = samples.DAVE_ON_MOON if node == "moon" else ""
    texts = {checkpoint: text + more for checkpoint, text in REFERENCE[node].items()}
    for checkpoint in texts:
        for pattern, replacement in changes:
            texts[checkpoint] = re.sub(pattern, replacement, texts[checkpoint])
    return texts


def test_the_page_agrees_with_itself():
    assert page.dumps(PAGE, PAGE, ()).faults == []


def test_the_page_and_the_reference_run_differ_only_where_a_row_says_so():
    found = page.dumps(PAGE, REFERENCE["carol"], page.REFERENCE_AGAINST_PAGE)
    assert found.faults == [] and found.unused == []


def test_the_portable_layout_differs_from_the_page_only_where_a_row_says_so():
    found = page.dumps(PAGE, ours("carol"), page.PAGE_SHOWS_LESS)
    assert found.faults == [] and found.unused == []


@pytest.mark.parametrize("node, rows", [
    ("carol", page.OURS_AGAINST_REFERENCE_ON_THE_MN),
    ("moon", page.OURS_AGAINST_REFERENCE_ON_THE_HA)])
def test_the_portable_layout_differs_from_the_reference_only_where_a_row_says_so(node, rows):
    found = page.dumps(REFERENCE[node], ours(node), rows, node)
    assert found.faults == [] and found.unused == []


def test_a_row_that_explains_nothing_is_said():
    row = page.Row("a dragon", "there is a dragon", "there are none")
    found = page.judge([], [row])
    assert found.unused == ["a dragon"]
    assert found.lines() == ["row 'a dragon' explains nothing"]


PAGE_MUTATIONS = [
    ("address", "src 2001::41a:a8ff:fe6f:c67 dst 2001:1::1\n\tproto", "src 2001::42 dst 2001:1::1"
     "\n\tproto", "outer source 2001::42"),
    ("SPI swapped", "0xc190d5ba", "0xce4db893", "spi:tunnel.to-ha#1"),
    ("reqid", "0xca64ae98 reqid 1", "0xca64ae98 reqid 2", "reqid 2, expected 1"),
    ("mode", "0xca64ae98 reqid 1 mode transport", "0xca64ae98 reqid 1 mode tunnel", "mode tunnel"),
    ("replay window", "replay-window 32 flag 20", "replay-window 64 flag 20", "replay window 64"),
    ("flags", " flag 20", "", "flags none, expected af-unspec"),
    ("authentication", "hmac(sha1) 0x672c", "hmac(sha256) 0x672c", "hmac(sha256)"),
    ("encryption", "cbc(aes) 0xaaf5", "cbc(camellia) 0xaaf5", "cbc(camellia)"),
    ("key length", "0xaaf5be1d604e6402", "0x", "key length 64"),
    ("care-of address", "coa 2001::41a:a8ff:fe6f:c67", "coa 2001::42", "care-of address 2001::42"),
    ("selector of a state", "sel src 2001:1::10/128", "sel src 2001:1::10/64", "2001:1::10/64"),
    ("selector of a policy", "src 2001:1::10/128 dst ::/0\n", "src 2001:1::10/64 dst ::/0\n",
     "2001:1::10/64"),
    ("protocol", "proto 135\n\tdir in", "proto 58\n\tdir in", "ipv6-icmp"),
    ("direction", "dir out priority 10", "dir fwd priority 10", "direction fwd"),
    ("priority", "dir out priority 10", "dir out priority 9", "priority 9, expected 10"),
    ("policy type", "priority 10 ptype main", "priority 10 ptype sub", "type sub, expected main"),
    ("template", "tmpl src 2001::41a:a8ff:fe6f:c67", "tmpl src 2001::42", "template 1 source"),
    ("template reqid", "esp reqid 2 mode tunnel\nsrc", "esp reqid 3 mode tunnel\nsrc",
     "template 1 reqid 3"),
]


@pytest.mark.parametrize("field, found, put, sentence", PAGE_MUTATIONS,
                         ids=samples.ids(PAGE_MUTATIONS))
def test_a_changed_fact_of_the_page_is_a_fault(field, found, put, sentence):
    text = PAGE["established"]
    assert found in text
    changed = PAGE | {"established": text.replace(found, put, 1)}
    assert page.dumps(PAGE, changed, page.PAGE_SHOWS_LESS).faults, field
    assert page.dumps(changed, ours("carol"), page.PAGE_SHOWS_LESS).faults, field
    assert any(sentence in s for s in page.dumps(PAGE, changed, ()).faults)


@pytest.mark.parametrize("fact, pattern, replacement, sentence", MUTATIONS,
                         ids=samples.ids(MUTATIONS))
def test_a_changed_fact_of_ours_is_a_fault_against_the_reference(
        fact, pattern, replacement, sentence):
    text = evidence.reference_dump("carol", "established").lstrip()
    changed = REFERENCE["carol"] | {"established": re.sub(pattern, replacement, text, count=1)}
    rows = page.OURS_AGAINST_REFERENCE_ON_THE_MN
    same_as_page = {"replay window"}
    assert fact in same_as_page or page.dumps(REFERENCE["carol"], changed, rows).faults


def test_new_spis_after_the_move_are_a_fault():
    moved = REFERENCE["carol"]["moved"].replace("0xc9679da3", "0xc0000001")
    found = page.dumps(
        PAGE, REFERENCE["carol"] | {"moved": moved}, page.REFERENCE_AGAINST_PAGE)
    assert found.faults == [
        "moved: carol state esp spi:tunnel.to-ha#1: "
        "SPI spi:tunnel.to-ha#2, expected spi:tunnel.to-ha#1"]


def test_lines_are_aligned_by_order_and_value():
    def items(*texts):
        return [page.Item(text.partition(" ")[0], text) for text in texts]

    theirs = items("a 1", "b 1", "c 1", "d 1", "e 1")
    assert page.align(theirs, theirs, "the page") == []
    ours = items("b 1", "c 2", "e 1", "d 1", "f 1")
    assert page.align(theirs, ours, "the page") == [
        "'c 2', the page has 'c 1'",
        "in another place than the page has it: 'e 1'",
        "missing: 'a 1'",
        "not on the page: 'f 1'",
    ]


def test_the_evidence_of_a_run_like_ours_has_no_fault():
    for node in samples.NODES:
        found = evidence.dumps_against_reference(node, ours(node))
        assert found.faults == [] and found.unused == []
    found = evidence.dumps_against_page(ours("carol"))
    assert found.faults == [] and found.unused == []
    status = {c: evidence.page_status_text(c) for c in evidence.CHECKPOINTS}
    assert evidence.status_against_page(status, PAGE).faults == []
    other = evidence.status_against_page(status, REFERENCE["carol"]).faults
    assert other[0].startswith("reqid 1: status shows c5959ac2, ca64ae98, the kernel has")
    assert evidence.log_against_page(evidence.page_log_text()).faults == []
