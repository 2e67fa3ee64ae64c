"""matrix - the same scenarios with ours and a peer's IKE daemon on either end, and one table.

A known limit of a peer is told with its cause and does not fail the run; any other failure does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from harness.bed.peers.strongswan_dump import Difference
from harness.bed.report.report import Outcome

NAME, NOT_RUN = "matrix", "-"
SCENARIOS = ("establishment", "coa-change", "link-handover", "return-home", "rekey-after-move",
             "two-nodes")


class Pair(NamedTuple):
    """Whose IKE daemon carol runs, and moon."""

    carol: str
    moon: str

    def __str__(self) -> str:
        return f"{self.carol}/{self.moon}"

    @property
    def ikes(self) -> dict[str, str]:
        """As a job wants it: what is not ours."""
        return {node: name for node, name in self._asdict().items() if name != "ours"}


PAIRS = (Pair("ours", "ours"), Pair("ours", "strongswan"), Pair("strongswan", "ours"),
         Pair("strongswan", "strongswan"))
Cells = Mapping[tuple[str, Pair], list[Outcome]]


# Scenario of the peers that do not move: its tests are test_peer_plain[PEER-NODE].
PLAIN = re.compile(r"\[(\w+)-(carol|moon)\]")
NOTES = {
    "libreswan": "no MIGRATE, so only peer-plain; it leaves its policies for neighbour discovery",
    "openiked": "no MIGRATE, so only peer-plain; it rekeys by its own clock only, knows no "
                "HMAC-SHA2 for ESP on Linux, and leaves a routing rule",
}


def plain_cells(scenario: str, outcomes: Iterable[Outcome]
                ) -> dict[tuple[str, Pair], list[Outcome]]:
    """The tests of one run, each in the column of its pair."""
    cells: dict[tuple[str, Pair], list[Outcome]] = {}
    for one in outcomes:
        peer, node = found.groups() if (found := PLAIN.search(one.test)) else ("ours", "carol")
        pair = Pair(**{"carol": "ours", "moon": "ours"} | {node: peer})
        cells.setdefault((scenario, pair), []).append(one)
    return cells


@dataclass(frozen=True)
class Limit:
    """A failure of test `test` that a peer on `node` explains, known by its sentence."""

    node: str
    peer: str
    test: str
    sentence: str
    cause: str

    def explains(self, pair: Pair, outcome: Outcome) -> bool:
        return (pair.ikes.get(self.node) == self.peer
                and re.search(self.test, outcome.test) is not None
                and re.search(self.sentence, outcome.sentence) is not None)


# One or two echo requests without an answer, as pytest prints them.
LOST = r"^assert not \[Echo\([^)]*\)(, Echo\([^)]*\))?\]"
# A request out of the tunnel that found no SA.
ACQUIRED = r"^assert not \[Event\(.*'tells ACQUIRE for .* proto ipv6-icmp.*reqid 2 tunnel"
LIMITS = (
    Limit("carol", "strongswan", "test_a_move_between_rekey_and_delete", "there are 3 SAs",
          "who rekeys takes the old outbound SA away with the delete that it sends, not with the "
          "answer: while deletes are held back there never are two whole pairs"),
    Limit("moon", "strongswan", "test_a_move_between_rekey_and_delete",
          r"last seen: (SA \w+ goes from 2001:1::1 to 2001::41a:a8ff:fe6f:c67|"
          r"moon: state esp 2001:1::1 to 2001::50 left)$",
          "a MIGRATE moves one SA in the kernel, and charon follows with one CHILD_SA of that "
          "reqid: of the two outbound SAs between rekey and delete one stays at the old care-of "
          "address, or is moved unseen and stays when charon ends"),
    *(Limit(node, "strongswan", "test_(coa_change|link_handover)", LOST,
            "charon takes a migrated SA away and puts it back: what is sent meanwhile is lost")
      for node in ("carol", "moon")),
    Limit("carol", "strongswan", "test_coa_change", ACQUIRED,
          "charon takes a migrated SA away and puts it back: what is sent meanwhile asks for a new "
          "one, which it does not make"),
)


def limit_of(pair: Pair, outcome: Outcome) -> Limit | None:
    return next((limit for limit in LIMITS if limit.explains(pair, outcome)), None)


def judged(pair: Pair, outcomes: list[Outcome]) -> list[Outcome]:
    """For the report: a known limit is no failure, and no success either."""
    return [replace(one, outcome="skipped", sentence=f"{_told(limit)}; {one.sentence}")
            if one.outcome == "failed" and (limit := limit_of(pair, one)) else one
            for one in outcomes]


def _told(limit: Limit) -> str:
    return f"known limit of {limit.peer} on {limit.node}: {limit.cause}"


def _verdict(pair: Pair, outcomes: list[Outcome]) -> str:
    bad = [one for one in outcomes if one.outcome == "failed"]
    if not bad:
        return "ok" if any(one.outcome == "passed" for one in outcomes) else "skipped"
    return "limit" if all(limit_of(pair, one) for one in bad) else "FAIL"


def table(cells: Cells) -> Iterator[str]:
    """A row for each scenario, a column for each pair."""
    pairs = list(dict.fromkeys(pair for _, pair in cells))
    width = max(len(str(pair)) for pair in pairs)
    yield f"{'carol/moon':20}" + "".join(f"  {str(pair):{width}}" for pair in pairs).rstrip()
    for scenario in dict.fromkeys(name for name, _ in cells):
        verdicts = (_verdict(pair, cells[scenario, pair]) if (scenario, pair) in cells else NOT_RUN
                    for pair in pairs)
        yield f"{scenario:20}" + "".join(f"  {word:{width}}" for word in verdicts).rstrip()


def reasons(cells: Cells) -> Iterator[str]:
    """Why a cell is not ok: the first differing fact, and the cause where it is known."""
    for (_, pair), outcomes in cells.items():
        for one in outcomes:
            if one.outcome == "passed":
                continue
            limit = limit_of(pair, one) if one.outcome == "failed" else None
            yield f"{pair}  {one.test}: {one.sentence}"
            if limit:
                yield f"        {_told(limit)}"


def failed(cells: Cells) -> bool:
    return any(_verdict(pair, outcomes) == "FAIL" for (_, pair), outcomes in cells.items())


def tell(cells: Cells, allowed: Mapping[str, Iterable[Difference]],
         say: Callable[[str], None]) -> None:
    """Table, reasons, and what was let pass: `allowed` gives for each peer its differences."""
    say("")
    for line in (*table(cells), "", *reasons(cells)):
        say(line)
    for peer, note in NOTES.items():
        say(f"limits of {peer}: {note}")
    for peer, differences in allowed.items():
        say(f"let pass in the dumps of {peer}:")
        for one in differences:
            say(f"        {one.name}: {one.reason}")
