"""Events of one moment: the same order in every reading, and one that can have been."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from harness.bed.check import moment, timeline
from harness.bed.check.moment import (
    CHECKPOINT, DAEMON, KERNEL, NOTE, PACKET, STEP, WAIT, Event,
)
from harness.bed.decode import packets, pcap
from harness.bed.decode.packets import Packet
from harness.bed_tests.run_sample import RUN

CAROL, MOON = "2001::1", "2001:1::1"
OWNERS = {CAROL: "carol", MOON: "moon"}


def packet(src: str, dst: str, text: str) -> Event:
    return Event(1.0, PACKET, "f1", text, source=Packet(1.0, ["f1"], (src, dst), "BU", text))


def event(kind: str, who: str, text: str) -> Event:
    return Event(1.0, kind, who, text)


MOVE = [
    event(STEP, "carol", "types"), event(KERNEL, "carol", "carol's kernel"),
    packet(CAROL, MOON, "BU"), event(KERNEL, "moon", "moon's kernel"), packet(MOON, CAROL, "BA"),
    event(DAEMON, "moon", "mip6d writes"), event(WAIT, "bed", "is registered"),
    event(STEP, "moon", "types again"), event(CHECKPOINT, "bed", "moved")]


def kept(events: list[Event]) -> bool:
    """Whether each source has its own in the order of MOVE, as captures and stories do."""
    return all([one for one in events if one.seer == seer]
               == [one for one in MOVE if one.seer == seer] for seer in {e.seer for e in MOVE})


@pytest.mark.req("T-142")
def test_however_the_sources_are_read_the_order_is_that_of_cause_and_effect():
    seers = list(dict.fromkeys(one.seer for one in MOVE))
    for shuffled in permutations(seers):
        read = [one for seer in shuffled for one in MOVE if one.seer == seer]
        assert kept(read)
        assert moment.ordered(read, OWNERS) == MOVE


def test_time_goes_before_all_of_that():
    early, late = Event(0.5, DAEMON, "moon", ""), Event(1.5, STEP, "bed", "")
    assert moment.ordered([late, *reversed(MOVE[:1]), early], OWNERS) == [early, MOVE[0], late]


def test_what_the_story_finds_is_behind_what_was_there():
    note, happened = event(NOTE, "bed", "nodes stand"), event(KERNEL, "moon", "link up")
    assert moment.ordered([note, happened], {}) == [happened, note]


@pytest.mark.req("T-142")
def test_a_moment_that_several_share_is_marked_and_nothing_else():
    line = timeline.Timeline([*MOVE[:3], Event(1.0, PACKET, "hl", "BU"),
                              Event(1.00004, KERNEL, "moon", "later")])
    marks = [row[9] for row in line.text().splitlines()[1:]]
    assert marks == [" ", "=", "=", " ", " "]


def test_a_whole_run_loses_nothing():
    line = timeline.build(RUN)
    again = moment.ordered(list(reversed(line.events)), {})
    assert sorted(map(id, again)) == sorted(map(id, line.events))


@pytest.mark.req("T-142")
@pytest.mark.parametrize("links", [("f1", "hl"), ("hl", "f1")])
def test_a_packet_on_two_links_at_one_moment_is_told_from_the_one_it_comes_from(
        tmp_path: Path, links: tuple[str, str]):
    ipv6 = bytearray(bytes([0x60, 0, 0, 0, 0, 8, 58, 64]) + bytes(32)
                     + bytes([128, 0, 0, 0, 0, 1, 0, 1]))
    for link, hops in (("f1", 64), ("hl", 63)):
        ipv6[7] = hops
        file = pcap.Writer(tmp_path / link, pcap.RAW)
        file.write(1.0, bytes(ipv6))
        file.close()
    found, = packets.read({link: tmp_path / link for link in links}, {})
    assert found.links == ["f1", "hl"]
