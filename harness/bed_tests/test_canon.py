"""The canonical form: one text whatever printed the dump, and identity kept in every name."""

import random
import re
from dataclasses import replace

import pytest

from harness.bed.check import canon, evidence
from harness.bed.decode.xfrm import Dump, parse_dump
from harness.bed_tests import samples

SPI = re.compile(r"0xc[0-9a-f]{7}\b")


def test_carol_s_reference_dump_reads_like_ip_xfrm_without_values_that_change():
    text = samples.canonicals(samples.reference_texts())["carol"]
    assert text.startswith("""\
# carol state
src 2001:1::10 dst 2001:1::1
	proto esp spi:mh.to-ha#1 reqid 1 mode transport
	replay-window 0
	auth-trunc hmac(sha1) key:mh.to-ha.auth#1/160 96
	enc cbc(aes) key:mh.to-ha.enc#1/128
	sel src 2001:1::10/128 dst 2001:1::1/128
""")
    assert "anti-replay" not in text and "lastused" not in text and "socket" not in text
    assert text.endswith("""\
src ::/0 dst ::/0 proto mobility-header
	dir out priority 12 ptype sub
""")


def test_the_canonical_text_is_a_dump_of_the_same_facts():
    names = canon.Names(samples.ROLES)
    dumps = samples.dumps()
    names.learn(dumps)
    for node, dump in dumps.items():
        assert parse_dump(canon.canonical(dump, names, node)) == canon.named(dump, names)


@pytest.mark.req("D-026!")
def test_only_larval_states_and_policies_of_sockets_are_left_out():
    names = canon.Names(samples.ROLES)
    dumps = samples.dumps()
    names.learn(dumps)
    for dump in dumps.values():
        kept = canon.named(dump, names)
        assert sorted((s.proto, s.src, s.dst, s.coa) for s in kept.states) == sorted(
            (s.proto, s.src, s.dst, s.coa) for s in dump.states if not s.larval)
        assert len(kept.policies) == sum(not p.socket for p in dump.policies)
        assert [s.proto for s in kept.states if s.wildcard]


def test_one_value_has_one_name_on_both_nodes():
    texts = samples.canonicals(samples.reference_texts())
    names = {node: set(re.findall(r"(?:spi|key):\S+", text)) for node, text in texts.items()}
    assert names["carol"] == names["moon"] and len(names["carol"]) == 4 + 8


def test_a_name_stays_with_its_value_through_a_move():
    names = canon.Names(samples.ROLES)
    before = samples.canonicals(samples.reference_texts("established"), names)
    after = samples.canonicals(samples.reference_texts("moved"), names)
    for node in samples.NODES:
        assert before[node].replace(samples.OLD_COA, samples.NEW_COA) == after[node]


def test_a_new_value_in_a_role_is_the_next_generation():
    names = canon.Names(samples.ROLES)
    samples.canonicals(samples.reference_texts(), names)
    rekeyed = {node: text.replace("0xc9679da3", "0xc0000001")
               for node, text in samples.reference_texts().items()}
    texts = samples.canonicals(rekeyed, names)
    for text in texts.values():
        assert "spi:tunnel.to-ha#2" in text and "spi:tunnel.to-ha#1" not in text
        assert "spi:tunnel.to-mn#1" in text


def test_of_two_new_values_in_a_role_the_busier_is_the_older():
    dump = samples.dumps()["carol"]
    old = next(s for s in dump.states if s.spi == "0xc9679da3")
    for new_spi in ("0xc0000001", "0xcfffffff"):
        new = replace(old, spi=new_spi, oseq=0)
        names = canon.Names(samples.ROLES)
        names.learn({"carol": Dump([new, *dump.states], dump.policies)})
        assert names.spi(new_spi) == "spi:tunnel.to-ha#2"


def test_with_several_mobile_nodes_a_name_says_whose_it_is():
    roles = canon.Roles("2001:1::1", {"2001:1::10": "carol", "2001:1::20": "dave"})
    names = canon.Names(roles)
    dave = evidence.reference_dump("carol", "established").replace("2001:1::10", "2001:1::20")
    dave = re.sub(r"0xc", "0xd", dave.replace("reqid 1", "reqid 3").replace("reqid 2", "reqid 4"))
    dumps = {"dave": parse_dump(dave)} | samples.dumps()
    names.learn(dumps)
    assert names.spi("0xc9679da3") == "spi:carol.tunnel.to-ha#1"
    assert names.spi("0xd9679da3") == "spi:dave.tunnel.to-ha#1"
    assert names.spi("0xc183665b") == "spi:carol.mh.to-ha#1"


def test_moon_alone_knows_the_owner_of_a_tunnel_from_her_policies():
    roles = canon.Roles("2001:1::1", {"2001:1::10": "carol", "2001:1::20": "dave"})
    names = canon.Names(roles)
    names.learn({"moon": samples.dumps()["moon"]})
    assert names.spi("0xc9679da3") == "spi:carol.tunnel.to-ha#1"


def test_without_policies_the_mode_names_the_role():
    names = canon.Names(samples.ROLES)
    names.learn({"carol": parse_dump(evidence.page_dump("moved"))})
    assert names.spi("0xca64ae98") == "spi:mh.to-ha#1"
    assert names.spi("0xce4db893") == "spi:tunnel.to-mn#1"


def shuffled(text: str, seed: int) -> str:
    entries = re.split(r"(?m)^(?=src )", text)
    random.Random(seed).shuffle(entries)
    return "".join(entries)


def renamed(texts: dict[str, str], seed: int) -> dict[str, str]:
    """The same dumps from a run in which every SPI and key came out differently."""
    dice = random.Random(seed)
    new: dict[str, str] = {}

    def fresh(found: re.Match) -> str:
        value = found[0]
        digits = len(value) - 2
        return new.setdefault(value, f"0x{dice.getrandbits(4 * digits):0{digits}x}")

    pattern = r"(?<=spi )0x\w{8}|(?<=\(sha1\) )0x\w{40}|(?<=\(aes\) )0x\w{32}"
    return {node: re.sub(pattern, fresh, text) for node, text in texts.items()}


@pytest.mark.parametrize("seed", range(8))
def test_the_order_of_a_dump_changes_nothing(seed):
    texts = samples.reference_texts()
    mixed = {node: shuffled(text, seed) for node, text in reversed(texts.items())}
    assert samples.canonicals(mixed) == samples.canonicals(texts)


@pytest.mark.parametrize("seed", range(8))
def test_other_spis_and_keys_change_nothing(seed):
    texts = samples.reference_texts()
    assert samples.canonicals(renamed(texts, seed)) == samples.canonicals(texts)


@pytest.mark.parametrize("change", [
    lambda text: text + "src ::1 dst ::2\n\tproto esp spi 0x00000000 reqid 1 mode transport\n",
    lambda text: text.replace("mobility-header", "135").replace("ipv6-icmp", "58"),
    lambda text: text.replace("flag af-unspec", "flag 20").replace("wildrecv", "8"),
    lambda text: re.sub(r"\tauth-trunc (.*) 96\n", r"\tauth \1\n", text),
    lambda text: re.sub(r"\t(anti-replay|lastused).*\n", "", text),
    lambda text: " ".join(text.split()),
])
def test_kernel_and_iproute2_make_no_difference(change):
    texts = samples.reference_texts()
    changed = {node: change(text) for node, text in texts.items()}
    assert samples.canonicals(changed) == samples.canonicals(texts)


def test_the_direction_of_an_sa_is_a_fact():
    texts = samples.reference_texts()
    changed = {node: re.sub(r"(replay-window .*)\n", r"\1\n\tdir in\n", text)
               for node, text in texts.items()}
    assert samples.canonicals(changed)["carol"].count("\tdir in\n") == 7


def test_the_canonical_form_of_the_canonical_form_is_itself():
    texts = samples.canonicals(samples.reference_texts())
    assert samples.canonicals(texts) == texts


def test_an_unpaired_spi_gets_a_generation_of_its_own():
    texts = samples.reference_texts()
    texts["moon"] = texts["moon"].replace("0xc9679da3", "0xc0000001")
    texts = samples.canonicals(texts)
    assert "spi:tunnel.to-ha#1" in texts["carol"] and "spi:tunnel.to-ha#2" in texts["moon"]
