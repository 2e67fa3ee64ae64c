"""strongswan_keys - keys of IKE_SAs as strongSwan 5.9.8 logs them at level 4, for decryption."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.bed.decode.ike_wire import Ike

SECRET = re.compile(r"\] (?:<\S+> )?(Sk_(?:ai|ar|ei|er)) secret => (\d+) bytes")
ROW = re.compile(r"\] (?:<\S+> )?\s+\d+: ((?:[0-9A-F]{2} )+)")


@dataclass(frozen=True)
class IkeKeys:
    """The keys of one IKE_SA, in hex; they come in the order in which the IKE_SAs were made."""

    ai: str
    ar: str
    ei: str
    er: str


# By the octets of a key, what Wireshark calls the algorithm.
CIPHERS = {16: "AES-CBC-128 [RFC3602]", 32: "AES-CBC-256 [RFC3602]"}
CHECKS = {20: "HMAC_SHA1_96 [RFC2404]", 32: "HMAC_SHA2_256_128 [RFC4868]"}


def table(keys: Iterable[IkeKeys], messages: Iterable[Ike]) -> list[str]:
    """Lines of Wireshark's table: IKE_SAs come to the wire in the order of their keys."""
    spis = dict.fromkeys((m.spi_i, m.spi_r) for m in messages if any(m.spi_r))
    return [
        f'{spi_i.hex()},{spi_r.hex()},{key.ei},{key.er},"{CIPHERS[len(key.ei) // 2]}",'
        f'{key.ai},{key.ar},"{CHECKS[len(key.ai) // 2]}"\n'
        for (spi_i, spi_r), key in zip(spis, keys)]


def read(log: str) -> list[IkeKeys]:
    found, current = [], {}
    for name, key in _secrets(log):
        current[name] = key
        if len(current) == 4:
            found.append(IkeKeys(**current))
            current = {}
    return found


def _secrets(log: str) -> Iterator[tuple[str, str]]:
    """Each secret's short name and octets: a headline, then rows of sixteen octets."""
    lines = iter(log.splitlines())
    for line in lines:
        headline = SECRET.search(line)
        if not headline:
            continue
        size, octets = 2 * int(headline[2]), ""
        while len(octets) < size and (row := ROW.search(next(lines, ""))):
            octets += row[1].replace(" ", "").lower()
        if len(octets) == size:
            yield headline[1].removeprefix("Sk_"), octets
