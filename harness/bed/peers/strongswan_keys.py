"""strongswan_keys - keys of IKE_SAs as strongSwan logs them at level 4, for decryption."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.bed.decode.ike_wire import Ike

SECRET = re.compile(r"\] (?:<\S+> )?(Sk_(?:ai|ar|ei|er)) secret => (\d+) bytes")
ROW = re.compile(r"\] (?:<\S+> )?\s+\d+: ((?:[0-9A-F]{2} )+)")


@dataclass(frozen=True)
class IkeKeys:
    """The keys of one IKE_SA, in hex."""

    ai: str
    ar: str
    ei: str
    er: str

    def fits(self, message: Ike) -> bool:
        """Whether one of the two integrity keys gives the checksum that ends the message."""
        if message.exchange == "IKE_SA_INIT":
            return False
        name, size = INTEGRITY[len(self.ai) // 2]
        text, checksum = message.octets[:-size], message.octets[-size:]
        return any(hmac.digest(bytes.fromhex(key), text, name)[:size] == checksum
                   for key in (self.ai, self.ar))


# By the octets of a key: the hash, and what of it ends a message.
INTEGRITY = {20: ("sha1", 12), 32: ("sha256", 16)}
# By the octets of a key, what Wireshark calls the algorithm.
CIPHERS = {16: "AES-CBC-128 [RFC3602]", 32: "AES-CBC-256 [RFC3602]"}
CHECKS = {20: "HMAC_SHA1_96 [RFC2404]", 32: "HMAC_SHA2_256_128 [RFC4868]"}


def table(keys: Iterable[IkeKeys], messages: Iterable[Ike]) -> list[str]:
    """Lines of Wireshark's table: keys belong to the IKE_SA whose messages they prove whole.

    Other nodes' IKE_SAs are among the messages, and a node may negotiate several at once.
    """
    left, found = list(keys), {}
    for message in messages:
        spis = message.spi_i, message.spi_r
        if spis not in found and (key := next((k for k in left if k.fits(message)), None)):
            found[spis] = key
            left.remove(key)
    return [
        f'{spi_i.hex()},{spi_r.hex()},{key.ei},{key.er},"{CIPHERS[len(key.ei) // 2]}",'
        f'{key.ai},{key.ar},"{CHECKS[len(key.ai) // 2]}"\n'
        for (spi_i, spi_r), key in found.items()]


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
