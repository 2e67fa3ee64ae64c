"""Declared faults do what they say: to one message on a wire, and to a link as a whole."""

import socket
import struct

import pytest

from harness.bed.bed import Failed
from harness.bed.node import CommandFailed
from harness.bed.topo import CORRESPONDENT
from harness.bed.topo import HOME_AGENT as HA
from harness.bed.wait import Fact, NotInTime

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
            self.out.sendto(head + bytes(SIZE - len(head)), (HA, PORT))

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
        return self.bed.message("IKE_AUTH request", by="carol", k=2)


def test_a_dropped_message_is_the_only_one_that_is_missing(bed):
    """The second of three is dropped; a fault that does not come is told at the end."""
    wire = Wire(bed)
    fault = wire.second().drop()
    assert fault.happened.missing() == "0 such messages have passed"
    wire.send(0, 1, 2)
    assert wire.ids(2) == [0, 2]
    bed.wait(fault.happened, within=1)
    late = bed.message("IKE_AUTH response", by="moon").drop()
    with pytest.raises(Failed, match="the fault did not happen: drop IKE_AUTH response 1 by moon"):
        bed.finish()
    late.done = True


def test_a_doubled_message_comes_twice(bed):
    """The second of three is sent twice, at once."""
    wire = Wire(bed)
    wire.second().duplicate()
    wire.send(0, 1, 2)
    assert wire.ids(4) == [0, 1, 1, 2]


def test_a_held_message_is_overtaken_until_it_is_released(bed):
    """The second of three waits for its release."""
    wire = Wire(bed)
    fault = wire.second().hold()
    wire.send(0, 1, 2)
    assert wire.ids(2) == [0, 2]
    fault.release()
    assert wire.ids(3) == [0, 2, 1]


def test_a_replayed_message_comes_again_later(bed):
    """The second of three comes again behind the third."""
    wire = Wire(bed)
    wire.second().replay(after=0.2)
    wire.send(0, 1, 2)
    assert wire.ids(4) == [0, 1, 2, 1]


def test_a_spoiled_message_arrives_spoiled(bed):
    """One is cut, another has a bit flipped: both pass the receiver's checksum."""
    wire = Wire(bed)
    bed.message("IKE_AUTH", by="carol", k=1).truncate()
    bed.message("IKE_AUTH", by="carol", k=2).flip()
    wire.send(0, 1, 2)
    wire.ids(3)
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
    wire.carol.typed(f"ping -c 3 -i 0.2 -W 2 {CORRESPONDENT}")
    wire.send(0, 1, 2)
    assert wire.ids(2) == [0, 2]


def test_a_lossy_link_loses_and_counts(bed):
    """All is lost, then nothing; the counts tell how many."""
    carol, _ = bed.nodes("carol", "moon")
    with bed.link("f1").faults(loss=100) as counts:
        with pytest.raises(CommandFailed, match="100% packet loss"):
            carol.run(f"ping -c 2 -i 0.2 -W 1 {CORRESPONDENT}")
    assert counts.dropped >= 1 and counts.passed == 0
    carol.run(f"ping -c 1 -W 2 {CORRESPONDENT}")


def test_a_slow_link_is_slow_in_both_directions(bed):
    """A delay of 50 ms each way, and every packet twice."""
    carol, _ = bed.nodes("carol", "moon")
    with bed.link("f1").faults(delay=50, duplicate=100):
        said = carol.run(f"ping -c 2 -i 0.2 -W 2 {CORRESPONDENT}")
    assert float(said.rpartition("= ")[2].split("/")[0]) >= 100
    assert "duplicates" in said


def test_a_message_that_never_comes_is_waited_for_in_vain(bed):
    """The sentence says what has passed."""
    wire = Wire(bed)
    fault = bed.message("BU", by="carol").drop()
    wire.send(0)
    wire.ids(1)
    with pytest.raises(NotInTime, match="until the relay has done: drop BU 1 by carol"):
        bed.wait(fault.happened, within=0.1)
    fault.done = True
