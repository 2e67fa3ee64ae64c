"""Speed: what is beyond the waits of a story, the largest guest, and both beside their aims."""

from __future__ import annotations

import json
import subprocess
import sys

from harness.bed.report import speed
from harness.bed.report.speed import Took

OWNED = {"name": "own", "seconds": 30.0, "jumps": 12, "jumped": 28.0, "rate": 0.02}


def test_the_waits_of_a_story_are_not_the_testbed_s_own(tmp_path):
    act = tmp_path / "run/story/test_one"
    act.mkdir(parents=True)
    rows = [{"kind": "wait", "text": "x", "took": 2.5}, {"kind": "command", "text": "mip6d"},
            {"kind": "note", "text": "3 s pass", "took": 3.0}]
    (act / "events.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    speed.write(act.parent, 8.0, 100 << 20, 2.5, OWNED)
    assert speed.read(tmp_path / "run") == [Took("story", 8.0, 5.5, 100 << 20, 2.5, OWNED)]


def test_each_figure_stands_beside_its_aim():
    took = [Took("a", 5.0, 3.0, 90 << 20), Took("b", 9.0, 2.0, 410 << 20),
            Took("c", 4.0, 1.5, 0)]
    assert list(speed.lines(took, 100.0, whole=True)) == [
        "speed: 3 guests in 100 s (aim 240)",
        "speed: on the machine's clock, beyond what its story waits for, a guest takes 2.5 s, "
        "at most 7.0 s (b) (aim 3)",
        "speed: memory of a guest 410 MB at most (b, aim 400)"]


def test_on_its_own_clock_a_guest_costs_its_processor_time():
    took = [Took("a", 5.0, 30.0, 0, 4.0, OWNED), Took("b", 9.0, 60.0, 0, 6.5, OWNED)]
    assert list(speed.lines(took, 9.0, whole=False))[1:] == [
        "speed: on its own clock a guest takes 6.5 s of processor time, at most 6.5 s (b)"]


def test_a_run_says_whose_clock_its_guests_had(tmp_path):
    for name, clock in (("a", OWNED), ("b", OWNED | {"rate": 0.1}), ("c", speed.NOTHING)):
        (tmp_path / name).mkdir()
        speed.write(tmp_path / name, 1.0, 0, 1.0, clock)
    assert speed.clocks(tmp_path) == (
        "guests: 2 on a clock of their own, 60 s of it, busy time at 1/10 to 1/50; "
        "1 on the machine's clock")
    assert speed.clocks(tmp_path / "none") == ""


def test_a_part_of_the_scenarios_has_no_aim_for_all():
    assert list(speed.lines([Took("a", 5.0, 3.0, 0)], 9.0, whole=False))[0] == (
        "speed: 1 guest in 9 s")
    assert list(speed.lines([], 9.0, whole=True)) == []


def test_the_memory_of_a_guest_is_the_file_without_a_name_that_it_holds():
    script = ("import os, tempfile; file = tempfile.TemporaryFile(); os.dup2(file.fileno(), 3); "
              "os.write(3, b'x' * 65536); print(flush=True); input()")
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as program:
        program.stdout.readline()
        assert speed.memory(program.pid) == 65536
        program.communicate(b"\n")
    assert speed.memory(0) == 0
