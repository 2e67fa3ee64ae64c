"""Coverage: counts of units and scenarios are added up and told in one line."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from harness.bed.engine import coverage
from harness.bed.engine.coverage import NotMeasured

SAID = """Overall coverage rate:
  lines......: 93.8% (12861 of 13714 lines)
  functions......: 96.8% (1611 of 1665 functions)
"""
needs_tools = pytest.mark.skipif(not all(map(shutil.which, coverage.TOOLS)),
                                 reason="lcov is not installed")


def top(folder: Path) -> Path:
    (folder / "build" / coverage.OBJECTS / "base").mkdir(parents=True)
    return folder


def test_the_daemons_of_a_scenario_may_write_their_counts(tmp_path):
    settings = coverage.prepare(top(tmp_path), tmp_path / "story")
    assert settings["GCOV_PREFIX"] == f"{tmp_path}/story/gcov"
    path = Path(f"{tmp_path}/build/{coverage.OBJECTS}/base/rd.gcda").parts
    assert path[int(settings["GCOV_PREFIX_STRIP"]) + 1:] == ("base", "rd.gcda")
    assert (tmp_path / "story/gcov/base").stat().st_mode & 0o777 == 0o777


def test_the_sums_are_one_line():
    assert coverage.sums(SAID) == "93.8 % of 13714 lines, 96.8 % of 1665 functions"


@needs_tools
def test_lines_that_units_and_scenarios_run_are_added_up(tmp_path):
    """A program that counts to its argument, run twice into two folders."""
    source = tmp_path / "src/base/one.c"
    source.parent.mkdir(parents=True)
    source.write_text("int main(int argc, char **argv)\n{\n\t(void)argv;\n\tif (argc > 1)\n"
                      "\t\treturn 0;\n\tfor (int i = 0; i < 3; i++)\n\t\targc++;\n"
                      "\treturn 0;\n}\n")
    objects = top(tmp_path) / "build" / coverage.OBJECTS
    subprocess.run(["gcc", "--coverage", "-O0", "-o", objects / "base/one", source], check=True)
    for folder, arguments in (("run/a", ["x"]), ("run/b", [])):
        settings = coverage.prepare(tmp_path, tmp_path / folder)
        subprocess.run([objects / "base/one", *arguments], env=settings, check=True)
    said = coverage.report(tmp_path, tmp_path / "run")
    assert said.startswith("100.0 % of ")
    assert "and 2 scenarios" in said
    assert (tmp_path / coverage.REPORT / "index.html").exists()


def test_a_tool_that_fails_is_told_with_its_last_words():
    with pytest.raises(NotMeasured, match="sh failed: no such notes"):
        coverage._run(["sh", "-c", "echo 'no such notes' >&2; exit 1"])


def test_missing_programs_are_told_with_what_to_type(monkeypatch):
    monkeypatch.setattr(coverage.shutil, "which", lambda name: None)
    with pytest.raises(NotMeasured, match="apt-get install gcc lcov"):
        coverage.measure([])
