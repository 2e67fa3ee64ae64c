"""The tester's IKE against what is known beside it: vectors of RFCs, and tshark's dissection."""

import subprocess

import pytest

from harness.bed.decode.pcap import ETHERNET
from harness.tester.ike import keys, message, suites
from harness.tester.ike.message import Message
from harness.tester.ike.numbers import Exchange, Note
from harness.tester.ike.payloads import (
    AUTH, KE, SA, TS, Cert, CertReq, Delete, IDi, IDr, Malformed, Nonce, Notify, Proposal, Raw,
    Selector, TSi, TSr, Vendor,
)

OWN, PEER = "2001::7", "2001:1::5"
KEY = bytes(range(16))


def every_payload():
    proposals = [Proposal(1, 1, b"", suites.IKE.transforms()),
                 Proposal(2, 3, b"\x0c\x01\x02\x03", suites.ESP.transforms())]
    ends = [Selector(OWN, OWN), Selector(PEER, PEER, 58, (0x8000, 0x80FF))]
    return [SA(proposals), KE(14, bytes(256)), Nonce(bytes(range(32))), IDi(2, b"tn"),
            IDr(3, b"nut@example.org"), Cert(b"0\x00"), CertReq(bytes(20)), AUTH(bytes(256)),
            Notify(Note.REKEY_SA, b"", 3, b"\x0c\x01\x02\x03"), Delete(3, [b"\x0c\x01\x02\x03"]),
            Vendor(b"tester"), TSi(ends), TSr(ends[:1])]


@pytest.mark.req("T-150")
@pytest.mark.parametrize("size, mac", [  # RFC 3566 section 4.6
    (0, "75f0251d528ac01c4573dfd584d79f29"), (3, "5b376580ae2f19afe7219ceef172756f"),
    (16, "d2a246fa349b68a79998a4394ff7a263"), (20, "47f51b4564966215b8985c63055ed308"),
    (32, "f54f0ec8d2b9f3d36807734bd5283fd4"), (34, "becbb3bccdb518a30677d5481fb6b4d8")])
def test_xcbc_is_that_of_its_vectors(size, mac):
    assert suites.xcbc(KEY, bytes(range(size))).hex() == mac


@pytest.mark.parametrize("key, mac", [  # RFC 4434 section 2
    (KEY, "47f51b4564966215b8985c63055ed308"), (KEY[:10], "0fa087af7d866e7653434e602fdde835"),
    (KEY + bytes([0xED, 0xCB]), "8cd3c93ae598a9803006ffb67c40e9e4")])
def test_a_prf_of_xcbc_takes_a_key_of_any_length(key, mac):
    assert suites.PRFS[4](key, bytes(range(20))).hex() == mac


def test_primes_are_those_that_the_rfc_prints():
    """Its first and last octets, and that both secrets agree."""
    for number in (14, 15, 16):
        prime = f"{suites.prime(number):x}"
        assert prime.startswith("ffffffffffffffffc90fdaa22168c234") and prime.endswith("f" * 16)
    assert f"{suites.prime(14):x}".endswith("15728e5a8aacaa68ffffffffffffffff")


@pytest.mark.parametrize("group", [14, 19, 20, 31])
def test_both_ends_of_an_exchange_have_one_secret(group):
    one, other = suites.Group(group), suites.Group(group)
    assert one.shared(other.public) == other.shared(one.public)


@pytest.mark.req("T-150")
def test_every_payload_is_read_as_it_was_built():
    octets = message.build(Message(Exchange.IKE_AUTH, every_payload(), b"i" * 8, b"r" * 8, 7))
    found = message.parse(octets)
    assert found.payloads == every_payload() and message.build(found) == octets


def test_a_payload_is_found_by_its_own_type():
    """Payloads that are laid out alike are not taken for each other."""
    found = Message(Exchange.IKE_SA_INIT, every_payload())
    assert found.one(Nonce).data == bytes(range(32)) and found.one(Cert).data == b"0\x00"
    assert found.one(IDi).data == b"tn" and not found.all(TS)


def test_every_cut_is_malformed():
    octets = message.build(Message(Exchange.IKE_AUTH, every_payload()))
    for size in range(len(octets)):
        with pytest.raises(Malformed):
            message.parse(octets[:size])
        short = octets[:24] + size.to_bytes(4, "big") + octets[28:size]
        with pytest.raises(Malformed):
            message.parse(short)


@pytest.mark.req("T-150")
def test_what_is_set_is_sent_as_it_is():
    false = Notify(Note.COOKIE, b"c", length=99, next=200, critical=True, spi_size=7)
    octets = message.build(Message(Exchange.IKE_SA_INIT, [false, TS([], count=3)], flags=0xFF,
                                   version=0x3F, length=5, first=41))
    assert octets[16:20].hex() == "293f22ff" and octets[24:28] == bytes([0, 0, 0, 5])
    assert octets[28:36].hex() == "c8800063" + "00074006"


@pytest.mark.parametrize("suite", [
    suites.IKE, suites.Suite(13, 256, 5, 4, 14), suites.Suite(20, 128, 0, 7, 31)], ids=str)
def test_a_sealed_message_is_opened_by_its_keys_alone(suite):
    pair = keys.Pair(bytes(suite.check.key), bytes(suite.key))
    sent = Message(Exchange.INFORMATIONAL, [Delete(1), Raw(200, b"any")], b"i" * 8, b"r" * 8, 3)
    octets = keys.seal(sent, suite, pair)
    assert keys.unseal(octets, suite, pair).payloads == sent.payloads
    with pytest.raises(Exception, match="wrong integrity check|^$"):
        keys.unseal(octets[:-1] + bytes([octets[-1] ^ 1]), suite, pair)


def pcap(path, octets):
    """One UDP datagram in one frame."""
    from harness.bed.faults import forge
    udp = b"\x01\xf4\x01\xf4" + (8 + len(octets)).to_bytes(2, "big") + bytes(2) + octets
    check = forge.checksum(OWN, PEER, udp, 17)
    frame = bytes(12) + b"\x86\xdd" + forge.wrapped(OWN, PEER, 17, udp[:6] + check + udp[8:])
    head = bytes.fromhex("d4c3b2a1020004000000000000000000ffff0000")
    size = len(frame).to_bytes(4, "little")
    path.write_bytes(head + ETHERNET.to_bytes(4, "little") + bytes(8) + size * 2 + frame)
    return path


def tshark(path, *options):
    words = ["tshark", "-n", "-r", str(path), "-T", "fields", "-e", "isakmp.typepayload",
             "-e", "_ws.expert.message", *options]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    kinds, _, expert = done.stdout.strip("\n").partition("\t")
    return [int(one) for one in kinds.split(",") if one], expert


def test_tshark_reads_every_payload_in_the_clear(tmp_path):
    file = pcap(tmp_path / "one.pcap", message.build(
        Message(Exchange.IKE_SA_INIT, every_payload(), b"i" * 8)))
    kinds, expert = tshark(file)
    assert {one.number for one in every_payload()} <= set(kinds) and "alformed" not in expert


@pytest.mark.req("T-150")
def test_tshark_opens_what_was_sealed(tmp_path):
    suite, auth, encr = suites.IKE, bytes(range(32)), bytes(range(16))
    sent = Message(Exchange.IKE_AUTH, every_payload()[3:], b"i" * 8, b"r" * 8, 1)
    file = pcap(tmp_path / "one.pcap", keys.seal(sent, suite, keys.Pair(auth, encr)))
    row = ",".join([(b"i" * 8).hex(), (b"r" * 8).hex(), encr.hex(), encr.hex(),
                    '"AES-CBC-128 [RFC3602]"', auth.hex(), auth.hex(),
                    '"HMAC_SHA2_256_128 [RFC4868]"'])
    kinds, expert = tshark(file, "-o", f"uat:ikev2_decryption_table:{row}")
    assert {one.number for one in every_payload()[3:]} <= set(kinds) and "alformed" not in expert
