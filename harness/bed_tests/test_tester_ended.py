"""A daemon under test that has ended by itself, does not start or does not end is told so."""

from types import SimpleNamespace

import pytest

from harness.bed.base.wait import NotInTime
from harness.bed.node.frames import Gone
from harness.bed.node.node import CommandFailed
from harness.tester.subjects import ended


class Host:
    """A node whose daemon runs or has gone, ends or hangs, with what it has written."""

    name = "nut"

    def __init__(self, gone=(), log="", guest=True, hangs=False, takes=2.0):
        self.names, self.log, self.guest, self.hangs = [*gone], log, guest, hangs
        self.now, self.takes = 0.0, takes
        self.story = SimpleNamespace(clock=SimpleNamespace(monotonic=lambda: self.now))
        self.ike, self.mip6 = SimpleNamespace(NAME="pluto"), SimpleNamespace(NAME="mip6d")
        self.daemons, self.done = {"pluto"}, []

    def gone(self):
        if not self.guest:
            raise Gone("the guest is gone")
        return self.names

    def log_text(self, daemon):
        return self.log

    def stop_ike(self):
        self.done.append("stop")
        self.now += self.takes

    def stop_mip6(self):
        raise AssertionError("nobody has started it")

    def stopped(self, daemon):
        return daemon

    def await_(self, fact):
        self.done.append(f"await {fact}")
        if self.hangs:
            raise NotInTime("process 7 still runs")


def bed(*hosts):
    return SimpleNamespace(hosts=dict(enumerate(hosts)),
                           dump=lambda host, name: host.done.append(name))


@pytest.mark.req("T-201")
@pytest.mark.parametrize("log, sentence", [
    ("", "pluto of nut has ended by itself"),
    ("Dec  1 06:16:00.458983: ABORT: ASSERTION FAILED: protoid\nbye\n",
     "pluto of nut has ended by itself: ABORT: ASSERTION FAILED: protoid"),
    ("src/a.c:3:5: runtime error: shift exponent 64\n",
     "pluto of nut has ended by itself: src/a.c:3:5: runtime error: shift exponent 64")])
def test_a_daemon_that_has_ended_by_itself_is_told_with_its_last_word(log, sentence):
    with pytest.raises(ended.Crashed) as error:
        ended.look(Host(["pluto"], log))
    assert str(error.value) == sentence


@pytest.mark.req("T-201!")
@pytest.mark.parametrize("host", [Host(), Host(guest=False)], ids=["runs", "no-guest"])
def test_a_daemon_that_runs_or_whose_guest_is_gone_has_not_ended_by_itself(host):
    ended.look(host)


@pytest.mark.req("T-201")
@pytest.mark.parametrize("log, more", [("all is well\n", ""), ("panic: 3\n", ": panic: 3")])
def test_what_a_daemon_does_not_do_when_it_is_told_is_named(log, more):
    with pytest.raises(ended.Stuck) as error:
        ended.end(Host(log=log, hangs=True))
    assert str(error.value) == f"pluto does not end: process 7 still runs{more}"
    with pytest.raises(ended.Stuck, match="^iked does not start: false: exit status 1"):
        with ended.told(Host(), "iked", ended.STARTS_NOT):
            raise CommandFailed("false: exit status 1")
    with pytest.raises(ValueError, match="else"), ended.told(Host(), "iked", ended.ENDS_NOT):
        raise ValueError("something else")


@pytest.mark.req("T-227")
@pytest.mark.parametrize("host, sentence", [
    (Host(["pluto"]), "pluto of nut has ended by itself"),
    (Host(hangs=True), "pluto does not end: process 7 still runs"),
    (Host(takes=8.0), "pluto does not end: it took 8 s, and may have been killed")],
    ids=["crash", "hang", "killed"])
def test_a_failed_test_asks_whether_the_daemon_crashed_or_hangs(host, sentence):
    with pytest.raises(AssertionError, match=f"^{sentence}$"):
        ended.look_back(bed(host), AssertionError("nothing came"))


@pytest.mark.req("T-227!")
def test_a_failed_test_whose_daemon_goes_in_order_is_left_as_it_is():
    """What stood is written before the daemon ends; who runs nothing is not asked."""
    host, other = Host(), Host()
    other.daemons = set()
    ended.look_back(bed(host, other), AssertionError("nothing came"))
    assert (host.done, other.done) == (["failed", "stop", "await pluto"], [])


@pytest.mark.req("T-227!")
@pytest.mark.parametrize("host, error", [
    (Host(["pluto"]), ended.Stuck("pluto does not start: no pid")),
    (Host(guest=False), AssertionError("nothing came"))], ids=["told", "no-guest"])
def test_what_is_told_already_and_a_guest_that_is_gone_are_left(host, error):
    host.stop_ike = host.gone
    ended.look_back(bed(host), error)
