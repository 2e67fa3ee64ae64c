"""A home address outside ESP is found in a capture, whatever carries it."""

import struct
from ipaddress import IPv6Address

import pytest

from harness.bed.decode import pcap
from harness.bed.decode.cleartext import Allow, check_pcap
from harness.bed_tests.packets_sample import (
    MAC, cooked, cooked2, ethernet, ipv6, pcap_file, pcapng_file)

HOA, COA, HA, CN = "2001:1::10", "2001::50", "2001:1::1", "2001:9::9"


def home_address_option(proto: int, payload: bytes, hoa: str = HOA) -> bytes:
    options = b"\x01\x02\x00\x00" + b"\xc9\x10" + IPv6Address(hoa).packed
    return bytes([proto, 2]) + options + payload


def fragment(proto: int, offset: int, payload: bytes) -> bytes:
    return struct.pack(">BBHI", proto, 0, offset << 3 | 1, 7) + payload


ECHO = b"\x80\x00\x00\x00\x00\x01\x00\x01"
SOLICITATION = b"\x85\x00" + bytes(6)
BU = bytes([59, 1, 5, 0]) + bytes(12)
ESP = b"\xc1\x90\xd5\xba\x00\x00\x00\x01" + bytes(40)

IN_THE_CLEAR = {
    "as source": ipv6(HOA, CN, pcap.ICMPV6, ECHO),
    "as inner source": ipv6(COA, HA, pcap.IPV6, ipv6(HOA, CN, pcap.ICMPV6, ECHO)),
    "as inner source twice down": ipv6(
        COA, HA, pcap.IPV6, ipv6(COA, HA, pcap.IPV6, ipv6(HOA, CN, 17, bytes(8)))),
    "in a home address option": ipv6(COA, HA, pcap.DESTINATION,
                                     home_address_option(pcap.MOBILITY, BU)),
    "behind a hop-by-hop header": ipv6(HOA, CN, pcap.HOP_BY_HOP,
                                       bytes([pcap.ICMPV6, 0, 1, 4, 0, 0, 0, 0]) + ECHO),
    "as source of a later fragment": ipv6(HOA, CN, pcap.FRAGMENT, fragment(17, 5, bytes(32))),
    "as source of ESP": ipv6(HOA, HA, pcap.ESP, ESP),
}
PROTECTED = {
    "the tunnel": ipv6(COA, HA, pcap.ESP, ESP),
    "a BU inside ESP": ipv6(COA, HA, pcap.DESTINATION, home_address_option(pcap.ESP, ESP)),
    "somebody else's option": ipv6(COA, HA, pcap.DESTINATION,
                                   home_address_option(pcap.MOBILITY, BU, "2001:1::20")),
    "a packet to the home address": ipv6(CN, HOA, pcap.ICMPV6, ECHO),
    "a fragment of ESP": ipv6(COA, HA, pcap.FRAGMENT, fragment(pcap.ESP, 0, ESP)),
    "IKE": ipv6(COA, HA, 17, bytes(40)),
    "a packet cut short": ipv6(HOA, CN, 17, bytes(8))[:30],
}


def capture(tmp_path, data: bytes):
    path = tmp_path / "f1.pcap"
    path.write_bytes(data)
    return path


@pytest.mark.req("F-020!")
@pytest.mark.parametrize("how", IN_THE_CLEAR)
def test_the_home_address_in_the_clear_is_found(tmp_path, how):
    path = capture(tmp_path, pcap_file([ethernet(IN_THE_CLEAR[how])]))
    sentence, = check_pcap(path, HOA)
    assert sentence.startswith("f1.pcap frame 1 at 0.000 s: ")
    assert f" shows {HOA} in the clear " in sentence


def test_a_plain_tunnel_is_found_whatever_is_inside(tmp_path):
    inner = ipv6("fe80::1", "ff02::2", pcap.ICMPV6, SOLICITATION)
    path = capture(tmp_path, pcap_file([ethernet(ipv6(COA, HA, pcap.IPV6, inner))]))
    assert check_pcap(path, HOA) == [
        "f1.pcap frame 1 at 0.000 s: icmpv6 router solicitation from fe80::1 to ff02::2 "
        f"goes in a plain tunnel to {HA}"]
    assert check_pcap(path, HOA, [Allow("solicitations", dst="ff02::2")]) == []


@pytest.mark.parametrize("what", PROTECTED)
def test_protected_packets_are_left_alone(tmp_path, what):
    path = capture(tmp_path, pcap_file([ethernet(PROTECTED[what])]))
    assert check_pcap(path, HOA) == []


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("write", [pcap_file, pcapng_file])
def test_both_capture_formats_are_read_in_both_octet_orders(tmp_path, write, order):
    frames = [ethernet(PROTECTED["IKE"]), ethernet(IN_THE_CLEAR["as source"])]
    path = capture(tmp_path, write(frames, order=order))
    assert check_pcap(path, HOA) == [
        f"f1.pcap frame 2 at 0.500 s: icmpv6 echo request from {HOA} to {CN} "
        f"shows {HOA} in the clear as its source"]


@pytest.mark.parametrize("link, wrap", [
    (pcap.ETHERNET, ethernet), (pcap.ETHERNET, lambda packet: ethernet(packet, vlan=True)),
    (pcap.COOKED, cooked), (pcap.COOKED2, cooked2), (pcap.RAW, bytes), (pcap.RAW_IPV6, bytes),
])
def test_every_link_type_is_read(tmp_path, link, wrap):
    path = capture(tmp_path, pcap_file([wrap(IN_THE_CLEAR["as source"])], link))
    assert len(check_pcap(path, HOA)) == 1


def test_the_payload_is_named(tmp_path):
    path = capture(tmp_path, pcap_file([ethernet(IN_THE_CLEAR["in a home address option"])]))
    assert "mobility header type 5 from" in check_pcap(path, HOA)[0]


@pytest.mark.parametrize("allow, allowed", [
    (Allow("at home"), True),
    (Allow("to the correspondent", dst=f"{CN}/128"), True),
    (Allow("to the home agent", dst=HA), False),
    (Allow("pings", proto=pcap.ICMPV6), True),
    (Allow("signalling", proto=pcap.MOBILITY), False),
    (Allow("at home", since=999.5, until=1000.5), True),
    (Allow("before she left", until=999.5), False),
    (Allow("after she came back", since=1000.5), False),
])
def test_a_scenario_declares_what_it_allows(tmp_path, allow, allowed):
    path = capture(tmp_path, pcap_file([ethernet(IN_THE_CLEAR["as source"])]))
    assert (check_pcap(path, HOA, [allow]) == []) is allowed


def test_one_sender_s_frames_can_be_looked_at_alone(tmp_path):
    path = capture(tmp_path, pcap_file([ethernet(IN_THE_CLEAR["as source"])]))
    assert len(check_pcap(path, HOA, mac=MAC)) == 1
    assert check_pcap(path, HOA, mac="02:00:00:00:00:01") == []


def test_the_spelling_of_the_address_does_not_matter(tmp_path):
    path = capture(tmp_path, pcap_file([ethernet(IN_THE_CLEAR["as source"])]))
    assert len(check_pcap(path, "2001:1:0::0010")) == 1


def test_a_file_that_is_no_capture_is_refused(tmp_path):
    with pytest.raises(pcap.CaptureError, match="neither pcap nor pcapng"):
        check_pcap(capture(tmp_path, b"## ip xfrm state\n" * 4), HOA)


def test_an_empty_capture_shows_nothing(tmp_path):
    assert check_pcap(capture(tmp_path, b""), HOA) == []
    assert check_pcap(capture(tmp_path, pcap_file([])), HOA) == []
