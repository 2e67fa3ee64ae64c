"""Every packet of the links is told once, with what ESP carries; a forwarded one has two links."""

import pytest

from harness.bed.decode import esp, packets, pcap
from harness.bed_tests import packets_sample as sample
from harness.bed_tests.run_sample import HA, NEW, OLD, RUN

LINKS = {link: RUN / f"{link}.pcap" for link in ("f1", "f2", "hl")}


@pytest.fixture(scope="module")
def seen() -> list[packets.Packet]:
    return packets.read(LINKS, esp.sas(RUN.glob("*.netlink.pcap")))


def of_kind(seen, *kinds: str) -> list[packets.Packet]:
    return [packet for packet in seen if packet.kind in kinds]


def test_the_exchanges_of_ike_are_told_in_order(seen):
    assert [packet.words.partition(" (")[0] for packet in of_kind(seen, packets.IKE)][:4] == [
        "IKE_SA_INIT request 0", "IKE_SA_INIT response 0",
        "IKE_AUTH request 1", "IKE_AUTH response 1"]


def test_binding_update_and_acknowledgement_are_read_inside_esp(seen):
    signals = of_kind(seen, packets.BU, packets.BA)
    assert [packet.kind for packet in signals] == ["BU", "BA"] * 3
    assert [packet.facts.get("coa") for packet in signals[::2]] == [OLD, NEW, NEW]
    assert [packet.facts["status"] for packet in signals[1::2]] == [0, 0, 0]
    assert signals[2].facts["flags"] == "AHK" and signals[2].ends == (NEW, HA)


def test_a_forwarded_packet_is_one_packet(seen):
    for packet in of_kind(seen, packets.IKE, packets.BU, packets.BA):
        assert sorted(packet.links) == ["f1", "hl"]


def test_pings_are_bulk_and_keep_their_numbers(seen):
    pings = of_kind(seen, packets.PING)
    assert pings and all(ping.bulk and ping.echo for ping in pings)
    assert any(ping.spi for ping in pings) and any(not ping.spi for ping in pings)


def test_without_keys_esp_is_just_esp():
    assert not of_kind(packets.read(LINKS, {}), packets.BU, packets.BA)
    assert of_kind(packets.read(LINKS, {}), packets.ESP)


def test_names_of_spis_are_spoken():
    sas = esp.sas(RUN.glob("*.netlink.pcap"))
    names = dict.fromkeys(sas, "spi:somebody")
    words = [packet.words for packet in packets.read(LINKS, sas, names) if packet.spi]
    assert words and all("in ESP spi:somebody" in word for word in words)


def written(tmp_path, *octets: bytes):
    writer = pcap.Writer(tmp_path / "f1.pcap", pcap.ETHERNET)
    for number, frame in enumerate(octets):
        writer.write(1000.0 + number, frame)
    writer.close()
    return packets.read({"f1": tmp_path / "f1.pcap"}, {})


def test_the_same_packet_again_on_one_link_is_told_again(tmp_path):
    frame = sample.ethernet(sample.ipv6(HA, NEW, sample.MOBILITY, sample.binding_ack()))
    assert [packet.words for packet in written(tmp_path, frame, frame)] == [
        "BA 7 status 0 K lifetime 262140 s"] * 2


def test_every_cut_of_a_packet_is_read_without_error(tmp_path):
    frame = sample.ethernet(sample.ipv6(HA, NEW, sample.MOBILITY, sample.binding_update()))
    for cut in range(len(frame)):
        written(tmp_path, frame[:cut])


def test_a_link_without_a_capture_has_no_packets(tmp_path):
    assert packets.read({"f1": tmp_path / "f1.pcap"}, {}) == []


def test_neighbour_discovery_names_its_target(tmp_path):
    solicitation = bytes([135, 0, 0, 0, 0, 0, 0, 0]) + pcap.IPv6Address(NEW).packed
    frame = sample.ethernet(sample.ipv6("::", HA, pcap.ICMPV6, solicitation))
    (packet,) = written(tmp_path, frame)
    assert packet.words == f"neighbour solicitation for {NEW}" and packet.bulk
