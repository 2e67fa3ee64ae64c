"""The driver's end of the line: what is asked, answered and told, and when the clock may run."""

from __future__ import annotations

import socket
import threading

import pytest

from harness.bed.node import frames, line
from harness.bed.node.agent import TERMINAL, Agent
from harness.bed.node.frames import (
    CLOCKS, DONE, FAILED, HEAD, LENGTH, Event, Frame, Gone, Refused, Request, Value,
)
from harness.bed.node.line import Line

ASK = Request.ASK


def fields(data: bytes) -> list[bytes]:
    """Those of a request, which has no clocks."""
    return list(frames.unpack(bytes(HEAD.size + CLOCKS.size) + data).fields)


class Far:
    """The other end: reads requests, says what a test wants it to say."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    def read(self) -> tuple[int, int, list[bytes]]:
        (size,) = LENGTH.unpack(self._exactly(LENGTH.size))
        body = self._exactly(size)
        ident, code = HEAD.unpack_from(body)
        return ident, code, fields(body[HEAD.size:])

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            data += self.sock.recv(size - len(data))
        return data

    def say(self, ident: int, code: int, *values: Value, at: float = 0) -> bytes:
        data = self.word(ident, code, *values, at=at)
        self.sock.sendall(data)
        return data

    @staticmethod
    def word(ident: int, code: int, *values: Value, at: float = 0) -> bytes:
        stamps = CLOCKS.pack(int((1000 + at) * 1e9), int(at * 1e9))
        octets = map(frames.octets, values)
        body = HEAD.pack(ident, code) + stamps + b"".join(LENGTH.pack(len(o)) + o for o in octets)
        return LENGTH.pack(len(body)) + body


class Book:
    """A ledger that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int]] = []

    def gives(self, octets: int, seen: int) -> None:
        self.told.append((octets, seen))


@pytest.fixture
def ends(tmp_path):
    ours, theirs = socket.socketpair()
    book = Book()
    near = Line(ours, book, tmp_path)
    yield near, Far(theirs), book
    near.close()
    theirs.close()


def answering(far, *answers, silent=(Request.GO,)):
    """A thread that reads one request after the other and gives each its answers.

    What is `silent` is read and passed over: when a GO is due depends on what came together.
    """
    heard = []

    def work():
        for answer in answers:
            got = far.read()
            while got[1] in silent:
                got = far.read()
            heard.append(got)
            answer(got)
    thread = threading.Thread(target=work)
    thread.start()
    return thread, heard


def test_an_answer_comes_back_as_fields_and_brings_the_guest_s_time(ends):
    near, far, _ = ends
    thread, heard = answering(far, lambda got: far.say(got[0], DONE, 7, "seven", at=2.5))
    assert near.request(ASK, "carol", 16, ["a", "b"]) .fields == ((7).to_bytes(8, "big"), b"seven")
    thread.join()
    assert heard == [(1, ASK, [b"carol", (16).to_bytes(8, "big"), b"a\0b\0"])]
    assert (near.time(), near.monotonic()) == (1002.5, 2.5)


def test_a_refusal_is_an_error_with_the_guest_s_reason(ends):
    near, far, _ = ends
    thread, _ = answering(far, lambda got: far.say(got[0], FAILED, 2, "/etc/x: not there"))
    with pytest.raises(Refused, match="/etc/x: not there") as caught:
        near.request(ASK)
    thread.join()
    assert caught.value.errno == 2


def test_an_event_is_handled_while_an_answer_is_awaited_and_may_ask_itself(ends):
    near, far, _ = ends
    taken = []

    def take(event: Frame):
        taken.append((event.fields, near.request(ASK, "inner").fields))
    near.on[Event.FRAME] = take

    def first(got):
        far.say(0, Event.FRAME, "one")
        far.say(0, Event.FRAME, "two")
        far.say(got[0], DONE, "outer")
    thread, heard = answering(far, first, *[lambda got: far.say(got[0], DONE, "inner")] * 2)
    assert near.request(ASK, "outer").fields == (b"outer",)
    while len(taken) < 2:
        near.turn()
    thread.join()
    assert taken == [((b"one",), (b"inner",)), ((b"two",), (b"inner",))]
    assert [got[2] for got in heard] == [[b"outer"], [b"inner"], [b"inner"]]


def test_the_clock_is_told_before_each_word_how_much_was_read(ends):
    near, far, book = ends
    said = []
    thread, _ = answering(far, lambda got: said.append(far.say(got[0], DONE)),
                          lambda got: far.say(got[0], DONE))
    near.request(ASK)
    near.request(ASK, "x")
    thread.join()
    assert book.told == [(LENGTH.size + HEAD.size, 0),
                         (LENGTH.size + HEAD.size + LENGTH.size + 1, len(said[0]))]


@pytest.mark.req("T-111")
def test_while_an_event_waits_for_another_the_clock_is_held(ends):
    """Neighbours are answered so: the question that came second is owed its answer too."""
    near, far, book = ends
    near.on[Event.FRAME] = lambda event: near.request(ASK, event.text())
    one, two = (far.word(0, Event.FRAME, name) for name in ("one", "two"))
    outer: list[int] = []

    def first(got):
        outer.append(got[0])
        far.sock.sendall(one + two)

    thread, _ = answering(far, first, lambda got: far.say(got[0], DONE),
                          lambda got: (far.say(got[0], DONE), far.say(outer[0], DONE)))
    near.request(ASK)
    thread.join()
    assert book.told[1][1] == len(one) < len(one) + len(two) <= book.told[2][1]


def test_after_an_event_the_driver_says_go_before_it_waits_again(ends):
    near, far, book = ends
    event = []
    thread, heard = answering(
        far, lambda got: event.append(far.say(0, Event.FRAME, "news")) or heard_id.append(got[0]),
        lambda got: far.say(heard_id[0], DONE), silent=())
    heard_id: list[int] = []
    near.request(ASK)
    thread.join()
    assert heard[1][:2] == (0, Request.GO)
    assert book.told[1] == (LENGTH.size + HEAD.size, len(event[0]))


def test_an_end_that_closes_is_told(ends):
    near, far, _ = ends
    far.sock.close()
    with pytest.raises(Gone, match="the guest is gone"):
        near.request(ASK)


def test_a_fault_of_the_agent_is_no_silence(ends):
    near, far, _ = ends
    thread, _ = answering(far, lambda got: far.say(0, Event.FAULT, "no such socket"))
    with pytest.raises(Gone, match="the agent says: no such socket"):
        near.request(ASK)
    thread.join()


def test_patience_is_asked_while_nothing_comes(monkeypatch, tmp_path):
    ours, theirs = socket.socketpair()
    monkeypatch.setattr(line, "TICK", 0.001)

    def given_up():
        raise Gone("it is stuck")
    near = Line(ours, None, tmp_path, given_up)
    with pytest.raises(Gone, match="it is stuck"):
        near.request(ASK)
    near.close()
    theirs.close()


def test_a_long_request_leaves_a_short_word_on_the_line(ends, tmp_path):
    near, far, _ = ends
    thread, heard = answering(far, lambda got: far.say(got[0], DONE))
    near.request(ASK, bytes(10_000))
    thread.join()
    ((_, code, (path,)),) = heard
    assert code == Request.LOAD
    assert fields((tmp_path / path.decode()).read_bytes()[1:]) == [bytes(10_000)]


@pytest.mark.parametrize("terminal, output, wanted", [
    ("", "/tmp/log", (b"", b"/tmp/log", 0)),
    ("/dev/tty1", "", (b"/dev/tty1", b"/dev/tty1", TERMINAL))])
def test_a_program_on_a_terminal_reads_and_writes_there(ends, terminal, output, wanted):
    near, far, _ = ends
    thread, heard = answering(far, lambda got: far.say(got[0], DONE, 71))
    assert Agent(near).spawn("carol", ["sh"], {}, output, terminal) == 71
    thread.join()
    ((_, _, (_, stdin, out, *_, flags)),) = heard
    assert (stdin, out, int.from_bytes(flags, "big")) == wanted
