"""The testbed's own tests: which requirements they show goes to build/results/unit/bed.jsonl."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.bed.base import places

HERE = Path(__file__).parent
RESULTS = places.results(HERE.parents[1]) / "unit"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "req(*ids): the requirements that the test shows")
    config.stash[LINES] = []


def pytest_make_parametrize_id(val: object) -> str | None:
    """One word a case, short enough to be typed."""
    return re.sub(r"\W+", "-", val).strip("-")[:40] if isinstance(val, str) else None


@pytest.fixture(autouse=True)
def own_build(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout that a test makes up has its own build, wherever that of this one is."""
    if "tmp_path" in request.fixturenames:
        monkeypatch.delenv("BUILD", raising=False)


LINES = pytest.StashKey[list[str]]()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = (yield).get_result()
    ids = [name for marker in item.iter_markers("req") for name in marker.args]
    if ids and report.when == "call":
        line = {"test": item.nodeid, "outcome": report.outcome, "req": ids}
        item.config.stash[LINES].append(json.dumps(line))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What stands in kernel/ needs a guest and its plugin."""
    in_guest = config.pluginmanager.hasplugin("harness.bed.plugin")
    return True if collection_path.name == "kernel" and not in_guest else None


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Some tests displace the results of these tests only: make trace takes the latest of each."""
    lines, config = session.config.stash[LINES], session.config
    whole = HERE in map(Path.resolve, map(Path, config.args)) and not config.option.keyword
    file = RESULTS / ("bed.jsonl" if whole else "bed-partly.jsonl")
    if lines or file.exists():
        RESULTS.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{line}\n" for line in lines))
