"""parts - from a sentence on what moved to the entry of the dump and the rung of the ladder.

A sentence of a delta names a state by its SPI or its ends, a policy by its selector; the entry of
the canonical dump that has them is the one. The rung is what the node asked its kernel, or the
BU that carried it.
Shapes:  pure functions of texts and rungs; None where there is no such entry or rung.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from harness.bed.check.ladder import ARROW, LOCAL, Rung

SPI = re.compile(r"spi:[^\s:;,]+|spi 0x[0-9a-f]{8}")
ROUTING = {"home address option": "hao", "type 2 routing header": "route2"}
ENDS = re.compile(r"^(home address option|type 2 routing header) (?:(\S+) to (\S+?)|wildcard)"
                  r"(?: was|$)")
POLICY = re.compile(r"^policy (\w+) (\w+) (.*?) was ")
BECAME = re.compile(r"(source|destination|care-of address) \S+ -> ([0-9a-f:.]+)")
DELETED = " was deleted"
# Gives the anchor of the rung for a sentence and a node.
Finder = Callable[[str, str], str]


def entries(dump: str) -> list[str]:
    """A canonical dump cut before every state, policy and title; joined it is the dump again."""
    return re.split(r"(?m)^(?=\S)", dump)[1:] if dump and not dump[0].isspace() else [dump]


def subject_spi(sentence: str) -> str | None:
    """The SPI that an SA has now: of a re-keyed one the new."""
    found = SPI.findall(sentence)
    return found[-1] if found else None


def subject(sentence: str) -> str:
    """What the sentence is about, in few words."""
    return subject_spi(sentence) or sentence.partition(" was ")[0]


def entry(sentence: str, cut: Sequence[str]) -> int | None:
    """The number of the entry that the sentence is about."""
    if DELETED in sentence:
        return None
    return next((at for at, text in enumerate(cut) if _fits(sentence, text)), None)


def _fits(sentence: str, text: str) -> bool:
    policy, ends, spi = POLICY.match(sentence), ENDS.match(sentence), subject_spi(sentence)
    lines = text.splitlines() or [""]
    more = lines[1].split() if len(lines) > 1 else []
    if policy:
        return lines[0] == policy[3] and more[:2] == ["dir", policy[2]] and policy[1] in more
    if ends:
        proto = f"\tproto {ROUTING[ends[1]]} "
        first = f"src {ends[2]} dst {ends[3]}" if ends[2] else "src :: dst ::"
        return lines[0] == first and any(line.startswith(proto) for line in lines[1:])
    return spi is not None and spi.removeprefix("spi ") in more


def rung(sentence: str, node: str, rungs: Sequence[Rung], since: float, until: float
         ) -> int | None:
    """The number of the rung between two moments that did what the sentence tells."""
    wanted = _wanted(sentence)
    return next((at for kind, pattern in wanted for at, one in enumerate(rungs)
                 if since <= one.time <= until and one.kind == kind
                 and (kind == ARROW or one.at == node) and re.search(pattern, one.label)), None)


def _wanted(sentence: str) -> list[tuple[str, str]]:
    """Kinds of rungs and patterns of their labels, the best first."""
    spi, became = subject_spi(sentence), BECAME.search(sentence)
    if DELETED in sentence:
        return [(LOCAL, rf"^SA {re.escape(spi)} deleted$")] if spi else []
    found = []
    if spi and "SPI" in sentence.partition(" kept")[0].partition(";")[0]:
        found.append((LOCAL, rf"^SA {re.escape(spi)}$"))
    if became:
        end = re.escape(became[2])
        tunnel = r"^MIGRATE esp tunnel .*" if "template" in sentence or spi else r"^MIGRATE "
        places = {"source": rf"{tunnel}to {end} -> ", "destination": rf"{tunnel}-> {end}(;|$)"}
        if became[1] in places:
            found.append((LOCAL, places[became[1]]))
        found.append((ARROW, rf"^BU .* CoA {end} "))
    if spi:
        found.append((LOCAL, rf"^SA {re.escape(spi)}$"))
    return found
