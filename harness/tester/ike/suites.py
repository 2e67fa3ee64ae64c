"""suites - what the transforms do, a row each: ciphers, checks, PRFs and groups.

The arithmetic is python3-cryptography's, but for the groups of RFC 3526, whose primes are computed
from the formula that defines them, and XCBC.
Source: RFC 3526, 3566, 3602, 3686, 4106, 4434, 4868, 5903, 8031; 7296 section 3.3.2.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.ciphers import Cipher as Machine
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from harness.tester.ike.numbers import Kinds
from harness.tester.ike.payloads import Transform, transform

AES_CBC, AES_CTR, AES_GCM_16, NULL = 12, 13, 20, 11
BLOCK = 16


class Forged(ValueError):
    """What came does not fit its integrity check."""


@dataclass(frozen=True)
class Cipher:
    """`salt` octets of the key stay out of the cipher; `icv` is that of an AEAD, which needs no
    other check."""

    name: str
    iv: int
    block: int
    salt: int = 0
    icv: int = 0

    def encrypt(self, key: bytes, iv: bytes, text: bytes, aad: bytes = b"") -> bytes:
        if self.icv:
            return AESGCM(key[:-self.salt]).encrypt(key[-self.salt:] + iv, text, aad)
        return _machine(self, key, iv).encryptor().update(text) if self.iv else text

    def decrypt(self, key: bytes, iv: bytes, text: bytes, aad: bytes = b"") -> bytes:
        if self.icv:
            return AESGCM(key[:-self.salt]).decrypt(key[-self.salt:] + iv, text, aad)
        return _machine(self, key, iv).decryptor().update(text) if self.iv else text


def _machine(cipher: Cipher, key: bytes, iv: bytes) -> Machine:
    if cipher.salt:
        block = key[-cipher.salt:] + iv + bytes([0, 0, 0, 1])
        return Machine(algorithms.AES(key[:-cipher.salt]), modes.CTR(block))
    return Machine(algorithms.AES(key), modes.CBC(iv))


CIPHERS = {AES_CBC: Cipher("AES_CBC", 16, 16), AES_CTR: Cipher("AES_CTR", 8, 4, 4),
           AES_GCM_16: Cipher("AES_GCM_16", 8, 4, 4, 16), NULL: Cipher("NULL", 0, 4)}


def xcbc(key: bytes, text: bytes) -> bytes:
    """RFC 3566 section 4.1; all 16 octets."""
    one, two, three = (_block(key, bytes([n]) * BLOCK) for n in (1, 2, 3))
    blocks = [text[at:at + BLOCK] for at in range(0, len(text), BLOCK)] or [b""]
    last, mask = blocks[-1], two
    if len(last) < BLOCK:
        last, mask = (last + b"\x80").ljust(BLOCK, b"\0"), three
    state = bytes(BLOCK)
    for block in blocks[:-1]:
        state = _block(one, _xor(state, block))
    return _block(one, _xor(_xor(state, last), mask))


def _block(key: bytes, text: bytes) -> bytes:
    return Machine(algorithms.AES(key), modes.ECB()).encryptor().update(text)


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _xcbc_prf(key: bytes, text: bytes) -> bytes:
    """RFC 4434 section 2: any length of key."""
    return xcbc(key.ljust(BLOCK, b"\0") if len(key) <= BLOCK else xcbc(bytes(BLOCK), key), text)


def _hmac(name: str) -> Callable[[bytes, bytes], bytes]:
    return lambda key, text: hmac.digest(key, text, name)


@dataclass(frozen=True)
class Check:
    """A keyed hash, as PRF or cut to `size` octets as integrity check."""

    name: str
    key: int
    size: int
    run: Callable[[bytes, bytes], bytes] = field(repr=False)

    def __call__(self, key: bytes, text: bytes) -> bytes:
        return self.run(key, text)[:self.size]


CHECKS = {
    2: Check("HMAC_SHA1_96", 20, 12, _hmac("sha1")), 5: Check("AES_XCBC_96", 16, 12, xcbc),
    12: Check("HMAC_SHA2_256_128", 32, 16, _hmac("sha256")),
    13: Check("HMAC_SHA2_384_192", 48, 24, _hmac("sha384")),
    14: Check("HMAC_SHA2_512_256", 64, 32, _hmac("sha512"))}
NO_CHECK = Check("NONE", 0, 0, lambda key, text: b"")
PRFS = {
    2: Check("PRF_HMAC_SHA1", 20, 20, _hmac("sha1")),
    4: Check("PRF_AES128_XCBC", 16, 16, _xcbc_prf),
    5: Check("PRF_HMAC_SHA2_256", 32, 32, _hmac("sha256")),
    6: Check("PRF_HMAC_SHA2_384", 48, 48, _hmac("sha384")),
    7: Check("PRF_HMAC_SHA2_512", 64, 64, _hmac("sha512"))}

# The size of a group of RFC 3526, and what its formula adds to pi.
MODP = {2: (1024, 129093), 14: (2048, 124476), 15: (3072, 1690314), 16: (4096, 240904)}
CURVES = {19: ec.SECP256R1(), 20: ec.SECP384R1(), 21: ec.SECP521R1()}
X25519 = 31
SECRET = 32


@cache
def prime(group: int) -> int:
    """2^n - 2^(n-64) - 1 + 2^64 * (floor(2^(n-130) * pi) + extra)."""
    bits, extra = MODP[group]
    return 2 ** bits - 2 ** (bits - 64) - 1 + 2 ** 64 * (_pi(bits - 130) + extra)


def _pi(bits: int) -> int:
    """floor(2^bits * pi), by Machin's formula with 64 bits to spare."""
    unit = 1 << bits + 64

    def arctan(inverse: int) -> int:
        term = total = unit // inverse
        divisor, sign = 1, 1
        while term:
            term //= inverse * inverse
            divisor, sign = divisor + 2, -sign
            total += sign * (term // divisor)
        return total
    return (16 * arctan(5) - 4 * arctan(239)) >> 64


class Group:
    """One Diffie-Hellman exchange: our secret, what is sent of it, what comes of the other's."""

    def __init__(self, number: int) -> None:
        self.number = number
        if number in MODP:
            self.secret = int.from_bytes(os.urandom(SECRET), "big")
            size = MODP[number][0] // 8
            self.public = pow(2, self.secret, prime(number)).to_bytes(size, "big")
        elif number == X25519:
            self.key = x25519.X25519PrivateKey.generate()
            self.public = _raw(self.key.public_key())
        else:
            self.key = ec.generate_private_key(CURVES[number])
            self.public = _point(self.key.public_key())

    def shared(self, other: bytes) -> bytes:
        if self.number in MODP:
            value = pow(int.from_bytes(other, "big"), self.secret, prime(self.number))
            return value.to_bytes(len(self.public), "big")
        if self.number == X25519:
            return self.key.exchange(x25519.X25519PublicKey.from_public_bytes(other))
        curve = CURVES[self.number]
        return self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(
            curve, b"\x04" + other))


def _raw(key: x25519.X25519PublicKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    """RFC 5903 section 7: both coordinates, nothing before them."""
    numbers, size = key.public_numbers(), (key.key_size + 7) // 8
    return numbers.x.to_bytes(size, "big") + numbers.y.to_bytes(size, "big")


@dataclass(frozen=True)
class Suite:
    """One choice of each kind by number; 0 where the kind is not there."""

    encr: int = AES_CBC
    bits: int = 128
    integ: int = 12
    prf: int = 0
    group: int = 0
    esn: int | None = None

    @property
    def cipher(self) -> Cipher:
        return CIPHERS[self.encr]

    @property
    def check(self) -> Check:
        return CHECKS[self.integ] if self.integ else NO_CHECK

    @property
    def prfs(self) -> Check:
        return PRFS[self.prf]

    @property
    def key(self) -> int:
        """Octets of the cipher's key, its salt among them."""
        return self.bits // 8 + self.cipher.salt

    def transforms(self) -> list[Transform]:
        """As a proposal has them."""
        found = [transform(Kinds.ENCR, self.encr, self.bits)]
        wanted = {Kinds.PRF: self.prf, Kinds.INTEG: self.integ, Kinds.DH: self.group}
        found += [transform(kind, ident) for kind, ident in wanted.items() if ident]
        return found + ([] if self.esn is None else [transform(Kinds.ESN, self.esn)])


def chosen(transforms: dict[int, tuple[int, int]]) -> Suite:
    """The suite of an answer."""
    encr, bits = transforms[Kinds.ENCR]
    integ, prf, group = (transforms.get(kind, (0, 0))[0]
                         for kind in (Kinds.INTEG, Kinds.PRF, Kinds.DH))
    esn = transforms[Kinds.ESN][0] if Kinds.ESN in transforms else None
    return Suite(encr, bits, integ, prf, group, esn)


IKE = Suite(prf=5, group=14)
ESP = Suite(esn=0)
