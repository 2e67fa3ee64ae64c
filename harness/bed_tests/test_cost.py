"""What bench-cost measures: all processor time of everything that a command starts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.bench import cost
from harness.bench.cost import Row
from harness.bench.meter import Spent

TOP = Path(__file__).parents[2]
BURNT = 0.5
# Half a second in itself, in a child that it waits for, in a session of its own whose parent dies
# at once, and in one that is killed like a guest.
BURN = f"""
import os, signal, sys, time
def burn():
    start = time.process_time()
    while time.process_time() - start < {BURNT}: pass
burn()
if not (one := os.fork()):
    burn(); os._exit(0)
os.waitpid(one, 0)
if not (one := os.fork()):
    os.setsid()
    if not os.fork():
        burn()
    os._exit(0)
os.waitpid(one, 0)
done, tell = os.pipe()
if not (one := os.fork()):
    os.setsid(); burn(); os.write(tell, b"x"); signal.pause()
os.read(done, 1)
os.killpg(one, signal.SIGKILL)
os.waitpid(one, 0)
"""
MEASURE = """
import json, sys
from pathlib import Path
from harness.bench import meter
way, program = sys.argv[1:]
with meter.meter() as (by, best):
    measure = best if way == "best" else meter.by_waiting
    print(json.dumps([by, measure([sys.executable, "-c", program], Path("/")).seconds,
                      measure([sys.executable, "-c", ""], Path("/")).seconds]))
"""


@pytest.mark.req("T-108")
@pytest.mark.parametrize("way", ["best", "by waiting"])
def test_a_program_that_burns_a_known_time_costs_that(way):
    done = subprocess.run([sys.executable, "-c", MEASURE, way, BURN], cwd=TOP, check=True,
                          capture_output=True, text=True)
    _, burnt, nothing = json.loads(done.stdout)
    assert 4 * BURNT <= burnt <= 4 * BURNT + 6 * nothing + 0.2


@pytest.mark.parametrize("row, words", [
    (Row("6.1.176", "coa-change", 18.0, 5.4, 0), "18.0 s 5.4 s 0.30 0.33 reached"),
    (Row("6.1.176", "coa-change", 18.0, 9.0, 2), "18.0 s 9.0 s 0.50 0.33 missed (2 tests failed)"),
    (Row("7.2.7", "coa-change", 8.0, 4.0, 0), "8.0 s 4.0 s 0.50 0.50 reached"),
    (Row("6.12.94", "coa-change", 8.0, 4.0, 0), "8.0 s 4.0 s 0.50 -"),
    (Row("6.1.176", "coa-change", None, 5.0, 0), "- 5.0 s - 0.33")])
def test_a_figure_stands_beside_its_ratio_and_its_aim(row, words):
    assert cost.line(row).split() == [row.kernel, "coa-change", *words.split()]


def test_each_tree_is_warmed_and_then_measured_on_the_same_kernel(monkeypatch):
    typed: list[tuple[str, str]] = []

    def measure(words, where):
        typed.append((where.name, words[-1]))
        return Spent(10.0 if where.name == "old" else 2.0, 0, '{"failed": 0}\n')
    monkeypatch.setattr(cost, "grounds", lambda: [cost.Kernel(Path("/bin/true"), Path("/"))])
    monkeypatch.setattr(cost.Kernel, "release", "6.1.9")
    old = Path("/old")
    wanted = [("coa-change", ["coa-change"]), ("2 folders", ["a", "b"])]
    found = list(cost.rows(measure, wanted, old))
    now = cost.TOP.name
    assert typed == [("old", "coa-change"), (now, "coa-change"), ("old", "coa-change"),
                     (now, "coa-change"), ("old", "b"), (now, "b")]
    assert [(row.what, row.before, row.now) for row in found] == [
        ("coa-change", 10, 2), ("2 folders", 10, 2), ("both", 20, 4)]
    assert [row.ratio for row in found] == [0.2] * 3


def test_a_clone_without_the_commit_says_so_and_measures_this_tree(monkeypatch, capsys, tmp_path):
    def lacks(*words: str) -> str:
        raise cost.NotMeasured("fatal: Not a valid object name")
    monkeypatch.setattr(cost, "_git", lacks)
    monkeypatch.setattr(cost, "RESULT", tmp_path / "cost.json")
    monkeypatch.setattr(cost, "rows", lambda measure, wanted, old: iter(
        [Row("6.1.9", "coa-change", None if old is None else 1.0, 5.0, 0)]))
    assert cost.main([]) == 0
    said = capsys.readouterr()
    assert "git fetch --unshallow" in said.err
    assert said.out.splitlines()[-1].split()[:4] == ["6.1.9", "coa-change", "-", "5.0"]
