"""What a series of pings tells about the time without answers."""

import pytest

from harness.bed.check.replay import Gap
from harness.bed.node.traffic import Echo, Pings


def sent(*echoes):
    """Pings of which each is (sent, answered or None), in milliseconds."""
    return Pings(Echo(number, start / 1000, answer and answer / 1000)
                 for number, (start, answer) in enumerate(echoes))


@pytest.mark.parametrize("what, echoes, gap", [
    ("all answered", [(0, 1), (20, 22), (40, 41)], 2),
    ("two lost", [(0, 1), (20, None), (40, None), (60, 62)], 42),
    ("a pause of the sender", [(0, 1), (400, 401)], 1),
    ("an answer overtaken by a later one's", [(0, 90), (20, 21)], 21),
    ("none after the last", [(0, 1), (20, None)], 1),
])
def test_a_gap_is_the_wait_for_the_next_answer(what, echoes, gap):
    assert sent(*echoes).gap == pytest.approx(gap / 1000), what


def test_lost_pings_are_counted_from_a_moment_on():
    traffic = sent((0, 1), (20, None), (40, None), (60, 61))
    assert [echo.number for echo in traffic.lost_since(0.03)] == [2]


def test_what_was_on_its_way_while_an_sa_was_missing_is_no_riddle():
    traffic = sent((0, 1), (20, None), (40, None), (60, 65), (80, None))
    lost = traffic.lost_outside([Gap(0.024, 0.041)], since=0.0)
    assert [echo.number for echo in lost] == [4]
    assert traffic.lost_outside([Gap(0.024, None)], since=0.0) == []
    assert len(traffic.lost_outside([], since=0.03)) == 2
