"""A sweep knows its messages from a capture, lists what is excused, and tells the rest."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.bed import sweep
from harness.bed.base.job import Job
from harness.bed.base.topology import T0
from harness.bed.engine.play import Ended
from harness.bed.engine.kernel import Unfit
from harness.bed.engine.suite import Scenario
from harness.bed.faults import faults, netem, relay
from harness.bed.decode.pcap import ETHERNET, Writer
from harness.bed.report.report import Report
from harness.bed.sweep import FAILED, LISTED, SAME, Message
from harness.bed_tests.test_message import ike

INIT = Message("IKE_SA_INIT request", "carol", 1)
OVER = Ended(0, "", 1.0)


def sent(frame: bytes, by_carol: bool) -> bytes:
    mac, other = bytes.fromhex(T0.members["carol"].mac.replace(":", "")), bytes(6)
    return (other + mac if by_carol else mac + other) + frame[12:]


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    """A run: two requests with their answers, a checkpoint, and a message after it."""
    folder = tmp_path / "story"
    folder.mkdir()
    for link in ("hl", "f1", "f2"):
        Writer(folder / f"{link}.pcap", ETHERNET).close()
    writer = Writer(folder / "f1.pcap", ETHERNET)
    for when, exchange, response in ((1, 34, False), (2, 34, True), (3, 36, False), (4, 36, True),
                                     (5, 36, False), (9, 37, False)):
        writer.write(when, sent(ike(exchange, response), not response))
    writer.close()
    (folder / "events.jsonl").write_text(
        json.dumps({"time": 6.0, "kind": "checkpoint", "text": "moved"}) + "\n")
    return folder


def test_the_messages_are_those_up_to_the_last_checkpoint(clean):
    assert [str(one) for one in sweep.messages(clean)] == [
        "IKE_SA_INIT request 1 by carol", "IKE_SA_INIT response 1 by moon",
        "CREATE_CHILD_SA request 1 by carol", "CREATE_CHILD_SA response 1 by moon",
        "CREATE_CHILD_SA request 2 by carol"]


def test_a_fault_is_spelled_and_read_back():
    text = INIT.with_fate("hold")
    fault = faults.parsed(text)
    assert text == "IKE_SA_INIT-request.carol.1.hold"
    assert str(fault) == "hold IKE_SA_INIT request 1 by carol"
    with pytest.raises(ValueError, match="melt is no fault; there are drop, "):
        faults.parsed("BU.carol.1.melt")


def test_every_fate_is_a_list_of_frames_with_their_delay():
    frame = ike(35, False)
    fates = {name: fate(frame, 2.0) for name, fate in relay.FATES.items()}
    assert fates["drop"] == []
    assert fates["duplicate"] == [(0, frame), (0, frame)]
    assert fates["hold"] == [(2.0, frame)]
    assert fates["replay"] == [(0, frame), (2.0, frame)]
    assert len(fates["truncate"][0][1]) < len(frame)
    assert fates["flip"][0][1] != frame


def test_the_k_th_message_is_counted_by_its_kind():
    fault = faults.parsed("CREATE_CHILD_SA.carol.2.drop")
    assert not fault.takes("IKE_AUTH request")
    assert not fault.takes("CREATE_CHILD_SA request")
    assert fault.takes("CREATE_CHILD_SA request")
    assert fault.happened.missing() == "2 such messages have passed"


def excuses(tmp_path: Path, text: str) -> list[sweep.Excuse]:
    path = tmp_path / sweep.EXCEPTIONS
    path.write_text(text)
    return sweep.exceptions(path)


def test_a_failure_is_excused_by_message_fault_and_sentence(tmp_path):
    allowed = excuses(tmp_path, "# why\nIKE_SA_INIT request\tflip|drop\tlast seen\tno protection\n")
    row = {"outcome": "failed", "sentence": "waited; last seen: nothing", "seconds": 1.0}
    assert sweep.judged(INIT, "flip", row, OVER, "", allowed).verdict == LISTED
    assert sweep.judged(INIT, "hold", row, OVER, "", allowed).verdict == FAILED
    assert sweep.judged(INIT, "flip", row | {"sentence": "x"}, OVER, "", allowed).verdict == FAILED
    assert sweep.judged(INIT, "flip", row | {"outcome": "passed"}, OVER, "", []).verdict == SAME


def test_a_row_of_the_table_that_is_cut_short_is_named(tmp_path):
    with pytest.raises(Unfit, match="a row has message, fault, sentence and reason between tabs"):
        excuses(tmp_path, "BU\tdrop\n")
    assert sweep.exceptions(tmp_path / "nowhere") == []


def test_a_guest_that_died_fails_every_fault_without_a_result():
    ended = Ended(None, "the run was not over after 90 s", 90.0)
    assert sweep.judged(INIT, "drop", None, ended, "", []).sentence == ended.reason


@pytest.mark.parametrize("top", ["", "checkout"])
def test_a_whole_sweep_is_one_table_and_an_exit_status(clean, tmp_path, top):
    """Wherever it is built: in the checkout, or where BUILD says."""
    def play(job: Job) -> Ended:
        job.results.mkdir()
        rows = [{"test": f"t.py::test_story[{text}]", "seconds": 1.0, "sentence": "s",
                 "outcome": "failed" if text.endswith("1.flip") else "passed"}
                for text in job.sweep]
        (job.results / "results.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
        return OVER

    out = io.StringIO()
    report = Report(out)
    tests = tmp_path / "scenario/test_story.py"
    tests.parent.mkdir()
    (tests.parent / sweep.EXCEPTIONS).write_text("IKE_SA_INIT\tflip\ts\tnothing protects it\n")
    job = Job("story", tmp_path / top, clean, Path("/"))
    with ThreadPoolExecutor(2) as pool:
        one = sweep.Sweep(Scenario("story", tests, ""), job, play, report, [])
        one.run(pool, one.batches())
    lines = out.getvalue().splitlines()
    assert next(line for line in lines if line.startswith("IKE_SA_INIT request 1")).split()[5:] == [
        "same", "same", "same", "same", "same", "listed"]
    assert "26 same, 2 listed, 2 FAIL" in lines
    assert "        reproduce: ./run-tests.sh sweep story --fault " \
           "CREATE_CHILD_SA-request.carol.1.flip" in lines
    assert report.count("failed") == 2


def test_conditions_of_a_link_are_words_of_tc():
    assert netem.Conditions(loss=30, delay=20, jitter=5).words() == "delay 20ms 5ms loss 30%"
    assert netem.Conditions(duplicate=10, rate="1mbit").words() == "duplicate 10% rate 1mbit"
    with pytest.raises(ValueError, match="reorder needs a delay"):
        netem.Conditions(reorder=25).words()


def test_a_failure_outweighs_what_else_there_is_of_a_fault(tmp_path):
    """A test that passed and left something behind has two lines; the last may be cut."""
    lines = [{"test": f"a::test_a[{fault}]", "outcome": outcome}
             for fault, outcome in (("x", "passed"), ("x", "failed"), ("y", "failed"),
                                    ("y", "passed"))]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (tmp_path / "results.jsonl").write_text(text + '{"test": "a::te')
    found = sweep._rows(tmp_path / "results.jsonl")
    assert {fault: row["outcome"] for fault, row in found.items()} == {
        "x": "failed", "y": "failed"}
