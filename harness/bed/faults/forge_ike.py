"""forge_ike - a request in a node's own IKE_SA that its iked did not make, from any address.

The keys are those that iked leaves for captures: AES-CBC-128 and HMAC-SHA1-96.
Source: RFC 7296 sections 3.1, 3.10 and 3.14.
"""

from __future__ import annotations

import hmac
import struct
from dataclasses import dataclass

from harness.bed.decode import esp
from harness.bed.faults import forge
from harness.bed.node.host import Host

UDP, PORT = 17, 500
NOTIFY, ENCRYPTED, INFORMATIONAL = 41, 46, 37
VERSION, INITIATOR = 0x20, 0x08
HEADER, ICV = 28, 12
UPDATE_SA_ADDRESSES = 16400


@dataclass(frozen=True)
class Keys:
    """Of one direction: cipher and integrity key."""

    spi_i: bytes
    spi_r: bytes
    enc: bytes
    auth: bytes


def initiators(line: str) -> Keys:
    """The initiator's keys of a line of Wireshark's table of IKEv2 keys."""
    spi_i, spi_r, enc, _, _, auth = line.split(",")[:6]
    return Keys(*map(bytes.fromhex, (spi_i, spi_r, enc, auth)))


def notify(keys: Keys, number: int, kind: int) -> bytes:
    """An INFORMATIONAL request with one notification."""
    text = struct.pack("!BBHBBH", 0, 0, 8, 0, 0, kind)
    size = -(len(text) + 1) % esp.BLOCK
    iv = bytes(esp.CBC_IV)
    body = iv + esp.enciphered(keys.enc, iv, text + bytes(size) + bytes([size]))
    length = HEADER + 4 + len(body) + ICV
    message = keys.spi_i + keys.spi_r + struct.pack(
        "!BBBBIIBBH", ENCRYPTED, VERSION, INFORMATIONAL, INITIATOR, number, length,
        NOTIFY, 0, length - HEADER) + body
    return message + hmac.digest(keys.auth, message, "sha1")[:ICV]


def send(host: Host, src: str, dst: str, message: bytes) -> None:
    host.story.note(f"{host.name} sends {dst} an IKE message of its IKE_SA from {src}")
    datagram = struct.pack("!HHHH", PORT, PORT, 8 + len(message), 0) + message
    check = forge.checksum(src, dst, datagram, UDP)
    forge.put(host, dst, forge.wrapped(src, dst, UDP, datagram[:6] + check + datagram[8:]))
