"""delta - what happened between two checkpoints of one node, one sentence a state or policy.

Both texts are canonical (canon.py), so a value that stayed has the same name in both. The first
line names node and checkpoints, the second counts, the rest says it: what was created, deleted,
moved, re-keyed, re-templated, and of the SAs that changed, what they kept.
Shapes:  pure functions of texts; a delta is written beside the later checkpoint's dump.
Errors:  DumpError for a text that is no dump.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from harness.bed.check.things import Thing, different_facts, pair, things
from harness.bed.decode.facts import ANY, Dump, Policy, State
from harness.bed.decode.xfrm import parse_dump

ESP_KINDS = {"mh": "MH SA", "tunnel": "tunnel SA", "tunnel-mh": "tunnel MH SA",
             "icmp": "ICMPv6 SA", "host": "host SA"}
ROLE = re.compile(r"spi:((?P<owner>[^.]+)\.)?(?P<kind>tunnel-mh|tunnel|mh|icmp|host)\.")
ROUTING = {"hao": "home address option", "route2": "type 2 routing header"}
KEYS = ("authentication key", "encryption key", "aead key")
CREATED, DELETED, CHANGED, MOVED = "created", "deleted", "changed", "moved"
REKEYED, RETEMPLATED = "re-keyed", "re-templated"
VERBS = (CREATED, DELETED, MOVED, REKEYED, RETEMPLATED, CHANGED)
PLURALS = {"state": "states", "policy": "policies"}


# Mode, reqid and ends of a state: in or out.
Ways = dict[tuple[str, int, tuple[str, str]], str]


@dataclass(frozen=True)
class Change:
    """One state or policy: what happened to it in a word, and in a sentence."""

    kind: str
    verb: str
    sentence: str


@dataclass(frozen=True)
class Delta:
    changes: list[Change]
    stayed: dict[str, int]
    before: dict[str, int]

    @property
    def summary(self) -> str:
        """states: 3 moved, 4 of 7 as before; policies: …"""
        return "; ".join(self._count(kind) for kind in PLURALS)

    def _count(self, kind: str) -> str:
        verbs = [change.verb for change in self.changes if change.kind == kind]
        words = [f"{verbs.count(verb)} {verb}" for verb in VERBS if verb in verbs]
        words.append(f"{self.stayed[kind]} of {self.before[kind]} as before")
        return f"{PLURALS[kind]}: {', '.join(words)}"

    def lines(self) -> list[str]:
        return [self.summary, *(change.sentence for change in self.changes)]


def between(before: str, after: str) -> Delta:
    """Two canonical texts of one node; `before` may be empty."""
    return between_dumps(parse_dump(before), parse_dump(after))


def between_dumps(old: Dump, new: Dump) -> Delta:
    """Two dumps whose values have names."""
    wanted, found = things(old), things(new)
    spoken = spoken_names(new, found) | spoken_names(old, wanted)
    changes: list[Change] = []
    stayed = {}
    for kind in PLURALS:
        pairing = pair(wanted[kind], found[kind])
        stayed[kind] = sum(not different_facts(one, other) for one, other in pairing.same)
        changes += [change(kind, one, other, spoken)
                    for one, other in pairing.same if different_facts(one, other)]
        changes += [change(kind, thing, None, spoken) for thing in pairing.missing]
        changes += [change(kind, None, thing, spoken) for thing in pairing.extra]
    return Delta(changes, stayed, {kind: len(wanted[kind]) for kind in PLURALS})


def text(node: str, names: tuple[str, str], before: str, after: str) -> str:
    """The delta file of a node, from the checkpoint names[0] to names[1]."""
    lines = between(before, after).lines()
    return "\n".join([f"# {node}: {names[0]} -> {names[1]}", f"# {lines[0]}", *lines[1:]]) + "\n"


def checkpoints(delta: str) -> tuple[str, str] | None:
    """The two checkpoints that a delta file is between."""
    found = re.match(r"# \S+: (\S+) -> (\S+)\n", delta)
    return (found[1], found[2]) if found else None


def spoken_names(dump: Dump, found: dict[str, list[Thing]]) -> dict[str, str]:
    """For each name of an object in golden's words: what a person calls it; its things `found`."""
    ways = _ways(dump.policies)
    states = {thing.name: _state(state, ways)
              for state, thing in zip(dump.states, found["state"])}
    return states | {thing.name: thing.name for thing in found["policy"]}


def _state(state: State, ways: Ways) -> str:
    """tunnel SA out spi:tunnel.to-ha#1"""
    if state.proto in ROUTING:
        ends = "wildcard" if state.wildcard else f"{state.src} to {state.dst}"
        return f"{ROUTING[state.proto]} {ends}"
    way = state.dir or ways.get((state.mode, state.reqid, state.endpoints()))
    found = ROLE.match(state.spi or "")
    owner, kind = (found["owner"], found["kind"]) if found else (None, state.mode)
    word = ESP_KINDS.get(kind, f"{kind} SA")
    return " ".join(filter(None, [owner and f"{owner}'s", word, way, state.spi]))


def _ways(policies: Iterable[Policy]) -> Ways:
    """in or out, as the first policy says that uses such a state."""
    ways: Ways = {}
    for policy in policies:
        hosts = (policy.sel.src.partition("/")[0], policy.sel.dst.partition("/")[0])
        for tmpl in policy.tmpls:
            ends = (tmpl.src, tmpl.dst) if tmpl.src not in ANY else hosts
            ways.setdefault((tmpl.mode, tmpl.reqid, ends), "out" if policy.dir == "out" else "in")
    return ways


def _gone(kind: str, thing: Thing, spoken: dict[str, str]) -> Change:
    return Change(kind, DELETED, f"{spoken[thing.name]} was deleted{_where(thing)}")


def _come(kind: str, thing: Thing, spoken: dict[str, str]) -> Change:
    return Change(kind, CREATED, f"{spoken[thing.name]} was created{_where(thing)}")


def change(kind: str, one: Thing | None, other: Thing | None, spoken: dict[str, str]) -> Change:
    """What happened to one object; None where it is not."""
    if one is None:
        return _come(kind, other, spoken)
    return _gone(kind, one, spoken) if other is None else _changed(
        kind, one, other, spoken[one.name])


def _where(thing: Thing) -> str:
    """Between which addresses, where the name does not say it."""
    ends = [thing.facts.get(f"outer {end}") for end in ("source", "destination")]
    return f": {ends[0]} to {ends[1]}" if all(ends) else ""


def _changed(kind: str, one: Thing, other: Thing, name: str) -> Change:
    facts = different_facts(one, other)
    changes = ", ".join(_fact(fact, one.facts.get(fact), other.facts.get(fact)) for fact in facts)
    verb = _verb(facts)
    kept = _kept(one, facts)
    return Change(kind, verb, f"{name} was {verb}: {changes}" + (f"; {kept}" if kept else ""))


def _fact(fact: str, old: str | None, new: str | None) -> str:
    return f"{fact} {old or 'none'} -> {new or 'none'}"


def _verb(facts: list[str]) -> str:
    words = " ".join(facts)
    verbs = {
        REKEYED: "SPI" in facts or any(key in facts for key in KEYS),
        RETEMPLATED: "template" in words,
        MOVED: re.search(r"outer|care-of|^source|^destination", words) is not None,
    }
    return next((verb for verb, holds in verbs.items() if holds), CHANGED)


def _kept(one: Thing, facts: list[str]) -> str:
    """Of an SA that changed: SPI, keys and ends, if they are as they were."""
    if not one.facts.get("SPI"):
        return ""
    ends = any(fact.startswith("outer") for fact in facts)
    keys = [key for key in KEYS if one.facts.get(key)]
    kept = {
        "SPI": "SPI" not in facts,
        "keys": bool(keys) and not any(key in facts for key in keys),
        "addresses": not ends,
    }
    *words, last = [word for word, holds in kept.items() if holds] or ["nothing"]
    return f"{', '.join(words)} and {last} kept" if words else f"{last} kept"
