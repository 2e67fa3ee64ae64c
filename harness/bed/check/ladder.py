"""ladder - a scenario as the messages between its nodes, made from the captures.

Rungs are IKE messages with their payloads, mobility headers inside ESP, what a daemon asks of its
kernel and what the kernel tells (local arrows), steps, and checkpoints as bars. The text has
no times and no values of one run, so that it can be an expectation; the drawing has times.
Shapes:  rungs in order of time; text() and ladder_svg.draw() show them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from harness.bed.base.topology import T0
from harness.bed.check import dissect, timeline
from harness.bed.check.timeline import Event, Timeline
from harness.bed.decode import packets
from harness.bed.decode.kevents import KernelEvent
from harness.bed.decode.packets import Packet

FILE = "ladder.json"
ARROW, LOCAL, STEP, BAR = "arrow", "local", "step", "bar"
KNOWN = (packets.IKE, packets.BU, packets.BA, packets.MH)
TOLD = {"mobile prefix solicitation", "mobile prefix advertisement", "DHAAD request",
        "DHAAD reply"}
ANYWHERE = "?"
# Addresses of documentation: a daemon tries with them what its kernel can do.
TRIAL = "2001:db8::"
NARROWEST = 40
# What differs between two runs of one scenario and is no fact of a ladder.
OF_ONE_RUN = ((r"\b(BU|BA) \d+\b", r"\1"), (r"lifetime [1-9]\d* s", "lifetime"))


@dataclass(frozen=True)
class Rung:
    """`at` is where it starts, `to` where an arrow ends; `count` of one kind in a row."""

    time: float
    kind: str
    at: str
    to: str | None
    label: str
    count: int = 1
    sort: str = ""


def rungs(line: Timeline, payloads: dissect.Dissected | None = None) -> list[Rung]:
    owners = timeline.nodes_of(line.events, line.topology)
    found: list[Rung] = []
    for event in line.events:
        made = MAKERS.get(event.kind, _nothing)(event, owners, payloads or {})
        last = found[-1] if found else None
        if made and last and made.kind == LOCAL and _same(last, made):
            found[-1] = replace(last, count=last.count + 1)
        elif made:
            found.append(made)
    return found


def _same(one: Rung, other: Rung) -> bool:
    return (one.kind, one.at, one.label) == (other.kind, other.at, other.label)


def _nothing(*_: object) -> None:
    return None


def _packet(event: Event, owners: Mapping[str, str], payloads: dissect.Dissected
            ) -> Rung | None:
    packet = event.source
    if not isinstance(packet, Packet) or not (packet.kind in KNOWN or _is_told(packet)):
        return None
    src, dst = (owners.get(end, ANYWHERE) for end in packet.ends)
    words = packet.words
    if packet.kind == packets.IKE:
        identity = (packet.facts["spi_i"], packet.facts["id"], packet.facts["response"])
        more = dissect.at(payloads, identity, packet.time)
        words = f"{words} {more}" if more else words
    return Rung(packet.time, ARROW, src, dst, words, sort=packet.kind)


def _is_told(packet: Packet) -> bool:
    return packet.words.partition(" in ")[0] in TOLD


def _kernel(event: Event, _: Mapping[str, str], __: dissect.Dissected) -> Rung | None:
    source = event.source
    if not isinstance(source, KernelEvent):
        return None
    label = next((word(event.text) for name, asked, word in LOCALS
                  if name == source.name and asked == source.asked), None)
    if not label or source.error or TRIAL in label:
        return None
    return Rung(event.time, LOCAL, event.who, None, label, sort=source.name)


def _migrate(text: str) -> str:
    moves = re.findall(r"(esp \w+) reqid (\d+) .*?becomes (\S+) -> (\S+?)(?:;|$)", text)
    return "; ".join(f"MIGRATE {what} reqid {reqid} to {src} -> {dst}"
                     for what, reqid, src, dst in moves) or "MIGRATE"


def _installed(text: str) -> str | None:
    found = re.search(r"esp (\S+) (\S+) -> (\S+)", text)
    return f"SA {found[1]}" if found and found[1] != "0x00000000" else None


def _deleted(text: str) -> str | None:
    found = re.search(r"esp (\S+) to", text)
    return f"SA {found[1]} deleted" if found else None


def _moved(text: str) -> str | None:
    found = re.search(r"esp (\S+) to \S+ becomes (\S+) -> (\S+)", text)
    return f"SA {found[1]} moves to {found[2]} -> {found[3]}" if found else None


def _word(name: str) -> Callable[[str], str]:
    return lambda text: text.partition(f"{name} ")[1] + text.partition(f"{name} ")[2]


# What of a kernel is told: name of the message, whether it was asked, and the words for it.
LOCALS: tuple[tuple[str, bool, Callable[[str], str | None]], ...] = (
    ("ACQUIRE", False, _word("ACQUIRE")),
    ("EXPIRE", False, _word("EXPIRE")),
    ("MIGRATE", True, _migrate),
    ("NEWSA", True, _installed),
    ("UPDSA", True, _installed),
    ("DELSA", True, _deleted),
    ("MIGRATE_STATE", True, _moved),
)


def _step(event: Event, _: Mapping[str, str], __: dissect.Dissected) -> Rung:
    return Rung(event.time, STEP, event.who, None, f"{event.who}# {event.text}")


def _bar(event: Event, _: Mapping[str, str], __: dissect.Dissected) -> Rung:
    return Rung(event.time, BAR, event.who, None, f"checkpoint {event.text}")


MAKERS: dict[str, Callable[..., Rung | None]] = {
    timeline.PACKET: _packet, timeline.KERNEL: _kernel,
    timeline.STEP: _step, timeline.CHECKPOINT: _bar,
}


def columns(found: Iterable[Rung]) -> list[str]:
    """The nodes that take part, mobile nodes left, home agent and correspondent right."""
    used = {end for rung in found if rung.kind in (ARROW, LOCAL)
            for end in (rung.at, rung.to) if end}
    left, right = [*T0.mobiles.values()], ["rtr", *T0.agents, "cn", ANYWHERE]
    others = sorted(used - {*left, *right})
    return [name for name in (*left, *others, *right) if name in used]


def stable(label: str) -> str:
    """A label without what is of one run only."""
    for pattern, word in OF_ONE_RUN:
        label = re.sub(pattern, word, label)
    return label


def _label(rung: Rung) -> str:
    return stable(rung.label) + (f" x{rung.count}" if rung.count > 1 else "")


def text(found: list[Rung]) -> str:
    """A ladder in characters: a column for each node, arrows with their labels between them."""
    names = columns(found)
    if not names:
        return "no message between nodes was seen\n"
    width = max([NARROWEST, *(len(_label(r)) + 5 for r in found if r.kind in (ARROW, LOCAL))])
    lines = ["".join(f"{name:{width}}" for name in names).rstrip()]
    lines += [_text_rung(rung, names, width) for rung in found]
    return "\n".join(lines) + "\n"


def _text_rung(rung: Rung, names: list[str], column: int) -> str:
    label = _label(rung)
    width = column * (len(names) - 1) + 1
    if rung.kind == BAR:
        return f"{f' {label} ':=^{width}}"
    if rung.kind == STEP or rung.at not in names:
        return label
    rails = ["|" if at % column == 0 else " " for at in range(width)]
    here = names.index(rung.at) * column
    if rung.kind == LOCAL or rung.to not in names or rung.to == rung.at:
        return _beside(rails, here, label)
    there = names.index(rung.to) * column
    left, right = sorted((here, there))
    body = f" {label} ".center(right - left - 3, "-")
    arrow = f"-{body}>" if there > here else f"<{body}-"
    return "".join(rails[:left + 1]) + arrow + "".join(rails[right:])


def _beside(rails: list[str], here: int, label: str) -> str:
    """A local arrow: the node and its own kernel, the words where there is room."""
    if here < len(rails) - 1:
        words = f"o {label}"
        return "".join(rails[:here]) + words + "".join(rails[here + len(words):])
    words = f"{label} o"
    return "".join(rails[:here + 1 - len(words)]) + words
