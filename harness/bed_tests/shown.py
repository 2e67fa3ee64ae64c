"""Results of a scenario as a run leaves them, made of the reference dumps."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from harness.bed.base.story import EVENTS
from harness.bed.check import canon
from harness.bed.check.evidence import CHECKPOINTS
from harness.bed_tests import samples

START = 1_700_000_000.0


def leave(folder: Path, change: Callable[[str], str] = lambda text: text,
          checkpoints: tuple[str, ...] = CHECKPOINTS) -> Path:
    """Canonical dumps and events of the given checkpoints; `change` edits every raw dump."""
    folder.mkdir(parents=True)
    names = canon.Names(samples.ROLES)
    rows = []
    for number, name in enumerate(checkpoints):
        texts = {n: change(t) for n, t in samples.reference_texts(name).items()}
        for node, text in samples.canonicals(texts, names).items():
            (folder / f"{node}.{name}.xfrm").write_text(text)
            (folder / f"{node}.{name}.raw.txt").write_text(texts[node])
        rows.append({"time": START + number, "kind": "checkpoint", "text": name,
                     "down": [], "mute": [],
                     "violations": [], "nodes": list(texts), "addresses": {
                         n: sorted(samples.addresses(n, name)) for n in texts}})
    (folder / EVENTS).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder
