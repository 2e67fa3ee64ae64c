"""A change of care-of address as facts on one time axis, and in words."""

import json

import pytest

from harness.bed.check import moves, timeline
from harness.bed.report import move_words
from harness.bed_tests.run_sample import NEW, OLD, RUN


@pytest.fixture(scope="module")
def line() -> timeline.Timeline:
    return timeline.build(RUN)


@pytest.fixture(scope="module")
def move(line) -> moves.Move:
    found = moves.of(line)
    assert len(found) == 1
    return found[0]


@pytest.mark.req("T-129")
def test_a_move_goes_from_the_loss_of_the_address_to_the_acknowledgement(move):
    assert (move.node, move.old, move.new) == ("carol", OLD, NEW)
    assert [mark.text for mark in move.marks] == [
        f"carol loses {OLD}", f"carol's SAs go on from {NEW}", f"BU from {NEW}",
        f"moon's SAs go on from {NEW}", "BA accepts it"]
    assert move.start < move.marks[0].time < move.marks[-1].time < move.stop


def test_both_tunnel_sas_at_both_nodes_have_the_old_address_and_then_the_new_one(move):
    seen: dict[str, list[moves.Span]] = {}
    for span in sorted(move.spans, key=lambda one: one.start):
        seen.setdefault(span.name, []).append(span)
    assert sorted(seen) == [f"{node} spi:carol.tunnel.to-{to}#1"
                            for node in ("carol", "moon") for to in ("ha", "mn")]
    for before, after in seen.values():
        assert (before.end, after.end) == (OLD, NEW) and before.stop == after.start


def test_the_gap_is_the_one_that_the_time_line_tells_and_not_that_of_the_end(move, line):
    told = line.gaps("carol")[0]
    assert move.gaps == [(told.start - line.start, told.end - line.start)]


def test_no_ping_is_told_twice_and_none_outside_the_axis(move):
    times = [*move.answered, *move.lost, *move.unsent]
    assert times and len(times) == len(set(times))
    assert all(move.start <= at <= move.stop for at in times)


@pytest.mark.parametrize("share", [step / 20 for step in range(20)])
def test_a_run_that_ends_anywhere_has_the_moves_that_it_came_to(line, share):
    until = line.start + share * (line.events[-1].time - line.start)
    part = timeline.Timeline([e for e in line.events if e.time <= until], {
        node: [e for e in events if e.time <= until] for node, events in line.kernels.items()},
        line.links, line.names)
    assert [found.new for found in moves.of(part)] == (
        [NEW] if until > line.start + 10.606 else [])


def test_facts_come_back_from_json_as_they_were(move):
    again = json.loads(json.dumps(moves.as_rows([move])))
    assert [moves.from_row(row) for row in again] == [move]


def test_words_and_shares_are_of_the_same_facts(move):
    words = move_words.summary(move)
    assert words.startswith(f"carol moves from {OLD} to {NEW} in ") and " ms" in words
    assert move_words.gap_words(move) == "no usable tunnel SA for 0.8 ms"
    assert move_words.along(move, move.start - 9) == "0.00"
    assert move_words.along(move, move.stop) == "100.00"
    assert move_words.share(move, move.start, None) == "100.00"
    assert float(move_words.share(move, *move.gaps[0])) >= 0.25
