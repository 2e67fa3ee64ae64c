"""ESP is opened with the keys that a kernel was given; what no key opens stays closed."""

import subprocess

import pytest

from harness.bed.decode import esp, pcap
from harness.bed.decode.xfrm import Algorithm, State
from harness.bed_tests import packets_sample as sample
from harness.bed_tests.run_sample import RUN

IV, SALT = bytes(range(8)), "aabbccdd"


def state(*algorithms: Algorithm) -> State:
    return State("::1", "::2", "esp", "0x00000001", 1, "tunnel", algorithms=algorithms)


def cbc(key: str) -> State:
    return state(Algorithm("auth", "hmac(sha1)", "0x00", 96),
                 Algorithm("enc", "cbc(aes)", f"0x{key}"))


def counter(key: str, text: bytes) -> bytes:
    """GCM's cipher is counter mode from the second block on; openssl writes it."""
    block = SALT + IV.hex() + "00000002"
    return subprocess.run(["openssl", "enc", f"-aes-{4 * len(key)}-ctr", "-K", key, "-iv", block],
                          input=text, capture_output=True, check=True).stdout


def test_a_binding_update_comes_out_of_cbc():
    packet = sample.esp(sample.TO_HA, 1, sample.MOBILITY, sample.binding_update())
    assert esp.spi(packet) == (sample.TO_HA, 1)
    assert esp.opened(packet, cbc(sample.ENC[sample.TO_HA])) == (
        sample.MOBILITY, sample.binding_update())


def test_a_wrong_key_opens_nothing():
    packet = sample.esp(sample.TO_HA, 1, sample.MOBILITY, sample.binding_update())
    assert esp.opened(packet, cbc(sample.ENC[sample.TO_MN])) is None


@pytest.mark.parametrize("size", [16, 24, 32])
def test_gcm_is_opened_for_every_key_length(size):
    key = bytes(range(size)).hex()
    text = counter(key, b"payload\x01\x02\x03\x03\x87")
    packet = bytes.fromhex("0000000100000002") + IV + text + bytes(16)
    opener = state(Algorithm("aead", "rfc4106(gcm(aes))", f"0x{key}{SALT}", 128))
    assert esp.opened(packet, opener) == (135, b"payload")


def test_null_encryption_is_read_as_it_is():
    packet = bytes.fromhex("0000000100000002") + b"data\x01\x02\x02\x3a" + bytes(12)
    opener = state(Algorithm("auth", "hmac(sha1)", "0x00", 96),
                   Algorithm("enc", "ecb(cipher_null)", "0x"))
    assert esp.opened(packet, opener) == (58, b"data")


def test_a_cipher_that_is_not_known_opens_nothing():
    opener = state(Algorithm("enc", "cbc(camellia)", "0x00"))
    assert esp.opened(bytes(64), opener) is None
    assert esp.opened(bytes(64), state()) is None


def test_every_cut_of_a_packet_is_closed_or_read_without_error():
    packet = sample.esp(sample.TO_HA, 1, sample.MOBILITY, sample.binding_update())
    opener = cbc(sample.ENC[sample.TO_HA])
    for cut in range(len(packet)):
        head = esp.spi(packet[:cut])
        assert (head is None) == (cut < 8)
        assert esp.opened(packet[:cut], opener) != esp.opened(packet, opener)


def test_the_keys_of_every_sa_are_in_the_captures_of_netlink():
    found = esp.sas(RUN.glob("*.netlink.pcap"))
    assert sorted((s.mode, s.reqid) for s in found.values()) == [
        ("transport", 1), ("transport", 1), ("tunnel", 2), ("tunnel", 2)]


def test_what_is_sealed_is_what_a_kernel_sent():
    """Packets of a real run, opened and sealed again with their own IV, are the same octets."""
    sas, made = esp.sas(RUN.glob("*.netlink.pcap")), 0
    for frame in pcap.frames(RUN / "f1.pcap"):
        layer = next(pcap.layers(pcap.ipv6_of(frame)), None)
        if not layer or layer.proto != pcap.ESP:
            continue
        spi, seq = esp.spi(layer.payload)
        proto, payload = esp.opened(layer.payload, sas[spi])
        iv = layer.payload[esp.HEADER:esp.HEADER + esp.CBC_IV]
        assert esp.sealed(proto, payload, sas[spi], seq, iv) == layer.payload
        made += 1
    assert made
