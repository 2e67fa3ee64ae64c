"""What is malformed or hostile, a mobile node hears: it takes nothing of it and goes on."""

import pytest

from harness.tester.mip6 import icmp
from harness.tester.mip6.icmp import Icmp, Kind, Prefix
from harness.tester.mip6.mobility import Ack, Error, Mobility
from harness.tester.mip6.mobility import Kind as Header
from harness.tester.mip6.octets import packed
from harness.tester.mip6.ports import ALL_NODES
from harness.tester.mobile_node import (
    AGENT, FIRST, HOA, OTHER_AGENT, is_kind, local, topology,
)
from harness.tester.subjects.mobility import PREFIX

TOPOLOGY = topology()
STRANGER = "2001:14::66"
HOME_PREFIX = Prefix(AGENT, 100, 50, flags=0xE0)


def bound(tn, **words):
    tn.start(**words)
    tn.bound(lifetime=400)


def unharmed(tn):
    """Nothing was registered anew, and payload goes by the tunnel."""
    tn.silent(5)
    assert tn.is_tunnelled(tn.replies())


@pytest.mark.conforms("M39", "RFC 6275 11.7.3")
def test_more_lifetime_than_was_asked_for_is_not_used(tn):
    """The refresh comes before the lifetime ends that the update had."""
    tn.routers[FIRST].valid = tn.routers[FIRST].preferred = 300
    tn.start()
    asked = tn.bound(lifetime=4000).lifetime
    assert asked <= 300
    tn.hears_update(within=asked)


@pytest.mark.conforms("M41", "RFC 6275 9.2")
def test_an_acknowledgement_cut_short_is_none(tn):
    """Its checksum fits what there is of it; the update is repeated."""
    tn.start()
    update, _ = tn.hears_update()
    whole = Ack(0, update.sequence).message()
    tn.sends_as(Ack(0, update.sequence), {"data": whole.data[:5], "length": 1}, protected=True)
    tn.hears_update(within=2)
    tn.ports.forget()
    assert not tn.replies()


@pytest.mark.conforms("M42", "RFC 6275 11.3.6")
def test_binding_errors_from_the_wrong_node_change_nothing(tn):
    """Of a stranger, or for another home address; that of the agent is settled by an update."""
    bound(tn)
    for src, hoa in ((STRANGER, HOA), (OTHER_AGENT, HOA), (AGENT, "2001:11::99"), (AGENT, "::")):
        tn.sends(Error(1, hoa).message(), None, src=src, route=False)
    unharmed(tn)
    tn.sends(Error(1, HOA).message(), None, route=False)
    tn.hears_update(within=2)


@pytest.mark.conforms("M43", "RFC 6275 9.3.3, 11.3.6", part="node")
@pytest.mark.parametrize("status", [1, 2, 200])
def test_a_binding_error_is_not_answered_by_another(tn, status):
    """Whoever it comes from."""
    bound(tn)
    for src in (STRANGER, AGENT):
        tn.sends(Error(status, HOA).message(), None, src=src, route=False)
    tn.ports.silent(lambda one: isinstance(one.packet.message, Mobility)
                    and one.packet.message.kind == Header.BE, 5)


@pytest.mark.conforms("M50", "RFC 6275 6.6, 11.4.1", part="reply")
def test_a_broken_reply_of_home_agents_is_none(tn):
    """Half an address, another number, a code, none at all; of too many the first counts."""
    tn.start(agent="")
    seen = tn.ports.hear(is_kind(Kind.AGENTS), 10, "a request for home agents")
    number = int.from_bytes(seen.packet.message.data[:2], "big")
    good = icmp.agents_reply(number, AGENT)
    for broken in (Icmp(Kind.AGENTS_REPLY, good.data[:-8]), Icmp(Kind.AGENTS_REPLY, good.data, 1),
                   icmp.agents_reply(number ^ 1, AGENT), Icmp(Kind.AGENTS_REPLY, good.data[:3]),
                   icmp.agents_reply(number)):
        tn.sends(broken, None, route=False)
    tn.silent(1)
    tn.sends(icmp.agents_reply(number, AGENT, *[f"2001:11::{at:x}" for at in range(0x100, 0x150)]),
             None, route=False)
    tn.hears_update()


@pytest.mark.conforms("M51", "RFC 6275 11.4.3", part="unproved")
@pytest.mark.parametrize("what", ["bare", "route", "number"])
def test_a_prefix_advertisement_that_is_not_proved_is_none(tn, what):
    """Without ESP, without the routing header, with another number: the binding stays as it is."""
    tn.start()
    tn.bound(lifetime=400, status=1)
    seen = tn.ports.hear(is_kind(Kind.PREFIX_SOLICIT), 5, "a prefix solicitation")
    number = int.from_bytes(seen.packet.message.data[:2], "big") ^ (what == "number")
    sa = None if what == "bare" else tn.pairs[AGENT][PREFIX].to_node
    tn.sends(icmp.prefix_advert(number, HOME_PREFIX), sa, route=what != "route")
    tn.ports.hear(is_kind(Kind.PREFIX_SOLICIT), 10, "the solicitation once more")
    unharmed(tn)


@pytest.mark.conforms("M51", "RFC 6275 11.4.3; RFC 4862 5.5.3", part="lifetimes")
def test_a_prefix_preferred_for_longer_than_it_is_valid_is_ignored(tn):
    """The advertisement is an answer, and the prefix no news."""
    tn.start()
    tn.bound(lifetime=400, status=1)
    tn.answers_prefixes(Prefix(AGENT, 100, 200, flags=0xE0))
    unharmed(tn)
    assert not any(map(is_kind(Kind.PREFIX_SOLICIT), tn.ports.kept))


ABSURD = {
    "length": [Prefix("2001:15::", size=129)],
    "forever": [Prefix("2001:15::", icmp.INFINITE, icmp.INFINITE)],
    "zero": [Prefix("2001:15::", 0, 0)],
    "many": [Prefix(f"2001:15:0:{at:x}::") for at in range(1, 44)],
    "kinds": [Prefix("ff0e::"), Prefix("fe80::")],
}


@pytest.mark.conforms("M53", "RFC 4861 6.3.4; RFC 4862 5.5.3")
@pytest.mark.parametrize("discovery", ["disabled", "enabled"], ids=["kernel", "mip6d"])
@pytest.mark.parametrize("prefixes", ABSURD.values(), ids=ABSURD)
def test_absurd_router_advertisements_move_nobody(tn, prefixes, discovery):
    """The care-of address stays, whoever makes addresses of advertisements."""
    bound(tn, MnRouterDiscovery=discovery)
    for _ in range(20):
        tn.here.neighbour(local(FIRST), ALL_NODES, icmp.router_advert(*prefixes))
    unharmed(tn)
    assert tn.nut.run("ip -6 -o address show dev eth0").count("2001:15:") <= 16


@pytest.mark.conforms("M55", "RFC 6275 11.3.5; RFC 4443 2.4")
@pytest.mark.parametrize("forged", ["spi", "agent", "sender"])
def test_an_icmp_error_about_nothing_is_ignored(tn, forged):
    """It quotes a packet that the node has not sent, or comes from elsewhere than the agent."""
    tn.start()
    _, seen = tn.hears_update()
    quoted = bytearray(seen.packet.octets())
    at = quoted.index(seen.packet.sa.spi)
    if forged == "spi":
        quoted[at] ^= 0xFF
    elif forged == "agent":
        quoted[24:40] = packed(OTHER_AGENT)
    tn.sends(icmp.failure(Kind.PROBLEM, 1, bytes(quoted), 40), None, route=False,
             src=STRANGER if forged == "sender" else AGENT)
    tn.hears_update(within=4)
