"""statusall shows the page's facts in the page's shape, and the SPIs that the kernel has."""

import pytest

from harness.bed.check import evidence, page_status
from harness.bed.decode.xfrm import parse_dump

PAGE = {c: evidence.page_status_text(c)
        for c in evidence.CHECKPOINTS}


def changed(found: str, put: str) -> dict[str, str]:
    assert any(found in text for text in PAGE.values())
    return {checkpoint: text.replace(found, put) for checkpoint, text in PAGE.items()}


def test_the_page_agrees_with_itself():
    assert page_status.compare(PAGE, PAGE).faults == []


def test_our_figures_are_our_own():
    ours = changed("9 idle of 16", "1 idle of 1")
    for found, put in (("54 minutes", "51 minutes"), ("c5959ac2", "c0000001"),
                       ("50 seconds, since Nov 19", "6 seconds, since Nov 25"),
                       ("58b6f8e6f23188fa", "0123456789abcdef"),
                       ("_i no_o", "_i 30s_o"), ("curl aes des sha1", "openssl")):
        ours = {checkpoint: text.replace(found, put) for checkpoint, text in ours.items()}
    evidence = page_status.compare(PAGE, ours)
    assert evidence.faults == [] and evidence.unused == []


@pytest.mark.parametrize("field, found, put", [
    ("address", "  2001::50\n", "  2001::51\n"),
    ("an address too many", "  2001:1::10\n", "  2001:1::10\n  fe80::1\n"),
    ("peer", "2001:1::1[moon", "2001:1::2[moon"),
    ("identity", "carol@strongswan.org", "dave@strongswan.org"),
    ("CA", "CN=strongSwan Root CA", "CN=Other CA"),
    ("authentication", "public key authentication", "pre-shared key authentication"),
    ("selector", "tunnel:    2001:1::10/128", "tunnel:    2001:1::10/64"),
    ("state", "ESTABLISHED", "CONNECTING"),
    ("initiator", "_i*", "_i"),
    ("proposal", "MODP_2048_BIT", "MODP_1024_BIT"),
    ("mode", "INSTALLED, TRANSPORT_PROXY", "INSTALLED, TRANSPORT"),
    ("routed entry", "ROUTED, TUNNEL", "ROUTED, TRANSPORT"),
    ("reqid", "tunnel{2}:  INSTALLED", "tunnel{3}:  INSTALLED"),
    ("algorithm", "AES_CBC-128/HMAC_SHA1_96, rek", "AES_CBC-256/HMAC_SHA1_96, rek"),
    ("use", "6s_i 6s_o", "6s_i no_o"),
    ("rekeying", ", rekeying in 13 minutes", ""),
])
def test_a_changed_fact_is_a_fault(field, found, put):
    assert page_status.compare(PAGE, changed(found, put)).faults
    assert page_status.compare(changed(found, put), PAGE).faults


def test_a_missing_entry_is_a_fault():
    lines = PAGE["established"].splitlines()
    for number in range(len(lines)):
        if "plugins" not in lines[number] and "worker" not in lines[number]:
            short = PAGE | {"established": "\n".join(lines[:number] + lines[number + 1:])}
            assert page_status.compare(PAGE, short).faults, lines[number]


def test_other_spis_after_the_move_are_a_fault():
    ours = PAGE | {"moved": PAGE["moved"].replace("c5959ac2", "c0000001")}
    fault, = page_status.compare(PAGE, ours).faults
    assert "spi:mh{1}.i#2" in fault and fault.startswith("moved: ")


def test_the_status_shows_the_kernel_s_spis():
    dump = parse_dump(evidence.page_dump("moved"))
    assert page_status.spis_of_dump(PAGE["moved"], dump) == []
    wrong = PAGE["moved"].replace("c5959ac2", "c0000001")
    assert page_status.spis_of_dump(wrong, dump) == [
        "reqid 1: status shows c0000001, ca64ae98, the kernel has c5959ac2, ca64ae98"]
