"""Chance is told as statistics: what does not come in time is counted, not failed."""

import io
from itertools import cycle

from harness.bed.base.story import Story
from harness.bed.base.wait import Fact
from harness.bed.node.series import Series


def series() -> tuple[Series, io.StringIO]:
    out = io.StringIO()
    return Series("moves", Story(out), 1.0), out


def test_a_share_counts_what_came_in_time():
    one, _ = series()
    one.took = [0.1, 2.0, None, 0.2]
    assert one.share(within=1) == 0.5
    assert one.share(within=3) == 0.75
    assert one.summary() == ("moves: 3 of 4 came, in the median after 0.20 s, 90 % within 2.00 s, "
                             "the slowest after 2.00 s")


def test_a_wait_in_vain_is_no_verdict():
    one, out = series()
    answers = cycle([None])
    assert one.add(Fact("it comes", lambda: next(answers)), within=1)
    assert not one.add(Fact("it never comes", lambda: "nothing"), within=0.01)
    assert [took is None for took in one.took] == [False, True]
    assert "moves: 1 of 2 came" in out.getvalue()


def test_nothing_waited_for_is_nothing_in_time():
    one, _ = series()
    assert one.share(within=1) == 0.0
    assert one.summary() == "moves: 0 of 0 came"
