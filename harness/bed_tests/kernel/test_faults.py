"""Declared faults do what they say: to one message on a wire, and to a link as a whole."""

import socket
import struct

import pytest

from harness.bed.base.topology import T0
from harness.bed.base.wait import Fact, NotInTime
from harness.bed.node.node import CommandFailed
from harness.bed.stage.stage import Failed

AUTH, SIZE, PORT = 35, 128, 500


class Wire:
    """Messages that look like IKE_AUTH requests, from carol's socket to moon's."""

    def __init__(self, bed):
        self.bed = bed
        self.carol, self.moon = bed.nodes("carol", "moon")
        self.out = self._socket(self.carol)
        self.back = self._socket(self.moon)
        self.got: list[bytes] = []

    @staticmethod
    def _socket(node):
        sock = node.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        sock.bind(("::", PORT))
        sock.setblocking(False)
        return sock

    def send(self, *numbers):
        for number in numbers:
            head = bytes(range(1, 17)) + struct.pack("!BBBBII", 46, 0x20, AUTH, 8, number, SIZE)
            self.out.sendto(head + bytes(SIZE - len(head)), (T0.home_agent, PORT))

    def ids(self, number):
        """The message ids that have come, once there are so many."""
        def missing():
            try:
                while True:
                    self.got.append(self.back.recv(2048))
            except BlockingIOError:
                return None if len(self.got) >= number else f"{len(self.got)} messages"
        self.bed.wait(Fact(f"{number} messages have come", missing), within=2)
        return [struct.unpack_from("!I", one, 20)[0] for one in self.got]

    def second(self):
        """The second IKE_AUTH request from now on."""
        return self.bed.message("IKE_AUTH request", by="carol", k=2)

    def three(self, number):
        """Three are sent; which have come, once there are so many."""
        self.got.clear()
        self.send(0, 1, 2)
        return self.ids(number)


def test_the_second_of_three_messages_is_dropped_doubled_held_and_replayed(bed):
    """One fault after the other; each touches its own message only."""
    wire = Wire(bed)
    dropped = wire.second().drop()
    assert dropped.happened.missing() == "0 such messages have passed"
    assert wire.three(2) == [0, 2]
    bed.wait(dropped.happened, within=1)
    wire.second().duplicate()
    assert wire.three(4) == [0, 1, 1, 2]
    held = wire.second().hold()
    assert wire.three(2) == [0, 2]
    held.release()
    assert wire.ids(3) == [0, 2, 1]
    wire.second().replay(after=0.2)
    assert wire.three(4) == [0, 1, 2, 1]


def test_a_spoiled_message_arrives_spoiled(bed):
    """One is cut, another has a bit flipped: both pass the receiver's checksum."""
    wire = Wire(bed)
    bed.message("IKE_AUTH", by="carol", k=1).truncate()
    bed.message("IKE_AUTH", by="carol", k=2).flip()
    wire.three(3)
    assert len(wire.got[0]) < SIZE
    assert sum(a != b for a, b in zip(wire.got[1], wire.got[2])) == 2  # the bit, the number
    assert len(wire.got[1]) == SIZE


def test_a_relay_goes_along_when_its_node_moves(bed):
    """carol moves to another link; her wire's relay stays between her and the bridge."""
    wire = Wire(bed)
    wire.second().drop()
    wire.carol.move_to("f2")
    wire.carol.typed("ip link set eth0 down")
    wire.carol.typed("ip link set eth0 up")
    bed.wait(wire.carol.address_usable("2001:2::41a:a8ff:fe6f:c67"), within=10)
    wire.carol.typed(f"ping -c 3 -i 0.2 -W 2 {T0.correspondent}")
    assert wire.three(2) == [0, 2]


def test_a_link_loses_and_counts_then_is_slow_and_doubles(bed):
    """All is lost and counted; then 50 ms each way, and every packet twice."""
    carol, _ = bed.nodes("carol", "moon")
    with bed.link("f1").faults(loss=100) as counts:
        with pytest.raises(CommandFailed, match="100% packet loss"):
            carol.run(f"ping -c 2 -i 0.2 -W 1 {T0.correspondent}")
    assert counts.dropped >= 1 and counts.passed == 0
    with bed.link("f1").faults(delay=50, duplicate=100):
        said = carol.run(f"ping -c 2 -i 0.2 -W 2 {T0.correspondent}")
    assert float(said.rpartition("= ")[2].split("/")[0]) >= 100
    assert "duplicates" in said
    assert "duplicates" not in carol.run(f"ping -c 1 -W 2 {T0.correspondent}")


def test_a_fault_that_never_comes_fails_the_end(bed):
    """A wait for it says what has passed, and so does the end."""
    wire = Wire(bed)
    fault = bed.message("BU", by="carol").drop()
    wire.send(0)
    wire.ids(1)
    with pytest.raises(NotInTime, match="until the relay has done: drop BU 1 by carol"):
        bed.wait(fault.happened, within=0.1)
    with pytest.raises(Failed, match="the fault did not happen: drop BU 1 by carol, 0 such"):
        bed.finish()
    fault.done = True
