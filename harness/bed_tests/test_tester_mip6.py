"""The tester's mobility against what is known beside it: scapy's checksums, tshark's dissection."""

import subprocess
from dataclasses import replace

import pytest
from scapy.layers.inet6 import HAO, IPv6, IPv6ExtHdrDestOpt

from harness.bed.decode.pcap import ETHERNET
from harness.tester.mip6 import icmp, mobility, packet, ports
from harness.tester.mip6.icmp import Icmp, Prefix
from harness.tester.mip6.mobility import HOME, Ack, Error, Flag, Kind, Mobility, Opt, Update
from harness.tester.mip6.octets import Malformed
from harness.tester.mip6.packet import Packet, Raw
from harness.tester.mip6.sas import Sa

HOA, COA, AGENT, CN = "2001:1::10", "2001::a", "2001:1::1", "2001::c"
MAC = "06:1a:a8:00:0a:02"
COOKIE, TOKEN = bytes(range(8)), bytes(range(8, 16))
UPDATE = Update(15, HOME | Flag.L, 60, COA, ((Opt.NONCES, b"\0\1\0\2"), (Opt.AUTH, bytes(12))))
ACK = Ack(1, 16, 420, True, ((Opt.REFRESH, b"\0\x0a"),))
PREFIX = Prefix("2001:1::1", 100, 50, flags=icmp.ON_LINK | icmp.ROUTER_ADDRESS)
MESSAGES = {
    "BRR": mobility.refresh_request(), "HoTI": mobility.test_init(Kind.HOTI, COOKIE),
    "CoTI": mobility.test_init(Kind.COTI, COOKIE), "BU": UPDATE.message(), "BA": ACK.message(),
    "HoT": mobility.test(Kind.HOT, 3, COOKIE, TOKEN), "BE": Error(2, HOA).message(),
    "CoT": mobility.test(Kind.COT, 3, COOKIE, TOKEN),
    "NS": icmp.solicit(HOA, MAC), "NA": icmp.advert(HOA, MAC), "RS": icmp.router_solicit(MAC),
    "RA": icmp.router_advert(PREFIX, mac=MAC, flags=icmp.HOME_AGENT, agent=(20, 100)),
    "request": icmp.agents_request(7), "reply": icmp.agents_reply(7, AGENT, CN),
    "MPS": icmp.prefix_solicit(8), "MPA": icmp.prefix_advert(8, PREFIX), "echo": icmp.echo(9),
    "problem": icmp.failure(icmp.Kind.PROBLEM, 1, Packet(COA, CN, icmp.echo(1)).octets(), 40),
}
AROUND = {"bare": {}, "optioned": {"hao": HOA}, "routed": {"route": HOA}}
each = pytest.mark.parametrize("name", MESSAGES)


def one(name, around="bare", **more):
    message = MESSAGES[name]
    hops = 255 if isinstance(message, Icmp) and 133 <= message.kind <= 136 else packet.HOPS
    return Packet(COA, "ff02::1" if name == "RA" else AGENT, message, hops=hops,
                  **AROUND[around], **more)


def sa():
    return Sa("test", HOA, AGENT, 1, "transport")


def pcap(path, *packets):
    head = bytes.fromhex("d4c3b2a1020004000000000000000000ffff0000")
    text = head + ETHERNET.to_bytes(4, "little")
    for octets in packets:
        frame = bytes(12) + ports.ETHERTYPE + octets
        text += bytes(8) + len(frame).to_bytes(4, "little") * 2 + frame
    path.write_bytes(text)
    return path


def tshark(path, *fields, options=()):
    words = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "separator=|", *options]
    for field in ("_ws.expert.message", *fields):
        words += ["-e", field]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return [line.split("|") for line in done.stdout.splitlines()]


@pytest.mark.req("T-160")
@each
@pytest.mark.parametrize("around", AROUND)
def test_what_is_built_is_read_and_scapy_has_its_checksum(name, around):
    built = one(name, around)
    octets = built.octets()
    assert packet.parse(octets) == built
    theirs = IPv6(octets)
    if around == "optioned":  # scapy pads by itself, and counts the home address where it is alone
        theirs[IPv6ExtHdrDestOpt].options = [
            found for found in theirs[IPv6ExtHdrDestOpt].options if isinstance(found, HAO)]
    last = theirs.lastlayer()
    while not {"cksum"} & last.fields.keys():
        last = last.underlayer
    del last.cksum
    assert bytes(theirs) == octets


@pytest.mark.req("T-160")
@each
def test_tshark_has_nothing_to_say_against_it(tmp_path, name):
    file = pcap(tmp_path / "one.pcap", *(one(name, around).octets() for around in AROUND))
    for said, proto, *kinds in tshark(file, "frame.protocols", "mip6.mhtype", "icmpv6.type"):
        assert not said, said
        assert str(MESSAGES[name].kind) in "|".join(kinds).split(",")[0], proto


@pytest.mark.req("T-160")
def test_tshark_opens_what_was_sealed(tmp_path):
    key = sa()
    row = ",".join(f'"{word}"' for word in (
        "IPv6", "*", "*", f"0x{key.spi.hex()}", "AES-CBC [RFC3602]", f"0x{key.pair.encr.hex()}",
        "HMAC-SHA-256-128 [RFC4868]", f"0x{key.pair.auth.hex()}"))
    file = pcap(tmp_path / "one.pcap", one("BU", "optioned", sa=key).octets(),
                Packet(COA, AGENT, Packet(HOA, CN, icmp.echo(1)), sa=key).octets())
    found = tshark(file, "mip6.bu.seqnr", "icmpv6.type", options=[
        "-o", "esp.enable_encryption_decode:TRUE", "-o", "esp.enable_authentication_check:TRUE",
        "-o", f"uat:esp_sa:{row}"])
    assert [line[1:] for line in found] == [["15", ""], ["", "128"]]
    assert "rong" not in str(found) and "alformed" not in str(found)


@pytest.mark.req("T-160")
def test_a_sealed_packet_is_opened_by_its_keys_alone():
    key, other = sa(), Sa("other", HOA, AGENT, 1, "transport")
    octets = one("BU", "optioned", sa=key).octets()
    assert packet.parse(octets, {key.spi: key}.get) == one("BU", "optioned", sa=key)
    assert isinstance(packet.parse(octets).message, Raw)
    with pytest.raises(ValueError, match="wrong integrity check"):
        packet.parse(octets, {key.spi: other}.get)


@pytest.mark.req("T-160")
def test_headers_in_another_order_are_malformed():
    key, inner = sa(), one("echo", "optioned").octets()[40:]
    behind = Packet(COA, AGENT, Raw(packet.DESTINATION, inner), sa=key).octets()
    with pytest.raises(Malformed, match="behind ESP"):
        packet.parse(behind, {key.spi: key}.get)
    routed = one("echo", "routed").octets()[40:]
    with pytest.raises(Malformed, match="behind a home address"):
        packet.parse(Packet(COA, AGENT, Raw(packet.ROUTING, routed), HOA).octets())


def test_every_cut_and_every_wrong_checksum_is_malformed():
    octets = one("BU", "optioned").octets()
    for size in range(len(octets)):
        with pytest.raises(Malformed):
            packet.parse(octets[:size])
    wrong = replace(one("BU"), message=UPDATE.message(checksum=1))
    with pytest.raises(Malformed, match="wrong checksum"):
        packet.parse(wrong.octets())


@pytest.mark.req("T-160")
def test_what_is_set_is_sent_as_it_is():
    octets = Mobility(99, bytes(10), proto=17, reserved=0xFF, length=7, checksum=0x1234).octets(
        COA, AGENT)
    assert octets[:6].hex() == "110763ff1234"


@pytest.mark.parametrize("read, name, value", [
    (mobility.update, "BU", UPDATE), (mobility.ack, "BA", ACK), (mobility.error, "BE",
                                                               Error(2, HOA)),
    (icmp.agents, "reply", (7, [AGENT, CN])), (icmp.prefixes, "MPA", (8, [PREFIX])),
    (icmp.target, "NS", HOA), (icmp.pointer, "problem", 40), (icmp.echo_number, "echo", 9)])
def test_fields_are_read_as_they_were_set(read, name, value):
    assert read(MESSAGES[name]) == value


class Socket:
    """What a port needs, in memory."""

    def __init__(self):
        self.sent = []

    def send(self, octets):
        self.sent.append(octets)

    def watch(self, take):
        self.take = take

    def close(self):
        pass


class Clock:
    now = 0.0

    def monotonic(self):
        return self.now

    def let_pass(self, seconds):
        self.now += seconds


def link():
    port = ports.Port("f1", Socket(), MAC, "06:1a:a8:00:00:fe")
    port.addresses.add(COA)
    return port, ports.Ports([port], Clock(), lambda spi: None)


def frame(one):
    return bytes.fromhex("061aa8000a02" "061aa80000fe") + ports.ETHERTYPE + one.octets()


def test_a_port_answers_for_its_addresses_and_keeps_the_rest():
    port, both = link()
    for target, source in ((COA, AGENT), (CN, AGENT), (COA, ports.ANY)):
        port.socket.take(frame(Packet(source, ports.solicited(target), icmp.solicit(target))),
                         (2, 0, 0), 1.0)
    assert [icmp.target(packet.parse(one[14:]).message) for one in port.socket.sent] == [COA]
    assert len(both.kept) == 2 and both.hear(lambda one: one.packet.src == AGENT, 1, "it")
    with pytest.raises(ports.NotHeard, match="waited 1 s for more; came: f1 :: > "):
        both.hear(lambda one: False, 1, "more")
    with pytest.raises(ports.Heard):
        both.silent(lambda one: True, 1)


def test_what_a_port_holds_is_defended_and_its_own_frames_are_not_heard():
    port, both = link()
    port.holds.add(HOA)
    probe = Packet(ports.ANY, ports.solicited(HOA), icmp.solicit(HOA))
    port.socket.take(frame(probe), (2, 0, ports.OUTGOING), 1.0)
    assert not both.kept and not port.socket.sent
    port.socket.take(frame(probe), (2, 0, 0), 1.0)
    answer = packet.parse(port.socket.sent[0][14:])
    assert (answer.dst, answer.hops, icmp.target(answer.message)) == ("ff02::1", 255, HOA)


def test_a_port_with_a_router_answers_as_one():
    port, both = link()
    port.router = COA, lambda: MESSAGES["RA"]
    for question in (icmp.router_solicit(), icmp.solicit(COA)):
        port.socket.take(frame(Packet(AGENT, "ff02::2", question)), (2, 0, 0), 1.0)
    first, second = (packet.parse(one[14:]) for one in port.socket.sent)
    assert (first.src, first.dst, first.message) == (COA, "ff02::1", MESSAGES["RA"])
    assert second.message.data[0] & icmp.ROUTER and port.asked == [COA] and not both.kept
