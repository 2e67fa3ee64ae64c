"""Figures are taken from the time line of a move and stand beside what they aim at."""

import subprocess
from pathlib import Path

import pytest

from harness.bed.base import places
from harness.bed.check.timeline import KERNEL, PACKET, Event, Timeline
from harness.bed.decode.packets import Packet
from harness.bed_tests import netlink_sample as sample
from harness.bed_tests.netlink_sample import DELSA, MIGRATE_STATE, NEWSA, REQUEST, message, sa
from harness.bed.node.traffic import ANSWERED, RECORD, REFUSED, SENT
from harness.bench import loading, move, overlap, table
from harness.bench.table import Figure

TOP = Path(__file__).parents[2]


def packet(time, words, dst, links=("f1",)):
    source = Packet(time, list(links), ("2001:1::1", dst), "ping", words)
    return Event(time, PACKET, ">".join(links), f"{words}: 2001:1::1 -> {dst}", source=source)


def moved():
    return [
        Event(10.0, KERNEL, "carol", "asked MIGRATE out"),
        Event(11.0, KERNEL, "carol", f"address {move.OLD}/64 interface 4 goes"),
        packet(11.0005, "echo reply in ESP 0xc1", move.OLD),
        Event(11.001, KERNEL, "carol", "tells MIGRATE out"),
        packet(11.002, "BU 7 AHK in ESP 0xc2", "2001:1::1"),
        Event(11.003, KERNEL, "moon", "tells MIGRATE in"),
        packet(11.004, "BA 7 status 0 in ESP 0xc3", move.NEW),
        packet(11.016, "echo reply in ESP 0xc1", move.NEW),
    ]


def test_the_steps_of_a_move_are_found_in_their_order():
    times = move.times(Timeline(moved()))
    assert {name: round(time, 6) for name, time in times.items()} == {
        "MIGRATE": 0.001, "BU": 0.002, "BA": 0.004, "first tunnelled reply": 0.016}


@pytest.mark.parametrize("left_out, step", [
    (1, "address gone"), (3, "MIGRATE"), (4, "BU"), (6, "BA"), (7, "first tunnelled reply")])
def test_a_step_that_did_not_happen_is_named(left_out, step):
    events = moved()
    del events[left_out]
    with pytest.raises(move.MissingStep, match=f"no {step}"):
        move.times(Timeline(events))


def test_of_all_runs_median_least_and_most_are_told():
    runs = [{step.name: ms / 1000 for step in move.STEPS} for ms in (3, 1, 8)]
    assert move.spreads(runs)["BA"] == move.Spread(3.0, 1.0, 8.0)


def test_a_missed_aim_is_said_with_its_ratio():
    rows = table.text([Figure("reply", 48.0, "ms", 32, 40.0, 60.0), Figure("events", 2e5, "/s"),
                       Figure("event", 5.0, "us", 20)]).splitlines()
    assert rows[1].split() == ["reply", "48.00", "ms", "40.00", "60.00", "32.00", "ms", "1.50",
                               "missed"]
    assert rows[2].split() == ["events", "200,000", "/s"]
    assert rows[3].split()[-1] == "0.25"


def test_the_same_goes_to_machines():
    assert Figure("event", 5.0, "us", 20).as_json() == {
        "name": "event", "value": 5.0, "unit": "us", "aim": 20, "ratio": 0.25}


def evidence(folder, told):
    """carol's pings 0 to 3, of which 1 is lost and 2 was held back, and what her kernel heard."""
    folder.mkdir()
    (folder / "carol.ping.1").write_bytes(b"".join(
        RECORD.pack(what, number, 0, 0, 0) for what, number in (
            (SENT, 0), (ANSWERED, 0), (SENT, 1), (REFUSED, 2), (SENT, 3), (ANSWERED, 3))))
    for node in overlap.NODES:
        sample.capture(folder / f"{node}.netlink.pcap", told if node == "carol" else ())
    return overlap.read(folder)


def asked(time, kind, body):
    return [(time, message(kind, body, REQUEST)), (time, sample.answer(0, kind))]


def test_a_hole_goes_from_the_delete_to_the_return_under_the_same_spi(tmp_path):
    moves = evidence(tmp_path / "a", [
        *asked(10, NEWSA, sa(1)), *asked(11, DELSA, sample.gone(1)), *asked(11.002, NEWSA, sa(1)),
        *asked(12, DELSA, sample.gone(1))])
    assert (moves.sent, moves.lost, moves.in_one_step) == (3, 1, 0)
    rows = overlap.figures(overlap.Ground("Linux 6.1", ()), 2, moves, moves)
    assert [(row.name, row.value) for row in rows] == [
        ("Linux 6.1, 2 pairs: lost of 3 packets", 1),
        ("Linux 6.1, 2 pairs: hole, deleted and added 1 times", 2.0)]


def test_one_step_has_no_hole(tmp_path):
    moves = evidence(tmp_path / "a", [
        *asked(10, NEWSA, sa(1)), *asked(11, MIGRATE_STATE, sample.state_move(1, "2001:2::50"))])
    assert overlap.figures(overlap.Ground("Linux 7", ()), 1, moves, moves)[1] == Figure(
        "Linux 7, 1 pair: hole, moved in one step", 0, "ms")


@pytest.fixture(scope="module")
def programs():
    subprocess.run(["make", "-s", "all"], cwd=TOP, check=True)
    return places.programs(TOP).resolve()


@pytest.mark.req("T-196", "E-045")
def test_the_time_until_iked_has_all_connections_is_taken(programs):
    start, check = loading.figures((300,))
    assert start.name == "300 connections loaded, iked runs"
    assert 0 < start.value < 30 and 0 < check.value < 30


@pytest.mark.req("T-196")
def test_connections_that_are_not_all_there_are_no_figure(programs, tmp_path, monkeypatch):
    whole = loading.text(3)
    monkeypatch.setattr(loading, "text", lambda size: whole.replace("conn c1\n", "conn b1\n"))
    with pytest.raises(loading.NotLoaded, match="of 3 connections iked has 2"):
        loading.started(programs, tmp_path, 3)
    monkeypatch.setattr(loading, "text", lambda size: "what is this\n")
    with pytest.raises(loading.NotLoaded, match="conf"):
        loading.started(programs, tmp_path, 3)
