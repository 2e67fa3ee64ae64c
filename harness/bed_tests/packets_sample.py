"""Packets made by hand for the readers of the wire: ESP around BU and BA, and an IKE_SA_INIT."""

from __future__ import annotations

import hashlib
import hmac
import struct
import subprocess
from ipaddress import IPv6Address

HOA, COA, HA = "2001:1::10", "2001::50", "2001:1::1"
MAC = "06:1a:a8:6f:0c:67"
TO_HA, TO_MN = "0xca64ae98", "0xc5959ac2"
AUTH = {TO_HA: "419c41d8807fb521e947988cef4a6181d810b611",
        TO_MN: "ea26afc566143c25959a060c90be3053c50ddcff"}
ENC = {TO_HA: "ed90ae3f4f12a697f40cce1893b54e20", TO_MN: "0bd5bd34d5523c0929f2efd7a7c93359"}
ETHERNET = 1
MOBILITY, ESP, DESTINATION, ROUTING, UDP = 135, 50, 60, 43, 17


def dump() -> str:
    """The signalling SAs as `ip xfrm state` prints them."""
    ends = {TO_HA: (HOA, HA), TO_MN: (HA, HOA)}
    return "".join(
        f"src {src} dst {dst}\n\tproto esp spi {spi} reqid 1 mode transport\n"
        f"\treplay-window 32\n\tauth-trunc hmac(sha1) 0x{AUTH[spi]} 96\n"
        f"\tenc cbc(aes) 0x{ENC[spi]}\n\tsel src ::/0 dst ::/0\n"
        for spi, (src, dst) in ends.items())


def checksum(src: str, dst: str, proto: int, data: bytes) -> int:
    pseudo = IPv6Address(src).packed + IPv6Address(dst).packed
    pseudo += struct.pack(">II", len(data), proto) + data + bytes(len(data) % 2)
    total = sum(struct.unpack(f">{len(pseudo) // 2}H", pseudo))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def mobility(src: str, dst: str, kind: int, body: bytes) -> bytes:
    """A mobility header; its checksum stands over the home address, not the care-of address."""
    body += bytes(-(6 + len(body)) % 8)
    head = bytes([59, (6 + len(body)) // 8 - 1, kind, 0])
    value = checksum(src, dst, MOBILITY, head + b"\0\0" + body)
    return head + struct.pack(">H", value) + body


def binding_update(seq: int = 7, coa: str = COA) -> bytes:
    flags = 0x8000 | 0x4000 | 0x1000
    alternate = b"\x01\x02\0\0" + b"\x03\x10" + IPv6Address(coa).packed
    return mobility(HOA, HA, 5, struct.pack(">HHH", seq, flags, 65535) + alternate)


def binding_ack(seq: int = 7, status: int = 0) -> bytes:
    return mobility(HA, HOA, 6, struct.pack(">BBHH", status, 0x80, seq, 65535) + b"\x01\x02\0\0")


def esp(spi: str, number: int, proto: int, data: bytes) -> bytes:
    """AES-CBC with HMAC-SHA1-96; openssl encrypts, so that the reader is checked by another."""
    iv = bytes(range(16))
    pad = -(len(data) + 2) % 16
    plain = data + bytes(range(1, pad + 1)) + bytes([pad, proto])
    command = ["openssl", "enc", "-aes-128-cbc", "-nopad", "-K", ENC[spi], "-iv", iv.hex()]
    cipher = subprocess.run(command, input=plain, capture_output=True, check=True).stdout
    packet = struct.pack(">II", int(spi, 16), number) + iv + cipher
    return packet + hmac.digest(bytes.fromhex(AUTH[spi]), packet, hashlib.sha1)[:12]


def ipv6(src: str, dst: str, proto: int, payload: bytes) -> bytes:
    head = struct.pack(">IHBB", 6 << 28, len(payload), proto, 64)
    return head + IPv6Address(src).packed + IPv6Address(dst).packed + payload


def from_mn(octets: bytes) -> bytes:
    option = bytes([ESP, 2]) + b"\x01\x02\0\0" + b"\xc9\x10" + IPv6Address(HOA).packed
    return ipv6(COA, HA, DESTINATION, option + esp(TO_HA, 1, MOBILITY, octets))


def from_ha(octets: bytes) -> bytes:
    route = bytes([ESP, 2, 2, 1]) + bytes(4) + IPv6Address(HOA).packed
    return ipv6(HA, COA, ROUTING, route + esp(TO_MN, 1, MOBILITY, octets))


def payload(following: int, body: bytes) -> bytes:
    return struct.pack(">BBH", following, 0, 4 + len(body)) + body


SA, KE, CERTREQ, NONCE, NOTIFY = 33, 34, 38, 40, 41


def transform(last: bool, kind: int, number: int, key_bits: int = 0) -> bytes:
    attribute = struct.pack(">HH", 0x8000 | 14, key_bits) if key_bits else b""
    return struct.pack(">BBHBBH", 0 if last else 3, 0, 8 + len(attribute), kind, 0,
                       number) + attribute


def ike_sa_init(is_response: bool = False) -> bytes:
    """What the page's carol sends first: AES-CBC-128, HMAC-SHA1-96, PRF-HMAC-SHA1, MODP-2048."""
    transforms = (transform(False, 1, 12, 128) + transform(False, 3, 2)
                  + transform(False, 2, 2) + transform(True, 4, 14))
    proposal = struct.pack(">BBHBBBB", 0, 0, 8 + len(transforms), 1, 1, 0, 4) + transforms
    notify = [struct.pack(">BBH", 0, 0, kind) + bytes(20) for kind in (16388, 16389)]
    body = (payload(KE, proposal) + payload(NONCE, struct.pack(">HH", 14, 0) + bytes([7] * 256))
            + payload(NOTIFY, bytes(range(32))) + payload(NOTIFY, notify[0])
            + payload(CERTREQ if is_response else 0, notify[1]))
    if is_response:
        body += payload(0, b"\x04" + bytes(20))
    spis = bytes.fromhex("58b6f8e6f23188fa" + ("63fdcfb55179c548" if is_response else "0" * 16))
    flags = 0x20 if is_response else 0x08
    message = spis + struct.pack(">BBBBII", SA, 0x20, 34, flags, 0, 28 + len(body)) + body
    src, dst = (HA, COA) if is_response else (COA, HA)
    udp = struct.pack(">HHHH", 500, 500, 8 + len(message), 0) + message
    udp = udp[:6] + struct.pack(">H", checksum(src, dst, UDP, udp)) + udp[8:]
    return ipv6(src, dst, UDP, udp)


def ethernet(packet: bytes, vlan: bool = False) -> bytes:
    tag = b"\x81\x00\x00\x05" if vlan else b""
    return bytes(6) + bytes.fromhex(MAC.replace(":", "")) + tag + b"\x86\xdd" + packet


def cooked(packet: bytes) -> bytes:
    return bytes(14) + b"\x86\xdd" + packet


def cooked2(packet: bytes) -> bytes:
    return b"\x86\xdd" + bytes(18) + packet


def pcap_file(frames: list[bytes], link: int = ETHERNET, order: str = "<") -> bytes:
    out = struct.pack(f"{order}IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link)
    for number, frame in enumerate(frames):
        seconds, parts = 1000 + number // 2, number % 2 * 500000
        out += struct.pack(f"{order}IIII", seconds, parts, len(frame), len(frame)) + frame
    return out


def pcapng_file(frames: list[bytes], order: str = "<") -> bytes:
    def block(kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        size = 12 + len(body)
        return struct.pack(f"{order}II", kind, size) + body + struct.pack(f"{order}I", size)

    section = block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1))
    interface = struct.pack(f"{order}HHI", 1, 0, 0)
    interface += struct.pack(f"{order}HHB3x", 9, 1, 9) + bytes(4)
    out = section + block(1, interface)
    for number, frame in enumerate(frames):
        ticks = 1000 * 10 ** 9 + 5 * 10 ** 8 * number
        head = struct.pack(f"{order}IIIII", 0, ticks >> 32, ticks & 0xFFFFFFFF,
                           len(frame), len(frame))
        out += block(6, head + frame)
    return out
