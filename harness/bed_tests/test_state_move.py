"""MIGRATE_STATE moves one SA: it is read, told, drawn and counted as a move."""

import pytest

from harness.bed.check import ladder, replay
from harness.bed.decode import kevents, kwords, nl, nlmon
from harness.bed_tests import netlink_sample as sample
from harness.bed_tests.netlink_sample import (
    DELSA, HA, MIGRATE_STATE, NEWSA, REQUEST, message, sa,
)

SPI, NEW = 0xC0000001, "2001:2::50"


def moved() -> nl.Message:
    return next(nl.messages(message(MIGRATE_STATE, sample.state_move(SPI, NEW))))


@pytest.mark.req("B-104")
def test_it_is_read_with_its_spi_and_its_new_ends():
    assert nlmon.line(moved()).endswith(
        f"MIGRATE_STATE dst {HA} esp spi 0xc0000001 reqid 2 new {NEW} -> {HA}")
    assert kwords.line(moved()) == f"SA moves esp 0xc0000001 to {HA} becomes {NEW} -> {HA}"


def test_the_ladder_tells_where_it_moves_to():
    word = next(word for name, _, word in ladder.LOCALS if name == "MIGRATE_STATE")
    assert word(kwords.line(moved())) == f"SA 0xc0000001 moves to {NEW} -> {HA}"


def test_a_kernel_that_is_followed_has_it_at_its_new_ends(tmp_path):
    told = [(100, message(NEWSA, sa(SPI), REQUEST)), (100, sample.answer(0)),
            (101, message(MIGRATE_STATE, sample.state_move(SPI, NEW), REQUEST)),
            (101, sample.answer(0, MIGRATE_STATE))]
    kernel = replay.Kernel()
    for event in kevents.read("carol", sample.capture(tmp_path / "carol.netlink.pcap", told)):
        kernel.apply(event)
    assert [state.endpoints() for state in kernel.sas.values()] == [(NEW, HA)]


def test_of_two_that_overlap_each_is_followed_by_its_spi(tmp_path):
    """MIGRATE says ends and reqid; the one that it left is taken away by its old end."""
    entry = sample.migrate_entry(new=(NEW, HA))
    told = [(100, message(NEWSA, sa(SPI), REQUEST)), (100, sample.answer(0)),
            (100.5, message(NEWSA, sa(SPI + 1), REQUEST)), (100.5, sample.answer(0)),
            (101, message(0x21, entry, REQUEST)), (101, sample.answer(0, 0x21)),
            (102, message(DELSA, sample.gone(SPI, sample.COA), REQUEST)),
            (102, sample.answer(0, DELSA)),
            (102.5, message(NEWSA, sa(SPI, ends=(NEW, HA)), REQUEST)), (102.5, sample.answer(0))]
    events = kevents.read("carol", sample.capture(tmp_path / "carol.netlink.pcap", told))
    assert [round(gap.seconds, 3) for gap in replay.replaced(events)] == [0.5]
