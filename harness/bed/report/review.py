"""review - what --bless takes over into expected/, asked change by change.

The scenarios have left their canonical dumps in the results. The same change of all scenarios is
one question, with old and new side by side. What breaks an invariant is refused, whatever the
answer; expected files that no scenario writes any more are named.
Shapes:  questions are pure facts; only apply() writes, and an expected file whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from harness.bed.base.story import EVENTS, rows
from harness.bed.check import canon, delta, golden, invariants, ladder_check
from harness.bed.check import expected as expected_files
from harness.bed.decode.xfrm import Dump, DumpError, Policy, State, parse_dump

CHANGED, NEW_FILE, UNUSED, NEW_LADDER = "changed", "new file", "unused", "ladder"
NOBODY = canon.Names(canon.Roles("", {}))
Entry = State | Policy


@dataclass(frozen=True)
class Point:
    """One checkpoint as a scenario saw it: canonical dumps and addresses by node."""

    name: str
    dumps: Mapping[str, str]
    addresses: Mapping[str, frozenset[str]]
    down: tuple[str, ...]
    mute: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shown:
    """What one scenario showed: its acts, each with its checkpoints in order, and its ladder."""

    scenario: str
    acts: tuple[tuple[Point, ...], ...]
    ladder: str | None = None

    def files(self) -> dict[str, str]:
        return {f"{node}.{point.name}.xfrm": text
                for act in self.acts for point in act for node, text in point.dumps.items()}


@dataclass(frozen=True)
class Change:
    """One state or policy of one expected file; None where it was or is not."""

    scenario: str
    file: str
    old: Entry | None
    new: Entry | None


@dataclass
class Question:
    """The same change wherever it is found: `words` says it once, `places` are its files."""

    kind: str
    words: str
    old: str
    new: str
    changes: list[Change] = field(default_factory=list)

    @property
    def places(self) -> list[str]:
        return sorted({f"{c.scenario}/{c.file}" for c in self.changes})


def read(scenario: str, results: Path) -> Shown:
    """The checkpoints without a violation that a finished scenario has left in its results."""
    acts = []
    for events in sorted(results.rglob(EVENTS)):
        points = tuple(_point(events.parent, row) for row in rows(events)
                       if row["kind"] == "checkpoint" and not row["violations"])
        if points:
            acts.append(points)
    drawn = list(results.rglob(ladder_check.FILE))
    return Shown(scenario, tuple(acts), drawn[0].read_text() if len(drawn) == 1 else None)


def _point(folder: Path, row: dict) -> Point:
    files = {node: folder / f"{node}.{row['text']}.xfrm" for node in row["nodes"]}
    return Point(row["text"], {n: f.read_text() for n, f in files.items() if f.exists()},
                 {n: frozenset(a) for n, a in row["addresses"].items()}, tuple(row["down"]),
                 tuple(row["mute"]))


def questions(shown: Iterable[Shown], expected: Path, known: Iterable[str]) -> list[Question]:
    """Everything to be asked; `known` names all scenarios that there are."""
    shown = list(shown)
    found: dict[tuple, Question] = {}
    for one in shown:
        for file, text in one.files().items():
            path = expected / one.scenario / file
            asked = _file_new if not path.exists() else _file_changed
            for key, question in asked(one.scenario, file, text, path):
                if found.setdefault(key, question) is not question:
                    found[key].changes += question.changes
    return [*found.values(), *_ladders(shown, expected), *_unused(shown, expected, set(known))]


def _ladders(shown: Iterable[Shown], expected: Path) -> Iterator[Question]:
    """A scenario that has an expected ladder and drew another one."""
    for one in shown:
        path = expected / one.scenario / ladder_check.FILE
        old = path.read_text() if path.exists() and one.ladder else ""
        if old and ladder_check.differences(old, one.ladder):
            yield Question(NEW_LADDER, f"ladder of {one.scenario}", old, one.ladder,
                           [Change(one.scenario, ladder_check.FILE, None, None)])


def _file_new(scenario: str, file: str, text: str, _: Path) -> list[tuple[tuple, Question]]:
    dump = parse_dump(text)
    words = (f"new: {file.removesuffix('.xfrm')}, {len(dump.states)} states, "
             f"{len(dump.policies)} policies")
    question = Question(NEW_FILE, words, "", text, [Change(scenario, file, None, None)])
    return [((NEW_FILE, file, text), question)]


def _file_changed(scenario: str, file: str, text: str, path: Path
                  ) -> list[tuple[tuple, Question]]:
    node = file.partition(".")[0]
    found = []
    for old, new in differences(parse_dump(expected_dump(path)), parse_dump(text)):
        words, key = _words(node, old, new)
        question = Question(CHANGED, words, _text(old), _text(new),
                            [Change(scenario, file, old, new)])
        found.append((key, question))
    return found


def differences(old: Dump, new: Dump) -> list[tuple[Entry | None, Entry | None]]:
    """The states and policies that are not the same, paired as golden pairs them."""
    found = []
    for kind, before, after in (("state", old.states, new.states),
                                ("policy", old.policies, new.policies)):
        left, right = golden.things(old)[kind], golden.things(new)[kind]
        entry = {id(t): e for t, e in [*zip(left, before), *zip(right, after)]}
        pairing = golden.pair(left, right)
        found += [(entry[id(a)], entry[id(b)]) for a, b in pairing.same if a.facts != b.facts]
        found += [(entry[id(thing)], None) for thing in pairing.missing]
        found += [(None, entry[id(thing)]) for thing in pairing.extra]
    return found


def _thing(entry: Entry) -> golden.Thing:
    dump = Dump([entry], []) if isinstance(entry, State) else Dump([], [entry])
    return next(thing for things in golden.things(dump).values() for thing in things)


def expected_dump(path: Path) -> str:
    """Of a file that names another one which is not there: nothing, so that it is asked anew."""
    try:
        return expected_files.text(path)
    except DumpError:
        return ""


def _words(node: str, old: Entry | None, new: Entry | None) -> tuple[str, tuple]:
    """What changed, and the key under which the same change is found elsewhere."""
    if old is None or new is None:
        name = _thing(old or new).name
        verb = "new" if old is None else "gone"
        return f"{verb}: {node} {name}", (verb, node, name)
    one, other = _thing(old), _thing(new)
    facts = tuple((fact, one.facts.get(fact), other.facts.get(fact))
                  for fact in golden.different_facts(one, other))
    kind = "state" if isinstance(old, State) else "policy"
    changes = ", ".join(f"{fact} {a or 'none'} -> {b or 'none'}" for fact, a, b in facts)
    return f"{kind}: {changes}", (CHANGED, kind, facts)


def _text(entry: Entry | None) -> str:
    if entry is None:
        return ""
    lines = canon.state_lines(entry) if isinstance(entry, State) else canon.policy_lines(entry)
    return "\n".join(lines) + "\n"


def _unused(shown: Sequence[Shown], expected: Path, known: set[str]) -> list[Question]:
    """Dumps that their scenario no longer writes, and folders without a scenario."""
    ours = {one.scenario: one.files() for one in shown}
    found = []
    for path in sorted(expected.glob("*/*.xfrm")):
        scenario = path.parent.name
        gone = scenario not in known
        if gone or (scenario in ours and path.name not in ours[scenario]):
            why = f"there is no scenario {scenario}" if gone else f"{scenario} no longer writes it"
            found.append(Question(UNUSED, f"unused: {scenario}/{path.name}, {why}",
                                  expected_dump(path), "",
                                  [Change(scenario, path.name, None, None)]))
    return found


@dataclass
class Outcome:
    """What was written and removed, and what was refused with the reason."""

    written: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def apply(shown: Iterable[Shown], accepted: Iterable[Question], expected: Path) -> Outcome:
    """Write what was accepted, unless a checkpoint would then break an invariant."""
    outcome = Outcome()
    accepted = list(accepted)
    dumps = [q for q in accepted if q.kind in (CHANGED, NEW_FILE)]
    changes = [change for question in dumps for change in question.changes]
    for one in shown:
        mine = [change for change in changes if change.scenario == one.scenario]
        for act in one.acts:
            for point in act:
                _apply_point(one, point, mine, expected, outcome)
            outcome.written += write_deltas(act, expected / one.scenario)
    for question in accepted:
        if question.kind == NEW_LADDER:
            path = expected / question.places[0]
            expected_files.write(path, question.new)
            outcome.written.append(question.places[0])
        if question.kind == UNUSED:
            _remove(expected / question.changes[0].scenario / question.changes[0].file, outcome)
    expected_files.fold(expected)
    return outcome


def _apply_point(one: Shown, point: Point, changes: list[Change], expected: Path,
                 outcome: Outcome) -> None:
    folder = expected / one.scenario
    texts = {}
    for node, text in point.dumps.items():
        file = f"{node}.{point.name}.xfrm"
        mine = [change for change in changes if change.file == file]
        texts[node] = _composed(folder / file, text, mine, node) if mine else None
    if not any(texts.values()):
        return
    whole = {node: text or _expected(folder / f"{node}.{point.name}.xfrm")
             for node, text in texts.items()}
    violations = broken(point, {node: text for node, text in whole.items() if text})
    outcome.refused += [f"{one.scenario} {point.name}: {sentence}" for sentence in violations]
    if violations:
        return
    for node, text in texts.items():
        path = folder / f"{node}.{point.name}.xfrm"
        if text and expected_files.put(path, text):
            outcome.written.append(f"{one.scenario}/{path.name}")


def _expected(path: Path) -> str | None:
    return expected_dump(path) if path.exists() else None


def _composed(path: Path, text: str, changes: list[Change], node: str) -> str:
    """The expected file with its accepted changes only."""
    if not path.exists():
        return text
    dump = parse_dump(expected_dump(path))
    entries: list[Entry] = [*dump.states, *dump.policies]
    for change in changes:
        if change.old is not None:
            entries.remove(change.old)
        if change.new is not None:
            entries.append(change.new)
    new = Dump([e for e in entries if isinstance(e, State)],
               [e for e in entries if isinstance(e, Policy)])
    return canon.canonical(new, NOBODY, node)


def broken(point: Point, texts: Mapping[str, str]) -> list[str]:
    """Sentences of the invariants that these dumps would break at this checkpoint."""
    facts = {node: invariants.NodeFacts(parse_dump(text), point.addresses.get(node, frozenset()))
             for node, text in texts.items()}
    down = invariants.EVERYTHING if point.down == invariants.EVERYTHING else point.down
    return invariants.check(facts, down, mute=point.mute)


def write_deltas(act: Sequence[Point], folder: Path) -> list[str]:
    """The deltas between the expected dumps of one act, as they are now; those that are new."""
    written = []
    for before, after in pairwise(act):
        for node in after.dumps:
            texts = [_expected(folder / f"{node}.{point.name}.xfrm") for point in (before, after)]
            if all(texts):
                text = delta.text(node, (before.name, after.name), *texts)
                path = folder / f"{node}.{after.name}.delta"
                if expected_files.write(path, text):
                    written.append(f"{folder.name}/{path.name}")
    return written


def _remove(path: Path, outcome: Outcome) -> None:
    expected_files.remove(path)
    path.with_suffix(".delta").unlink(missing_ok=True)
    outcome.removed.append(f"{path.parent.name}/{path.name}")
    if not any(path.parent.iterdir()):
        path.parent.rmdir()
