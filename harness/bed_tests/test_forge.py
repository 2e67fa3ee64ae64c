"""Forged binding messages and the IKE messages of a capture, read back by the other reader."""

from __future__ import annotations

import hmac
import socket
import struct
import subprocess

from harness.bed.decode import ike_wire, pcap
from harness.bed.faults import forge, forge_ike, stray

DAVE, HA, HOA, COA = "2001::20", "2001:1::1", "2001:1::10", "2001::10"


def ones_complement(src: str, dst: str, message: bytes) -> int:
    pseudo = b"".join(socket.inet_pton(socket.AF_INET6, a) for a in (src, dst))
    data = pseudo + struct.pack("!II", len(message), forge.MOBILITY) + message
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def test_a_binding_update_carries_the_home_address_option_and_its_checksum():
    update = forge.binding_update(sequence=4711, lifetime=60, coa=DAVE)
    (layer,) = pcap.layers(forge.packet(DAVE, HA, update, home_address=HOA))
    assert (layer.src, layer.dst, layer.home_address) == (DAVE, HA, HOA)
    assert (layer.proto, layer.payload[2]) == (forge.MOBILITY, forge.BU)
    assert len(layer.payload) % 8 == 0
    assert ones_complement(HOA, HA, layer.payload) == 0xFFFF


def test_an_acknowledgement_carries_the_routing_header():
    answer = forge.binding_ack(status=0, sequence=4711, lifetime=60)
    (layer,) = pcap.layers(forge.packet(HA, COA, answer, routing=HOA))
    assert (layer.dst, layer.routing_address, layer.payload[2]) == (COA, HOA, forge.BA)
    assert ones_complement(HA, HOA, layer.payload) == 0xFFFF


def test_ike_messages_are_found_among_other_datagrams(tmp_path):
    header = bytes(range(16)) + bytes([33, 0x20, 36, 0x28]) + struct.pack("!II", 2, 28)
    writer = pcap.Writer(tmp_path / "f1.pcap", pcap.ETHERNET)
    for ports in ((500, 500), (53, 53)):
        datagram = struct.pack("!HHHH", *ports, 8 + len(header), 0) + header
        packet = struct.pack("!IHBB", 6 << 28, len(datagram), ike_wire.UDP, 64) + b"".join(
            socket.inet_pton(socket.AF_INET6, a) for a in (DAVE, HA)) + datagram
        writer.write(1000.5, bytes(12) + b"\x86\xdd" + packet)
    writer.close()
    (found,) = ike_wire.messages(tmp_path / "f1.pcap")
    assert str(found) == f"CREATE_CHILD_SA response 2 from {DAVE} to {HA}"
    assert (found.time, found.spi_i) == (1000.5, bytes(range(8)))


def test_the_chain_of_headers_is_read_in_its_order():
    routed, optioned = stray.routed(DAVE, COA, HOA, kind=0), stray.optioned(DAVE, HA, HOA)
    assert pcap.headers(routed) == [pcap.ROUTING, pcap.ICMPV6]
    assert pcap.headers(optioned) == [pcap.DESTINATION, pcap.ICMPV6]
    assert pcap.headers(optioned[:44]) == [pcap.DESTINATION]
    (layer,) = pcap.layers(optioned)
    assert not int.from_bytes(forge.checksum(HOA, HA, layer.payload, pcap.ICMPV6), "big")


def test_an_update_of_addresses_is_sealed_with_the_initiators_keys():
    enc, auth = bytes(range(16)), bytes(range(20))
    keys = forge_ike.initiators(f'{"11" * 8},{"22" * 8},{enc.hex()},00,"AES",{auth.hex()},00,"SHA"')
    message = forge_ike.notify(keys, 7, forge_ike.UPDATE_SA_ADDRESSES)
    assert struct.unpack_from("!8s8sBBBBII", message) == (
        b"\x11" * 8, b"\x22" * 8, 46, 0x20, 37, 0x08, 7, len(message))
    assert struct.unpack_from("!BBH", message, 28) == (41, 0, len(message) - 28)
    assert message[-12:] == hmac.digest(auth, message[:-12], "sha1")[:12]
    clear = subprocess.run(
        ["openssl", "enc", "-d", "-aes-128-cbc", "-nopad", "-K", enc.hex(),
         "-iv", message[32:48].hex()], input=message[48:-12], capture_output=True, check=True)
    assert clear.stdout == bytes.fromhex("0000000800004010") + bytes(7) + b"\x07"
