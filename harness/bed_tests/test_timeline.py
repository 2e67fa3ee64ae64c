"""One time line of steps, kernels, packets and daemons, and what a scenario may ask of it."""

import re
import shutil
from dataclasses import replace
from types import SimpleNamespace

import pytest

from harness.bed.base import logs
from harness.bed.check import timeline
from harness.bed.stage.wire import Wire
from harness.bed_tests.run_sample import HA, HOA, NEW, OLD, RUN

# A moment of the sample run.
AT = 1795635460.0


@pytest.fixture(scope="module")
def line() -> timeline.Timeline:
    return timeline.build(RUN)


def test_all_kinds_of_events_are_on_one_clock(line):
    assert {event.kind for event in line.events} == {
        timeline.STEP, timeline.WAIT, timeline.NOTE, timeline.CHECKPOINT,
        timeline.KERNEL, timeline.PACKET, timeline.DAEMON}
    assert [e.time for e in line.events] == sorted(e.time for e in line.events)


def test_a_move_is_told_from_the_command_to_the_acknowledgement(line):
    events = line.expect_order(
        f"ip addr del {OLD}", f"address {OLD}/64 .* goes", f"asked MIGRATE .*becomes {NEW} -> {HA}",
        f"BU .* CoA {NEW} in ESP spi:carol.mh.to-ha#1", "BA .* status 0 .* spi:carol.mh.to-mn#1",
        since="established")
    assert events[-1].time - events[0].time < 1


def test_an_order_that_was_not_is_said(line):
    with pytest.raises(AssertionError, match="^no 'BU ' after 'BA .*' on the time line$"):
        line.expect_order(f"BU .* CoA {NEW}", "BA .* lifetime 0 s", "BU ", since="established")


def test_what_must_not_be_is_said_with_its_time(line):
    line.expect_none("IKE_SA_INIT|IKE_AUTH|CREATE_CHILD_SA", since="established")
    with pytest.raises(AssertionError, match=r"times 'IKE_AUTH' since 0.0, the first at \d"):
        line.expect_none("IKE_AUTH", kind=timeline.PACKET)


def test_intervals_are_from_each_event_to_the_next(line):
    times = [event.time for event in line.find("^BU ")]
    assert line.intervals("^BU ") == [b - a for a, b in zip(times, times[1:], strict=False)]
    assert line.intervals("no such event") == []


def test_acquires_are_counted_by_node_and_time(line):
    assert len(line.acquires("carol")) >= 1
    assert not line.acquires(since="established")
    assert not line.acquires("moon")


def test_the_time_without_an_sa_is_that_of_the_move(line):
    assert len(line.gaps("carol", "established", "moved")) == 1
    assert 0 < line.without_sa("carol", "established", "moved") < 0.1


def test_an_sa_that_comes_back_under_its_spi_was_replaced(line):
    assert line.replaced("carol") == []
    events = line.kernels["carol"]
    back = events[-1].time + 2.0
    made = next(e for e in events if e.asked and e.name == "NEWSA" and " esp 0x" in e.text)
    fuller = timeline.Timeline([], {"carol": [*events, replace(made, time=back)]})
    gap, = fuller.replaced("carol")
    assert gap.end == back and gap.start < back - 2.0
    assert fuller.replaced("carol", since=back) == []


def test_what_no_dump_shows_is_summed_up(line):
    first, second = line.transients()
    assert re.fullmatch(
        r"carol: 2 ACQUIREs, no usable tunnel SA for 0\.8 ms from [\d.]+ s on", first)
    assert re.fullmatch(r"\d+ echo requests seen, 0 without an answer", second)
    assert line.text().splitlines()[1] == f"# {first}"


def test_what_goes_in_the_clear_is_named(line):
    # The sample's tunnel device has a link-local address, and the kernel solicits routers there.
    solicited, = line.in_the_clear(HOA)
    assert re.search(r"^f1: .* router solicitation from fe80::.* in a plain tunnel", solicited)
    assert line.in_the_clear(NEW, since="established")
    assert not line.in_the_clear(NEW, since=float("inf"))


def test_a_ping_without_an_answer_is_lost(line):
    assert line.lost_pings() == []
    pings = [e for e in line.events if getattr(e.source, "echo", None)]
    numbers = {e.source.echo[2] for e in pings}
    fewer = timeline.Timeline([e for e in line.events
                               if not (e in pings and e.source.echo[0] == 129
                                       and e.source.echo[2] == min(numbers))])
    assert [e.source.echo[2] for e in fewer.lost_pings()] == [min(numbers)]


def test_a_checkpoint_that_is_not_there_is_said(line):
    with pytest.raises(AssertionError, match="there is no checkpoint lunch on the time line"):
        line.moment("lunch")


def test_bulk_between_two_events_is_one_line(line):
    rows = timeline.gathered(line.events)
    assert sum(count for _, count, _ in rows) == len(line.events)
    assert len(rows) < len(line.events)
    assert all(event.bulk for event, count, _ in rows if count > 1)


def test_the_text_has_a_line_for_each_and_names_for_spis(line):
    text = line.text()
    assert text.startswith("# seconds since 17")
    assert "ESP spi:carol.mh.to-ha#1" in text and "ESP 0x" not in text


def test_log_lines_have_the_time_at_which_they_were_written():
    for one in logs.read(RUN, timeline.DAEMONS, AT):
        assert one.exact and abs(one.time - AT) < 60
    text = next(o.text for o in logs.read(RUN, ("mip6d",), 0.0) if "is registering" in o.text)
    assert text.startswith("2001:1::10 is registering")


def test_without_notes_a_log_line_has_the_second_of_its_stamp(tmp_path):
    shutil.copy(RUN / "carol.iked.log", tmp_path)
    lines = logs.read(tmp_path, ("iked",), AT)
    assert not any(one.exact for one in lines)
    assert all(one.time == int(one.time) for one in lines)
    assert lines[0].node == "carol" and lines[0].daemon == "iked"


def test_a_run_that_left_nothing_has_an_empty_time_line(tmp_path):
    assert timeline.build(tmp_path).events == []


@pytest.mark.parametrize("seconds, said", [
    (0.000032, "32 µs"), (0.0003, "0.3 ms"), (0.9, "900.0 ms"), (1.814, "1.81 s"),
    (float("inf"), "the rest of the run")])
def test_a_span_of_time_is_never_told_as_nothing(seconds, said):
    assert timeline.span(seconds) == said


def test_a_scenario_has_the_same_one_until_something_is_written(tmp_path):
    shutil.copytree(RUN, tmp_path, dirs_exist_ok=True)
    settled: list[str] = []
    story = object.__new__(Wire)
    story.results = tmp_path
    story.capture = SimpleNamespace(settle=lambda: settled.append("settled"))
    first = story.timeline
    assert story.timeline is first and len(settled) == 2
    with (tmp_path / "events.jsonl").open("a") as events:
        events.write('{"time": 2e9, "kind": "note", "text": "one more"}\n')
    assert story.timeline.events[-1].text == "one more"
    assert all(event.text != "one more" for event in first.events)
