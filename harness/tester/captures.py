"""captures - the tester's IKE is held to captures of others, whose keys are public.

    make captures

They are the test captures of Debian's wireshark source package, which apt-get fetches into
build/captures; nothing of them is committed. Every sealed message whose suite the tester has must
open with the keys that the package tells, and its AUTH payload be what Wireshark's own test wants.
Exit status: 0, or 1 where a message does not open or an expected proof is not found.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.bed.base import places
from harness.tester.ike import keys, message
from harness.tester.ike.keys import Pair
from harness.tester.ike.payloads import AUTH, Encrypted
from harness.tester.ike.suites import Suite

TOP = Path(__file__).resolve().parents[2]
FOLDER, PACKAGE, MIRROR = "captures", "wireshark", "http://deb.debian.org/debian"
WANTED = ("*/test/captures/ikev2-decrypt-*", "*/test/config/ikev2_decryption_table.tmpl",
          "*/test/suite_decryption.py")
# The suites that both have, as the package writes them, each with its capture.
SUITES = {
    ("AES-CBC-256 [RFC3602]", "HMAC_SHA2_256_128 [RFC4868]"): (Suite(12, 256, 12), "aes256cbc"),
    ("AES-CTR-192 [RFC5930]", "HMAC_SHA2_512_256 [RFC4868]"): (Suite(13, 192, 14), "aes192ctr"),
    ("AES-GCM-256 with 16 octet ICV [RFC5282]", "NONE [RFC4306]"):
        (Suite(20, 256, 0), "aes256gcm16"),
}
MARKER = bytes(4)


@dataclass(frozen=True)
class Known:
    """What the package tells of one IKE_SA."""

    capture: str
    suite: Suite
    spis: tuple[bytes, bytes]
    i: Pair
    r: Pair


def fetch(folder: Path) -> None:
    """Into a folder with package lists of its own, so that the machine's stay as they are."""
    (folder / "lists/partial").mkdir(parents=True, exist_ok=True)
    (folder / "sources.list").write_text(f"deb-src {MIRROR} bookworm main\n")
    options = [word for name, value in {
        "Dir::Etc::SourceList": folder / "sources.list", "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": folder / "lists", "Dir::Cache": folder / "cache"}.items()
        for word in ("-o", f"{name}={value}")]
    for command in (["update"], ["source", "--download-only", PACKAGE]):
        subprocess.run(["apt-get", "-q", *options, *command], cwd=folder, check=True)
    archive = next(folder.glob(f"{PACKAGE}_*.orig.tar.*"))
    subprocess.run(["tar", "-xf", archive, "--strip-components=1", "--wildcards", *WANTED],
                   cwd=folder, check=True)


def table(text: str) -> Iterator[Known]:
    """The rows of Wireshark's table whose suite the tester has."""
    for line in text.splitlines():
        words = [word.strip('"') for word in line.split(",")]
        if len(words) == 8 and (words[4], words[7]) in SUITES:
            suite, capture = SUITES[words[4], words[7]]
            spi_i, spi_r, ei, er, ai, ar = (bytes.fromhex(words[at]) for at in (0, 1, 2, 3, 5, 6))
            yield Known(capture, suite, (spi_i, spi_r), Pair(ai, ei), Pair(ar, er))


def datagrams(path: Path) -> Iterator[bytes]:
    words = ["tshark", "-n", "-r", str(path), "-Y", "isakmp", "-T", "fields", "-e", "udp.payload"]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    for line in said.split():
        yield bytes.fromhex(line.replace(":", "")).removeprefix(MARKER)


def opened(known: Known, path: Path) -> tuple[int, set[str]]:
    """How many sealed messages there are, all of which open, and the proofs in them."""
    count, proofs = 0, set()
    for octets in datagrams(path):
        outer = message.parse(octets)
        if (outer.spi_i, outer.spi_r) == known.spis and outer.all(Encrypted):
            inner = keys.unseal(octets, known.suite, known.i if outer.initiator else known.r)
            count += 1
            proofs |= {one.data.hex() for one in inner.all(AUTH)}
    return count, proofs


def main() -> int:
    folder = places.build(TOP) / FOLDER
    if not (folder / "test/captures").is_dir():
        fetch(folder)
    text = (folder / "test/suite_decryption.py").read_text()
    failed = 0
    for known in table((folder / "test/config/ikev2_decryption_table.tmpl").read_text()):
        path = next((folder / "test/captures").glob(f"ikev2-decrypt-{known.capture}.pcap*"))
        count, proofs = opened(known, path)
        wanted = re.search(rf"'{re.escape(path.name)}'.*?grepOutput\('(\w+)'", text, re.DOTALL)
        fine = bool(count and wanted and wanted[1] in proofs)
        failed += not fine
        print(f"{path.name}: {count} sealed messages open, {len(proofs)} proofs; "
              f"{'one is' if fine else 'none is'} what Wireshark's test wants")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
