"""artefacts - what a reader gets beside the raw results of a scenario: time line, ladder, captures.

Made on the host when the scenario is over, from its folder alone; so they can be made again.
Errors:  what cannot be made is a sentence with the file and the reason, the rest is made.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

from harness.bed import timeline
from harness.bed.pcap import CaptureError
from harness.bed.story import EVENTS
from harness.bed.timeline import Timeline


def _timeline(folder: Path, line: Timeline) -> None:
    (folder / "timeline.txt").write_text(line.text())


MAKERS: tuple[Callable[[Path, Timeline], None], ...] = (_timeline,)


def folders(results: Path) -> list[Path]:
    """Where the acts of a scenario have left their results: one folder for each test."""
    return sorted(path.parent for path in results.rglob(EVENTS))


def make(results: Path) -> list[str]:
    """All artefacts of one scenario; sentences on what could not be made."""
    return [sentence for folder in folders(results) for sentence in _make(folder)]


def _make(folder: Path) -> list[str]:
    try:
        line = timeline.build(folder)
    except (CaptureError, OSError, ValueError, struct.error) as error:
        return [f"{folder.name}: no time line: {error}"]
    sentences = []
    for maker in MAKERS:
        try:
            maker(folder, line)
        except (CaptureError, OSError, ValueError, RuntimeError, struct.error) as error:
            sentences.append(f"{folder.name}: no {maker.__name__.strip('_')}: {error}")
    return sentences
