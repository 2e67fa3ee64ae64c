"""The capture of a node's netlink is told as events; the SAs of any moment follow from them."""

import struct

import pytest

from harness.bed.check import replay
from harness.bed.decode import kevents, kwords, nl, pcap, rtmon
from harness.bed_tests.run_sample import HA, HOA, NEW, OLD, RUN


@pytest.fixture(scope="module")
def carol() -> list[kevents.KernelEvent]:
    return kevents.read("carol", RUN / "carol.netlink.pcap")


def texts(events, name: str) -> list[str]:
    return [event.text for event in events if event.name == name]


def test_a_migrate_is_asked_by_one_daemon_and_told_to_the_other(carol):
    moves = [event for event in carol if event.name == "MIGRATE" and NEW in event.text
             and OLD in event.text]
    assert [event.asked for event in moves] == [True, False, True, False]
    assert moves[0].text == (f"MIGRATE out src {HOA}/128 dst ::/0: esp tunnel reqid 2 "
                             f"{OLD} -> {HA} becomes {NEW} -> {HA}")


def test_an_acquire_says_for_what(carol):
    assert texts(carol, "ACQUIRE")[0] == (
        f"ACQUIRE for src {HOA}/128 dst {HA}/128 proto mobility-header type 5 reqid 1 transport")


def test_a_refused_request_says_so(carol):
    assert any(text.endswith("(refused: ESRCH)") for text in texts(carol, "UPDSA"))
    assert all(event.asked for event in carol if event.error)


def test_addresses_come_and_go(carol):
    told = texts(carol, "route")
    assert f"address {NEW}/128 interface 4 tentative appears" in told
    assert f"address {OLD}/64 interface 4 goes" in told


def test_a_notification_with_two_listeners_is_one_event(carol):
    gone = [text for text in texts(carol, "route") if text.startswith(f"address {OLD}")
            and text.endswith("goes")]
    assert len(gone) == 1


def test_the_gap_of_a_move_is_from_the_address_that_goes_to_the_migrate(carol):
    gap = replay.gaps(carol)[0]
    at = {event.text: event.time for event in carol}
    assert gap.start == at[f"address {OLD}/64 interface 4 goes"]
    assert 0 < gap.seconds < 0.1


def test_at_the_end_the_sa_is_gone_and_the_gap_stays_open(carol):
    assert replay.gaps(carol)[-1].end is None


def test_before_the_first_sa_there_is_no_gap(carol):
    first = next(n for n, event in enumerate(carol) if event.name == "NEWSA")
    assert replay.gaps(carol[:first]) == []


def test_every_cut_of_every_message_is_told_without_error(carol):
    seen = {}
    for event in carol:
        seen.setdefault((event.family, event.message.type), event.message)
    for (family, _), message in seen.items():
        line = kwords.line if family == 6 else rtmon.line
        for cut in range(len(message.body)):
            line(nl.Message(message.type, 1, 1, 1, message.body[:cut]))


def test_a_message_of_an_unknown_kind_is_no_event(tmp_path):
    writer = pcap.Writer(tmp_path / "a.netlink.pcap", pcap.NETLINK)
    for family in (0, 6, 16):
        head = nl.HEADER.pack(nl.HEADER.size + 4, 0x7F, 1, 1, 0)
        writer.write(1.0, struct.pack("!HH10xH", 0, 824, family) + head + bytes(4))
    writer.close()
    assert kevents.read("a", tmp_path / "a.netlink.pcap") == []
