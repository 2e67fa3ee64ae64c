"""golden - canonical texts held against each other: expected and actual.

Every difference is a sentence that names the node, the object and the fact (things.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.bed.check.things import Pairing, Thing, different_facts, pair, policy_name, things
from harness.bed.decode.xfrm import Dump, parse_dump

__all__ = ["Difference", "Pairing", "Thing", "compare", "compare_dumps",
           "different_facts", "node_of", "pair", "parse_dump", "policy_name", "things"]


@dataclass(frozen=True)
class Difference:
    """One fact that is not as expected; None stands for an object or a fact that is not there."""

    node: str
    object: str
    fact: str
    expected: str | None
    actual: str | None

    def __str__(self) -> str:
        subject = f"{self.node} {self.object}"
        if self.fact == "existence":
            return f"{subject}: missing" if self.actual is None else f"{subject}: not expected"
        return f"{subject}: {self.fact} {self.actual or 'none'}, expected {self.expected or 'none'}"


def compare(expected: str, actual: str) -> list[Difference]:
    """Two canonical texts of one node; the empty list says that they state the same facts."""
    dumps = parse_dump(expected), parse_dump(actual)
    return [] if expected == actual else compare_dumps(node_of(actual), *dumps)


def compare_dumps(node: str, expected: Dump, actual: Dump) -> list[Difference]:
    wanted, found = things(expected), things(actual)
    differences = []
    for kind in wanted:
        pairing = pair(wanted[kind], found[kind])
        for one, other in pairing.same:
            differences += [
                Difference(node, one.name, fact, one.facts.get(fact), other.facts.get(fact))
                for fact in different_facts(one, other)
            ]
        differences += [Difference(node, t.name, "existence", "present", None)
                        for t in pairing.missing]
        differences += [Difference(node, t.name, "existence", None, "present")
                        for t in pairing.extra]
    return differences


def node_of(canonical: str) -> str:
    found = re.match(r"# (\S+) state", canonical)
    return found[1] if found else "node"
