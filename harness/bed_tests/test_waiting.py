"""A program that waits: what a copy of it says is what it says when it is started."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.bed.base import waiting
from harness.bed.base.waiting import Often
from harness.bed.report import artefacts, opened, wireshark
from harness.bed_tests.run_sample import RUN

TOP = Path(__file__).parents[2]
# A shell looks whether there is a file, and says what is in it.
LOOK = ["sh", "-c", "[ -e ./word ] || { echo no word >&2; exit 3; }; read -r it <./word; echo $it"]


@pytest.fixture(scope="module", autouse=True)
def made() -> None:
    subprocess.run(["make", "-s", "guest"], cwd=TOP, check=True)


@pytest.fixture
def often(monkeypatch):
    one = Often()
    monkeypatch.setattr(wireshark, "OFTEN", one)
    yield one
    one.end()


def folders(tmp_path: Path) -> list[Path]:
    """With a word each, their names; the last one has none."""
    found = [tmp_path / name for name in ("a", "b", "c", "d", "none")]
    for folder in found:
        folder.mkdir()
    for folder in found[:-1]:
        (folder / "word").write_text(f"{folder.name}\n")
    return found


def looks(often: Often, folder: Path) -> tuple[int, str, str] | None:
    done = often.run(folder, LOOK, {}, "word")
    return done and (done.returncode, done.stdout, done.stderr)


@pytest.mark.req("T-225")
def test_from_the_second_time_on_runs_are_copies_each_in_its_folder(often, tmp_path):
    *some, last = folders(tmp_path)
    assert looks(often, some[0]) is None
    assert [looks(often, one) for one in some] == [(0, f"{one.name}\n", "") for one in some]
    assert looks(often, last) == (3, "", "no word\n")
    one, = often.all.values()
    assert one and one.process.poll() is None


@pytest.mark.req("T-225")
def test_many_run_at_the_same_time(often, tmp_path):
    some = folders(tmp_path)[:4]
    looks(often, some[0])
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda one: looks(often, one), some * 15))
    assert found == [(0, f"{one.name}\n", "") for one in some * 15]


@pytest.mark.req("T-225")
def test_one_that_has_ended_or_never_waits_is_none(often, tmp_path):
    folder = folders(tmp_path)[0]
    for _ in range(2):
        looks(often, folder)
    one, = often.all.values()
    os.kill(one.process.pid, signal.SIGKILL)
    one.process.wait()
    assert looks(often, folder) is None
    for _ in range(3):
        assert often.run(folder, ["true"], {}, "word") is None


@pytest.mark.req("T-225")
def test_its_end_waits_for_nobody_else_who_has_its_line(often, tmp_path):
    for _ in range(2):
        looks(often, tmp_path)
    one, = often.all.values()
    other = os.dup(one.line.fileno())
    often.end()
    assert one.process.returncode == -signal.SIGKILL
    os.close(other)


@pytest.mark.req("T-225")
def test_without_its_preload_nothing_waits(often, tmp_path, monkeypatch):
    monkeypatch.setattr(waiting, "PRELOAD", tmp_path / "prefork.so")
    assert [looks(often, tmp_path) for _ in range(3)] == [None] * 3


@pytest.mark.req("T-225")
@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
def test_captures_are_read_by_a_copy_as_open_sh_opens_them(often, tmp_path):
    runs = [tmp_path / name for name in ("one", "closed", "other")]
    for run in runs:
        shutil.copytree(RUN, run)
        assert artefacts.make(run) == []
    for name in wireshark.KEYS:
        (runs[1] / wireshark.FOLDER / name).write_text("")
    words = ["-T", "fields", *(word for field in opened.FIELDS for word in ("-e", field))]
    for run in runs:
        plain = subprocess.run([*wireshark.as_text(run, opened.WANTED), *words],
                               capture_output=True, text=True, check=True).stdout.splitlines()
        rows = wireshark.read(run, opened.WANTED, opened.FIELDS)
        assert [list(row.values()) for row in rows] == [line.split("\t") for line in plain]
        assert bool(opened.faults(run, rows)) == (run == runs[1])
    one, = often.all.values()
    assert one and one.process.poll() is None
