"""page_status - `ipsec statusall` held against the page's, line by line at both checkpoints.

SPIs get names by IKE_SA or child, direction and generation over all checkpoints, so that "the
same SPIs after the move" is compared too. Durations are left out, whether there is one is not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from harness.bed.check.page import Evidence, Item, Row, align, judge
from harness.bed.decode.xfrm import Dump

SECTIONS = ("Performance:", "Listening IP addresses:", "Connections:", "Security Associations:")
DURATION = r"\d+ (?:seconds|minutes|hours|days)"
FREE = (
    (rf"uptime: {DURATION}, since .*", "uptime: N, since T"),
    (rf"(rekeying in|reauthentication in) {DURATION}", r"\1 N"),
    (r"\b\d+s_(i|o)\b", r"Ns_\1"),
)
# What kind of line it is: the first that fits.
LABELS = (
    r"ESP SPIs|ROUTED", r"IKE SPIs", r"IKE proposal", r"ESTABLISHED|CONNECTING", r"last use",
    r"===", r"CAs:", r"authentication", r"\.\.\.", r"uptime", r"worker threads", r"loaded plugins",
)


class SpiNames:
    def __init__(self) -> None:
        self.names: dict[tuple[str, str], str] = {}

    def name(self, owner: str, spi: str, way: str) -> str:
        role = f"spi:{owner}.{way}"
        if (role, spi) not in self.names:
            generation = 1 + sum(known == role for known, _ in self.names)
            self.names[role, spi] = f"{role}#{generation}"
        return self.names[role, spi]


def _named(text: str, spis: SpiNames) -> str:
    owner = text.partition(":")[0]
    text = re.sub(r"\b([0-9a-f]{8}|[0-9a-f]{16})_([iro])\b",
                  lambda found: spis.name(owner, found[1], found[2]), text)
    for pattern, free in FREE:
        text = re.sub(pattern, free, text)
    return text


def items(status: str, spis: SpiNames) -> list[Item]:
    section, found = "", []
    for line in status.splitlines():
        text = " ".join(line.split())
        if not text:
            continue
        if text in SECTIONS:
            section = text
        label = next((pattern for pattern in LABELS if re.search(pattern, text)), "")
        owner = text.partition(":")[0] if section in SECTIONS[2:] else ""
        found.append(Item(f"{section}{owner}{label}", _named(text, spis)))
    return found


ROWS_FOR_OURS: tuple[Row, ...] = (
    Row("plugins", ".*loaded plugins: .*", "the line says what is true of us"),
    Row("workers", ".*'worker threads: .*", "the line says what is true of us"),
    Row("last use outbound",
        r".*'mh\{1\}: .* last use: .*_i Ns_o', the page has 'mh\{1\}: .* last use: Ns_i no_o'",
        "the page did not count the outbound BU; ours shows when it was sent"),
)


def compare(theirs: Mapping[str, str], ours: Mapping[str, str],
            rows: Sequence[Row] = ROWS_FOR_OURS) -> Evidence:
    """Status texts by checkpoint, in the order of the checkpoints."""
    their_spis, our_spis = SpiNames(), SpiNames()
    sentences = []
    for checkpoint in theirs:
        wanted = items(theirs[checkpoint], their_spis)
        found = items(ours[checkpoint], our_spis)
        sentences += [f"{checkpoint}: {s}" for s in align(wanted, found, "the page")]
    return judge(sentences, rows)


def spis_of_dump(status: str, dump: Dump) -> list[str]:
    """Sentences where the status shows other SPIs than the kernel has for that reqid."""
    kernel: dict[int, set[str]] = {}
    for state in dump.states:
        if state.proto == "esp" and not state.larval:
            kernel.setdefault(state.reqid, set()).add(state.spi.removeprefix("0x"))
    shown: dict[int, set[str]] = {}
    for reqid, one, two in re.findall(
            r"\{(\d+)\}:\s+INSTALLED.*ESP SPIs: (\w{8})_i (\w{8})_o", status):
        shown.setdefault(int(reqid), set()).update((one, two))
    return [
        f"reqid {reqid}: status shows {_list(shown.get(reqid))}, "
        f"the kernel has {_list(kernel.get(reqid))}"
        for reqid in sorted(kernel.keys() | shown.keys())
        if kernel.get(reqid) != shown.get(reqid)
    ]


def _list(spis: set[str] | None) -> str:
    return ", ".join(sorted(spis)) if spis else "none"
