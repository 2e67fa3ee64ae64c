"""The independent reader finds what stands on the wire, and what is wrong with it."""

import shutil

import pytest

if not shutil.which("tshark"):
    pytest.skip("tshark is not installed", allow_module_level=True)

from harness.bed.check import wire
from harness.bed_tests import packets_sample as sample  # noqa: E402


def capture(tmp_path, *packets: bytes):
    path = tmp_path / "f1.pcap"
    path.write_bytes(sample.pcap_file([sample.ethernet(packet) for packet in packets]))
    return path


def test_the_page_s_first_message_is_dissected(tmp_path):
    message, = wire.read_ike_sa_init(capture(tmp_path, sample.ike_sa_init()))
    assert (message.src, message.dst) == (sample.COA, sample.HA)
    assert (message.initiator_spi, message.responder_spi) == ("58b6f8e6f23188fa", "0" * 16)
    assert message.payloads == (33, 34, 40, 41, 41) and not message.is_response
    assert (message.encr, message.integ, message.prf, message.groups) == ((12,), (2,), (2,), (14,))
    assert (message.key_bits, message.ke_group) == ((128,), 14)
    assert message.notifies == (16388, 16389) and not message.malformed


def test_a_message_cut_short_is_malformed(tmp_path):
    packet = sample.ike_sa_init()
    path = capture(tmp_path, packet[:4] + (60).to_bytes(2, "big") + packet[6:100])
    message, = wire.read_ike_sa_init(path)
    assert message.malformed


def test_bu_and_ba_are_taken_out_of_esp(tmp_path):
    path = capture(tmp_path, sample.from_mn(sample.binding_update()),
                   sample.from_ha(sample.binding_ack()))
    update, ack = wire.read_bu_ba(path, [sample.dump()])
    assert (update.kind, update.src, update.dst) == (wire.BU, sample.COA, sample.HA)
    assert (update.home_address, update.spi) == (sample.HOA, sample.TO_HA)
    assert (update.seq, update.flags, update.lifetime) == (7, "AHK", 65535)
    assert update.alternate_coa == sample.COA and update.status is None
    assert (ack.kind, ack.seq, ack.status, ack.flags) == (wire.BA, 7, 0, "K")
    assert ack.home_address == sample.HOA
    assert all(signal.authentic and signal.checksum_holds for signal in (update, ack))
    assert wire.faults([update, ack], sample.HOA, sample.HA) == []


def test_without_the_keys_nothing_is_seen(tmp_path):
    path = capture(tmp_path, sample.from_mn(sample.binding_update()))
    assert wire.read_bu_ba(path, []) == []


def test_a_changed_octet_of_esp_is_not_authentic(tmp_path):
    packet = bytearray(sample.from_mn(sample.binding_update()))
    packet[-1] ^= 1
    signal, = wire.read_bu_ba(capture(tmp_path, bytes(packet)), [sample.dump()])
    assert wire.faults([signal], sample.HOA, sample.HA) == [
        "BU 7 in frame 1: ESP is not authentic"]


def test_a_checksum_over_the_care_of_address_does_not_hold(tmp_path):
    body = sample.binding_update()
    wrong = sample.mobility(sample.COA, sample.HA, 5, body[6:])
    signal, = wire.read_bu_ba(capture(tmp_path, sample.from_mn(wrong)), [sample.dump()])
    assert wire.faults([signal], sample.HOA, sample.HA) == [
        "BU 7 in frame 1: the checksum does not hold"]


@pytest.mark.parametrize("length", [6, 7, 12, 56])
def test_a_checksum_is_scapy_s_and_no_other(length):
    inet6 = pytest.importorskip("scapy.layers.inet6", reason="python3-scapy is not installed")
    blank = bytes([59, 0, 5, 0, 0, 0]) + bytes(range(200, 200 + length - 6))
    value = inet6.in6_chksum(135, inet6.IPv6(src=sample.HOA, dst=sample.HA), blank)
    holds = {one for one in (value, value ^ 1, value ^ 0x8000, (value + 1) % 0xFFFF)
             if wire.checksum_holds(blank[:4] + one.to_bytes(2, "big") + blank[6:],
                                    sample.HOA, sample.HA)}
    assert holds == {value}


def test_another_alternate_care_of_address_is_said(tmp_path):
    path = capture(tmp_path, sample.from_mn(sample.binding_update(coa="2001::66")))
    signal, = wire.read_bu_ba(path, [sample.dump()])
    assert wire.faults([signal], sample.HOA, sample.HA) == [
        "BU 7 in frame 1: the alternate care-of address is 2001::66, the source 2001::50"]


def test_a_file_that_is_no_capture_is_refused(tmp_path):
    path = tmp_path / "f1.pcap"
    path.write_text("## ip xfrm state\n" * 4)
    with pytest.raises(wire.WireError, match="f1.pcap"):
        wire.read_ike_sa_init(path)


def test_a_whole_story_is_as_the_page_tells_it(tmp_path):
    story = {
        "request": sample.ike_sa_init(), "response": sample.ike_sa_init(is_response=True),
        "BU": sample.from_mn(sample.binding_update()),
        "BA": sample.from_ha(sample.binding_ack())}
    missing = {
        "request": "no IKE_SA_INIT request was seen", "BU": "no BU inside ESP was seen",
        "response": "no IKE_SA_INIT response was seen", "BA": "no BA inside ESP was seen"}

    def said(packets) -> list[str]:
        path = capture(tmp_path, *packets)
        return wire.check(path, [sample.dump()], sample.HOA, sample.HA)

    assert said(story.values()) == []
    for word, sentence in missing.items():
        assert said(packet for name, packet in story.items() if name != word) == [sentence]
