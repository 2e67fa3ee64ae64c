"""No SA lives longer than when it was made, whoever moves it."""

import struct

import pytest

from harness.bed.check import lifetimes
from harness.bed.decode import nl
from harness.bed_tests import netlink_sample as sample
from harness.bed_tests.netlink_sample import DELSA, MULTI, NEWSA, REQUEST, UPDSA, message, sa
from harness.bed_tests.run_sample import RUN

SPI = 0xC0000001


def grown(tmp_path, *told: tuple[float, bytes]):
    path = sample.capture(tmp_path / "carol.netlink.pcap", told)
    return list(lifetimes.Lifetimes("carol").look(path))


@pytest.mark.req("T-902")
def test_an_sa_that_is_put_back_with_its_whole_time_has_more_than_it_had(tmp_path):
    made, again = sa(SPI, 100, soft=50, hard=60), sa(SPI, 130, soft=50, hard=60)
    found = grown(tmp_path, (100, message(NEWSA, made)),
                  (130, message(DELSA, sample.gone(SPI), REQUEST)), (130, message(NEWSA, again)))
    assert [str(one) for one in found] == [
        "lifetimes: carol's tunnel SA with reqid 2 from 2001::50 to 2001:1::1 was given more time "
        "than it had (SPI 0xc0000001: its soft limit comes 30 s later and its hard limit comes "
        "30 s later)"]


@pytest.mark.req("T-803")
def test_an_age_is_known_from_one_look_to_the_next(tmp_path):
    look = lifetimes.Lifetimes("carol")
    for added, found in ((100, 0), (130, 1)):
        told = [(added, message(NEWSA, sa(SPI, added, hard=60)))]
        path = sample.capture(tmp_path / "carol.netlink.pcap", told)
        assert len(list(look.look(path))) == found


def test_one_that_brings_its_age_along_is_right(tmp_path):
    made, again = sa(SPI, 100, soft=50, hard=60), sa(SPI, 130, soft=20, hard=30)
    assert not grown(tmp_path, (100, message(NEWSA, made)), (130, message(NEWSA, again)))


def test_a_request_that_brings_its_age_along_is_right_and_one_with_less_of_it_is_not(tmp_path):
    """XFRMA_LTIME_VAL: octets, packets, when it was added and first used."""
    made = sa(SPI, 100, hard=60)
    for added, times in ((100, 0), (110, 1)):
        age = nl.attribute(9, struct.pack("=4Q", 1, 1, added, 0))
        again = message(NEWSA, sa(SPI, hard=60) + age, REQUEST)
        found = grown(tmp_path, (100, message(NEWSA, made)), (130, again),
                      (130, sample.answer(0)))
        assert len(found) == times


def test_a_second_may_be_lost_in_rounding_but_not_two(tmp_path):
    made = sa(SPI, 100, hard=60)
    assert not grown(tmp_path, (100, message(NEWSA, made)), (101, message(NEWSA, sa(
        SPI, 101, hard=60))))
    assert grown(tmp_path, (100, message(NEWSA, made)), (102, message(NEWSA, sa(
        SPI, 102, hard=60))))


@pytest.mark.parametrize("flags", [0, MULTI])
def test_answers_and_dumps_count_as_notices_do(tmp_path, flags):
    made, later = sa(SPI, 100, hard=60), sa(SPI, 110, hard=60)
    assert grown(tmp_path, (100, message(NEWSA, made)), (150, message(NEWSA, later, flags)))


def test_a_limit_that_is_taken_away_is_told(tmp_path):
    found = grown(tmp_path, (100, message(NEWSA, sa(SPI, 100, hard=60))),
                  (101, message(NEWSA, sa(SPI, 100))))
    assert "its hard limit is gone" in found[0].detail


def test_a_use_that_is_forgotten_is_told(tmp_path):
    used, again = sa(SPI, 100, hard_use=60, used=105), sa(SPI, 100, hard_use=60)
    assert grown(tmp_path, (110, message(NEWSA, used)), (120, message(NEWSA, again)))


def test_an_update_in_its_place_keeps_the_age_that_the_kernel_keeps(tmp_path):
    made, same, more = (sa(SPI, added, hard=hard) for added, hard in ((100, 60), (130, 60),
                                                                      (130, 70)))
    assert not grown(tmp_path, (100, message(NEWSA, made)), (130, message(UPDSA, same)))
    assert grown(tmp_path, (100, message(NEWSA, made)), (130, message(UPDSA, more)))


def test_a_rekey_makes_another_sa(tmp_path):
    made = sa(SPI, 100, hard=60)
    for other in (sa(SPI + 1, 130, hard=60), sa(SPI, 130, hard=60, key="11" * 16)):
        assert not grown(tmp_path, (100, message(NEWSA, made)), (130, message(NEWSA, other)))


@pytest.mark.parametrize(("error", "times"), [(0, 1), (-17, 0)], ids=["taken", "refused"])
def test_a_request_that_the_kernel_takes_counts_if_nobody_hears_of_it(tmp_path, error, times):
    made, again = sa(SPI, hard=60), sa(SPI, hard=60)
    found = grown(tmp_path, (100, message(NEWSA, made, REQUEST)), (100, sample.answer(0)),
                  (130, message(NEWSA, again, REQUEST)), (130, sample.answer(error)))
    assert len(found) == times


def test_a_request_and_its_notice_are_one(tmp_path):
    told = [(100.9, message(NEWSA, sa(SPI, hard=60), REQUEST)),
            (101, message(NEWSA, sa(SPI, 101, hard=60))), (101, sample.answer(0)),
            (103, message(NEWSA, sa(SPI, 101, hard=60), MULTI))]
    assert not grown(tmp_path, *told)


def test_larval_states_say_nothing_of_age(tmp_path):
    larval = [(when, message(NEWSA, sa(SPI, when, hard=30, key=""))) for when in (100, 130)]
    assert not grown(tmp_path, *larval)


@pytest.mark.parametrize("node", ["carol", "moon"])
def test_a_move_by_migrate_keeps_the_age(node):
    assert any(lifetimes.sights(RUN / f"{node}.netlink.pcap"))
    assert not list(lifetimes.Lifetimes(node).look(RUN / f"{node}.netlink.pcap"))


def test_every_cut_of_a_message_is_read_without_error(tmp_path):
    whole = message(NEWSA, sa(SPI, 100, hard=60))
    grown(tmp_path, *((100, whole[:cut]) for cut in range(len(whole))))
