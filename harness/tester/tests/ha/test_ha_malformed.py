"""What is malformed or hostile, a home agent hears: it answers as it must and goes on."""

from dataclasses import replace

import pytest

from harness.tester.home_agent import COA, NUT_MAC, topology
from harness.tester.mip6 import icmp, mobility, octets
from harness.tester.mip6.icmp import Icmp, Kind
from harness.tester.mip6.mobility import HOME, Error, Flag, Mobility, Opt, Status, Update, error
from harness.tester.mip6.packet import HOME_ADDRESS, HOME_ADDRESS_AT, Packet, Raw, same

TOPOLOGY = topology()
MH, ESP, DESTINATION = mobility.PROTO, 50, 60
ELSEWHERE = "2001:5::10"
# What a second may bring where there is a limit.
FEW = 12


def is_mobility(seen):
    return isinstance(seen.packet.message, Mobility)


def is_icmp(kind):
    return lambda one: isinstance(one.packet.message, Icmp) and one.packet.message.kind == kind


def dropped(tn, node, *messages):
    """None of them is answered, and the node registers as if they had not come."""
    for message in messages:
        node.sends(message, sa=node.mh.to_agent)
        node.sends(message)
    tn.ports.silent(is_mobility, 2)
    bare = tn.node()
    assert bare.registers(Update(15)).status == Status.ACCEPTED and bare.is_reached()


def came(tn, fits):
    """How many fit of what has come, all of which is forgotten."""
    found = [one for one in tn.ports.kept if fits(one)]
    tn.ports.kept.clear()
    return len(found)


@pytest.mark.conforms("M1", "RFC 6275 6.1.1, 9.2")
def test_less_than_a_mobility_header_is_dropped(tn):
    """Whatever of it is there."""
    tn.start()
    node = tn.node()
    text = Update(15, coa=COA).message().octets(node.hoa, node.agent)
    dropped(tn, node, *(Raw(MH, text[:size]) for size in (1, 4, 7)))


@pytest.mark.conforms("M2", "RFC 6275 6.1.1, 9.2")
def test_a_length_beyond_the_packet_is_dropped(tn):
    """The header says more than the packet has."""
    tn.start()
    message = Update(15, coa=COA).message()
    dropped(tn, tn.node(), *(replace(message, length=length) for length in (4, 9, 255)))


@pytest.mark.conforms("M3", "RFC 6275 9.2")
@pytest.mark.parametrize("kind", [mobility.Kind.HOTI, mobility.Kind.COTI, mobility.Kind.HOT,
                                  mobility.Kind.COT, mobility.Kind.BU, mobility.Kind.BA,
                                  mobility.Kind.BE])
def test_a_length_below_that_of_the_type_is_a_problem(tn, kind):
    """A parameter problem points at the length; a refresh request can be no shorter than it is."""
    tn.start()
    node = tn.node()
    node.sends(Mobility(kind, bytes(2)), hao=False)
    seen = tn.ports.hear(is_icmp(Kind.PROBLEM), 2, "a parameter problem")
    assert (seen.packet.dst, seen.packet.message.code) == (COA, 0)
    assert icmp.pointer(seen.packet.message) == 40 + 1


@pytest.mark.conforms("M6", "RFC 6275 6.1.1, 9.2")
def test_a_checksum_over_the_care_of_address_is_wrong(tn):
    """The home address counts where the option has one."""
    tn.start()
    node = tn.node()
    message = Update(15, coa=COA).message()
    value = int.from_bytes(message.octets(COA, node.agent)[4:6], "big")
    dropped(tn, node, replace(message, checksum=value))


@pytest.mark.conforms("M7", "RFC 6275 9.2, 9.3.3")
def test_unknown_types_get_few_binding_errors(tn):
    """Each is answered by status 2, but of a burst not all are."""
    tn.start()
    node = tn.node()
    for kind in (8, 99, 255):
        node.sends(Mobility(kind, bytes(10)), sa=node.mh.to_agent)
        found = tn.ports.hear(is_mobility, 2, "a binding error").packet.message
        assert (found.kind, error(found)) == (7, Error(2, node.hoa))
        tn.ports.passes(1)
    for kind in range(8, 256):
        node.sends(Mobility(kind, bytes(10)), sa=node.mh.to_agent)
    tn.ports.passes(1)
    assert 1 <= came(tn, is_mobility) <= FEW


@pytest.mark.conforms("M9", "RFC 6275 6.2.2, 6.2.3")
@pytest.mark.parametrize("padding", [bytes(800), bytes([1, 255]) + bytes(255 + 7)],
                         ids=["pad1", "padn"])
def test_nothing_but_padding_is_no_harm(tn, padding):
    """Hundreds of octets of it are stepped over."""
    tn.start()
    node = tn.node()
    message = Update(15, coa=COA).message()
    node.sends(replace(message, data=message.data + padding), sa=node.mh.to_agent)
    assert node.hears_ack().status == Status.ACCEPTED and node.is_reached()


@pytest.mark.conforms("M10", "RFC 6275 6.2.1")
def test_an_unknown_option_is_skipped(tn):
    """What stands around it counts."""
    tn.start()
    unknown = (200, bytes(6))
    node = tn.node()
    alternate = (Opt.ALT_COA, octets.packed(COA))
    message = Update(15, given=(unknown, alternate, unknown)).message()
    node.sends(message, sa=node.mh.to_agent)
    assert node.hears_ack().status == Status.ACCEPTED and node.is_reached()


@pytest.mark.conforms("M11", "RFC 6275 6.1.8, 6.2.5, 9.5.1")
@pytest.mark.parametrize("alternate, status", [
    ("ff0e::1", Status.INVALID_COA), ("::1", Status.INVALID_COA), ("::", Status.INVALID_COA),
    ("fe80::1", Status.INVALID_COA), ("home", Status.NOT_HOME_AGENT), ("short", None)],
    ids=["multicast", "loopback", "none", "link-local", "home", "short"])
def test_an_impossible_care_of_address_is_refused(tn, alternate, status):
    """The home address asks for deletion; half an address is none."""
    tn.start()
    node = tn.node()
    data = octets.packed(COA)[1:] if alternate == "short" else \
        octets.packed(node.hoa if alternate == "home" else alternate)
    message = Update(15, given=((Opt.ALT_COA, data),)).message()
    if status is None:
        return dropped(tn, node, message)
    node.sends(message, sa=node.mh.to_agent)
    assert node.hears_ack().status == status
    assert not node.is_reached()


@pytest.mark.conforms("M17", "RFC 6275 6.3, 9.5.1")
@pytest.mark.parametrize("hoa", ["ff0e::10", "::", "fe80::10", "::1"],
                         ids=["multicast", "none", "link-local", "loopback"])
def test_an_impossible_home_address_is_none(tn, hoa):
    """Nobody is answered, whether the update is protected or not."""
    tn.start()
    node = tn.node()
    node.hoa = hoa
    dropped(tn, node, Update(15, coa=COA).message())


def behind(node, *given):
    """An update in ESP behind destination options that are given."""
    text = Update(15, coa=COA).message().octets(node.hoa, node.agent)
    found = octets.options(2, given, {HOME_ADDRESS: HOME_ADDRESS_AT})
    head = bytes([ESP, (2 + len(found)) // 8 - 1])
    return Packet(COA, node.agent, Raw(DESTINATION, head + found + node.mh.to_agent.seal(MH, text)))


@pytest.mark.conforms("M18", "RFC 6275 6.3", case="twice")
@pytest.mark.conforms("M19", "RFC 6275 6.3", case="short")
@pytest.mark.parametrize("how", ["twice", "short"])
def test_a_broken_home_address_option_binds_nothing(tn, how):
    """Two of them, or one of 15 octets: no acknowledgement comes, at most an ICMPv6 error."""
    tn.start()
    node, hoa = tn.node(), octets.packed(tn.node().hoa)
    good = HOME_ADDRESS, hoa
    tn.away.send(behind(node, good))
    assert node.hears_ack().status == Status.ACCEPTED, "the way to build it is wrong"
    assert node.registers(Update(16, lifetime=0)).status == Status.ACCEPTED
    other = tn.node("20")
    broken = (HOME_ADDRESS, octets.packed(other.hoa))
    tn.away.send(behind(other, *((broken, broken) if how == "twice"
                                 else ((HOME_ADDRESS, broken[1][:15]),))))
    tn.ports.silent(is_mobility, 3)
    assert not other.is_reached()


@pytest.mark.conforms("M21", "RFC 6275 10.3.1")
def test_a_home_address_of_another_link_is_refused(tn):
    """Status 132, though a policy knows it and it may register."""
    tn.start(also=ELSEWHERE)
    node = tn.node(hoa=ELSEWHERE)
    assert node.registers(Update(15)).status == Status.NOT_HOME_SUBNET


@pytest.mark.conforms("M22", "RFC 6275 6.1.8, 10.3.1")
def test_a_home_address_that_is_denied_is_refused(tn):
    """Status 129, and its neighbour registers."""
    denied = tn.home.at("20")
    tn.start(denies=denied)
    assert tn.node("20").registers(Update(15)).status == Status.PROHIBITED
    assert tn.node().registers(Update(15)).status == Status.ACCEPTED


@pytest.mark.conforms("M29", "RFC 6275 10.3.1")
def test_the_agents_own_link_local_address_is_not_given_away(tn):
    """With L the home address stands for it and is refused, without L it is as any other."""
    mac = bytes.fromhex(NUT_MAC.replace(":", ""))
    hoa = f"{tn.home.prefix}{mac[0] ^ 2:x}{mac[1]:02x}:{mac[2]:02x}ff:fe{mac[3]:02x}:" \
          f"{mac[4]:02x}{mac[5]:02x}"
    tn.start(also=hoa)
    node = tn.node(hoa=hoa)
    assert same(node.link_local, tn.nut.link_local())
    assert node.registers(Update(15, HOME | Flag.L)).status == Status.NOT_UNIQUE
    assert node.registers(Update(16)).status == Status.ACCEPTED


@pytest.mark.conforms("M30", "RFC 6275 9.5.1")
def test_a_mobile_router_is_refused(tn):
    """Status 140, as no network moves with its home agent's leave."""
    tn.start()
    node = tn.node()
    assert node.registers(Update(15, HOME | Flag.R)).status == Status.ROUTER_REFUSED
    assert not node.is_reached()


@pytest.mark.conforms("M33", "RFC 6275 10.3.1")
def test_repeated_updates_during_the_probe_get_one_answer(tn):
    """Ten come while the home link is asked, each with its number."""
    tn.start()
    node = tn.node()
    for number in range(15, 25):
        node.updates(Update(number))
    ack = node.hears_ack()
    assert ack.status == Status.ACCEPTED and 15 <= ack.sequence < 25
    node.unanswered()


@pytest.mark.conforms("M35", "RFC 6275 15.1")
def test_a_flood_of_updates_is_answered_little(tn):
    """A thousand of one node's in no time: few answers, and a second later all is as before."""
    tn.start()
    node, other = tn.node(), tn.node("20")
    node.bound(15)
    for number in range(16, 1016):
        node.updates(Update(number))
    tn.ports.passes(1)
    assert 1 <= came(tn, node.is_ack) <= FEW
    assert other.registers(Update(15)).status == Status.ACCEPTED
    assert node.registers(Update(1016)).status == Status.ACCEPTED


@pytest.mark.conforms("M43", "RFC 6275 9.3.3", part="agent")
@pytest.mark.parametrize("status", [1, 2, 200])
def test_a_binding_error_is_not_answered(tn, status):
    """Neither for a node that is bound nor for one that is not."""
    tn.start()
    node, other = tn.node(), tn.node("20")
    node.bound(15)
    for hoa in (node.hoa, other.hoa, "::"):
        node.sends(Error(status, hoa).message(), hao=False)
        node.sends(Error(status, hoa).message(), sa=node.mh.to_agent)
    tn.ports.silent(is_mobility, 3)
    assert node.is_reached()


@pytest.mark.conforms("M50", "RFC 6275 10.5.1", part="request")
@pytest.mark.parametrize("broken", [Raw(icmp.PROTO, bytes([Kind.AGENTS, 0, 0, 0, 0x12])),
                                    Icmp(Kind.AGENTS, b"\x12"), Icmp(Kind.AGENTS, bytes(4), 1)],
                         ids=["checksum", "short", "code"])
def test_a_broken_request_for_home_agents_is_not_answered(tn, broken):
    """Half a number, or a code; a whole request is answered afterwards."""
    tn.start()
    anycast = f"{tn.home.prefix[:-1]}0:0:fdff:ffff:ffff:fffe"
    tn.away.send(Packet(COA, anycast, broken))
    tn.ports.silent(is_icmp(Kind.AGENTS_REPLY), 2)
    tn.away.send(Packet(COA, anycast, icmp.agents_request(0x1234)))
    tn.ports.hear(is_icmp(Kind.AGENTS_REPLY), 2, "a reply")
