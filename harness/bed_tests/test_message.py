"""Messages are told by their headers, also inside ESP, and a spoiled one is still a packet."""

from __future__ import annotations

import struct

import pytest
from scapy.layers.inet6 import IPv6, in6_chksum

from harness.bed.decode import message
from harness.bed.faults import forge

CAROL, MOON, HOA = "2001::50", "2001:1::1", "2001:1::10"
ETHERNET = bytes(12) + b"\x86\xdd"


def none(spi: str) -> None:
    return None


def udp(data: bytes) -> bytes:
    datagram = struct.pack("!HHHH", 500, 500, 8 + len(data), 0) + data
    check = in6_chksum(17, IPv6(src=CAROL, dst=MOON), datagram)
    datagram = datagram[:6] + struct.pack("!H", check) + datagram[8:]
    head = struct.pack("!IHBB", 6 << 28, len(datagram), 17, 64)
    return ETHERNET + head + forge._octets(CAROL) + forge._octets(MOON) + datagram


def ike(exchange: int, response: bool, number: int = 0) -> bytes:
    flags = 0x20 if response else 0x08
    return udp(bytes(range(1, 17)) + struct.pack("!BBBBII", 46, 0x20, exchange, flags, number, 68)
               + bytes(range(40)))


def checksum_holds(frame: bytes) -> bool:
    datagram = frame[54:]
    blank = datagram[:6] + b"\0\0" + datagram[8:]
    want = in6_chksum(17, IPv6(src=CAROL, dst=MOON), blank)
    return want == struct.unpack_from("!H", datagram, 6)[0]


@pytest.mark.parametrize("exchange, response, kind", [
    (34, False, "IKE_SA_INIT request"), (35, True, "IKE_AUTH response"),
    (36, False, "CREATE_CHILD_SA request"), (37, True, "INFORMATIONAL response")])
def test_an_ike_message_is_told_by_its_header(exchange, response, kind):
    assert message.kind(ike(exchange, response), none) == kind


def test_mobility_headers_are_told_with_their_address_options():
    update = forge.packet(CAROL, MOON, forge.binding_update(1, 60, CAROL), home_address=HOA)
    answer = forge.packet(MOON, CAROL, forge.binding_ack(0, 1, 60), routing=HOA)
    assert message.kind(ETHERNET + update, none) == "BU"
    assert message.kind(ETHERNET + answer, none) == "BA"


def test_what_is_no_such_message_has_no_kind():
    assert message.kind(udp(b"short"), none) is None
    assert message.kind(bytes(12) + b"\x08\x06" + bytes(28), none) is None
    esp = struct.pack("!IHBB", 6 << 28, 40, 50, 64) + bytes(32) + bytes(40)
    assert message.kind(ETHERNET + esp, none) is None


def test_a_cut_message_has_lengths_and_a_checksum_that_hold():
    frame = ike(35, False)
    shorter = message.cut(frame)
    assert len(shorter) == len(frame) - 19
    assert struct.unpack_from("!H", shorter, 18)[0] == len(shorter) - 54
    assert struct.unpack_from("!H", shorter, 58)[0] == len(shorter) - 54
    assert checksum_holds(frame) and checksum_holds(shorter)


def test_a_flipped_message_differs_in_one_bit_beside_its_checksum():
    frame = ike(35, False)
    other = message.flipped(frame)
    differing = [at for at, pair in enumerate(zip(frame, other)) if pair[0] != pair[1]]
    assert checksum_holds(other)
    assert [at for at in differing if at not in (60, 61)] == [54 + 76 // 2]
    assert bin(frame[92] ^ other[92]).count("1") == 1


def test_padding_behind_the_packet_is_not_part_of_the_message():
    assert message.cut(ike(35, False) + bytes(6)) == message.cut(ike(35, False))


def test_a_frame_of_another_kind_is_read_without_an_error():
    for size in range(len(ike(34, False))):
        message.kind(ike(34, False)[:size], none)
