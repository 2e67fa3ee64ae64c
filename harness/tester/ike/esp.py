"""esp - packets of a CHILD_SA: echo requests sealed, echo replies opened.

Source: RFC 4303 section 2; RFC 4443 section 4; RFC 8200 section 8.1.
"""

from __future__ import annotations

import hmac
import os
import struct
from ipaddress import IPv6Address

from harness.tester.ike.keys import Pair
from harness.tester.ike.payloads import Malformed
from harness.tester.ike.suites import Forged, Suite

IPV6, ICMPV6, ESP = 41, 58, 50
ECHO_REQUEST, ECHO_REPLY = 128, 129


def seal(suite: Suite, pair: Pair, spi: bytes, number: int, proto: int, text: bytes) -> bytes:
    """One packet; the high half of an extended number is zero and only checked."""
    size = -(len(text) + 2) % suite.cipher.block
    text += bytes(range(1, size + 1)) + bytes([size, proto])
    head, iv = spi + struct.pack("!I", number), os.urandom(suite.cipher.iv)
    high = bytes(4) if suite.esn else b""
    aad = spi + high + struct.pack("!I", number)
    octets = head + iv + suite.cipher.encrypt(pair.encr, iv, text, aad)
    return octets + (b"" if suite.cipher.icv else suite.check(pair.auth, octets + high))


def unseal(suite: Suite, pair: Pair, octets: bytes) -> tuple[int, bytes]:
    """Protocol and text of a packet; Forged where it is none of this SA."""
    head, high = octets[:8], bytes(4) if suite.esn else b""
    iv, size = octets[8:8 + suite.cipher.iv], suite.check.size
    if suite.cipher.icv:
        text = suite.cipher.decrypt(pair.encr, iv, octets[8 + len(iv):], head[:4] + high + head[4:])
    else:
        body, icv = octets[:len(octets) - size], octets[len(octets) - size:]
        if not hmac.compare_digest(suite.check(pair.auth, body + high), icv):
            raise Forged("an ESP packet has a wrong integrity check")
        text = suite.cipher.decrypt(pair.encr, iv, body[8 + len(iv):])
    if text[-2] + 2 > len(text):
        raise Malformed("more padding than there is text")
    return text[-1], text[:len(text) - text[-2] - 2]


def echo(src: str, dst: str, number: int) -> bytes:
    """An echo request with its checksum."""
    message = struct.pack("!BBHHH", ECHO_REQUEST, 0, 0, 0x7E57, number) + b"conformance tester"
    return message[:2] + checksum(src, dst, message) + message[4:]


def checksum(src: str, dst: str, message: bytes) -> bytes:
    data = IPv6Address(src).packed + IPv6Address(dst).packed
    data += struct.pack("!II", len(message), ICMPV6) + message + bytes(len(message) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", 0xFFFF ^ total)


def wrapped(src: str, dst: str, text: bytes) -> bytes:
    """An IPv6 header around an ICMPv6 message, for tunnels."""
    return struct.pack("!IHBB", 6 << 28, len(text), ICMPV6, 64) + \
        IPv6Address(src).packed + IPv6Address(dst).packed + text
