"""things - states and policies as facts with names, and who is whose counterpart in another dump.

Objects are paired by identity first (SPI name, selector), then by likeness, so that one changed
fact is one sentence and not a missing object beside an unexpected one. A fact that only -s prints
is compared where both entries were printed with -s or neither was; one that a print hides never is.
Work:  grows with the number of objects; only what has no counterpart is held against its like.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field

from harness.bed.decode.facts import (
    HIDDEN, IPSEC, Algorithm, Dump, Limits, Mark, Policy, Selector, State, Template, selector_text,
)

# Two objects with more different facts than this are two objects, not one that changed. Names
# follow from the other facts and do not count.
LIKENESS = 3
NAMES = {"SPI", "authentication key", "encryption key", "aead key", "compression key"}
# So many comparisons of unlike objects at most, whatever the dumps hold.
PATIENCE = 100_000
Facts = dict[str, str | None]
PART_OF_KEY = re.compile(rf"{HIDDEN}:0x[0-9a-f]+\W|{HIDDEN}:0x\W.*[0-9a-f]{{2}}$")


@dataclass(frozen=True)
class Thing:
    """A state or policy. A role is wider than an identity: every generation, every MH type.

    `detail` names the facts that only -s prints, `detailed` says whether it did.
    """

    name: str
    identity: tuple
    role: tuple
    facts: Facts
    detail: frozenset[str] = frozenset()
    detailed: bool = False


@dataclass(frozen=True)
class Pairing:
    same: list[tuple[Thing, Thing]]
    missing: list[Thing]
    extra: list[Thing]


SELECTOR = {"src": "source", "dst": "destination", "proto": "protocol", "type": "type",
            "code": "code", "sport": "source port", "dport": "destination port", "dev": "device",
            "key": "GRE key", "mh_dport": "second port word", "uid": "uid"}
ALGORITHMS = {"auth": "authentication", "enc": "encryption", "aead": "aead", "comp": "compression"}
LIMITS = {"soft_bytes": "soft limit of octets", "hard_bytes": "hard limit of octets",
          "soft_packets": "soft limit of packets", "hard_packets": "hard limit of packets",
          "soft_add": "soft lifetime", "hard_add": "hard lifetime",
          "soft_use": "soft lifetime since first use", "hard_use": "hard lifetime since first use"}
TEMPLATE = {"src": "source", "dst": "destination", "proto": "protocol", "spi": "SPI",
            "reqid": "reqid", "mode": "mode", "level": "level", "share": "share",
            "enc_mask": "encryption mask", "auth_mask": "authentication mask",
            "comp_mask": "compression mask"}
DETAIL_OF_SELECTOR = frozenset({"selector second port word", "selector uid"})
DETAIL_OF_ENTRY = DETAIL_OF_SELECTOR | set(LIMITS.values()) | {"extra flags", "share"}
DETAIL_OF_TEMPLATE = ("share", "encryption mask", "authentication mask", "compression mask")


def _text(value: object) -> str | None:
    return None if value is None or value == () else str(value)


def _selector_facts(sel: Selector | None) -> Facts:
    if sel is None:
        return {}
    return {f"selector {name}": str(value) for key, name in SELECTOR.items()
            if (value := getattr(sel, key)) is not None}


def _mark(mark: Mark | None) -> str | None:
    if mark is None:
        return None
    return f"0x{mark.value:x}" + ("" if mark.mask is None else f"/0x{mark.mask:x}")


def _limit_facts(limits: Limits | None) -> Facts:
    if limits is None:
        return {}
    return {name: "none set" if (value := getattr(limits, key)) is None else str(value)
            for key, name in LIMITS.items()}


def _group(prefix: str, value: object) -> Facts:
    """The fields of a small record as facts of their own: encap source port …"""
    if value is None:
        return {}
    return {f"{prefix} {key.replace('_', ' ')}": _text(part)
            for key, part in vars(value).items() if part is not None}


def _common_facts(entry: State | Policy) -> Facts:
    return {
        "mark": _mark(entry.mark),
        "if_id": None if entry.if_id is None else f"0x{entry.if_id:x}",
        "security context": entry.security,
        **_group("offload", entry.offload), **_limit_facts(entry.limits),
    }


def _state_name(state: State) -> str:
    if state.spi:
        spi = state.spi if state.spi.startswith("spi:") else f"spi {state.spi}"
        return f"state {state.proto} {spi}"
    if state.wildcard:
        return f"state {state.proto} wildcard"
    return f"state {state.proto} {state.src} to {state.dst}"


def _algorithm_facts(algorithms: Iterable[Algorithm]) -> Facts:
    """Of each kind; a second one of a kind, which no kernel has, is counted."""
    facts: Facts = {}
    for alg in algorithms:
        word = ALGORITHMS[alg.kind]
        number = 2
        while f"{word} algorithm" in facts:
            word, number = f"{ALGORITHMS[alg.kind]} {number}", number + 1
        facts[f"{word} algorithm"] = alg.name
        facts[f"{word} key"] = _key_text(alg)
        facts[f"{word} key length"] = HIDDEN if alg.hidden else str(alg.key_bits)
        if alg.bits is not None:
            facts[f"{word} ICV length"] = str(alg.bits)
    return facts


def _key_text(alg: Algorithm) -> str:
    """Its name or value; of a hidden one what is left of it: hidden:0x1122…"""
    if not alg.hidden:
        return alg.key.rpartition("/")[0] or alg.key
    return alg.key if PART_OF_KEY.match(alg.key) else HIDDEN


def hides(value: str | None) -> bool:
    return value is not None and value.startswith(HIDDEN)


def _state_thing(state: State) -> Thing:
    outer = "outer " if state.proto in IPSEC else ""
    facts = {
        f"{outer}source": state.src,
        f"{outer}destination": state.dst,
        "protocol": state.proto,
        "SPI": HIDDEN if "spi" in state.hidden else state.spi,
        "reqid": HIDDEN if "reqid" in state.hidden else str(state.reqid),
        "mode": state.mode,
        "replay window": _text(state.replay_window),
        "flags": " ".join(state.flags) or None,
        "care-of address": state.coa,
        "output mark": _mark(state.output_mark),
        **_group("encapsulation", state.encap),
        "TFC padding": _text(state.tfcpad),
        "extra flags": " ".join(state.extra_flags or ()) or None,
        "SA direction": state.dir,
        "CPU": _text(state.pcpu),
        "NAT keepalive interval": _text(state.nat_keepalive),
        "mapping threshold": _text(state.mtimer),
        **_group("IP-TFS", state.iptfs),
    }
    facts |= (_common_facts(state) | _algorithm_facts(state.algorithms)
              | _selector_facts(state.sel))
    identity = (state.proto, state.spi or (state.src, state.dst, state.wildcard))
    role = (state.proto, state.spi.partition("#")[0]) if state.spi else identity
    return Thing(_state_name(state), identity, role, facts, DETAIL_OF_ENTRY, state.detailed)


def _template_facts(number: int, tmpl: Template) -> Facts:
    masks = {"enc_mask", "auth_mask", "comp_mask"}
    return {f"template {number} {name}": f"{value:08x}" if key in masks else str(value)
            for key, name in TEMPLATE.items() if (value := getattr(tmpl, key)) is not None}


def policy_name(policy: Policy) -> str:
    way = f"socket {policy.dir}" if policy.socket else policy.dir
    return f"policy {policy.ptype} {way} {selector_text(policy.sel)}"


def _policy_thing(policy: Policy) -> Thing:
    facts = {
        "direction": policy.dir,
        "of a socket": "yes" if policy.socket else None,
        "priority": str(policy.priority),
        "type": policy.ptype,
        "action": policy.action,
        "flags": " ".join(policy.flags) or None,
        "share": policy.share,
    }
    facts |= _common_facts(policy) | _selector_facts(policy.sel)
    for number, tmpl in enumerate(policy.tmpls, start=1):
        facts |= _template_facts(number, tmpl)
    way = (policy.ptype, policy.dir, policy.socket)
    sel = policy.sel
    detail = DETAIL_OF_ENTRY | {
        f"template {number} {name}" for number in range(1, len(policy.tmpls) + 1)
        for name in DETAIL_OF_TEMPLATE}
    return Thing(policy_name(policy), (*way, selector_text(sel), policy.mark, policy.if_id),
                 (*way, sel.src, sel.dst, sel.proto), facts, detail, policy.detailed)


def _defaults_thing(defaults: dict[str, str]) -> Thing:
    facts: Facts = {f"default {way}": action for way, action in defaults.items()}
    return Thing("default policies", ("defaults",), ("defaults",), facts)


def things(dump: Dump) -> dict[str, list[Thing]]:
    found = {
        "state": [_state_thing(s) for s in dump.states],
        "policy": [_policy_thing(p) for p in dump.policies],
    }
    if dump.defaults:
        found["policy"].append(_defaults_thing(dump.defaults))
    return found


def _unlike(one: Thing, other: Thing) -> list[str]:
    """Every fact that differs, compared or not; one of None is not there."""
    mine, theirs = one.facts, other.facts
    unlike = {fact for fact, value in mine.items() ^ theirs.items() if value is not None}
    return [fact for fact in (mine | theirs if unlike else ()) if fact in unlike]


def _comparable(one: Thing, other: Thing, fact: str) -> bool:
    mine, theirs = one.facts.get(fact), other.facts.get(fact)
    if hides(mine) or hides(theirs):
        return HIDDEN not in (mine, theirs) and hides(mine) and hides(theirs)
    if one.detailed == other.detailed:
        return True
    bare = mine if other.detailed else theirs
    return bare is not None or fact not in one.detail | other.detail


def different_facts(one: Thing, other: Thing) -> list[str]:
    return [fact for fact in _unlike(one, other) if _comparable(one, other, fact)]


def not_compared(one: Thing, other: Thing) -> list[str]:
    """Facts that one of both does not show: hidden, or printed with -s only."""
    shown = [fact for fact in _unlike(one, other) if not _comparable(one, other, fact)]
    return shown + [fact for fact, value in one.facts.items()
                    if value == HIDDEN == other.facts.get(fact)]


@dataclass
class _Sides:
    """What of both sides has no counterpart yet, in order."""

    left: dict[int, Thing]
    right: dict[int, Thing]
    same: list[tuple[Thing, Thing]] = field(default_factory=list)

    def match(self, key: Callable[[Thing], Hashable]) -> None:
        """Pair what has one key, in the order of both sides."""
        waiting: dict[Hashable, list[int]] = defaultdict(list)
        for at in reversed(self.right):
            waiting[key(self.right[at])].append(at)
        for at in list(self.left):
            found = waiting.get(key(self.left[at]))
            if found:
                self.take(at, found.pop())

    def take(self, one: int, other: int) -> None:
        self.same.append((self.left.pop(one), self.right.pop(other)))

    def match_alike(self, likeness: int) -> None:
        """Pair those with at most so many different facts."""
        room = PATIENCE // max(len(self.left), 1) + 1
        for at, one in list(self.left.items()):
            for _, (there, other) in zip(range(room), list(self.right.items())):
                if len(set(different_facts(one, other)) - NAMES) <= likeness:
                    self.take(at, there)
                    break


def _key(thing: Thing, but: frozenset[str] = frozenset()) -> frozenset:
    facts = thing.facts
    return frozenset([(name, facts[name]) for name in facts.keys() - but if facts[name]])


def pair(expected: list[Thing], actual: list[Thing]) -> Pairing:
    """Equal things first, then those of one identity, of one role, then the most alike."""
    sides = _Sides(dict(enumerate(expected)), dict(enumerate(actual)))
    # What is equal has one identity, so facts choose only where several have the same.
    several = {identity for side in (expected, actual) for identity, number in Counter(
        thing.identity for thing in side).items() if number > 1}
    sides.match(lambda thing: _key(thing) if thing.identity in several else thing.identity)
    sides.match(lambda thing: _key(thing, thing.detail))
    sides.match(lambda thing: thing.identity)
    sides.match(lambda thing: thing.role)
    for likeness in range(1, LIKENESS + 1):
        sides.match_alike(likeness)
    return Pairing(sides.same, list(sides.left.values()), list(sides.right.values()))
