"""xfrm - what `ip xfrm state` and `ip xfrm policy` print, read into facts (facts.py).

Reads every iproute2, with and without -s, -d and -o, the one-line form of the 2008 page and our
own canonical form (canon.py). Every word of the text is a fact, or it is left out on purpose (a
counter, a clock, a prompt) and noted with its line, or it is not understood and noted with its
line. read() gives all three; parse_dump() takes a text only where nothing was not understood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from harness.bed.decode import xfrm_entry, xfrm_lines
from harness.bed.decode.facts import (
    FLAG_BITS, IPSEC, Algorithm, Dump, Policy, Selector, State, Template, selector_text,
)
from harness.bed.decode.xfrm_lines import Block, Note
from harness.bed.decode.xfrm_words import DumpError, Words

__all__ = [
    "FLAG_BITS", "IPSEC", "Algorithm", "Dump", "DumpError", "Note", "Part", "Policy", "Reading",
    "Selector", "State", "Template", "joined", "parse_dump", "read", "sections", "selector_text",
]


@dataclass
class Part:
    """One dump of a file: the title or command it stands under, its line, and its facts."""

    kind: str | None
    title: str
    line: int
    dump: Dump
    unread: list[Note] = field(default_factory=list)


@dataclass
class Reading:
    """Everything that a file says: facts, what was not understood, what is no fact on purpose."""

    parts: list[Part] = field(default_factory=list)
    unread: list[Note] = field(default_factory=list)
    left_out: list[Note] = field(default_factory=list)
    lines: int = 0


# How many texts are kept as they were read: a checkpoint's are asked for by all who judge it.
KNOWN = 64
EVENT = "an event of ip xfrm monitor, no state or policy"
OF_UNREAD = "belongs to an entry that is not understood"
ACTIONS = ("accept", "block")


def _state(words: Words, left_out: list, unread: list[DumpError]) -> State:
    words.expect("src")
    src = words.address()
    words.expect("dst")
    facts = {"src": src, "dst": words.address(), "algorithms": (), "hidden": (),
             xfrm_entry.DETAILED: False, xfrm_entry.LEFT_OUT: left_out}
    facts |= xfrm_entry.identity(words, facts)
    xfrm_entry.body(words, xfrm_entry.STATE_TABLE, facts, unread)
    del facts[xfrm_entry.LEFT_OUT]
    if facts.get("dir") == "out":
        # A new iproute2 prints no window for what only leaves, an old one prints 0.
        facts.setdefault("replay_window", 0)
    return State(**facts)


def _policy(words: Words, left_out: list, unread: list[DumpError]) -> Policy:
    facts = {"sel": xfrm_entry.selector(words), "tmpls": (), "hidden": (),
             xfrm_entry.LEFT_OUT: left_out}
    facts[xfrm_entry.DETAILED] = facts["sel"].uid is not None
    xfrm_entry.body(words, xfrm_entry.POLICY_TABLE, facts, unread)
    del facts[xfrm_entry.LEFT_OUT], facts["hidden"]
    missing = {"dir", "priority"} - facts.keys()
    if missing:
        words.at -= 1
        raise words.error(f"a policy without {' and '.join(sorted(missing))} ends here")
    return Policy(**facts)


def _defaults(words: Words, dump: Dump) -> None:
    """Default policies:  in: accept  fwd: block  out: accept"""
    words.expect("policies:")
    for way in ("in", "fwd", "out"):
        words.expect(f"{way}:")
        action = words.next()
        if action not in ACTIONS:
            raise words.last(f"'{action}' is neither {' nor '.join(ACTIONS)}")
        dump.defaults[way] = action


def _entry(words: Words, dump: Dump, left_out: list, unread: list[DumpError]) -> None:
    word = words.peek()
    if word == "Default":
        words.at += 1
        _defaults(words, dump)
    elif word != "src":
        raise words.error(EVENT if word in xfrm_entry.EVENTS else f"'src' expected, '{word}' found")
    elif "/" in words.peek(1):
        dump.policies.append(_policy(words, left_out, unread))
    else:
        dump.states.append(_state(words, left_out, unread))


def _event(words: Words) -> list[DumpError]:
    """All that `ip xfrm monitor` told of one thing: no fact, for it may be gone by now."""
    found = words.error(EVENT)
    words.at += 1
    words.rest()
    return [found, *_others(words, EVENT)]


def _others(words: Words, why: str) -> list[DumpError]:
    """The lines up to the next entry, each named."""
    found = []
    while words.at < words.end and not words.entry() and words.peek() not in xfrm_entry.OPENING:
        found.append(words.error(why))
        words.at += 1
        words.rest()
    return found


def _part(block: Block, reading: Reading) -> Part:
    words = Words(block.lines)
    dump = Dump()
    left_out: list[tuple[int, str]] = []
    unread: list[DumpError] = []
    while words.at < words.end:
        start = words.at
        if block.kind == xfrm_lines.MONITOR:
            unread += _event(words)
            continue
        try:
            _entry(words, dump, left_out, unread)
        except DumpError as error:
            if error.why == EVENT:
                unread += _event(words)
                continue
            unread.append(error)
            entry = words.peek() in xfrm_entry.OPENING or words.at > start
            words.skip(error, start)
            unread += _others(words, OF_UNREAD) if entry else []
    notes = [Note(e.line, e.why, e.text) for e in unread]
    reading.unread += notes
    reading.left_out += [Note(n, why, words.text(n)) for n, why in left_out]
    return Part(block.kind, block.title, block.line, dump, notes)


def read(text: str) -> Reading:
    """All dumps of a file and everything else that it holds; nothing raises."""
    found = xfrm_lines.cut(text)
    reading = Reading(left_out=found.notes, lines=text.count("\n") + (text[-1:] != "\n"))
    reading.parts = [_part(block, reading) for block in found.blocks]
    reading.unread.sort()
    reading.left_out.sort()
    return reading


def joined(parts: list[Part]) -> Dump:
    dump = Dump()
    for part in parts:
        dump.states.extend(part.dump.states)
        dump.policies.extend(part.dump.policies)
        dump.defaults.update(part.dump.defaults)
    return dump


def parse_dump(text: str) -> Dump:
    """States and policies of one node, in one text or two joined; DumpError names a bad line."""
    return joined(_parts(text))


@lru_cache(KNOWN)
def _parts(text: str) -> list[Part]:
    reading = read(text)
    if reading.unread:
        first = reading.unread[0]
        raise DumpError(first.line, first.why, first.text)
    return reading.parts


def sections(text: str) -> dict[str, str]:
    """A collected file cut at its `## TITLE` lines: title to text."""
    parts = re.split(r"^## (.*)$", text, flags=re.MULTILINE)
    return {title.strip(): body for title, body in zip(parts[1::2], parts[2::2])}
