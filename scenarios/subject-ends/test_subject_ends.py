import pytest

from harness.tester.stage import NUT, Tester, topology
from harness.tester.subjects import ended

TOPOLOGY = topology()


@pytest.fixture
def tn(bed):
    """The conformance tester, before a subject that will misbehave."""
    return Tester(bed)


@pytest.mark.req("T-227")
def test_a_subject_that_is_killed_has_ended_by_itself(tn):
    """The tester says so when it comes to stop it."""
    tn.start()
    nut = tn.bed.hosts[NUT]
    nut.signal(nut.ike.NAME, "KILL")
    tn.bed.wait(nut.stopped(nut.ike.NAME), within=5)
    with pytest.raises(ended.Crashed, match="^iked of nut has ended by itself"):
        tn.end()
    tn.subject.policies("delete")


@pytest.mark.req("T-227")
def test_a_subject_that_hangs_does_not_end(tn):
    """A failed test finds it too, and has written what stood."""
    tn.start()
    nut = tn.bed.hosts[NUT]
    nut.signal(nut.ike.NAME, "STOP")
    with pytest.raises(ended.Stuck, match="^iked does not end: it took 5 s"):
        ended.look_back(tn.bed, AssertionError("nothing came"))
    assert (tn.bed.results / "nut.failed.raw.txt").exists()
    tn.subject.policies("delete")


@pytest.mark.req("T-227")
def test_a_subject_that_is_not_there_does_not_start(tn, monkeypatch):
    """Nobody ever answers."""
    monkeypatch.setattr(tn.bed.hosts[NUT].ike, "start", lambda: None)
    with pytest.raises(ended.Stuck, match="^iked does not start: "):
        tn.start()
    tn.subject.policies("delete")
