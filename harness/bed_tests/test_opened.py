"""Captures open with the keys beside them, or the scenario fails: tshark is the reader."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.bed.report import artefacts, opened, wireshark
from harness.bed_tests.run_sample import RUN

pytestmark = pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "coa-change"
    shutil.copytree(RUN, folder)
    assert artefacts.make(folder) == []
    return folder


def test_a_run_opens_with_its_keys(run):
    assert opened.SIGNAL.findall((run / "timeline.txt").read_text())
    assert opened.faults(run) == []


def test_a_message_without_the_keys_of_its_ike_sa_is_named(run):
    for path in run.glob(wireshark.IKE_KEYS):
        path.unlink()
    artefacts.make(run)
    sentence, = opened.faults(run)
    assert sentence.startswith("coa-change: open.sh does not open IKE_AUTH request 1, ")


def test_a_binding_update_without_the_keys_of_its_sa_is_named(run):
    (run / "wireshark/esp_sa").write_text("")
    sentence, = opened.faults(run)
    assert "does not open BA " in sentence and ", BU " in sentence


def test_a_capture_that_cannot_be_read_is_one_sentence(run):
    (run / wireshark.CAPTURE).write_text("no capture")
    sentence, = opened.faults(run)
    assert sentence.startswith("coa-change: open.sh -t: ") and "capture.pcapng" in sentence
