"""Which scenarios there are, and what a file says of its own."""

import argparse

import pytest

from harness.bed import run
from harness.bed.engine import suite
from harness.bed.engine.pace import STORY


@pytest.fixture
def top(tmp_path):
    def scenario(name: str, text: str) -> None:
        folder = tmp_path / "scenarios" / name
        folder.mkdir(parents=True)
        (folder / f"test_{name}.py").write_text(text)
    scenario("short", "def test_one(bed):\n    pass\n\n\ndef test_two(bed):\n    pass\n")
    scenario("long", 'LIMIT = 7200\nBY_NAME = True\n\n\ndef test_long(bed):\n    """Hours."""\n')
    return tmp_path


def test_a_file_says_how_much_time_it_needs_and_whether_it_waits_to_be_asked(top):
    found = {one.name: (one.limit, one.by_name) for one in suite.scenarios(top)}
    assert found == {"short": (2 * STORY, False), "long": (7200, True)}


@pytest.mark.req("T-802")
def test_what_runs_by_name_runs_only_so(top, monkeypatch):
    monkeypatch.setattr(run, "TOP", top)
    options = {"fault": None, "shard": argparse.Namespace(part=lambda found: found)}
    monkeypatch.setattr(run, "interactive", lambda _: False)
    monkeypatch.setattr(run, "check_prompts", lambda *_: None)
    for names, wanted in (([], {"testbed", "short"}), (["long", "short"], {"long", "short"})):
        chosen = run.chosen(argparse.Namespace(names=names, **options))
        assert {one.name for one in chosen} == wanted
