"""golden - canonical texts held against each other: expected and actual.

Every difference is a sentence that names the node, the object and the fact. Objects are paired by
identity first (SPI name, selector), then by likeness, so that one changed fact is one sentence and
not a missing object beside an unexpected one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.bed.decode.xfrm import (
    IPSEC, Dump, Policy, Selector, State, Template, parse_dump, selector_text,
)

# Two objects with more different facts than this are two objects, not one that changed. Names
# follow from the other facts and do not count.
LIKENESS = 3
NAMES = {"SPI", "authentication key", "encryption key", "aead key"}


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


@dataclass(frozen=True)
class Thing:
    """A state or policy. A role is wider than an identity: every generation, every MH type."""

    name: str
    identity: tuple
    role: tuple
    facts: dict[str, str | None]


@dataclass(frozen=True)
class Pairing:
    same: list[tuple[Thing, Thing]]
    missing: list[Thing]
    extra: list[Thing]


def _selector_facts(prefix: str, sel: Selector | None) -> dict[str, str | None]:
    names = {"src": "source", "dst": "destination", "proto": "protocol", "type": "type",
             "code": "code", "sport": "source port", "dport": "destination port", "dev": "device"}
    return {
        f"{prefix} {name}": None if sel is None or getattr(sel, key) is None
        else str(getattr(sel, key))
        for key, name in names.items()
    }


def _state_name(state: State) -> str:
    if state.spi:
        spi = state.spi if state.spi.startswith("spi:") else f"spi {state.spi}"
        return f"state {state.proto} {spi}"
    if state.wildcard:
        return f"state {state.proto} wildcard"
    return f"state {state.proto} {state.src} to {state.dst}"


ALGORITHMS = {"auth": "authentication", "enc": "encryption", "aead": "aead", "comp": "compression"}


def _algorithm_facts(state: State) -> dict[str, str | None]:
    facts: dict[str, str | None] = {}
    by_kind = {alg.kind: alg for alg in state.algorithms}
    for kind, word in ALGORITHMS.items():
        alg = by_kind.get(kind)
        facts[f"{word} algorithm"] = alg and alg.name
        facts[f"{word} key"] = alg and alg.key.rpartition("/")[0] or alg and alg.key
        facts[f"{word} key length"] = alg and str(alg.key_bits)
        facts[f"{word} ICV length"] = None if alg is None or alg.bits is None else str(alg.bits)
    return facts


def _state_thing(state: State) -> Thing:
    outer = "outer " if state.proto in IPSEC else ""
    facts = {
        f"{outer}source": state.src,
        f"{outer}destination": state.dst,
        "protocol": state.proto,
        "SPI": state.spi,
        "reqid": str(state.reqid),
        "mode": state.mode,
        "replay window": str(state.replay_window),
        "flags": " ".join(state.flags) or None,
        "care-of address": state.coa,
        "attributes": ", ".join(state.extra) or None,
    }
    facts |= _algorithm_facts(state) | _selector_facts("selector", state.sel)
    identity = (state.proto, state.spi or (state.src, state.dst, state.wildcard))
    role = (state.proto, state.spi.partition("#")[0]) if state.spi else identity
    return Thing(_state_name(state), identity, role, facts)


def _template_facts(number: int, tmpl: Template) -> dict[str, str | None]:
    prefix = f"template {number}"
    return {
        f"{prefix} source": tmpl.src,
        f"{prefix} destination": tmpl.dst,
        f"{prefix} protocol": tmpl.proto,
        f"{prefix} SPI": tmpl.spi,
        f"{prefix} reqid": str(tmpl.reqid),
        f"{prefix} mode": tmpl.mode,
        f"{prefix} level": tmpl.level,
    }


def policy_name(policy: Policy) -> str:
    return f"policy {policy.ptype} {policy.dir} {selector_text(policy.sel)}"


def _policy_thing(policy: Policy) -> Thing:
    facts = {
        "direction": policy.dir,
        "priority": str(policy.priority),
        "type": policy.ptype,
        "action": policy.action,
        "attributes": ", ".join(policy.extra) or None,
    }
    facts |= _selector_facts("selector", policy.sel)
    for number, tmpl in enumerate(policy.tmpls, start=1):
        facts |= _template_facts(number, tmpl)
    identity = (policy.ptype, policy.dir, policy.sel)
    role = (policy.ptype, policy.dir, policy.sel.src, policy.sel.dst, policy.sel.proto)
    return Thing(policy_name(policy), identity, role, facts)


def things(dump: Dump) -> dict[str, list[Thing]]:
    return {
        "state": [_state_thing(s) for s in dump.states],
        "policy": [_policy_thing(p) for p in dump.policies],
    }


def different_facts(one: Thing, other: Thing) -> list[str]:
    keys = list(one.facts) + [key for key in other.facts if key not in one.facts]
    return [key for key in keys if one.facts.get(key) != other.facts.get(key)]


def _matches(left: list[Thing], right: list[Thing],
             fits: Callable[[Thing, Thing], bool]) -> Iterator[tuple[Thing, Thing]]:
    """Take fitting pairs out of both lists, each thing at most once."""
    for one in list(left):
        other = next((thing for thing in right if fits(one, thing)), None)
        if other:
            left.remove(one)
            right.remove(other)
            yield one, other


def pair(expected: list[Thing], actual: list[Thing]) -> Pairing:
    """Equal things first, then those of one identity, of one role, then the most alike."""
    left, right = list(expected), list(actual)
    same = list(_matches(left, right, lambda one, other: one.facts == other.facts))
    same += _matches(left, right, lambda one, other: one.identity == other.identity)
    same += _matches(left, right, lambda one, other: one.role == other.role)
    for likeness in range(1, LIKENESS + 1):
        same += _matches(
            left, right,
            lambda one, other: len(set(different_facts(one, other)) - NAMES) <= likeness)
    return Pairing(same, left, right)


def node_of(canonical: str) -> str:
    found = re.match(r"# (\S+) state", canonical)
    return found[1] if found else "node"


def compare(expected: str, actual: str) -> list[Difference]:
    """Two canonical texts of one node; the empty list says that they state the same facts."""
    node = node_of(actual)
    wanted, found = things(parse_dump(expected)), things(parse_dump(actual))
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


def bless(path: Path, text: str) -> bool:
    """Write an expected file whole or not at all; true if its facts are new."""
    if path.exists() and path.read_text() == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(path.suffix + ".new")
    draft.write_text(text)
    os.replace(draft, path)
    return True
