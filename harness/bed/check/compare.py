"""compare - two dumps of `ip xfrm` held against each other by their facts.

Both are taken as facts, not as texts: order, spelling, counters and clocks are no difference. Two
dumps with no SPI and no key in common are of two runs: then SPIs and keys are compared by their
role, not their value, unless values are asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.bed.check import canon, delta, golden
from harness.bed.check.given import DEFAULTS, ENTRIES, Given, Unreadable
from harness.bed.check.things import (
    Thing, different_facts, hides, not_compared, pair, things,
)
from harness.bed.decode.facts import ANY, Dump, Policy, State

EQUAL, DIFFERENT, UNREADABLE = 0, 1, 2
NODE = "xfrm"
Entry = State | Policy


@dataclass
class Difference:
    """One object that is not the same: its name, the facts, its lines on both sides."""

    object: str
    sentences: list[str]
    facts: list[golden.Difference]
    left: list[str]
    right: list[str]


@dataclass
class Comparison:
    one: Given
    other: Given
    same_run: bool
    values: bool
    entries: dict[str, int] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    uncompared: Counter[str] = field(default_factory=Counter)

    @property
    def kinds(self) -> frozenset[str]:
        return self.one.kinds & self.other.kinds

    @property
    def status(self) -> int:
        """What is not understood may be a difference, whatever else was found."""
        if self.one.unread or self.other.unread:
            return UNREADABLE
        return DIFFERENT if self.differences else EQUAL

    def sentences(self) -> list[str]:
        return [sentence for one in self.differences for sentence in one.sentences]


def roles_of(*dumps: Dump) -> canon.Roles:
    """Who is mobile node and home agent, told from the care-of address states or the policies."""
    for dump in dumps:
        for state in dump.states:
            if state.proto == "hao" and not state.wildcard:
                return canon.Roles(state.dst, {state.src: "mn"})
    for dump in dumps:
        for policy in dump.policies:
            src, dst = (p.partition("/")[0] for p in (policy.sel.src, policy.sel.dst))
            if policy.sel.proto == "mobility-header" and not {src, dst} & set(ANY):
                ends = (src, dst) if _is_agent(dst, dumps) else (dst, src)
                return canon.Roles(ends[1], {ends[0]: "mn"})
    return canon.Roles("", {})


def _is_agent(address: str, dumps: tuple[Dump, ...]) -> bool:
    """A home agent's address is an end of tunnel templates or states, a home address is not."""
    ends = {end for dump in dumps for state in dump.states if state.mode == "tunnel"
            for end in state.endpoints()}
    ends |= {end for dump in dumps for policy in dump.policies for tmpl in policy.tmpls
             for end in (tmpl.src, tmpl.dst)}
    return address in ends


def _values(dump: Dump) -> set[str]:
    """SPIs and keys, by which two moments of one run are known."""
    found = {state.spi for state in dump.states} | {
        alg.key for state in dump.states for alg in state.algorithms if alg.key_bits}
    return found - {None, canon.NO_SPI}


def one_run(left: Dump, right: Dump) -> bool:
    """Whether both dumps are of one node at two moments: they have an SPI or a key in common.

    SAs without keys, as those of null encryption, tell nothing of a run: they are compared as
    they are. So is a single SPI where keys are hidden, for nothing else tells what became of it.
    """
    values = [_values(dump) for dump in (left, right)]
    keys = [[alg for s in dump.states for alg in s.algorithms] for dump in (left, right)]
    if not values[0].isdisjoint(values[1]):
        return True
    if all(any(alg.key_bits for alg in side) for side in keys):
        return False
    hidden = all(any(alg.key_bits or alg.hidden for alg in side) for side in keys)
    return not hidden or min(map(len, values)) < 2


def _names(left: Dump, right: Dump, same: bool) -> tuple[canon.Names, canon.Names]:
    """Names for both; two moments of one run share theirs."""
    roles = roles_of(left, right)
    if same:
        names = canon.Names(roles, whole=True)
        return names, names
    own = [roles_of(dump) if roles_of(dump).ha else roles for dump in (left, right)]
    return canon.Names(own[0], whole=True), canon.Names(own[1], whole=True)


def _without_common(left: list[Entry], right: list[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Both lists without what is word for word on both sides."""
    common = Counter(left) & Counter(right)
    if not common:
        return left, right
    return _rest(left, common.copy()), _rest(right, common)


def _rest(entries: list[Entry], common: Counter) -> list[Entry]:
    out = []
    for entry in entries:
        if common[entry] > 0:
            common[entry] -= 1
        else:
            out.append(entry)
    return out


def _named(left: Dump, right: Dump, same: bool) -> tuple[Dump, Dump]:
    """What differs, under names; of two runs only names tell what that is."""
    names = _names(left, right, same)
    out = []
    kept = [_without_common(*pair) for pair in (
        (left.states, right.states), (left.policies, right.policies))] if same else [
        (left.states, right.states), (left.policies, right.policies)]
    for side, dump in enumerate((left, right)):
        names[side].learn({NODE: dump})
        rest = Dump(kept[0][side], kept[1][side], dump.defaults)
        out.append(canon.named(rest, names[side], whole=True))
    if same:
        return out[0], out[1]
    states, policies = (_without_common(getattr(out[0], kind), getattr(out[1], kind))
                        for kind in ("states", "policies"))
    return (Dump(states[0], policies[0], left.defaults),
            Dump(states[1], policies[1], right.defaults))


def _only(dump: Dump, kinds: frozenset[str]) -> Dump:
    return Dump(dump.states if "state" in kinds else [],
                dump.policies if "policy" in kinds else [],
                dump.defaults if DEFAULTS in kinds else {})


HIDES = {"key": "keys", "spi": "SPIs", "reqid": "reqids"}


def _hidden(dump: Dump) -> Iterator[str]:
    for state in dump.states:
        yield from state.hidden
        yield from ("key" for alg in state.algorithms if alg.hidden)


def compare(one: Given, other: Given, values: bool = False) -> Comparison:
    kinds = one.kinds & other.kinds
    if not kinds:
        for given in (one, other):
            for note in given.unread[:1]:
                raise Unreadable(f"{given.name}: line {note.line}: {note.why}: {note.text[:60]}")
        raise Unreadable(f"{one.name} has no {min(other.kinds)} and {other.name} no "
                         f"{min(one.kinds)}: nothing to compare")
    left, right = (_only(given.dump, kinds) for given in (one, other))
    found = Comparison(one, other, one_run(left, right), values)
    found.entries = {"state": len(left.states), "policy": len(left.policies)}
    named = _named(left, right, found.same_run or values)
    for given in (one, other):
        for what in set(_hidden(given.dump)):
            found.uncompared[f"{HIDES[what]} that {given.name} hides"] += 1
    wanted, actual = things(named[0]), things(named[1])
    spoken = delta.spoken_names(named[1], actual) | delta.spoken_names(named[0], wanted)
    entries = {id(thing): entry for dump, by_kind in zip(named, (wanted, actual))
               for thing, entry in _with_entries(dump, by_kind)}
    for kind in ENTRIES:
        for mine, theirs in _pairs(wanted[kind], actual[kind], found.uncompared):
            found.differences.append(
                _difference(kind, mine, theirs, entries, spoken if found.same_run else None))
    return found


def _with_entries(dump: Dump, found: dict[str, list[Thing]]
                  ) -> Iterator[tuple[Thing, Entry | None]]:
    yield from zip(found["state"], dump.states)
    yield from zip(found["policy"], [*dump.policies, None])


def _pairs(left: list[Thing], right: list[Thing], uncompared: Counter[str]
           ) -> Iterator[tuple[Thing | None, Thing | None]]:
    """What differs, in the order of the left side; then what only the right side has."""
    pairing = pair(left, right)
    for one, other in pairing.same:
        for fact in not_compared(one, other):
            if not (hides(one.facts.get(fact)) or hides(other.facts.get(fact))):
                uncompared[f"{fact}, printed with -s only"] += 1
    order = {id(thing): at for at, thing in enumerate(left)}
    changed = [(one, other) for one, other in pairing.same if different_facts(one, other)]
    gone = [(thing, None) for thing in pairing.missing]
    yield from sorted([*changed, *gone], key=lambda found: order[id(found[0])])
    yield from ((None, thing) for thing in pairing.extra)


def _difference(kind: str, one: Thing | None, other: Thing | None,
                entries: dict[int, Entry | None], spoken: dict[str, str] | None) -> Difference:
    name = (one or other).name
    if one is None or other is None:
        facts = [golden.Difference(NODE, name, "existence", one and "present", other and "present")]
    else:
        facts = [golden.Difference(NODE, name, fact, one.facts.get(fact), other.facts.get(fact))
                 for fact in different_facts(one, other)]
    sentences = ([delta.change(kind, one, other, spoken).sentence] if spoken is not None
                 else [_against(fact) for fact in facts])
    return Difference(name, sentences, facts, _lines(one, entries), _lines(other, entries))


def _against(one: golden.Difference) -> str:
    if one.fact == "existence":
        return f"{one.object}: only in {'A' if one.actual is None else 'B'}"
    return (f"{one.object}: {one.fact} {one.expected or 'none'} in A, "
            f"{one.actual or 'none'} in B")


def _lines(thing: Thing | None, entries: dict[int, Entry | None]) -> list[str]:
    if thing is None:
        return []
    entry = entries[id(thing)]
    if entry is None:
        return [f"{fact}: {value}" for fact, value in thing.facts.items()]
    return canon.state_lines(entry) if isinstance(entry, State) else canon.policy_lines(entry)
