"""xfrm_lines - a file with dumps of `ip xfrm`, cut into the lines of each dump and the rest.

A file is what people have: one bare dump, a terminal's record with prompts and other commands, a
collected file with `##` titles, mail with quotes. A line is content of a dump, or it has a note
that says why it is left out on purpose. What no rule here knows is content: then xfrm.py reads it
or names it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from harness.bed.decode.xfrm_entry import EVENTS, POLICY_TABLE, STATE_TABLE, TEMPLATE_WORDS
from harness.bed.decode.xfrm_front import front_of
from harness.bed.decode.xfrm_words import shown

STATE, POLICY, MONITOR = "state", "policy", "monitor"


class Note(NamedTuple):
    """A line that is no fact: its number from 1, why, and what it says."""

    line: int
    why: str
    text: str


@dataclass
class Block:
    """The content lines of one dump, each with its number; `kind` is None where no title says."""

    kind: str | None
    title: str
    line: int
    lines: list[tuple[int, str]] = field(default_factory=list)


# What a terminal adds: colours, titles, character sets.
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]")
QUOTED = re.compile(r"^(?:> ?)+")
MARK = "\ufeff"
COMMAND = re.compile(
    r"(?:^|[\s;&|(/'\"`*>])ip(?:\s+-\S+(?:\s+[\w.:@][\w.:@-]*)?)*\s+x(?:f(?:rm?)?)?\s+([a-z]+)\b")
# A command is in the beginning of its line; a dump of many lines may be behind it.
REACH = 2000
CANONICAL = re.compile(r"#+ (\S+) (state|policy)$")
PROMPT = re.compile(
    r"(?:\(\S+\) ?)?(?:\[[^\]]{1,60}\]|[\w.@:~/-]*[\w~/)-])[#$%](?:\s+(?P<command>\S.*)|\s*)$")
BARE_PROMPT = re.compile(r"[#$%] ")
MARKUP = re.compile(
    r"(?:```|~~~) ?\w*$|[-=*_~]{3,}$|\+ _{3,}|Script (started|done) on |</?(pre|code|blockquote)>$"
    r"|--More--|\(END\)$|\^C$|\[sudo\] password for |[┌╭]─|On .{8,200} wrote:$")
ENTRY = re.compile(r"src \S+ dst \S+|Default policies:")
# A dump behind its command on one line, as the page of 2008 has it.
BEHIND = re.compile(r"\bsrc \S+ dst \S+ (?:proto|dir|socket)\b")
# Behind `list` and `get` the same words ask for an entry, unless what only a dump has follows.
ASKED = re.compile(r"\s*(?:l[is]*t?|sh?o?w?|get)\s")
PRINTED = re.compile(r" (?:replay-window|auth|auth-trunc|enc|aead|ptype|tmpl src|anti-replay) ")
# The words that lines of a dump begin with: statements, and what goes on with one.
OPENING = frozenset({
    *STATE_TABLE, *POLICY_TABLE, *TEMPLATE_WORDS, "src", "proto", "limit:", "expire", "add",
    "seq-hi", "oseq-hi", "replay_window"})
# What stands in front of an address in a dump: it is none of the file's.
IN_FRONT = OPENING - {"src"} | EVENTS | {"xfrm", "x", "policy", "tmpl", "sel"}
# What prints no dump.
CHANGES = ("add", "update", "allocspi", "delete", "deleteall", "flush", "set", "setdefault",
           "count", "help")


def object_of(word: str) -> str | None:
    """iproute2 takes any beginning of a word, and sa for state."""
    if word == "sa":
        return STATE
    return next((kind for kind in (STATE, POLICY, MONITOR) if kind.startswith(word)), None)


class Cutter:
    """Goes through a file line by line; `blocks` and `notes` are what it has found."""

    def __init__(self, text: str) -> None:
        self.blocks: list[Block] = []
        self.notes: list[Note] = []
        self.other: str | None = None
        self.bare_prompts = False
        if text[:1] == MARK:
            self._note(1, "byte order mark", "")
        lines = text.removeprefix(MARK).split("\n")
        self.front = front_of(lines, IN_FRONT)
        plain = self.front is None and "\x1b" not in text
        for number, line in enumerate(lines, start=1):
            # Most lines of a dump are a statement behind another one.
            if plain and self.other is None and self.blocks:
                first = line.split(None, 1)
                if first and first[0] in OPENING:
                    self.blocks[-1].lines.append((number, line))
                    continue
            self._line(number, line.rstrip("\r"))

    def _line(self, number: int, line: str) -> None:
        if "\x1b" in line:
            line = self._without(ESCAPES, "a terminal's colours", number, line)
        if self.front:
            line = self._without(self.front, "in front of the line", number, line)
        if line[:1] == ">":
            line = self._without(QUOTED, "a quote's mark", number, line)
        said = line.strip()
        if not said:
            return
        if said.split(None, 1)[0] in OPENING:
            self._content(number, line)
        elif not self._opens(number, said):
            self._between(number, line, said)

    def _without(self, pattern: re.Pattern[str], why: str, number: int, line: str) -> str:
        """The line without what is no fact in it."""
        rest = pattern.sub("", line, count=0 if pattern is ESCAPES else 1)
        if rest != line:
            self._note(number, why, line)
        return rest

    def _opens(self, number: int, said: str) -> bool:
        """A command or a title that opens a dump."""
        command = COMMAND.search(said, 0, REACH)
        kind = command and object_of(command[1])
        if kind:
            self._command(number, said, kind, said[command.end():])
            return True
        title = CANONICAL.match(said)
        if title:
            self._open(number, title[2], said)
            self._note(number, "title", said)
        return bool(title)

    def _command(self, number: int, said: str, kind: str, rest: str) -> None:
        self.bare_prompts |= bool(BARE_PROMPT.match(said))
        asked = ASKED.match(rest) and not PRINTED.search(rest)
        behind = None if asked else BEHIND.search(rest)
        word = rest.split()[0] if rest.split() else ""
        if word in CHANGES:
            self.other = said
            self._note(number, "command", said)
            return
        title = said[:len(said) - len(rest) + behind.start()] if behind else said
        self._open(number, kind, title.strip())
        if behind:
            self.blocks[-1].lines.append((number, rest[behind.start():]))
        else:
            self._note(number, "command", said)

    def _open(self, number: int, kind: str | None, title: str) -> None:
        self.blocks.append(Block(kind, title, number))
        self.other = None

    def _between(self, number: int, line: str, said: str) -> None:
        prompt = PROMPT.match(said)
        if said[0] == "#":
            other = said.startswith("##") or self.bare_prompts
            self.other = said if other else self.other
            self._note(number, "title" if other else "comment", said)
        elif prompt:
            self.other = said if prompt["command"] else "a prompt"
            self._note(number, "command" if prompt["command"] else "prompt", said)
        elif MARKUP.match(said):
            self._note(number, "markup", said)
        elif self.other is None or ENTRY.match(said):
            self._content(number, line)
        else:
            self._note(number, f"belongs to '{self.other}'", said)

    def _content(self, number: int, line: str) -> None:
        """An entry under another command's title is a dump that somebody pasted there."""
        if not self.blocks or self.other is not None and ENTRY.match(line.strip()):
            self._open(number, None, "")
        self.other = None
        self.blocks[-1].lines.append((number, line))

    def _note(self, number: int, why: str, said: str) -> None:
        self.notes.append(Note(number, shown(why), shown(said)))


def cut(text: str) -> Cutter:
    return Cutter(text)
