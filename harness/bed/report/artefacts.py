"""artefacts - what a reader gets beside the raw results of a scenario: time line, ladder, captures.

Made on the host when the scenario is over, from its folder alone; so they can be made again.
Errors:  what cannot be made is a sentence with the file and the reason, the rest is made. What a
program of others did not read because it broke is a note and no fault.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from harness.bed.base import tool, topology
from harness.bed.base.command import Tell, quietly
from harness.bed.base.story import EVENTS, NOW
from harness.bed.check import dissect, ladder, moves, timeline
from harness.bed.check.timeline import Timeline
from harness.bed.decode import pcapng
from harness.bed.decode.pcap import CaptureError
from harness.bed.report import ladder_svg, opened, wireshark


def _timeline(folder: Path, line: Timeline, _: Tell) -> None:
    (folder / "timeline.txt").write_text(line.text())
    (folder / "transients.txt").write_text("".join(f"{one}\n" for one in line.transients()))


NOTED = (timeline.STEP, timeline.CHECKPOINT, timeline.NOTE)


def _capture(folder: Path, line: Timeline, _: Tell) -> None:
    """All links and netlinks in one file, and the settings that open it decrypted."""
    found = {path.name.removesuffix(".pcap"): path for path in sorted(folder.glob("*.pcap"))}
    notes = pcapng.comments(((e.time, f"{e.who}# {e.text}" if e.kind == timeline.STEP else e.text)
                             for e in line.events if e.kind in NOTED), line.start)
    links = topology.read(folder).links
    words = {name: f"link {name}, {link.prefix}" for name, link in links.items()}
    words |= {name: f"netlink of {name.partition('.')[0]}" for name in found if "." in name}
    merged = pcapng.merge(found, notes, folder.name, words)
    (folder / wireshark.CAPTURE).write_bytes(merged)
    wireshark.write(folder, line.sas.values())


def _ladder(folder: Path, line: Timeline, closed: Tell) -> None:
    """Drawn with what the exported settings open, so that it shows what they do not."""
    rows = wireshark.read(folder, opened.WANTED, opened.FIELDS)
    rungs = ladder.rungs(line, dissect.payloads(opened.ike(rows)))
    (folder / "ladder.txt").write_text(ladder.text(rungs))
    (folder / "ladder.svg").write_text(ladder_svg.draw(rungs, line.start, folder.name))
    facts = [{**asdict(rung), "time": rung.time - line.start} for rung in rungs]
    (folder / ladder.FILE).write_text(json.dumps(facts) + "\n")
    for sentence in opened.faults(folder, rows):
        closed(sentence)


def _moves(folder: Path, line: Timeline, _: Tell) -> None:
    (folder / moves.FILE).write_text(json.dumps(moves.as_rows(moves.of(line))) + "\n")


MAKERS: tuple[Callable[[Path, Timeline, Tell], None], ...] = (_timeline, _capture, _ladder, _moves)


def folders(results: Path) -> list[Path]:
    """Where the acts of a scenario have left their results: one folder for each test."""
    return sorted(path.parent for path in results.rglob(EVENTS))


def make(results: Path, note: Tell = quietly, closed: Tell = quietly) -> list[str]:
    """All artefacts of one scenario; sentences on what could not be made.

    What the captures' keys do not open goes to `closed`.
    """
    if results.is_dir():
        (results / NOW).write_text("its captures are opened and its ladder is drawn\n")
    return [sentence for folder in folders(results) for sentence in _make(folder, note, closed)]


def _make(folder: Path, note: Tell, closed: Tell) -> list[str]:
    try:
        line = timeline.build(folder)
    except (CaptureError, OSError, ValueError, struct.error) as error:
        return [f"{folder.name}: no time line: {error}"]
    sentences = []
    for maker in MAKERS:
        try:
            maker(folder, line, closed)
        except tool.Broke as error:
            note(wireshark.not_judged(folder, maker.__name__.strip("_"), opened.WANTED,
                                      error))
        except (CaptureError, OSError, ValueError, RuntimeError, struct.error) as error:
            sentences.append(f"{folder.name}: no {maker.__name__.strip('_')}: {error}")
    return sentences
