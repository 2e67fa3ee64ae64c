"""Which scenarios there are, and what a file says of its own."""

import argparse
import subprocess
import sys

import pytest

from harness.bed import run
from harness.bed.engine import suite
from harness.bed.engine.pace import STORY
from harness.bed_tests import samples

# What these are for, few runs are asked for.
RARE = ("harness.bed.report.bless", "harness.bed.report.flakes", "harness.bed.report.trace",
        "harness.mutants.rows", "statistics", "xml.etree.ElementTree", "pytest")


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


def test_of_scenarios_that_are_named_no_other_file_is_read(top, monkeypatch):
    found = [suite.kernel_tests(top), *(one for one in suite.scenarios(top) if one.by_name)]
    (top / "scenarios/short/test_short.py").unlink()
    (top / "scenarios/short/test_short.py").symlink_to("nowhere")
    assert suite.named(top, ["testbed", "long"]) == found
    assert suite.names(top) == ["testbed", "long", "short"]
    with pytest.raises(FileNotFoundError):
        suite.named(top, ["short"])


def test_the_front_door_reads_nothing_that_few_runs_are_asked_for():
    asked = "import sys, harness.bed.run; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", asked], cwd=samples.TOP,
                          stdout=subprocess.PIPE, text=True, check=True).stdout
    assert "harness.bed.report.html" in said.split()
    assert not {*RARE} & {*said.split()}
