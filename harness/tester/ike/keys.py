"""keys - prf+, the keys of an IKE_SA and of its CHILD_SAs, and messages sealed and opened by them.

What is sealed can be spoilt: padding that lies, an ICV with a flipped bit, octets that are cut off.
Source: RFC 7296 sections 2.13, 2.14, 2.17, 2.18 and 3.14; RFC 5282 section 5.
"""

from __future__ import annotations

import hmac
import os
import struct
from dataclasses import dataclass, replace

from harness.tester.ike import message as messages
from harness.tester.ike.message import Message
from harness.tester.ike.numbers import GENERIC, HEADER, Kind
from harness.tester.ike.payloads import Encrypted, Malformed, Payload
from harness.tester.ike.suites import Check, Forged, Suite


def prf_plus(prf: Check, key: bytes, seed: bytes, size: int) -> bytes:
    found = last = b""
    for count in range(1, 256):
        if len(found) >= size:
            break
        last = prf(key, last + seed + bytes([count]))
        found += last
    return found[:size]


@dataclass(frozen=True)
class Pair:
    """One direction: its integrity and its cipher key."""

    auth: bytes
    encr: bytes


@dataclass(frozen=True)
class IkeKeys:
    """SK_d, SK_p of either end, and what either end seals with."""

    d: bytes
    i: Pair
    r: Pair
    pi: bytes
    pr: bytes


def ike_keys(suite: Suite, seed: bytes, nonces: bytes, spis: bytes) -> IkeKeys:
    """`seed` is SKEYSEED."""
    prf, check, key = suite.prfs, suite.check.key, suite.key
    sizes = [prf.key, check, check, key, key, prf.key, prf.key]
    stream = prf_plus(prf, seed, nonces + spis, sum(sizes))
    d, ai, ar, ei, er, pi, pr = cut(stream, sizes)
    return IkeKeys(d, Pair(ai, ei), Pair(ar, er), pi, pr)


def skeyseed(suite: Suite, ni: bytes, nr: bytes, shared: bytes) -> bytes:
    """A PRF with keys of one length takes half of it of each nonce (section 2.14)."""
    if suite.prf == 4:
        ni, nr = ni[:8], nr[:8]
    return suite.prfs(ni + nr, shared)


def child_keys(suite: Suite, prf: Check, d: bytes, seed: bytes) -> tuple[Pair, Pair]:
    """Of both directions, the initiator's first."""
    sizes = [suite.key, suite.check.key] * 2
    ei, ai, er, ar = cut(prf_plus(prf, d, seed, sum(sizes)), sizes)
    return Pair(ai, ei), Pair(ar, er)


def cut(stream: bytes, sizes: list[int]) -> list[bytes]:
    found, at = [], 0
    for size in sizes:
        found.append(stream[at:at + size])
        at += size
    return found


@dataclass(frozen=True)
class Spoilt:
    """What is wrong with a sealed message; nothing, as it is."""

    pad: int | None = None
    icv: bool = False
    cut: int = 0
    outer: tuple[Payload, ...] = ()


def seal(message: Message, suite: Suite, pair: Pair, spoilt: Spoilt = Spoilt()) -> bytes:
    """The message with all its payloads inside SK."""
    text = messages.chain(message.payloads)
    size = -(len(text) + 1) % suite.cipher.block
    text += bytes(size) + bytes([size if spoilt.pad is None else spoilt.pad])
    iv, icv = os.urandom(suite.cipher.iv), suite.cipher.icv or suite.check.size
    length = GENERIC + len(iv) + len(text) + icv
    before = messages.chain(spoilt.outer, Kind.SK)
    sk = struct.pack("!BBH", messages.first_of(message.payloads), 0, length)
    head = messages.header(message, messages.first_of(spoilt.outer, Kind.SK),
                           len(before) + length) + before
    sealed = suite.cipher.encrypt(pair.encr, iv, text, head + sk)
    octets = head + sk + iv + sealed
    octets += suite.check(pair.auth, octets) if not suite.cipher.icv else b""
    if spoilt.icv:
        octets = octets[:-1] + bytes([octets[-1] ^ 1])
    return octets[:len(octets) - spoilt.cut]


def unseal(octets: bytes, suite: Suite, pair: Pair) -> Message:
    """A message as it came, with the payloads that its SK held in SK's place."""
    found = messages.parse(octets)
    sealed = found.one(Encrypted)
    iv = sealed.data[:suite.cipher.iv]
    if suite.cipher.icv:
        aad = octets[:HEADER + GENERIC]
        text = suite.cipher.decrypt(pair.encr, iv, sealed.data[len(iv):], aad)
    else:
        size = suite.check.size
        if not hmac.compare_digest(suite.check(pair.auth, octets[:-size]), octets[-size:]):
            raise Forged(f"{found} has a wrong integrity check")
        text = suite.cipher.decrypt(pair.encr, iv, sealed.data[len(iv):-size])
    if not text or text[-1] + 1 > len(text):
        raise Malformed("more padding than there is text")
    inner = list(messages.unchain(sealed.first, text[:len(text) - text[-1] - 1]))
    outer = [one for one in found.payloads if one is not sealed]
    return replace(found, payloads=outer + inner)
