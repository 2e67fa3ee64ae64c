"""pcapng - all captures of a scenario as one file: named interfaces, steps as packet comments.

Shapes:  packets of classic pcap files, merged by time; a comment stands on the first packet after
         its moment.
Units:   time stamps are microseconds, as the captures have them.
Source:  draft-ietf-opsawg-pcapng, blocks SHB, IDB and EPB.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from harness.bed.decode import pcap

BYTE_ORDER = 0x1A2B3C4D
END, COMMENT, NAME, DESCRIPTION, APPLICATION, RESOLUTION = 0, 1, 2, 3, 4, 9
MICROSECONDS = 6
SNAP = 1 << 18
LENGTH_UNKNOWN = 0xFFFFFFFFFFFFFFFF
WORDS_AT_MOST = 60000


def _padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % 4)


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _block(kind: int, body: bytes) -> bytes:
    size = len(body) + 12
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def section(comment: str, application: str) -> bytes:
    body = struct.pack("<IHHQ", BYTE_ORDER, 1, 0, LENGTH_UNKNOWN)
    options = _option(COMMENT, comment.encode()) + _option(APPLICATION, application.encode())
    return _block(pcap.SECTION, body + options + _option(END, b""))


def interface(link: int, name: str, description: str) -> bytes:
    options = (_option(NAME, name.encode()) + _option(DESCRIPTION, description.encode())
               + _option(RESOLUTION, bytes([MICROSECONDS])) + _option(END, b""))
    return _block(pcap.INTERFACE, struct.pack("<HHI", link, 0, SNAP) + options)


def packet(port: int, time: float, octets: bytes, comment: str = "") -> bytes:
    stamp = round(time * 1_000_000)
    head = struct.pack("<IIIII", port, stamp >> 32, stamp & 0xFFFFFFFF, len(octets), len(octets))
    words = comment.encode()[:WORDS_AT_MOST]
    options = _option(COMMENT, words) + _option(END, b"") if words else b""
    return _block(pcap.ENHANCED, head + _padded(octets) + options)


def merge(captures: Mapping[str, Path], notes: Sequence[tuple[float, str]], title: str,
          descriptions: Mapping[str, str] | None = None) -> bytes:
    """One file of all captures by interface name; `notes` are moments and what happened then."""
    frames = {name: list(pcap.frames(path)) for name, path in captures.items()}
    blocks = [section(title, "run-tests.sh")]
    blocks += [interface(_link_type(captures[name]), name, (descriptions or {}).get(name, name))
               for name in frames]
    merged = sorted(((frame.time, port, frame.octets) for port, found in enumerate(frames.values())
                     for frame in found), key=lambda one: one[0])
    waiting = list(notes)
    for time, port, octets in merged:
        due = [text for moment, text in waiting if moment <= time]
        waiting = waiting[len(due):]
        blocks.append(packet(port, time, octets, "\n".join(due)))
    return b"".join(blocks)


def _link_type(path: Path) -> int:
    """Also of a capture without a packet."""
    head = path.read_bytes()[:24]
    for order in "<>":
        if len(head) == 24 and struct.unpack_from(f"{order}I", head)[0] in pcap.MAGICS:
            return struct.unpack_from(f"{order}I", head, 20)[0] & 0xFFFF
    raise pcap.CaptureError(f"{path}: not a classic pcap file")


def comments(notes: Iterable[tuple[float, str]], start: float) -> list[tuple[float, str]]:
    """Notes with the time since the start in front, in order."""
    return sorted((moment, f"{moment - start:.3f} s: {text}") for moment, text in notes)
