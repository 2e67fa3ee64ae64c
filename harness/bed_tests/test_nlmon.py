"""xfrm messages in netlink octets, read as facts and printed as lines."""

from __future__ import annotations

import socket
import struct

import pytest

from harness.bed.decode import nl, nlmon, xfrm_nl

COA, HA, HOA = "2001::50", "2001:1::1", "2001:1::10"
OLD = "2001::41a:a8ff:fe6f:c67"


def octets(address: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6, address)


def attribute(kind: int, value: bytes) -> bytes:
    size = 4 + len(value)
    return struct.pack("=HH", size, kind) + value + bytes(-size % 4)


def selector(src: str, src_len: int, dst: str, dst_len: int, proto: int = 0) -> bytes:
    return xfrm_nl.SELECTOR.pack(octets(dst), octets(src), 0, 0, 0, 0, socket.AF_INET6,
                                 dst_len, src_len, proto, 0, 0)


def message(kind: int, body: bytes, flags: int = 5) -> bytes:
    return nl.HEADER.pack(nl.HEADER.size + len(body), kind, flags, 7, 0) + body


def migrate() -> bytes:
    head = selector(HOA, 128, "::", 0) + struct.pack("=IB3x", 0, 1)
    km = nlmon.KMADDRESS.pack(octets(COA), octets(HA), 0, socket.AF_INET6)
    entry = xfrm_nl.MIGRATE.pack(octets(HA), octets(OLD), octets(HA), octets(COA), 50, 1, 0, 2,
                                 socket.AF_INET6, socket.AF_INET6)
    return message(0x21, head + attribute(19, km) + attribute(16, bytes(6)) + attribute(17, entry))


def state() -> bytes:
    ident = xfrm_nl.ID.pack(octets(HA), socket.htonl(0xC190D5BA), 50)
    info = xfrm_nl.SA_INFO.pack(selector("::", 0, "::", 0), ident, octets(COA), bytes(64),
                                bytes(32), bytes(12), 0, 2, socket.AF_INET6, 1, 32, 0x20)
    key = bytes(range(16))
    crypt = b"cbc(aes)".ljust(64, b"\0") + struct.pack("=I", 8 * len(key)) + key
    return info + attribute(2, crypt)


def line(data: bytes) -> str:
    return nlmon.line(next(nl.messages(data)))


def test_a_migrate_shows_its_entry_and_the_key_managers_addresses():
    assert line(migrate()) == (
        f"pid 0 seq 7 fl 0x5 MIGRATE sel({HOA}/128 -> ::/0) dir out index 0 "
        f"KMADDRESS(local {COA} remote {HA}) ptype main "
        f"MIGRATE(esp tunnel reqid 2 old {OLD} -> {HA} new {COA} -> {HA})")


def test_a_state_is_the_same_fact_as_ip_prints():
    found = xfrm_nl.state(state())
    assert (found.src, found.dst, found.spi) == (COA, HA, "0xc190d5ba")
    assert (found.reqid, found.mode, found.flags) == (2, "tunnel", ("af-unspec",))
    assert found.algorithms[0].key == "0x000102030405060708090a0b0c0d0e0f"
    assert not found.larval


def test_a_refusal_names_the_request():
    body = struct.pack("=i", -61) + nl.HEADER.pack(16, 0x21, 5, 7, 0)
    assert line(message(nl.NLMSG_ERROR, body)) == "pid 0 seq 7 fl 0x5 answer -61 for MIGRATE seq 7"


def test_a_dump_request_is_no_state():
    assert line(message(0x12, bytes(40), flags=0x301)).endswith("GETSA of all")


@pytest.mark.parametrize("size", range(0, len(migrate()), 7))
def test_a_message_cut_short_is_left_out(size):
    assert [line for line in map(nlmon.line, nl.messages(migrate()[:size]))] == []


@pytest.mark.parametrize("size", range(1, 300, 11))
def test_a_body_cut_short_is_told_by_its_length(size):
    text = line(message(0x21, migrate()[16:16 + size]))
    assert "MIGRATE" in text
