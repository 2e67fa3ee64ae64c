"""page - how long the page of a run with a hundred scenarios takes to write and to open.

Every scenario is the same recorded one, with ladder, dumps, logs and time line; one has failed, so
that the browser also goes to its first difference.
Units:   seconds until the browser has loaded the page, its scripts included.
"""

from __future__ import annotations

import json
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from harness.bed.check import evidence
from harness.bed.report import artefacts, html
from harness.bench.table import Figure

RECORDED = evidence.GIVEN / "run/coa-change"
SCENARIOS, ATTEMPTS = 100, 5
AIM_OPEN_S = 2.0
BROWSER = "chromium"
TELL_LOAD = ("<script>addEventListener('load', () => {"
             "document.documentElement.dataset.load = performance.now();"
             "document.body.remove(); });</script>")


def browse(*words: str) -> str:
    """What a browser without a screen says."""
    done = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", *words],
        capture_output=True, text=True, check=True)
    return done.stdout


def opened(page: Path) -> float:
    """Seconds until the browser has it."""
    timed = page.with_name("timed.html")
    timed.write_text(page.read_text().replace("</head>", f"{TELL_LOAD}</head>"))
    said = browse("--dump-dom", timed.as_uri())
    return float(re.search(r'data-load="([\d.]+)"', said)[1]) / 1000


def many(folder: Path) -> None:
    """A run's results: the recorded scenario under a hundred names, the last one failed."""
    recorded = folder / "recorded"
    shutil.copytree(RECORDED, recorded)
    artefacts.make(recorded)
    for dump in recorded.glob("*.xfrm"):
        wrong = dump.read_text().replace("2001::50", "2001::51", 1)
        dump.with_name(f"{dump.name}.expected").write_text(wrong)
    rows = []
    for number in range(SCENARIOS):
        name = f"scenario-{number}"
        (folder / name).symlink_to(recorded)
        rows.append({"test": f"{name}::test_it", "seconds": 9.5, "req": [], "sentence": "",
                     "outcome": "failed" if number == SCENARIOS - 1 else "passed",
                     "reproduce": f"./run-tests.sh {name}", "results": f"{folder.name}/{name}"})
    (folder / html.OUTCOMES).write_text("".join(json.dumps(row) + "\n" for row in rows))


def figures() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="perigee-page-") as name:
        folder = Path(name)
        many(folder)
        start = time.monotonic()
        page = html.write(folder, {})
        found = [Figure(f"page of {SCENARIOS} scenarios written", time.monotonic() - start, "s"),
                 Figure("its size", page.stat().st_size, "octets")]
        if shutil.which(BROWSER):
            took = [opened(page) for _ in range(ATTEMPTS)]
            found.append(Figure("opened in a browser", statistics.median(took), "s", AIM_OPEN_S,
                                min(took), max(took)))
        return found
