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

IPV6, ICMPV6, ESP, UDP = 41, 58, 50, 17
ECHO_REQUEST, ECHO_REPLY, UNREACHABLE, NO_PORT = 128, 129, 1, 4


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


def icmp(src: str, dst: str, kind: int, code: int, rest: bytes) -> bytes:
    """A message with its checksum; `rest` is what follows that."""
    message = bytes([kind, code, 0, 0]) + rest
    return message[:2] + checksum(src, dst, message, ICMPV6) + message[4:]


def echo(src: str, dst: str, number: int) -> bytes:
    return icmp(src, dst, ECHO_REQUEST, 0, struct.pack("!HH", 0x7E57, number) + b"tester")


def udp(src: str, dst: str, port: int, text: bytes) -> bytes:
    """A datagram between two ends with the same port."""
    message = struct.pack("!HHHH", port, port, 8 + len(text), 0) + text
    return message[:6] + checksum(src, dst, message, UDP) + message[8:]


def checksum(src: str, dst: str, message: bytes, proto: int) -> bytes:
    data = IPv6Address(src).packed + IPv6Address(dst).packed
    data += struct.pack("!II", len(message), proto) + message + bytes(len(message) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", 0xFFFF ^ total)


def wrapped(src: str, dst: str, text: bytes, proto: int = ICMPV6) -> bytes:
    """An IPv6 header around it."""
    return struct.pack("!IHBB", 6 << 28, len(text), proto, 64) + \
        IPv6Address(src).packed + IPv6Address(dst).packed + text
