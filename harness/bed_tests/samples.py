"""The given dumps: those of the 2008 page and those of the reference run, as facts and as text."""

from __future__ import annotations

import re
from pathlib import Path

from harness.bed.check import canon
from harness.bed.check.evidence import reference_dump, reference_sections
from harness.bed.check.invariants import NodeFacts
from harness.bed.decode import xfrm

TOP = Path(__file__).resolve().parents[2]
ROLES = canon.Roles("2001:1::1", {"2001:1::10": "carol"})
NODES = ("carol", "moon")
OLD_COA, NEW_COA = "2001::41a:a8ff:fe6f:c67", "2001::50"

# What moon has for a mobile node of her configuration that has not come yet.
DAVE_ON_MOON = "".join(
    f"src {src}/128 dst {dst}/128 proto mobility-header\n\tdir {way} priority 2 ptype main\n"
    "\ttmpl src :: dst ::\n\t\tproto esp reqid 3 mode transport\n"
    for src, dst, way in (
        ("2001:1::20", "2001:1::1", "in"), ("2001:1::1", "2001:1::20", "out")))


def addresses(node: str, checkpoint: str) -> frozenset[str]:
    """The usable ones: an advertisement brings the old care-of address back as tentative."""
    parts = reference_sections(node, checkpoint)
    return frozenset(re.findall(r"inet6 (\S+)/\d+ (?!.*tentative)", parts["ip -6 addr"]))


def dumps(checkpoint: str = "established") -> dict[str, xfrm.Dump]:
    return {node: xfrm.parse_dump(reference_dump(node, checkpoint)) for node in NODES}


def facts(checkpoint: str = "established") -> dict[str, NodeFacts]:
    return {n: NodeFacts(d, addresses(n, checkpoint)) for n, d in dumps(checkpoint).items()}


def canonicals(texts: dict[str, str], names: canon.Names | None = None) -> dict[str, str]:
    """Canonical texts of one checkpoint, named by a scenario's names or by fresh ones."""
    names = names or canon.Names(ROLES)
    found = {node: xfrm.parse_dump(text) for node, text in texts.items()}
    names.learn(found)
    return {node: canon.canonical(dump, names, node) for node, dump in found.items()}


def reference_texts(checkpoint: str = "established") -> dict[str, str]:
    return {node: reference_dump(node, checkpoint) for node in NODES}


def ids(rows: list[tuple]) -> list[str]:
    """Names of parametrised cases: the first column, as one word."""
    return [re.sub(r"\W+", "-", row[0]) for row in rows]
