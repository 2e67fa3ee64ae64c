"""An ACQUIRE that nothing in the story explains is found."""

import pytest

from harness.bed.check import acquires, always
from harness.bed.check.acquires import Step
from harness.bed.decode import kevents
from harness.bed_tests import netlink_sample as sample
from harness.bed_tests.netlink_sample import (
    ACQUIRE, COA, DELSA, FLUSHSA, HA, HOA, NEWSA, REQUEST, acquire, message, sa,
)
from harness.bed_tests.run_sample import RUN

START = Step(1.0, "carol", "ipsec start")
ASKED = message(ACQUIRE, acquire())
MADE = message(NEWSA, sa(0xC0000001, 10), REQUEST)
TAKEN = message(DELSA, sample.gone(0xC0000001), REQUEST)
HUBS = frozenset({"moon"})
WORDS = "a tunnel SA with reqid 2 from 2001::50 to 2001:1::1"


def found(tmp_path, told, steps=(START,), node="carol", vain=()) -> list[str]:
    path = sample.capture(tmp_path / f"{node}.netlink.pcap", told)
    look = acquires.Acquires(node, HUBS, node in vain)
    return [one.sentence for one in look.look(kevents.read(node, path), steps)]


def test_the_first_use_of_each_policy_is_explained(tmp_path):
    other = message(ACQUIRE, acquire((HOA, HA), reqid=1, mode="transport"))
    assert not found(tmp_path, [(10, ASKED), (11, other), (12, MADE)])


@pytest.mark.req("T-903")
def test_a_hole_in_the_middle_of_the_story_is_not(tmp_path):
    assert found(tmp_path, [(10, ASKED), (11, MADE), (20, TAKEN), (20.1, ASKED)]) == [
        f"carol's kernel asked for {WORDS}, and nothing in the story explains it"]


def test_a_hole_in_what_the_peer_has_made_is_not(tmp_path):
    assert len(found(tmp_path, [(11, MADE), (20, TAKEN), (20.1, ASKED)], node="moon")) == 1


def test_a_second_one_for_what_never_came_is_not(tmp_path):
    assert len(found(tmp_path, [(10, ASKED), (42, ASKED), (74, ASKED)])) == 2


def test_a_step_at_any_home_agent_explains_one(tmp_path):
    told = [(10, ASKED), (11, MADE), (20, TAKEN), (21, ASKED)]
    assert not found(tmp_path, told, [START, Step(19, "moon", "ipsec restart")])
    assert len(found(tmp_path, told, [START, Step(19, "dave", "ipsec restart")])) == 1


def test_where_an_sa_stands_that_fits_nothing_explains_one(tmp_path):
    assert found(tmp_path, [(10, MADE), (11, ASKED)], vain={"carol"}) == [
        f"carol's kernel asked for {WORDS}, which stands"]


def test_an_sa_that_did_not_follow_a_move_explains_none(tmp_path):
    moved = message(ACQUIRE, acquire(("2001::51", HA)))
    assert found(tmp_path, [(10, MADE), (11, moved)]) == [
        "carol's kernel asked for a tunnel SA with reqid 2 from 2001::51 to 2001:1::1, and nothing "
        "in the story explains it"]


@pytest.mark.parametrize("text", [
    "ipsec start", "ipsec stop", "ipsec restart", "ipsec down tunnel{2}", "ipsec update",
    "kill $(cat /run/mip6d.pid)", "kill -KILL $(pidof iked)", "mip6d", "ip xfrm state flush",
    f"ip xfrm state delete src {COA} dst {HA} proto esp spi 0x1"])
def test_a_step_that_takes_sas_away_explains_one_of_each(tmp_path, text):
    told = [(10, ASKED), (11, MADE), (20, message(FLUSHSA, b"\x32" + bytes(7), REQUEST)),
            (21, ASKED), (52, ASKED)]
    for node in ("carol", "moon"):
        assert len(found(tmp_path, told, [START, Step(19, node, text)])) == 1


@pytest.mark.parametrize("text", [
    "ipsec stroke rekey tunnel{2}", "ip addr del 2001::50/128 dev eth0", "ipsec statusall",
    "kill -STOP $(pidof mip6d)", "kill -CONT $(pidof mip6d)", "ip link set carol down"])
def test_a_move_or_a_rekey_explains_none(tmp_path, text):
    told = [(10, ASKED), (11, MADE), (20, TAKEN), (21, ASKED)]
    assert found(tmp_path, told, [START, Step(19, "carol", text)])


def test_a_step_on_a_node_without_sas_in_common_explains_none(tmp_path):
    told = [(10, ASKED), (21, ASKED)]
    assert found(tmp_path, told, [START, Step(19, "dave", "ipsec restart")])
    assert not found(tmp_path, told, [START, Step(19, "dave", "ipsec restart")], node="moon")


def test_what_a_scenario_declares_explains_one_of_that_reqid(tmp_path):
    told = [(10, ASKED), (21, ASKED)]
    assert not found(tmp_path, told, [START, Step(19, "carol", "the SA is cut", reqid=2)])
    assert found(tmp_path, told, [START, Step(19, "carol", "the SA is cut", reqid=1)])
    assert found(tmp_path, told, [START, Step(19, "moon", "the SA is cut", reqid=2)])
    assert len(found(tmp_path, [*told, (31, ASKED)], [START, Step(19, "carol", "", reqid=2)])) == 1


def test_what_is_declared_waits_for_an_sa_that_is_only_in_between(tmp_path):
    told = [(10, ASKED), (20, MADE), (20, TAKEN), (21, ASKED)]
    assert not found(tmp_path, told, [START, Step(19, "carol", "the SA is cut", reqid=2)])


@pytest.mark.req("T-803")
def test_what_is_explained_is_known_from_one_look_to_the_next(tmp_path):
    look = acquires.Acquires("carol", HUBS)
    steps = [START, Step(15, "carol", "ipsec restart")]
    for told, found in (([(10, ASKED), (11, MADE)], 0), ([(16, TAKEN), (17, ASKED)], 0),
                        ([(18, MADE), (19, TAKEN), (20, ASKED)], 1)):
        path = sample.capture(tmp_path / "carol.netlink.pcap", told)
        assert len(list(look.look(kevents.read("carol", path), steps))) == found


def test_where_nothing_may_come_up_it_is_asked_for_ever(tmp_path):
    assert not found(tmp_path, [(10, ASKED), (42, ASKED), (74, ASKED)], vain={"carol"})


def test_a_sound_run_has_none():
    told = kevents.read("carol", RUN / "carol.netlink.pcap")
    assert any(acquires.asked(event) for event in told)
    assert not always.Always(HUBS).look(RUN, {})


def test_every_cut_of_an_acquire_is_read_without_error(tmp_path):
    body = acquire()
    found(tmp_path, [(10 + cut, message(ACQUIRE, body[:cut])) for cut in range(len(body))])
