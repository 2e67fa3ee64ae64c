"""given - a file with dumps, as a person names it: FILE, FILE#2 for its second dump, - for stdin.

A file is text of any iproute2 (xfrm.py) or the octets of netlink messages as a kernel answered
them (xfrm_nl.py). What it holds is chosen by kind: one dump of states, one of policies.
Errors:  Unreadable, a sentence that names file and line; what is only partly understood is kept,
         with what was not in `unread`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from harness.bed.check.named_file import Unreadable, octets, text
from harness.bed.decode import nl, xfrm, xfrm_nl
from harness.bed.decode.facts import Dump
from harness.bed.decode.xfrm import Note, Part, Reading

STATE, POLICY, DEFAULTS = KINDS = ("state", "policy", "default policies")
ENTRIES = (STATE, POLICY)


@dataclass(frozen=True)
class Given:
    """One file's facts, and of which kinds it speaks at all."""

    name: str
    dump: Dump
    kinds: frozenset[str]
    empty: bool = False
    unread: list[Note] = field(default_factory=list)
    left_out: list[Note] = field(default_factory=list)


def reading(path: str, data: bytes) -> Reading:
    """Everything that a file says, whatever form it has."""
    if messages := _messages(data):
        return netlink(messages)
    return xfrm.read(text(path, data))


def _messages(data: bytes) -> list[nl.Message]:
    """All messages, if the octets are nothing else."""
    found = list(nl.messages(data))
    taken = sum((nl.HEADER.size + len(message.body) + 3) & ~3 for message in found)
    return found if taken >= len(data) else []


def netlink(messages: list[nl.Message]) -> Reading:
    """The facts of a dump's messages; a note's line is the number of the message."""
    found = Reading(lines=len(messages))
    dump = Dump()
    for number, message in enumerate(messages, start=1):
        if message.type == nl.NLMSG_DONE:
            found.left_out.append(Note(number, "end of the messages", "NLMSG_DONE"))
            continue
        notes = [Note(number, "no fact that is known", text)
                 for text in xfrm_nl.unread(message.type, message.body)]
        found.unread += notes
        if message.type == xfrm_nl.NEWSA and len(message.body) >= xfrm_nl.SA_INFO.size:
            dump.states.append(xfrm_nl.state(message.body))
        elif message.type == xfrm_nl.NEWPOLICY and len(message.body) >= xfrm_nl.POLICY_INFO.size:
            dump.policies.append(xfrm_nl.policy(message.body))
    found.parts = [Part(None, "netlink", 1, dump, list(found.unread))]
    return found


def read(name: str) -> Given:
    path, _, which = name.rpartition("#") if "#" in name and not Path(name).exists() else (
        name, "", "")
    if which and not (which.isdecimal() and which.isascii() and len(which) < 9):
        path, which = name, ""
    return choose(name, path, reading(path, octets(path)), int(which) if which else None)


def given(name: str, said: str, which: int | None = None) -> Given:
    """The same of a text."""
    return choose(name, name.partition("#")[0], xfrm.read(said), which)


def choose(name: str, path: str, found: Reading, which: int | None = None) -> Given:
    """One dump of each kind; of several the one with the number `which`."""
    _known(path, found.parts, which)
    chosen: list[Part] = []
    said: set[str] = set()
    for kind in ENTRIES:
        of_kind = [part for part in found.parts if kind in kinds_of(part)]
        if not any(part.kind for part in of_kind):
            one = of_kind
        else:
            one = _one(path, of_kind, which)
        chosen += [part for part in one if not any(part is other for other in chosen)]
        said |= {kind} if one else set()
    chosen += [part for part in found.parts if not kinds_of(part) & set(ENTRIES)]
    unread = sorted(note for part in chosen for note in part.unread)
    dump = xfrm.joined(chosen)
    said |= {DEFAULTS} if dump.defaults else set()
    if not said and (unread or found.left_out):
        first = (unread or found.left_out)[0]
        why = first.why if unread else "no dump of ip xfrm"
        raise Unreadable(f"{path}: line {first.line}: {why}: {first.text[:60]}")
    skipped = [Note(part.line, "another dump of the file", part.title or "dump")
               for part in found.parts if not any(part is one for one in chosen)]
    return Given(name, dump, frozenset(said or ENTRIES), not said, unread,
                 sorted(found.left_out + skipped))


def kinds_of(part: Part) -> set[str]:
    """Of which kinds a dump speaks: its title says so, or what it holds."""
    held = {kind for kind, have in zip(
        KINDS, (part.dump.states, part.dump.policies, part.dump.defaults)) if have}
    return held or {part.kind} & set(ENTRIES)


def _known(path: str, parts: list[Part], which: int | None) -> None:
    """FILE#3 of a file with two dumps is a mistake."""
    most = max((sum(kind in kinds_of(part) for part in parts) for kind in ENTRIES), default=0)
    if not any(part.kind for part in parts):
        most = 1
    if which is not None and not 1 <= which <= most:
        raise Unreadable(f"{path}#{which}: {path} has {most or 'no'} dump{'s' * (most != 1)} of a "
                         "kind; name two files, or one with two dumps")


def _one(path: str, dumps: list[Part], which: int | None) -> list[Part]:
    if which is None and len(dumps) > 1:
        first = " and ".join(f"line {part.line}" for part in dumps[:2])
        raise Unreadable(f"{path}: {first}: {len(dumps)} dumps of one kind, "
                         f"say which: {path}#1 to {path}#{len(dumps)}")
    number = (which or 1) - 1
    return dumps[number:number + 1]
