"""diff - any two dumps of `ip xfrm` held against each other in canonical form.

    ./run-tests.sh diff A.txt B.txt        equal facts: 0, different: 1, unreadable: 2

A file holds what `ip xfrm state`, `ip xfrm policy` or both printed: any iproute2, with or without
-s, -d and -o, pasted from a terminal or from the page of 2008, a canonical dump, or a collected
file with `##` titles. Where a file holds several dumps of one kind, FILE#2 is the second. An empty
file is a kernel that has nothing; the answer says so.
Errors:  one sentence that names file, line and what is wrong there.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from harness.bed.check import canon, columns, delta, golden
from harness.bed.decode.xfrm import Dump, DumpError, parse_dump

EQUAL, DIFFERENT, UNREADABLE = 0, 1, 2
USAGE = "run-tests.sh diff A B: two files with what ip xfrm state or ip xfrm policy printed"
WIDTH = 160
KINDS = ("state", "policy")
NODE = "xfrm"
# A command or a title that opens a dump: `carol# ip -s xfrm state`, `## ip xfrm policy`.
OPENS = re.compile(r"(?:^|.*[#$>]\s*)ip (?:-\S+ )*x(?:frm)? (state|policy)\b(.*)")
CANONICAL = re.compile(r"# \S+ (state|policy)$")
ENTRY = re.compile(r"\s|src \S")


class Unreadable(Exception):
    """A file is not there or is no dump; the message is the sentence for the user."""


@dataclass(frozen=True)
class Given:
    """One file's facts, and of which kinds it speaks at all."""

    name: str
    dump: Dump
    kinds: frozenset[str]
    empty: bool = False


@dataclass(frozen=True)
class Block:
    """Lines of one dump within a file, by their numbers from 0."""

    kind: str
    lines: dict[int, str]


def blocks(lines: list[str]) -> list[Block]:
    """The dumps that commands or titles open; none in a file that is a bare dump."""
    found: list[Block] = []
    inside = False
    for number, line in enumerate(lines):
        opened, title = OPENS.match(line), CANONICAL.match(line)
        if opened or title:
            found.append(Block((opened or title)[1], {number: opened[2] if opened else ""}))
            inside = True
        elif inside and line.strip() and not ENTRY.match(line):
            inside = False
        elif inside:
            found[-1].lines[number] = line
    return found


def read(name: str) -> Given:
    path, _, which = name.partition("#") if not Path(name).exists() else (name, "", "")
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "no text"
        raise Unreadable(f"{path}: {reason}") from error
    return given(name, text, int(which) if which.isdigit() else None)


def given(name: str, text: str, which: int | None = None) -> Given:
    lines = text.splitlines()
    found = blocks(lines)
    path = name.partition("#")[0]
    kinds: dict[str, Block | None] = {}
    if found:
        kinds = {kind: _choose(path, [b for b in found if b.kind == kind], which)
                 for kind in KINDS}
        wanted = {n: line for b in kinds.values() if b for n, line in b.lines.items()}
        lines = [wanted.get(number, "") for number in range(len(lines))]
    try:
        dump = parse_dump("\n".join(lines))
    except DumpError as error:
        where = "" if str(error).startswith("line ") else f"line {len(lines)}: "
        raise Unreadable(f"{path}: {where}{error}") from error
    said = {kind for kind, block in kinds.items() if block}
    said |= {kind for kind, have in zip(KINDS, (dump.states, dump.policies)) if have}
    if not said and text.strip():
        raise Unreadable(f"{path}: line 1: no dump of ip xfrm: {lines[0].strip()[:60]}")
    return Given(name, dump, frozenset(said or KINDS), empty=not said)


def _choose(path: str, dumps: list[Block], which: int | None) -> Block | None:
    if which is None and len(dumps) > 1:
        first = " and ".join(f"line {min(b.lines) + 1}" for b in dumps[:2])
        raise Unreadable(f"{path}: {first}: {len(dumps)} dumps of one kind, "
                         f"say which: {path}#1 to {path}#{len(dumps)}")
    number = (which or 1) - 1
    return dumps[number] if number < len(dumps) else None


def roles_of(*dumps: Dump) -> canon.Roles:
    """Who is mobile node and home agent, told from the care-of address states or the policies."""
    for dump in dumps:
        for state in dump.states:
            if state.proto == "hao" and not state.wildcard:
                return canon.Roles(state.dst, {state.src: "mn"})
    for dump in dumps:
        for policy in dump.policies:
            src, dst = (p.partition("/")[0] for p in (policy.sel.src, policy.sel.dst))
            if policy.sel.proto == "mobility-header" and "::" not in (src, dst):
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


def one_run(left: Dump, right: Dump) -> bool:
    """Whether both dumps are of one node at two moments: they have an SPI in common."""
    spis = [{s.spi for s in dump.states if s.spi} for dump in (left, right)]
    return bool(spis[0] & spis[1])


def texts(left: Dump, right: Dump) -> tuple[str, str]:
    """Canonical texts; two moments of one run share their names."""
    roles = roles_of(left, right)
    names = [canon.Names(roles)] * 2 if one_run(left, right) else \
        [canon.Names(roles_of(left) if roles_of(left).ha else roles),
         canon.Names(roles_of(right) if roles_of(right).ha else roles)]
    found = []
    for dump, name in zip((left, right), names):
        name.learn({NODE: dump})
        found.append(canon.canonical(dump, name, NODE))
    return found[0], found[1]


def _only(dump: Dump, kinds: frozenset[str]) -> Dump:
    return Dump(dump.states if "state" in kinds else [],
                dump.policies if "policy" in kinds else [])


def sentences(left: str, right: str, same_run: bool) -> list[str]:
    """What differs, a sentence each: as a change in time, or as one against the other."""
    if same_run:
        return [change.sentence for change in delta.between(left, right).changes]
    found = []
    for one in golden.compare(left, right):
        if one.fact == "existence":
            found.append(f"{one.object}: only in {'A' if one.actual is None else 'B'}")
        else:
            found.append(f"{one.object}: {one.fact} {one.expected or 'none'} in A, "
                         f"{one.actual or 'none'} in B")
    return found


def show(one: Given, other: Given, out: TextIO, colour: bool, width: int) -> int:
    kinds = one.kinds & other.kinds
    if not kinds:
        raise Unreadable(f"{one.name} has no {next(iter(other.kinds))} and {other.name} no "
                         f"{next(iter(one.kinds))}: nothing to compare")
    for name in (given.name for given in (one, other) if given.empty):
        print(f"{name} is empty: taken as no state and no policy", file=out)
    left, right = texts(_only(one.dump, kinds), _only(other.dump, kinds))
    for kind in sorted((one.kinds | other.kinds) - kinds):
        lacks = other.name if kind in one.kinds else one.name
        print(f"{lacks} shows no {kind}: left out of the comparison", file=out)
    found = sentences(left, right, one_run(one.dump, other.dump))
    if not found:
        entries = parse_dump(left)
        print(f"equal: {len(entries.states)} states, {len(entries.policies)} policies", file=out)
        return EQUAL
    heads = (f"A {one.name}", f"B {other.name}")
    if colour:
        out.write(columns.coloured(left, right, heads, width))
    else:
        out.write(columns.side_by_side(left, right, heads))
    print(f"\n{len(found)} {'difference' if len(found) == 1 else 'differences'}:", file=out)
    for sentence in found:
        print(f"  {sentence}", file=out)
    return DIFFERENT


def main(arguments: list[str]) -> int:
    if len(arguments) != 2 or arguments[0].startswith("-"):
        print(USAGE, file=sys.stderr)
        return UNREADABLE
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    try:
        width = shutil.get_terminal_size((WIDTH, 24)).columns
        return show(read(arguments[0]), read(arguments[1]), sys.stdout, colour, width)
    except Unreadable as error:
        print(f"run-tests.sh diff: {error}", file=sys.stderr)
        return UNREADABLE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
