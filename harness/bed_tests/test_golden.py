"""One changed fact of an expected file or of a dump fails, and the failure names that fact."""

import re

import pytest

from harness.bed.check import canon, evidence, golden
from harness.bed.check import expected as expected_files
from harness.bed_tests import samples

TUNNEL_OUT = "carol state esp spi:tunnel.to-ha#1"
MH_OUT = "carol state esp spi:mh.to-ha#1"
HAO = "carol state hao 2001:1::10 to 2001:1::1"
POLICY_OUT = "carol policy main out src 2001:1::10/128 dst ::/0"
BU = ("carol policy sub out src 2001:1::10/128 dst 2001:1::1/128 "
      "proto mobility-header type 5")
NA = "carol policy sub out src ::/0 dst ::/0 proto ipv6-icmp type 136"

# What a dump may have wrong: where, what is put in its place, and the sentence it must give.
MUTATIONS = [
    ("outer source", r"src 2001::41a\S+ dst 2001:1::1\n\tproto esp",
     "src 2001::50 dst 2001:1::1\n\tproto esp",
     f"{TUNNEL_OUT}: outer source 2001::50, expected 2001::41a:a8ff:fe6f:c67"),
    ("outer destination", r"dst 2001:1::1\n(\tproto esp spi 0xc9679da3)", r"dst 2001:1::2\n\1",
     f"{TUNNEL_OUT}: outer destination 2001:1::2, expected 2001:1::1"),
    ("reqid of a state", r"(spi 0xc9679da3 reqid) 2", r"\1 7",
     f"{TUNNEL_OUT}: reqid 7, expected 2"),
    ("mode of a state", r"(0xc183665b reqid 1 mode) transport", r"\1 beet",
     f"{MH_OUT}: mode beet, expected transport"),
    ("replay window", r"(0xc9679da3.*\n\treplay-window) 0", r"\1 32",
     f"{TUNNEL_OUT}: replay window 32, expected 0"),
    ("flags", r"(0xc9679da3.*\n\treplay-window 0) flag af-unspec", r"\1",
     f"{TUNNEL_OUT}: flags none, expected af-unspec"),
    ("authentication algorithm", r"hmac\(sha1\) 0x1daa", "hmac(md5) 0x1daa",
     f"{TUNNEL_OUT}: authentication algorithm hmac(md5), expected hmac(sha1)"),
    ("ICV length", r"(0x1daac4\w+) 96", r"\1 128",
     f"{TUNNEL_OUT}: authentication ICV length 128, expected 96"),
    ("encryption algorithm", r"cbc\(aes\) 0x65e9", "ctr(aes) 0x65e9",
     f"{TUNNEL_OUT}: encryption algorithm ctr(aes), expected cbc(aes)"),
    ("key length", r"0x65e997c2279de51e79d96c27896adb52", "0x65e997c2279de51e",
     f"{TUNNEL_OUT}: encryption key length 64, expected 128"),
    ("care-of address", r"coa 2001::41a\S+", "coa 2001::50",
     f"{HAO}: care-of address 2001::50, expected 2001::41a:a8ff:fe6f:c67"),
    ("selector of a state", r"(coa 2001:(?:.*\n)+?\tsel src 2001:1::10)/128", r"\1/64",
     f"{HAO}: selector source 2001:1::10/64, expected 2001:1::10/128"),
    ("selector prefix", r"src 2001:1::10/128 (dst ::/0 \n\tdir out priority 10)",
     r"src 2001:1::10/64 \1",
     f"{POLICY_OUT}: selector source 2001:1::10/64, expected 2001:1::10/128"),
    ("priority", r"(dst ::/0 \n\tdir out priority) 10", r"\1 11",
     f"{POLICY_OUT}: priority 11, expected 10"),
    ("direction", r"dir out (priority 10)", r"dir fwd \1",
     f"{POLICY_OUT}: direction fwd, expected out"),
    ("policy type", r"(type 136 \n\tdir out priority 3 ptype) sub", r"\1 main",
     f"{NA}: type main, expected sub"),
    ("action", r"(type 136 \n\tdir out)", r"\1 action block",
     f"{NA}: action block, expected allow"),
    ("selector protocol", r"proto ipv6-icmp (type 136)", r"proto tcp \1",
     f"{NA}: selector protocol tcp, expected ipv6-icmp"),
    ("ICMPv6 type", r"type 136", "type 137",
     f"{NA}: selector type 137, expected 136"),
    ("ICMPv6 code", r"type 136", "type 136 code 1",
     f"{NA}: selector code 1, expected none"),
    ("MH type", r"dst 2001:1::1/128 proto mobility-header type 5",
     "dst 2001:1::1/128 proto mobility-header type 6",
     f"{BU}: selector type 6, expected 5"),
    ("template source", r"tmpl src 2001::41a\S+ (dst 2001:1::1\n\t\tproto esp)",
     r"tmpl src 2001::50 \1",
     f"{POLICY_OUT}: template 1 source 2001::50, expected 2001::41a:a8ff:fe6f:c67"),
    ("template destination", r"(tmpl src 2001::41a\S+) dst 2001:1::1", r"\1 dst 2001:1::2",
     f"{POLICY_OUT}: template 1 destination 2001:1::2, expected 2001:1::1"),
    ("template protocol", r"(type 5 \n.*\n.*\n\t\tproto) hao", r"\1 route2",
     f"{BU}: template 1 protocol route2, expected hao"),
    ("template reqid", r"(tmpl src 2001::41a.*\n\t\tproto esp reqid) 2", r"\1 3",
     f"{POLICY_OUT}: template 1 reqid 3, expected 2"),
    ("template mode", r"(tmpl src 2001::41a.*\n\t\tproto esp reqid 2 mode) tunnel",
     r"\1 transport", f"{POLICY_OUT}: template 1 mode transport, expected tunnel"),
    ("template level", r"(type 5 \n.*\n.*\n.*)\n\t\tlevel use", r"\1",
     f"{BU}: template 1 level required, expected use"),
    ("a second template", r"(type 5 \n(?:.*\n){3}\t\tlevel use )",
     r"\1\n\ttmpl src :: dst ::\n\t\tproto route2 reqid 0 mode ro\n\t\tlevel use",
     f"{BU}: template 2 protocol route2, expected none"),
    ("one SA too few", r"src \S+ dst 2001:1::1\n\tproto esp spi 0xc9679da3(.*\n){5}", "",
     f"{TUNNEL_OUT}: missing"),
    ("one SA too many", r"\A", "src ::1 dst ::2\n\tproto esp spi 0xc0000001 reqid 9 mode beet\n"
     "\treplay-window 0\n\tenc ecb(cipher_null) 0x\n",
     "carol state esp spi:beet.to-::2#1: not expected"),
    ("one policy too few", r"src \S+ dst \S+ proto ipv6-icmp type 136 \n.*\n", "",
     f"{NA}: missing"),
    ("one policy too many", r"\Z", "src ::/0 dst ::/0 proto udp\n\tdir fwd priority 1\n",
     "carol policy main fwd src ::/0 dst ::/0 proto udp: not expected"),
]


def mutated(pattern: str, replacement: str) -> str:
    """Carol's reference dump with one fact changed."""
    text, count = re.subn(
        pattern, replacement, evidence.reference_dump("carol", "established").lstrip(), count=1)
    assert count == 1, f"{pattern} is not in the dump"
    return text


def golden_and(changed: str, same_run: bool = True) -> tuple[str, str]:
    """The expected text, and that of a changed dump of the same run or of a later one."""
    names = canon.Names(samples.ROLES)
    expected = samples.canonicals(samples.reference_texts(), names)["carol"]
    texts = samples.reference_texts() | {"carol": changed}
    names = names if same_run else canon.Names(samples.ROLES)
    return expected, samples.canonicals(texts, names)["carol"]


@pytest.mark.req("D-010!")
@pytest.mark.parametrize("fact, pattern, replacement, sentence", MUTATIONS,
                         ids=samples.ids(MUTATIONS))
@pytest.mark.parametrize("same_run", [True, False], ids=["same-run", "later-run"])
def test_a_changed_fact_of_the_dump_is_named(fact, pattern, replacement, sentence, same_run):
    expected, actual = golden_and(mutated(pattern, replacement), same_run)
    sentences = [str(d) for d in golden.compare(expected, actual)]
    assert sentence in sentences
    assert len({s.partition(":")[0] for s in sentences}) == 1, "other objects are blamed too"


@pytest.mark.parametrize("fact, pattern, replacement, sentence", MUTATIONS,
                         ids=samples.ids(MUTATIONS))
def test_a_changed_fact_of_the_expected_file_is_found(fact, pattern, replacement, sentence):
    actual, expected = golden_and(mutated(pattern, replacement))
    assert golden.compare(expected, actual)


def test_every_fact_of_states_and_policies_has_a_mutation():
    names = canon.Names(samples.ROLES)
    text = samples.canonicals(samples.reference_texts(), names)["carol"]
    facts = {
        fact for kind in golden.things(golden.parse_dump(text)).values()
        for thing in kind for fact, value in thing.facts.items() if value is not None}
    named = " ".join(row[3] for row in MUTATIONS)
    unnamed = {f for f in facts if f not in named} - {
        "source", "destination", "protocol", "SPI", "encryption key", "authentication key",
        "authentication key length", "selector destination"}
    assert not unnamed


@pytest.mark.parametrize("fact, replacement, sentence", [
    ("source", "src 2001:1::9 dst 2001:1::1", "outer source 2001:1::9, expected 2001:1::10"),
    ("destination", "src 2001:1::10 dst 2001:1::9",
     "outer destination 2001:1::9, expected 2001:1::1"),
])
def test_a_changed_end_of_the_transport_sa_is_named(fact, replacement, sentence):
    pattern = r"src 2001:1::10 dst 2001:1::1(?=\n\tproto esp)"
    expected, actual = golden_and(mutated(pattern, replacement))
    assert f"{MH_OUT}: {sentence}" in map(str, golden.compare(expected, actual))


def test_swapped_spis_are_named():
    text = evidence.reference_dump("carol", "established")
    swap = {"0xc9679da3": "0xc7376bbb", "0xc7376bbb": "0xc9679da3"}
    changed = re.sub("|".join(swap), lambda found: swap[found[0]], text)
    expected, actual = golden_and(changed)
    sentences = [str(d) for d in golden.compare(expected, actual)]
    assert f"{TUNNEL_OUT}: outer source 2001:1::1, expected 2001::41a:a8ff:fe6f:c67" in sentences


def test_a_changed_key_is_named():
    changed = evidence.reference_dump("carol", "established").replace("0x65e9", "0x65ea")
    expected, actual = golden_and(changed)
    difference, = golden.compare(expected, actual)
    assert str(difference) == (
        f"{TUNNEL_OUT}: encryption key key:tunnel.to-ha.enc#2, expected key:tunnel.to-ha.enc#1")


def test_a_changed_spi_is_named():
    changed = evidence.reference_dump("carol", "established").replace("0xc9679da3", "0xc0000001")
    expected, actual = golden_and(changed)
    difference, = golden.compare(expected, actual)
    assert str(difference) == f"{TUNNEL_OUT}: SPI spi:tunnel.to-ha#2, expected spi:tunnel.to-ha#1"


def test_equal_texts_have_no_difference():
    for text in samples.canonicals(samples.reference_texts()).values():
        assert golden.compare(text, text) == []


def test_blessing_writes_once(tmp_path):
    path = tmp_path / "coa-change/carol.moved.xfrm"
    assert expected_files.write(path, "# carol state\n")
    assert not expected_files.write(path, "# carol state\n")
    assert expected_files.write(path, "# carol state\n# carol policy\n")
    assert [p.name for p in path.parent.iterdir()] == [path.name]
