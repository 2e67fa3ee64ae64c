"""No two different ESP packets of an SA have one sequence number where they enter the wire."""

import struct

import pytest

from harness.bed.check import numbers
from harness.bed_tests import packets_sample as sample
from harness.bed_tests.run_sample import RUN

CAROL = bytes.fromhex(sample.MAC.replace(":", ""))
RTR, MOON = bytes.fromhex("061aa80000fe"), bytes.fromhex("061aa8000101")
NODES = {CAROL: "carol", MOON: "moon"}


def packet(spi: int, seq: int, text: bytes, src: str = sample.COA) -> bytes:
    return sample.ipv6(src, sample.HA, sample.ESP, struct.pack("!II", spi, seq) + text)


def frame(octets: bytes, sender: bytes = CAROL) -> bytes:
    return bytes(6) + sender + b"\x86\xdd" + octets


def reused(tmp_path, *links: list[bytes]) -> list[str]:
    paths = [tmp_path / f"f{number}.pcap" for number in range(1, len(links) + 1)]
    for path, frames in zip(paths, links, strict=True):
        path.write_bytes(sample.pcap_file(frames))
    return [str(one) for one in numbers.Numbers().look(paths, NODES)]


@pytest.mark.req("T-901")
def test_another_packet_with_the_same_number_is_told_with_both_frames(tmp_path):
    assert reused(tmp_path, [frame(packet(7, 1, b"one")), frame(packet(7, 1, b"two"))]) == [
        "numbers: two packets of carol from 2001::50 to 2001:1::1 have one SPI and sequence number "
        "(SPI 0x00000007, number 1: f1.pcap frame 1 and f1.pcap frame 2)"]


def test_it_is_found_across_a_move_to_another_link(tmp_path):
    moved = packet(7, 1, b"two", src="2001:2::50")
    assert len(reused(tmp_path, [frame(packet(7, 1, b"one"))], [frame(moved)])) == 1


def test_it_is_found_from_one_look_to_the_next(tmp_path):
    path, look = tmp_path / "f1.pcap", numbers.Numbers()
    for text, found in ((b"one", 0), (b"one", 0), (b"two", 1), (b"six", 0)):
        path.write_bytes(sample.pcap_file([frame(packet(7, 1, text))]))
        assert len(list(look.look([path], NODES))) == found


def test_an_sa_is_told_once(tmp_path):
    frames = [frame(packet(7, 1, text)) for text in (b"one", b"two", b"six")]
    assert len(reused(tmp_path, frames)) == 1


def test_what_a_link_repeats_or_a_router_passes_on_is_the_same_packet(tmp_path):
    one = packet(7, 1, b"one")
    forwarded = one[:7] + b"\x3f" + one[8:]
    assert not reused(tmp_path, [frame(one), frame(one), frame(forwarded)])
    assert not reused(tmp_path, [frame(one)], [frame(packet(7, 1, b"cut"), RTR)])


def test_numbers_and_sas_and_senders_of_their_own_are_right(tmp_path):
    assert not reused(tmp_path, [frame(packet(7, 1, b"one")), frame(packet(7, 2, b"two")),
                                 frame(packet(8, 1, b"two")), frame(packet(7, 1, b"two"), MOON)])


def test_what_is_no_esp_or_cut_short_is_passed_over(tmp_path):
    short = sample.ipv6(sample.COA, sample.HA, sample.ESP, bytes(7))
    assert not reused(tmp_path, [frame(short), frame(short[:30]), sample.ethernet(b"")])


def test_a_sound_run_has_none():
    paths = [RUN / f"{link}.pcap" for link in ("hl", "f1")]
    assert {one.node for path in paths for one in numbers.sent(path, NODES)} == {"carol", "moon"}
    assert not list(numbers.Numbers().look(paths, NODES))
