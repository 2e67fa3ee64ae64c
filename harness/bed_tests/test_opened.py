"""Captures open with the keys beside them, or the scenario fails: tshark is the reader."""

from __future__ import annotations

import io
import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.bed import run as front
from harness.bed.base import tool
from harness.bed.check import wire
from harness.bed.decode import pcapng
from harness.bed.engine.play import Ended, Fleet
from harness.bed.engine.suite import Scenario
from harness.bed.report import artefacts, opened, wireshark
from harness.bed.report.report import Report
from harness.bed_tests.run_sample import RUN

pytestmark = pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "coa-change"
    shutil.copytree(RUN, folder)
    assert artefacts.make(folder) == []
    return folder


def made(run: Path) -> list[str]:
    """What stays closed when its artefacts are made."""
    closed: list[str] = []
    assert artefacts.make(run, closed=closed.append) == []
    return closed


def faults(run: Path) -> list[str]:
    """What open.sh, as it stands there, does not open."""
    return opened.faults(run, wireshark.read(run, opened.WANTED, opened.FIELDS))


def test_a_run_opens_with_its_keys(run):
    assert opened.SIGNAL.findall((run / "timeline.txt").read_text())
    assert made(run) == faults(run) == []


def test_a_message_without_the_keys_of_its_ike_sa_is_named(run):
    for path in run.glob(wireshark.IKE_KEYS):
        path.unlink()
    sentence, = made(run)
    assert sentence.startswith("coa-change: open.sh does not open IKE_AUTH request 1, ")


def test_a_binding_update_without_the_keys_of_its_sa_is_named(run):
    (run / "wireshark/esp_sa").write_text("")
    sentence, = faults(run)
    assert "does not open BA " in sentence and ", BU " in sentence


def test_a_capture_that_cannot_be_read_is_one_sentence(run, monkeypatch):
    monkeypatch.setattr(pcapng, "merge", lambda *_: b"no capture")
    sentence, = artefacts.make(run)
    assert sentence.startswith("coa-change: no ladder: open.sh -t: ")
    assert "capture.pcapng" in sentence


# How a tool breaks, and what a note says of it.
BREAKS = {
    "kill -9 $$": "ended by signal 9",
    "echo 'GLib-ERROR: failed to allocate 8 bytes' >&2; kill -TRAP $$": "ended by signal 5",
    "printf 'tshark: Some fields are not valid:\\n\\tisakmp.ispi\\n' >&2; exit 1":
        "ended with status 1; its last words: tshark: Some fields are not valid: isakmp.ispi",
    "echo 'tshark: error while loading shared libraries: libz.so' >&2; exit 127":
        "ended with status 127; its last words: tshark: error while loading shared libraries: lib",
    "echo 'The file \"capture.pcapng\" could not be opened: Cannot allocate memory' >&2; exit 2":
        "Cannot allocate memory",
    "exit 1": "ended with status 1; its last words: nothing",
}


@pytest.fixture(params=BREAKS)
def broken(request, tmp_path, monkeypatch) -> str:
    """tshark is a program that ends like this; what is said of it."""
    script = tmp_path / "bin/tshark"
    script.parent.mkdir()
    script.write_text(f"#!/bin/sh\n{request.param}\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}:{os.environ['PATH']}")
    return BREAKS[request.param]


@pytest.mark.req("T-144")
def test_a_reader_that_breaks_judges_nothing(run, broken):
    notes: list[str] = []
    assert artefacts.make(run, notes.append, closed=notes.append) == []
    note, = notes
    assert note.startswith("coa-change: ladder not judged: tshark ended ")
    assert broken in note


@pytest.mark.req("T-144")
def test_what_a_note_says_to_type_does_it_again(run, broken):
    notes: list[str] = []
    artefacts.make(run, notes.append)
    words = shlex.split(notes[0].partition("to repeat: ")[2])
    assert subprocess.run(words, capture_output=True, check=False).returncode != 0


@pytest.mark.req("T-144")
def test_a_scenario_that_passed_stays_so_when_a_reader_breaks(tmp_path, monkeypatch, broken):
    def play(ground, job, scenario, tell):
        shutil.copytree(RUN, job.results)
        (job.results / "results.jsonl").write_text(json.dumps({
            "test": "x::test_x", "outcome": "passed", "seconds": 1, "sentence": "", "req": []}))
        return Ended(0, "", 1.0)

    monkeypatch.setattr(front, "play", play)
    report = Report(io.StringIO())
    ground = front.Run(front.parse([]), tmp_path / "run", Path("/"), Fleet(), report)
    scenario = Scenario("coa-change", front.TOP / "scenarios/coa-change/test_coa_change.py", "")
    one, = front.run_once(ground, scenario, 1, lambda line: None)
    assert one.outcome == "passed", one.sentence
    assert "        note: coa-change: ladder not judged: tshark " in report.out.getvalue()


@pytest.mark.req("T-144")
def test_a_reader_that_is_not_there_has_broken(run, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(tool.Broke, match="tshark does not start: No such file or directory"):
        wire.read_ike_sa_init(run / wireshark.CAPTURE)


def test_a_persons_settings_close_no_message(run, tmp_path, monkeypatch):
    """Who has told Wireshark to leave a protocol out must not fail a scenario by it."""
    settings = tmp_path / "home/.config/wireshark"
    settings.mkdir(parents=True)
    (settings / "disabled_protos").write_text("isakmp\n")
    monkeypatch.setenv("WIRESHARK_CONFIG_DIR", str(settings))
    assert made(run) == []
    assert "IKE_AUTH request 1" in (run / "ladder.txt").read_text()
    assert wire.read_ike_sa_init(run / wireshark.CAPTURE)
