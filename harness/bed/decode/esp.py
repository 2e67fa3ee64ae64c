"""esp - ESP packets opened, and made, with the keys that the kernel was given.

Keys come from the SAs that daemons wrote into a kernel, as a node's netlink capture shows them, so
that SAs between two checkpoints are known too. The ICV is not checked here: that is for an
independent reader (wire.py).
Shapes:  State as the key of a packet, found by SPI; (next header, payload) or None.
Errors:  a packet that no known SA opens gives None.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import hmac
import socket
import struct
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from harness.bed.decode import nl, pcap, xfrm_nl
from harness.bed.decode.xfrm import State

NEWSA, UPDSA = 0x10, 0x1A
HEADER = 8
DUMMY = 59
CBC, NULL, GCM = "cbc(aes)", "ecb(cipher_null)", "rfc4106(gcm(aes))"
SHA1_ICV = 12
CBC_IV, GCM_IV, GCM_SALT, GCM_ICV, BLOCK = 16, 8, 4, 16, 16
CIPHERS = {(CBC, 16): "EVP_aes_128_cbc", (CBC, 24): "EVP_aes_192_cbc", (CBC, 32): "EVP_aes_256_cbc",
           (GCM, 16): "EVP_aes_128_ctr", (GCM, 24): "EVP_aes_192_ctr", (GCM, 32): "EVP_aes_256_ctr"}
# GCM's first counter block is for the ICV; the text begins with the second.
GCM_FIRST = b"\0\0\0\2"


def sas(netlink_captures: Iterable[Path]) -> dict[str, State]:
    """Every ESP SA with keys that was put into a kernel, by its SPI."""
    found = {}
    for path in netlink_captures:
        for frame in pcap.frames(path):
            if struct.unpack_from(">H", frame.octets, 14)[0] != socket.NETLINK_XFRM:
                continue
            for message in nl.messages(frame.octets[16:]):
                if message.type in (NEWSA, UPDSA) and len(message.body) >= xfrm_nl.SA_INFO.size:
                    state = xfrm_nl.state(message.body)
                    if state.proto == "esp" and state.spi and not state.larval:
                        found[state.spi] = state
    return found


@cache
def _libcrypto() -> ctypes.CDLL:
    library = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")
    for name in {"EVP_CIPHER_CTX_new", *CIPHERS.values()}:
        getattr(library, name).restype = ctypes.c_void_p
    return library


def _decipher(cipher: str, key: bytes, iv: bytes, text: bytes) -> bytes | None:
    return _run(cipher, "Decrypt", key, iv, text)


def enciphered(key: bytes, iv: bytes, text: bytes) -> bytes:
    """AES-CBC of whole blocks."""
    done = _run(CIPHERS[CBC, len(key)], "Encrypt", key, iv, text)
    if done is None:
        raise ValueError(f"libcrypto does not take a key of {len(key)} octets")
    return done


def _run(cipher: str, way: str, key: bytes, iv: bytes, text: bytes) -> bytes | None:
    library = _libcrypto()
    init, update = (getattr(library, f"EVP_{way}{step}") for step in ("Init_ex", "Update"))
    context = ctypes.c_void_p(library.EVP_CIPHER_CTX_new())
    out, size = ctypes.create_string_buffer(len(text) + BLOCK), ctypes.c_int()
    kind = ctypes.c_void_p(getattr(library, cipher)())
    try:
        done = (init(context, kind, None, key, iv)
                and library.EVP_CIPHER_CTX_set_padding(context, 0)
                and update(context, out, ctypes.byref(size), text, len(text)))
    finally:
        library.EVP_CIPHER_CTX_free(context)
    return out.raw[:size.value] if done else None


def spi(packet: bytes) -> tuple[str, int] | None:
    """SPI and sequence number of an ESP packet."""
    if len(packet) < HEADER:
        return None
    number, seq = struct.unpack_from("!II", packet)
    return f"0x{number:08x}", seq


def opened(packet: bytes, state: State) -> tuple[int, bytes] | None:
    """Next header and payload of an ESP packet that was sent on this SA."""
    text = _clear(packet[HEADER:], state)
    if not text or len(text) < 2:
        return None
    size, proto = text[-2], text[-1]
    pad = text[len(text) - 2 - size:-2]
    if len(pad) != size or pad != bytes(range(1, size + 1)) or proto == DUMMY:
        return None
    return proto, text[:len(text) - 2 - size]


def _clear(body: bytes, state: State) -> bytes | None:
    by_kind = {alg.kind: alg for alg in state.algorithms}
    alg = by_kind.get("aead") or by_kind.get("enc")
    if alg is None:
        return None
    mac = by_kind.get("auth")
    key = bytes.fromhex(alg.key.removeprefix("0x"))
    icv = GCM_ICV if alg.name == GCM else (mac.bits or 0) // 8 if mac else 0
    body = body[:len(body) - icv]
    if alg.name == NULL:
        return body
    if alg.name == GCM:
        cipher = CIPHERS.get((GCM, len(key) - GCM_SALT))
        block = key[-GCM_SALT:] + body[:GCM_IV] + GCM_FIRST
        return _decipher(cipher, key[:-GCM_SALT], block, body[GCM_IV:]) if cipher else None
    cipher = CIPHERS.get((alg.name, len(key)))
    text = body[CBC_IV:]
    if not cipher or len(text) % BLOCK:
        return None
    return _decipher(cipher, key, body[:CBC_IV], text)


def sealed(proto: int, payload: bytes, state: State, seq: int, iv: bytes) -> bytes:
    """The ESP packet with which the owner of an SA of AES-CBC and HMAC-SHA1 sends `payload`."""
    by_kind = {alg.kind: alg for alg in state.algorithms}
    key, mac = (bytes.fromhex(by_kind[kind].key.removeprefix("0x"))
                for kind in ("enc", "auth"))
    size = -(len(payload) + 2) % BLOCK
    text = payload + bytes(range(1, size + 1)) + bytes([size, proto])
    packet = struct.pack("!II", int(state.spi or "0", 16), seq) + iv + enciphered(key, iv, text)
    return packet + hmac.digest(mac, packet, "sha1")[:SHA1_ICV]
